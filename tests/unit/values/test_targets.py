"""The text of what a reference names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.values.targets import ONE_REFERENCE, OutputTarget, output_target
from engine.values.templates import is_reference, stray_references, targets_in

KEYS = st.text(st.characters(codec="utf-8")) | st.integers(min_value=0, max_value=10**6)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "output.shop.prices"),
        (("month",), "output.shop.prices.month"),
        (("per-month", "_x1"), "output.shop.prices.per-month._x1"),
        ((0, 12), "output.shop.prices[0][12]"),
        (("0",), 'output.shop.prices["0"]'),
        (("2024",), 'output.shop.prices["2024"]'),
        (("per month", "é"), 'output.shop.prices["per month"]["é"]'),
        (("a.b", "", 'q"]}'), 'output.shop.prices["a.b"][""]["q\\"]}"]'),
        (("line\n", "back\\"), 'output.shop.prices["line\\n"]["back\\\\"]'),
    ],
)
def test_a_place_in_an_output_has_one_spelling(path: tuple[str | int, ...], text: str) -> None:
    """Keys that are names stand behind a point, others as JSON, numbers in brackets."""
    target = OutputTarget("shop", "prices", path)
    assert str(target) == text
    assert output_target(text) == target
    assert target.local == text.removeprefix("output.shop.")


@pytest.mark.parametrize("name", ["STRIPE_PRICE_PRO_MONTHLY", "Prices", "0_aB-c"])
def test_outputs_may_have_capitals(name: str) -> None:
    """As the constants of applications do."""
    reference = f"${{output.shop.{name}.month}}"
    assert ONE_REFERENCE.fullmatch(reference)
    assert list(targets_in([reference])) == [OutputTarget("shop", name, ("month",))]


@given(st.lists(KEYS, max_size=4).map(tuple))
def test_every_place_can_be_read_again(path: tuple[str | int, ...]) -> None:
    """Whatever the keys are, also inside of a longer text."""
    target = OutputTarget("shop", "prices", path)
    reference = f"${{{target}}}"
    assert is_reference(reference)
    assert ONE_REFERENCE.fullmatch(reference)
    assert list(targets_in([f"a {reference}{reference} b"])) == [target, target]
    assert not list(stray_references(reference))


@pytest.mark.parametrize(
    "text",
    [
        "output.shop",
        "output.Shop.prices",
        "output.shop.p[x]",
        "output.shop.p['x']",
        "stripe_price.m.id",
        'output.shop.p["\\q"]',
        'output.shop.p["x]',
        "output.shop.p[-1]",
        "output.shop.p.",
        "",
    ],
)
def test_what_names_no_output_is_refused(text: str) -> None:
    """As text that a person wrote it is no reference either."""
    with pytest.raises(ValueError, match="^" + text.replace("\\", "\\\\").replace("[", r"\[")):
        output_target(text)
