"""What a price costs for a quantity and a currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from engine.plan.subscribers.amounts import (
    currencies,
    is_metered,
    monthly,
    period_amount,
    rhythm,
    unit_amount,
)

MONTH = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
TIERS = [
    {"up_to": 5, "unit_amount": 1000, "flat_amount": None},
    {"up_to": None, "unit_amount": 800, "flat_amount": 500},
]


def price(**fields: Any) -> dict[str, Any]:
    """A price of $10 a month."""
    return {"currency": "usd", "unit_amount": 1000, "recurring": MONTH, **fields}


@pytest.mark.parametrize(
    ("found", "currency", "quantity", "amount"),
    [
        (price(), "usd", 3, 3000),
        (price(unit_amount=None, unit_amount_decimal="0.5"), "usd", 3, Decimal("1.5")),
        (price(currency_options={"eur": {"unit_amount": 900}}), "eur", 2, 1800),
        (price(), "eur", 2, None),
        (price(recurring={**MONTH, "usage_type": "metered"}), "usd", None, None),
        (price(), "usd", None, None),
        (price(unit_amount=None), "usd", 1, None),
        (price(transform_quantity={"divide_by": 5, "round": "up"}), "usd", 6, 2000),
        (price(transform_quantity={"divide_by": 5, "round": "down"}), "usd", 6, 1000),
        (price(billing_scheme="tiered", tiers=None), "usd", 1, None),
        # Stripe's documentation: of 6, graduated charges each tier for its part, volume the last
        # one for all.
        (price(billing_scheme="tiered", tiers=TIERS, tiers_mode="graduated"), "usd", 6, 6300),
        (price(billing_scheme="tiered", tiers=TIERS, tiers_mode="volume"), "usd", 6, 5300),
        (price(billing_scheme="tiered", tiers=TIERS, tiers_mode="graduated"), "usd", 5, 5000),
        (price(billing_scheme="tiered", tiers=TIERS, tiers_mode="volume"), "usd", 5, 5000),
        (price(billing_scheme="tiered", tiers=TIERS[:1], tiers_mode="graduated"), "usd", 9, 5000),
        (price(billing_scheme="tiered", tiers=TIERS[:1], tiers_mode="volume"), "usd", 9, 0),
    ],
)
def test_what_a_quantity_costs_each_period(
    found: dict[str, Any], currency: str, quantity: int | None, amount: Decimal | None
) -> None:
    """By unit, by package, by tiers, in each currency; nothing where the price does not say it."""
    assert period_amount(found, currency, quantity) == amount


def test_what_one_costs() -> None:
    """With how often it is charged."""
    found = unit_amount(price(), "usd")
    assert found is not None
    assert (int(found.value), found.currency, found.interval) == (1000, "usd", "month")
    assert unit_amount(price(unit_amount=None), "usd") is None
    assert unit_amount(price(), "jpy") is None


def test_how_often_it_is_charged() -> None:
    """A price that is paid once has no interval."""
    assert rhythm(price()) == ("month", 1)
    assert rhythm(price(recurring=None)) == ("", 1)
    assert not is_metered(price(recurring=None))


@pytest.mark.parametrize(
    ("interval", "count", "each"),
    [
        ("month", 1, 1200),
        ("month", 3, 400),
        ("year", 1, 100),
        ("day", 1, Fraction(36500)),
        ("week", 2, Fraction(1200 * 365, 84 * 2)),
    ],
)
def test_an_amount_each_month(interval: str, count: int, each: Fraction) -> None:
    """A year has 365 days and twelve months."""
    assert monthly(Decimal(1200), interval, count) == each


def test_in_which_currencies_it_can_be_paid() -> None:
    """Its own first."""
    assert currencies(price(currency_options={"eur": {}, "usd": {}})) == ("usd", "eur")
    assert currencies(price()) == ("usd",)
