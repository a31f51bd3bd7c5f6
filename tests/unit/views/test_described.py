"""What all formats say of a change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.catalog import loader
from engine.plan.amounts import Amount
from engine.plan.model import Action, Change, FieldReason
from engine.values.markers import ABSENT
from engine.views.brief.differences import percent
from engine.views.described import describe_plan
from engine.views.money import amount_words
from tests.support import build


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


def leaves_of(change: Change) -> list[str]:
    """The leaves of a change as lines, with their further lines."""
    (described,) = describe_plan(build.plan(change), loader.schemas(), {})
    return [
        line
        for leaf in described.leaves
        for line in (f"{leaf.name}: {leaf.text}", *(f"{sign} {text}" for sign, text in leaf.more))
    ]


def test_amounts_in_what_is_new_are_money() -> None:
    """A new block is a line a leaf; each amount is in the currency of what holds it."""
    items = [{"price_data": {"currency": "eur", "unit_amount": 900}, "quantity": 1}]
    entry = build.field("line_items", ABSENT, items, reason=FieldReason.SET)
    change = build.change(
        "stripe_payment_link.a",
        Action.UPDATE,
        fields=(entry,),
        before={"currency": "usd"},
        after={"currency": "usd", "line_items": items},
    )
    assert leaves_of(change) == [
        'line_items[0].price_data.currency: "eur"',
        "line_items[0].price_data.unit_amount: 900 (€9.00)",
        "line_items[0].quantity: 1",
    ]


def test_amounts_in_an_entry_that_goes_are_money() -> None:
    """It is shown as a whole."""
    tiers = [{"unit_amount": 500, "up_to": 10}, {"unit_amount": 400, "up_to": "inf"}]
    entry = build.field("tiers.0", tiers[0], ABSENT)
    change = build.change(
        "stripe_price.a",
        Action.REPLACE,
        fields=(entry,),
        before={"currency": "usd", "tiers": tiers},
        after={"currency": "usd", "tiers": tiers[1:]},
    )
    assert leaves_of(change) == [
        'tiers[0]: {"unit_amount": 500 ($5.00), "up_to": 10} (removed)',
    ]


def test_amounts_in_a_list_that_changes_are_money() -> None:
    """Each entry of a long list is a line, with the currency of its own side."""
    before = [400, 500, 600, 700, 800, 900]
    after = [*before[1:], 1000]
    entry = build.field("tipping.eur.fixed_amounts", before, after)
    change = build.change(
        "stripe_terminal_configuration.a",
        Action.UPDATE,
        fields=(entry,),
        before={"tipping": {"eur": {"fixed_amounts": before}}},
        after={"tipping": {"eur": {"fixed_amounts": after}}},
    )
    assert leaves_of(change) == [
        "tipping.eur.fixed_amounts: 5 of 6 entries kept",
        "- 400 (€4.00)",
        "+ 1000 (€10.00)",
    ]
