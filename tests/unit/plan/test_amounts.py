"""The amounts of an object, with their currencies and intervals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.amounts import Amount, amount_at, amounts_in, said_by
from engine.values.markers import UNKNOWN
from engine.values.paths import Path, parse_path


def amounts(type: str, values: dict[str, Any]) -> dict[Path, Amount]:
    """The amounts in an object of a type."""
    return amounts_in(loader.schemas()[type].root, values)


def test_a_price_says_how_often_it_is_charged() -> None:
    """`recurring` is next to the amount."""
    price = {
        "currency": "USD",
        "unit_amount": 6000,
        "recurring": {"interval": "month", "interval_count": 3},
    }
    assert amounts("stripe_price", price) == {
        ("unit_amount",): Amount(
            path=("unit_amount",),
            value=Decimal(6000),
            currency="usd",
            interval="month",
            interval_count=3,
        )
    }


def test_a_price_without_recurring_is_charged_once() -> None:
    """There is no interval."""
    (amount,) = amounts("stripe_price", {"currency": "usd", "unit_amount": 100}).values()
    assert amount.interval == ""


def test_a_plan_has_its_interval_next_to_its_amount() -> None:
    """It is older than `recurring`."""
    plan = {"currency": "usd", "amount": 100, "interval": "year"}
    (amount,) = amounts("stripe_plan", plan).values()
    assert (amount.interval, amount.interval_count) == ("year", 1)


def test_amounts_in_what_a_price_holds_are_charged_as_it_is() -> None:
    """Tiers and currency options have the interval of the price."""
    price = {
        "currency": "usd",
        "recurring": {"interval": "month"},
        "tiers": [{"unit_amount": 100, "up_to": "inf"}],
        "currency_options": {"eur": {"unit_amount": 90}},
    }
    found = amounts("stripe_price", price)
    assert {path: (one.currency, one.interval) for path, one in found.items()} == {
        ("tiers", 0, "unit_amount"): ("usd", "month"),
        ("currency_options", "eur", "unit_amount"): ("eur", "month"),
    }


def test_an_amount_in_two_spellings_is_there_once() -> None:
    """Stripe returns both."""
    price = {"currency": "usd", "unit_amount": 100, "unit_amount_decimal": "100"}
    assert set(amounts("stripe_price", price)) == {("unit_amount",)}


def test_a_fraction_of_a_minor_unit_is_in_the_decimal_spelling_alone() -> None:
    """Stripe returns null for the other one then."""
    price = {"currency": "usd", "unit_amount": None, "unit_amount_decimal": "0.5"}
    (amount,) = amounts("stripe_price", price).values()
    assert (amount.path, amount.value) == (("unit_amount_decimal",), Decimal("0.5"))


@pytest.mark.parametrize("value", [UNKNOWN, None, True, "inf", "${stripe_price.a.unit_amount}"])
def test_what_is_no_number_is_passed_over(value: Any) -> None:
    """It may become one in the apply."""
    assert amounts("stripe_price", {"currency": "usd", "unit_amount": value}) == {}


def test_what_the_type_does_not_know_is_passed_over() -> None:
    """A field of a newer Stripe."""
    assert amounts("stripe_price", {"currency": "usd", "unknown": {"unit_amount": 5}}) == {}


def test_an_amount_deep_in_an_object_has_its_own_currency() -> None:
    """Next to it, not that of the object."""
    path = parse_path("business_profile.annual_revenue.amount")
    account = {"business_profile": {"annual_revenue": {"amount": 5, "currency": "eur"}}}
    (amount,) = amounts("stripe_account", account).values()
    assert (amount.path, amount.currency) == (path, "eur")


def test_what_an_object_refers_to_as_a_whole_is_passed_over() -> None:
    """Of an id in place of what holds an amount, nothing is known."""
    price = {"currency": "usd", "unit_amount": 100, "recurring": "later"}
    (amount,) = amounts("stripe_price", price).values()
    assert amount.interval == ""


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"currency": "usd", "unit_amount": 100}, 100),
        ({"currency": "usd", "unit_amount_decimal": "0.5"}, Decimal("0.5")),
        ({"currency": "usd"}, None),
    ],
)
def test_an_amount_is_found_in_either_spelling(values: dict[str, Any], found: Any) -> None:
    """Whichever of the two is declared."""
    root = loader.schemas()["stripe_price"].root
    amount = amount_at(root, ("unit_amount",), values)
    assert (None if amount is None else amount.value) == found


def test_a_field_that_the_type_does_not_have_is_no_amount() -> None:
    """Nor is anything said by it."""
    root = loader.schemas()["stripe_price"].root
    assert amount_at(root, ("unknown",), {"unknown": 5}) is None
    assert list(said_by(root, ("unknown",))) == []


def test_the_words_of_an_amount_are_of_its_currency_and_interval_too() -> None:
    """So that they need not be said a second time; those of other fields are."""
    root = loader.schemas()["stripe_price"].root
    said = set(said_by(root, ("unit_amount",)))
    assert said >= {("unit_amount",), ("unit_amount_decimal",), ("currency",)}
    assert ("recurring", "interval_count") in said
    assert ("nickname",) not in said
    assert list(said_by(root, ("nickname",))) == [("nickname",)]
