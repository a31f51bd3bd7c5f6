"""Counting subscribers: groups, money, and what is particular."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from engine.plan.subscribers.count import Subscribed, Tally, whole
from engine.plan.subscribers.subscriber import Mark, subscribers_in

PRICE: dict[str, Any] = {
    "id": "price_a",
    "currency": "usd",
    "unit_amount": 2900,
    "recurring": {"interval": "year", "interval_count": 1, "usage_type": "licensed"},
}


def subscription(*items: tuple[str, int | None], **fields: Any) -> dict[str, Any]:
    """A subscription as Stripe returns it."""
    entries = [
        {"id": f"si_{number}", "price": {"id": price}, "quantity": quantity}
        for number, (price, quantity) in enumerate(items)
    ]
    return {
        "id": "sub_1",
        "status": "active",
        "currency": "usd",
        "created": 1000,
        "collection_method": "charge_automatically",
        "items": {"data": entries, "has_more": False},
        **fields,
    }


def test_they_are_grouped_by_status_and_currency() -> None:
    """The largest group first; what they pay is said each period and each month."""
    tally = Tally(PRICE)
    for found in (
        subscription(("price_a", 2), status="trialing"),
        subscription(("price_a", 1)),
        subscription(("price_a", 3)),
        subscription(("price_a", 1), currency="eur"),
    ):
        [one] = subscribers_in(found, "price", ("price_a",))
        tally.add(one)
    groups = tally.groups()
    grouped = [(one.status, one.currency, one.subscriptions, one.quantity) for one in groups]
    assert grouped == [
        ("active", "usd", 2, 4),
        ("active", "eur", 1, 1),
        ("trialing", "usd", 1, 2),
    ]
    assert [(one.amount, one.monthly) for one in groups] == [
        (11600, 967),
        (None, None),
        (5800, 483),
    ]
    whole_price = Subscribed(
        id="price_a", stack="", address="", current=False, account="", price=PRICE, groups=groups
    )
    assert (whole_price.subscriptions, whole_price.quantity) == (4, 7)


def test_metered_usage_has_no_quantity() -> None:
    """It is counted, and its amount is not known."""
    tally = Tally({**PRICE, "recurring": {**PRICE["recurring"], "usage_type": "metered"}})
    [one] = subscribers_in(subscription(("price_a", None)), "price", ("price_a",))
    tally.add(one)
    [group] = tally.groups()
    assert (group.subscriptions, group.quantity, group.amount) == (1, 0, None)


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"schedule": "sub_sched_1"}, Mark.SCHEDULED),
        ({"pending_update": {"expires_at": 1}}, Mark.PENDING),
        ({"pause_collection": {"behavior": "void"}}, Mark.PAUSED),
        ({"status": "paused"}, Mark.PAUSED),
        ({"cancel_at_period_end": True}, Mark.CANCELING),
        ({"cancel_at": 2000}, Mark.CANCELING),
        ({"collection_method": "send_invoice"}, Mark.INVOICED),
        ({"discounts": ["di_1"]}, Mark.DISCOUNTED),
    ],
)
def test_what_is_particular(fields: dict[str, Any], mark: Mark) -> None:
    """Each is read from the subscription."""
    [one] = subscribers_in(subscription(("price_a", 1), **fields), "price", ("price_a",))
    assert one.marks == {mark}
    assert one.invoiced is (mark is Mark.INVOICED)


def test_each_item_is_read_by_itself() -> None:
    """Only those on the price count; further ones are marked, and so is a discount of an item."""
    found = subscription(("price_a", 1), ("price_b", 4), ("price_c", 1))
    found["items"]["data"][1]["discounts"] = ["di_1"]
    first, second = subscribers_in(found, "price", ("price_a", "price_b"))
    assert first.item == "si_0"
    assert first.marks == {Mark.SEVERAL}
    assert (second.item, second.quantity) == ("si_1", 4)
    assert second.marks == {Mark.SEVERAL, Mark.DISCOUNTED}
    more = subscription(("price_a", 1))
    more["items"]["has_more"] = True
    assert subscribers_in(more, "price", ("price_a",))[0].marks == {Mark.SEVERAL}
    assert not subscribers_in(subscription(("price_b", 1)), "price", ("price_a",))


@pytest.mark.parametrize(("amount", "rounded"), [(Fraction(1, 2), 1), (Fraction(5, 3), 2), (7, 7)])
def test_amounts_are_rounded_once(amount: Fraction, rounded: int) -> None:
    """Half of a minor unit goes up."""
    assert whole(Fraction(amount)) == rounded
