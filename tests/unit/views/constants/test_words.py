"""What is said of a constant, and which constant an id is."""

from __future__ import annotations

from typing import Any

import pytest

from engine.ports.reports import Constant
from engine.views.constants.words import about, about_each, about_stack, names_by_id, one_line
from tests.support.constants import HOSTILE, MONTHLY, output, price, stack

TIERS = [
    {"up_to": 10, "unit_amount": 500},
    {"up_to": None, "unit_amount_decimal": "450.5"},
]
COUPON = {"percent_off": 25, "duration": "repeating", "duration_in_months": 3}


@pytest.mark.parametrize(
    ("constant", "words"),
    [
        (price(), "Pro monthly, $29.00 a month"),
        (price(attributes={}), "Pro monthly"),
        (price(label="Pro Monthly"), "Pro monthly, $29.00 a month"),
        (price(label="Gold"), "Pro monthly, 'Gold', $29.00 a month"),
        (
            price(attributes={"currency": "usd", "billing_scheme": "tiered", "tiers": TIERS}),
            "Pro monthly, 2 tiers ($5.00 a unit up to 10, $4.505 a unit beyond)",
        ),
        (price(attributes={}, account="acct_2"), "Pro monthly, on account acct_2"),
        (
            price("gift", address="stripe_coupon.gift", type="stripe_coupon", attributes=COUPON),
            "Gift, 25 % off for 3 months",
        ),
        (output("trial-days", 14), "Output trial-days"),
    ],
)
def test_what_a_constant_is(constant: Constant, words: str) -> None:
    """What people call it, what Stripe calls it if that is another name, and its money."""
    assert about(constant) == words


def test_what_differs_between_environments_is_said_of_each() -> None:
    """A test account may have other amounts."""
    cheap = price(attributes={**MONTHLY, "unit_amount": 100})
    assert about_each([("live", price()), ("test", price())]) == "Pro monthly, $29.00 a month"
    assert about_each([("live", price()), ("test", cheap)]) == (
        "live: Pro monthly, $29.00 a month; test: Pro monthly, $1.00 a month"
    )


def test_a_text_of_an_account_is_one_short_line() -> None:
    """It neither ends the line nor turns it around, and a long one is cut."""
    line = one_line(HOSTILE)
    assert len(line) <= 60
    assert not {"\n", "\x1b", "\u202e"} & set(line)
    assert one_line("\u202eabc\n\n  d") == "abc d"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "Stack saas in environment live: account acct_1, live mode"),
        ({"livemode": False}, "Stack saas in environment live: account acct_1, test mode"),
        ({"livemode": None}, "Stack saas in environment live: account acct_1"),
        ({"account_id": ""}, "Stack saas in environment live"),
    ],
)
def test_whose_the_ids_are(parts: dict[str, Any], words: str) -> None:
    """As far as the state knows it."""
    assert about_stack(stack(**parts)) == words


def test_an_id_has_one_constant() -> None:
    """Also a former one; ids that two resources have, as chosen ones can, have none."""
    coupon = Constant(name="STRIPE_COUPON_TEN", value="TEN", address="stripe_coupon.ten")
    other = Constant(name="STRIPE_PRODUCT_TEN", value="TEN", address="stripe_product.ten")
    main = price(name="main", value="price_1", is_output=True)
    live = stack(price(value="price_1", former=("price_0",)), coupon, other, main)
    test = stack(price(value="price_2"), environment="test")
    assert names_by_id([live, test]) == {
        "price_0": "STRIPE_PRICE_PRO_MONTHLY",
        "price_1": "STRIPE_PRICE_PRO_MONTHLY",
        "price_2": "STRIPE_PRICE_PRO_MONTHLY",
    }
