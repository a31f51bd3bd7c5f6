"""Amounts as people read them."""

from __future__ import annotations

import pytest

from engine.views.money import decimals, money


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (2900, "usd", "$29.00"),
        (2900, "USD", "$29.00"),
        (0, "usd", "$0.00"),
        (5, "usd", "$0.05"),
        (123456789, "usd", "$1,234,567.89"),
        (-2900, "usd", "-$29.00"),
        ("1500.5", "usd", "$15.005"),
        ("1500.0", "usd", "$15.00"),
        (0.5, "usd", "$0.005"),
        (2900, "eur", "€29.00"),
        (2900, "gbp", "£29.00"),
        (2900, "chf", "29.00 CHF"),
        (2900, "jpy", "¥2,900"),
        ("0.5", "jpy", "¥0.5"),
        (2900, "krw", "2,900 KRW"),
        (1500, "kwd", "1.500 KWD"),
        (500, "isk", "5.00 ISK"),
        (500, "ugx", "5.00 UGX"),
    ],
)
def test_an_amount_is_written_in_its_currency(
    amount: float | str, currency: str, text: str
) -> None:
    """Minor units become money, with the decimals that the currency has in Stripe's API."""
    assert money(amount, currency) == text


@pytest.mark.parametrize("amount", [None, True, "inf", "many", [1], float("nan")])
def test_what_is_no_amount_is_no_money(amount: object) -> None:
    """A word such as a tier's `inf` is left alone."""
    assert money(amount, "usd") == ""


def test_currencies_have_zero_two_or_three_decimals() -> None:
    """Two unless Stripe says otherwise."""
    assert [decimals(code) for code in ("JPY", "usd", "bhd")] == [0, 2, 3]
