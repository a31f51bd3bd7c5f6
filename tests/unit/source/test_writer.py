"""The text of modules: what they declare, how they look, and that nothing is lost on the way."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from engine.catalog import loader
from engine.source.model import WrittenModule
from engine.source.writer import module_text
from tests.support.written import (
    ROOT,
    assert_says,
    evaluated,
    families,
    module,
    modules,
    resource,
    ruff,
)

SCHEMAS = loader.schemas()
ANY = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=100)


def test_a_product_is_followed_by_its_prices_and_named_by_its_variable() -> None:
    """The first thing that a reader of the documentation would expect."""
    written = module(
        resource(
            "stripe_price.pro-monthly",
            currency="usd",
            product="${stripe_product.pro.id}",
            recurring={"interval": "month"},
            unit_amount=2900,
        ),
        resource("stripe_product.pro", name="Pro", metadata={"plan": "pro"}),
        month="${stripe_price.pro-monthly.id}",
    )
    assert module_text(written, SCHEMAS) == (
        '''"""What is sold."""

from engine import output
from engine.stripe import Price, Product

pro = Product("pro", name="Pro", metadata={"plan": "pro"})
pro_monthly = Price(
    "pro-monthly",
    product=pro,
    currency="usd",
    unit_amount=2900,
    recurring={"interval": "month"},
)

output("month", pro_monthly.id)
'''
    )


@given(modules() | families())
@ANY
def test_the_text_declares_what_was_written(written: WrittenModule) -> None:
    """Every string, number, reference, lifecycle and output is there and equal."""
    with tempfile.TemporaryDirectory() as folder:
        for plain in (False, True):
            text = module_text(written, SCHEMAS, plain=plain)
            assert_says(evaluated(text, Path(folder)), written)


def test_ruff_has_nothing_to_change(tmp_path: Path) -> None:
    """Neither with its defaults nor with this project's settings."""
    (tmp_path / "stacks").mkdir()
    numbers = iter(range(10**6))

    @given(modules() | families())
    @ANY
    def write(written: WrittenModule) -> None:
        for plain in (False, True):
            path = tmp_path / "stacks" / f"m{next(numbers)}.py"
            path.write_text(module_text(written, SCHEMAS, plain=plain), encoding="utf-8")

    write()
    assert ruff("format", "--isolated", "--diff", folder=tmp_path) == ""
    assert ruff("check", "--isolated", folder=tmp_path) == ""
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    assert ruff("format", "--diff", folder=tmp_path) == ""
    assert ruff("check", "--output-format", "concise", folder=tmp_path) == ""
