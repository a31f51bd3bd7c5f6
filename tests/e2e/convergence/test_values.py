"""Values that are hard to carry arrive as they were declared: the next plan is empty.

Text in any script, very long text, decimals with twelve places, zero, big numbers, full and empty
metadata, empty lists, and null, which means the same as silence.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from engine.catalog import loader
from engine.schema.attribute import Attribute, Kind
from tests.support.samples.samples import Samples, sample_project

HEAD = "from engine import Lifecycle, stripe\n"
Market: TypeAlias = Callable[..., dict[str, str]]
"""Applies declarations; what the next plan still wants to change, by address."""
LONGEST = 300
FEW = settings(
    max_examples=3,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def _text(longest: int = 0, shortest: int = 1) -> st.SearchStrategy[str]:
    """Text in any script, without what Stripe strips and what HTTP or JSON cannot carry."""
    letters = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
    some = st.text(letters, min_size=max(1, shortest), max_size=longest or LONGEST)
    return some.filter(lambda text: text == text.strip() and "${" not in text)


TEXT = _text(40)
METADATA = st.dictionaries(
    TEXT.filter(lambda key: not re.search(r"[\[\]]", key) and key != "engine"),
    _text(60),
    min_size=49,  # one more is the stamp's
    max_size=49,
)
DECIMALS = st.decimals(0, 10**6, places=12).map(lambda value: format(value.normalize(), "f"))
AMOUNTS = st.sampled_from([0, 1, 99_999_999])


@pytest.fixture
def market(tmp_path: Path, samples: Samples) -> Market:
    """Declare on an account of its own, apply, and tell what the next plan still wants to do."""
    numbers = iter(range(10_000))

    def left_of(declarations: dict[str, str], *before: str) -> dict[str, str]:
        with contextlib.closing(samples.emulator()) as emulator:
            project = sample_project(tmp_path / f"shop-{next(numbers)}", emulator)
            if before:
                project.write(HEAD + "\n".join(before) + "\n")
                project.apply()
            project.write(HEAD + "\n".join([*before, *declarations.values()]) + "\n")
            project.apply()
            return {str(change.address): str(change.fields) for change in project.plan().pending}

    return left_of


@FEW
@given(data=st.data())
def test_hard_values_of_the_shop(market: Market, data: st.DataObject) -> None:
    """Names, amounts and metadata of what is sold come back as they were declared."""
    draw = data.draw
    product: dict[str, Any] = {
        "name": draw(TEXT),
        "description": draw(_text()),
        "metadata": draw(METADATA),
        "images": [],
        "marketing_features": [],
        "unit_label": None,
    }
    tiers = [
        {"up_to": 10**9, "unit_amount_decimal": draw(DECIMALS)},
        {"up_to": "inf", "flat_amount": draw(AMOUNTS), "unit_amount_decimal": draw(DECIMALS)},
    ]
    prices = {
        "amount": {"unit_amount": draw(AMOUNTS), "nickname": draw(TEXT), "metadata": None},
        "decimal": {"unit_amount_decimal": draw(DECIMALS)},
        "exact": {"unit_amount_decimal": Decimal(draw(DECIMALS))},
        "tiers": {
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "recurring": {"interval": "month"},
            "tiers": tiers,
        },
    }
    percent = draw(st.sampled_from([1, 12.5, 33.33, 100]))
    declarations = {
        "product": f"shop = stripe.Product('product', **{product!r})",
        **{
            name: f"stripe.Price({name!r}, product=shop, currency='usd', **{arguments!r})"
            for name, arguments in prices.items()
        },
        "coupon": f"stripe.Coupon('coupon', name={draw(TEXT)!r}, percent_off={percent!r})",
        "tax": "stripe.TaxRate('tax', display_name='T', inclusive=False, percentage=0)",
    }
    declarations = {"decimal module": "from decimal import Decimal", **declarations}
    assert market(declarations) == {}


def test_a_description_of_forty_thousand_characters(market: Market) -> None:
    """As long as Stripe takes it, in letters of several bytes."""
    text = ("Ωmega-ß-" * 5000)[:40_000]
    assert len(text) == 40_000
    assert market({"product": f"stripe.Product('p', name='P', description={text!r})"}) == {}


@pytest.mark.parametrize("object_name", loader.managed())
def test_text_of_any_script(object_name: str, samples: Samples, market: Market) -> None:
    """Free text and full metadata come back as they were declared, whatever the type."""
    kind = loader.by_object(object_name)
    if not kind.creatable or kind.life.singleton:
        pytest.skip("there is nothing to make")
    free = [
        (name, attribute)
        for name, attribute in kind.root.fields.items()
        if _is_free_text(attribute) and samples.is_free(object_name, name)
    ]

    @FEW
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        arguments = samples.base(object_name, "n1")
        for name, attribute in free:
            longest = min(attribute.max_length, LONGEST)
            arguments[name] = data.draw(_text(longest, attribute.min_length))
        if "metadata" in kind.root.fields and kind.root.fields["metadata"].in_create:
            arguments["metadata"] = data.draw(METADATA)
        lines = samples.needed(object_name, [arguments])
        lines["subject"] = samples.line(object_name, "n1", arguments)
        assert market(lines, *samples.before(object_name).values()) == {}

    check()


@pytest.mark.parametrize("object_name", loader.managed())
def test_null_and_empty_lists_are_silence(
    object_name: str, samples: Samples, market: Market
) -> None:
    """A parameter that is null is not declared, and a list of none asks for none."""
    kind = loader.by_object(object_name)
    if not kind.creatable or kind.life.singleton:
        pytest.skip("there is nothing to make")
    arguments = samples.base(object_name, "n1")
    for name, attribute in kind.root.fields.items():
        if not attribute.declarable or attribute.required or name in arguments:
            continue
        empty = attribute.kind is Kind.LIST and not attribute.min_length and attribute.clearable
        arguments[name] = [] if empty else None
    lines = samples.needed(object_name, [arguments])
    lines["subject"] = samples.line(object_name, "n1", arguments)
    assert market(lines, *samples.before(object_name).values()) == {}


def _is_free_text(attribute: Attribute) -> bool:
    return (
        attribute.kind is Kind.STRING
        and attribute.in_create
        and attribute.in_response
        and not attribute.write_only
        and not attribute.sensitive
        and not attribute.values
        and not attribute.reference
        and not attribute.pattern
        and not attribute.source
    )
