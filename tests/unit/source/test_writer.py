"""The text of modules: what they declare, how they look, and that nothing is lost on the way."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from engine.catalog import loader
from engine.source.model import WrittenModule, WrittenResource
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


def _item(number: int, **more: str) -> list[WrittenResource]:
    name = f"item-{number}"
    return [
        resource(f"stripe_product.{name}", name=f"Item no. {number * 7}", **more),
        resource(
            f"stripe_price.{name}",
            currency="usd",
            product=f"${{stripe_product.{name}.id}}",
            unit_amount=number * 99,
        ),
    ]


def test_ten_thousand_objects_are_a_table_with_a_line_for_each_product(tmp_path: Path) -> None:
    """Found by its name, and read with its price in one line."""
    written = module(*(one for number in range(5000) for one in _item(number)))
    text = module_text(written, SCHEMAS)
    lines = text.splitlines()
    assert '    ("item-4999", "Item no. 34993", 494901),' in lines
    assert lines[lines.index("]") + 1 :] == [
        "for key, name, unit_amount in PRODUCTS:",
        "    product = Product(key, name=name)",
        '    Price(key, product=product, currency="usd", unit_amount=unit_amount)',
    ]
    assert_says(evaluated(text, tmp_path), written)


def test_what_is_not_like_the_others_has_a_call_of_its_own() -> None:
    """Also where its text is too long for a line of a table."""
    long = "A description that nobody would want to read in a table, since it goes on and on. " * 2
    text = module_text(
        module(*(one for number in range(4) for one in _item(number)), *_item(9, description=long)),
        SCHEMAS,
    )
    assert text.count("Product(") == text.count("Price(") == 2
    assert '    ("item-3", "Item no. 21", 297),\n]:' in text
    assert '\nPrice("item-9", product=item_9, currency="usd", unit_amount=891)\n' in text


def test_a_site_is_a_constant_where_three_texts_are_of_it() -> None:
    """Not for two, not for a host whose name only begins alike, not in a plain module."""

    def links(*urls: str) -> WrittenModule:
        texts = {f"k{number}": url for number, url in enumerate(urls)}
        return module(resource("stripe_product.a", metadata=texts))

    site = "https://a.example"
    three = module_text(links(site, f"{site}/x", f"{site}?y"), SCHEMAS)
    assert 'SITE = "https://a.example"\n' in three
    assert 'metadata={"k0": SITE, "k1": f"{SITE}/x", "k2": f"{SITE}?y"}' in three
    assert "SITE" not in module_text(links(site, f"{site}/x", f"{site}.com/y"), SCHEMAS)
    assert "SITE" not in module_text(links(site, site, site), SCHEMAS, plain=True)


def test_moments_have_their_date_and_counts_have_none() -> None:
    """A number of seconds says nothing to a reader."""
    text = module_text(
        module(
            resource("stripe_coupon.a", redeem_by=1_800_000_000, duration="once"),
            resource("stripe_price.a", transform_quantity={"divide_by": 1000, "round": "up"}),
        ),
        SCHEMAS,
    )
    assert "redeem_by=1800000000,  # 2027-01-15 08:00 UTC\n" in text
    assert '{"divide_by": 1000, "round": "up"}' in text


def test_a_cycle_goes_through_a_text() -> None:
    """A product that names its own price is written first, and refers to it by its address."""
    text = module_text(
        module(
            resource("stripe_product.a", default_price="${stripe_price.a.id}"),
            resource("stripe_price.a", product="${stripe_product.a.id}"),
        ),
        SCHEMAS,
    )
    assert text.endswith(
        'a = Product("a", default_price="${stripe_price.a.id}")\nPrice("a", product=a)\n'
    )


def test_a_variable_is_no_word_of_python_or_of_the_engine() -> None:
    """And two of one name are two variables."""
    names = ("class", "list", "output", "2024", "default")
    written = module(
        *(resource(f"stripe_product.{name}") for name in names),
        *(resource(f"stripe_coupon.{name}") for name in names[:1]),
        ids=[f"${{stripe_product.{name}.id}}" for name in names],
        coupon="${stripe_coupon.class.id}",
    )
    lines = module_text(written, SCHEMAS, plain=True).splitlines()
    assert [line.partition(" = ")[0] for line in lines if " = " in line] == [
        "class_product",
        "list_product",
        "output_product",
        "product_2024",
        "default_product",
        "class_coupon",
    ]


def test_two_resources_of_one_address_are_refused() -> None:
    """One of them would be lost."""
    one = resource("stripe_product.a", name="A")
    with pytest.raises(ValueError, match=r"stripe_product\.a cannot be written twice"):
        module_text(module(one, one), SCHEMAS)
