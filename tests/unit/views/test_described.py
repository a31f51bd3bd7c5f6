"""What all formats say of a change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.plan.amounts import Amount
from engine.views.brief.differences import percent
from engine.views.money import amount_words


def monthly(value: int, currency: str = "usd", count: int = 1, interval: str = "month") -> Amount:
    """An amount that is charged each month."""
    return Amount(
        path=("unit_amount",),
        value=Decimal(value),
        currency=currency,
        interval=interval,
        interval_count=count,
    )


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (monthly(2400), "$24.00 a month"),
        (monthly(6000, count=3), "$60.00 every 3 months"),
        (monthly(500, interval=""), "$5.00"),
    ],
)
def test_an_amount_says_how_often_it_is_charged(amount: Amount, words: str) -> None:
    """As people say it."""
    assert amount_words(amount) == words


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (monthly(2000), monthly(2400), ", +20 %"),
        (monthly(3000), monthly(2000), ", -33.3 %"),
        (monthly(2000), monthly(2000, currency="eur"), ""),
        (monthly(2000), monthly(2000, interval="year"), ""),
        (monthly(0), monthly(2000), ""),
    ],
)
def test_amounts_that_compare_have_a_percentage(old: Amount, new: Amount, words: str) -> None:
    """Another currency, another interval and nothing at all have none."""
    assert percent(old, new) == words
