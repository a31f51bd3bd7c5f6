"""Addresses: parse, print, order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.address import (
    NAME_PATTERN,
    TYPE_PATTERN,
    Place,
    ResourceAddress,
    address,
    is_logical_name,
    parse_address,
    parse_place,
)
from engine.errors import UsageError

ADDRESSES = st.builds(
    address,
    st.from_regex(TYPE_PATTERN, fullmatch=True),
    st.from_regex(NAME_PATTERN, fullmatch=True),
    lookup=st.booleans(),
)


@given(ADDRESSES)
def test_what_is_printed_is_what_is_parsed(made: ResourceAddress) -> None:
    """Printing and parsing are each other's inverse."""
    assert parse_address(str(made)) == made


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (address("stripe_price", "pro-monthly"), "stripe_price.pro-monthly"),
        (address("stripe_price", "x", lookup=True), "data.stripe_price.x"),
        (
            address("stripe_billing_portal_configuration", "0_a-b"),
            "stripe_billing_portal_configuration.0_a-b",
        ),
    ],
)
def test_the_spelling_is_terraforms(made: ResourceAddress, text: str) -> None:
    """Type, dot, name; lookups begin with `data.`."""
    assert str(made) == text
    assert parse_address(text) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stripe_price",
        "stripe_price.",
        ".pro",
        "price.pro",
        "stripe_price.Pro",
        "stripe_price.-pro",
        "stripe_price.pro.id",
        "stripe_price.pro ",
        "stripe_price.pro\n",
        "Stripe_price.pro",
        "data.price.pro",
        "${stripe_price.pro}",
        "stripe_price.prö",
    ],
)
def test_what_is_no_address(text: str) -> None:
    """The text is named, and what an address looks like."""
    with pytest.raises(UsageError, match="is not an address") as raised:
        parse_address(text)
    assert repr(text) in raised.value.message
    assert "TYPE.NAME" in str(raised.value.hint)


def test_order_is_by_type_then_name_with_lookups_last() -> None:
    """The order of every listing and tie."""
    texts = [
        "stripe_coupon.b",
        "stripe_price.a",
        "stripe_price.b",
        "stripe_product.a",
        "data.stripe_coupon.a",
    ]
    assert [str(found) for found in sorted(map(parse_address, reversed(texts)))] == texts


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a", True),
        ("0", True),
        ("pro-monthly_2", True),
        ("", False),
        ("-a", False),
        ("_a", False),
        ("A", False),
        ("a.b", False),
        ("a b", False),
        ("a\n", False),
    ],
)
def test_names(text: str, *, good: bool) -> None:
    """Lower case, digits, dashes and underscores, beginning with a letter or digit."""
    assert is_logical_name(text) is good


def test_an_address_is_its_text() -> None:
    """It finds what is kept under the text, and is found by it."""
    made = address("stripe_price", "pro", lookup=True)
    by_address: dict[str, int] = {made: 1}
    assert by_address["data.stripe_price.pro"] == {"data.stripe_price.pro": 1}[made] == 1
    assert (made.lookup, made.type, made.name) == (True, "stripe_price", "pro")
    assert type(str(made)) is str


def test_a_place_is_a_resource_of_a_stack_or_the_stack() -> None:
    """The stack of a resource may be left out."""
    made = address("stripe_price", "pro")
    assert parse_place("stripe_price.pro") == Place("", made)
    assert parse_place("shop:stripe_price.pro") == Place("shop", made)
    assert parse_place("shop:") == Place("shop", None)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (":stripe_price.pro", "STACK: for all"),
        (":", "STACK: for all"),
        ("shop", "a stack has a colon behind its name, shop:"),
        ("shop:price", "an address is TYPE.NAME"),
        ("../shop", "an address is TYPE.NAME"),
    ],
)
def test_what_is_no_place_says_the_right_form(text: str, hint: str) -> None:
    """A missing colon above all."""
    with pytest.raises(UsageError) as told:
        parse_place(text)
    assert hint in str(told.value)
