"""Whether one subscription can be moved, and whether it is still what it was."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from engine.plan.subscribers.judge import Terms, begins_anew, holds, judge, notes_of
from engine.plan.subscribers.moves import Note, Row, Skip
from engine.plan.subscribers.subscriber import Subscriber

MONTH = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
YEAR = {**MONTH, "interval": "year"}
METERED = {**MONTH, "usage_type": "metered"}


def price(id: str, **fields: Any) -> dict[str, Any]:
    """A price of $29 a month."""
    given = {"unit_amount": 2900, "recurring": MONTH, "product": "prod_1"}
    return {"id": id, "currency": "usd", "tax_behavior": "unspecified", **given, **fields}


def by_use(unit: int, meter: str = "mtr_1") -> dict[str, Any]:
    """Fields of a metered price."""
    return {"unit_amount": unit, "recurring": {**METERED, "meter": meter}}


def subscription(*prices: str, **fields: Any) -> dict[str, Any]:
    """An active subscription to some prices."""
    items = [
        {"id": f"si_{number}", "price": {"id": id}, "quantity": 2}
        for number, id in enumerate(prices)
    ]
    given = {"status": "active", "currency": "usd", "created": 1, "schedule": None}
    return {"id": "sub_1", **given, "items": {"data": items, "has_more": False}, **fields}


def terms(*, new_cycle: bool = False, **new: Any) -> Terms:
    """From two old prices to a new one."""
    old = {id: price(id) for id in ("price_a", "price_b")}
    return Terms(
        old=old,
        new=price("price_n", **new),
        named="price",
        new_cycle=new_cycle,
        managed=("sub_managed",),
    )


def test_a_plain_subscription_moves() -> None:
    """With its item, its quantity and its status; further items are no obstacle."""
    for found in (subscription("price_a"), subscription("price_x", "price_a")):
        one = judge(found, terms())
        assert isinstance(one, Subscriber)
        assert (one.on, one.quantity, one.status) == ("price_a", 2, "active")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (subscription("price_a", status="canceled"), Skip.ENDED),
        (subscription("price_a", status="incomplete_expired"), Skip.ENDED),
        (subscription("price_a", status="incomplete"), Skip.INCOMPLETE),
        (subscription("price_a", id="sub_managed"), Skip.MANAGED),
        (subscription("price_a", "price_n"), Skip.HAS_NEW),
        (subscription("price_a", "price_b"), Skip.ON_TWO_ITEMS),
        (subscription("price_x"), Skip.ITEMS_HIDDEN),
        (subscription("price_a", schedule="sub_sched_1"), Skip.SCHEDULED),
        (subscription("price_a", pending_update={"expires_at": 1}), Skip.PENDING),
        (subscription("price_a", currency="eur"), Skip.CURRENCY),
        (subscription("price_a", billing_schedules=[{"key": "a"}]), Skip.PREBILLED),
    ],
)
def test_why_one_does_not(found: dict[str, Any], why: Skip) -> None:
    """Each reason by itself."""
    assert judge(found, terms()) is why


def test_an_item_that_is_billed_otherwise_is_not_moved() -> None:
    """Billed for later periods (D: such a subscription takes no `none`), or in a trial offer."""
    found = subscription("price_a")
    item = found["items"]["data"][0]
    item.update(current_period_end=100, billed_until=100, current_trial=None)
    assert isinstance(judge(found, terms()), Subscriber)
    item["billed_until"] = 200
    assert judge(found, terms()) is Skip.PREBILLED
    item.update(billed_until=None, current_trial={"trial_offer": "to_1"})
    assert judge(found, terms()) is Skip.OFFER


def test_nothing_is_prorated_where_collection_is_paused() -> None:
    """The invoice that would have it may be void; without prorations there is none."""
    paused = subscription("price_a", pause_collection={"behavior": "void"})
    assert isinstance(judge(paused, terms()), Subscriber)
    assert judge(paused, dataclasses.replace(terms(), prorated=True)) is Skip.PAUSED


@pytest.mark.parametrize(
    ("mode", "prorated", "moves"),
    [
        ({"type": "flexible"}, True, True),
        ({"type": "flexible"}, False, False),
        ({"type": "classic"}, True, False),
        (None, True, False),
    ],
)
def test_usage_is_not_given_away(
    mode: dict[str, str] | None, *, prorated: bool, moves: bool
) -> None:
    """D: what was used before the change is billed in flexible mode with prorations alone."""
    old = {"price_a": price("price_a", **by_use(1))}
    given = dataclasses.replace(terms(**by_use(2)), old=old, prorated=prorated)
    judged = judge(subscription("price_a", billing_mode=mode), given)
    assert isinstance(judged, Subscriber) if moves else judged is Skip.USAGE_LOST
    assert notes_of(given, cycle=False) == ()
    other = dataclasses.replace(given, new=price("price_n", **by_use(2, "mtr_2")))
    assert notes_of(other, cycle=False) == (Note.OTHER_METER,)


def test_what_the_list_does_not_show_is_not_moved() -> None:
    """It may have the new price, or the old one twice."""
    found = subscription("price_a")
    found["items"]["has_more"] = True
    assert judge(found, terms()) is Skip.ITEMS_HIDDEN


def test_a_price_of_several_currencies_takes_them_all() -> None:
    """A subscriber in euros stays in euros."""
    wide = terms(currency_options={"eur": {"unit_amount": 2700}})
    assert isinstance(judge(subscription("price_a", currency="eur"), wide), Subscriber)


@pytest.mark.parametrize(
    ("new", "found", "why"),
    [
        ({"recurring": METERED}, subscription("price_a"), Skip.USAGE),
        ({"recurring": YEAR}, subscription("price_a"), Skip.NEW_CYCLE),
        ({"unit_amount": 0}, subscription("price_a"), Skip.NEW_CYCLE),
    ],
)
def test_what_charges_at_once_has_to_be_allowed(
    new: dict[str, Any], found: dict[str, Any], why: Skip
) -> None:
    """Another interval, and a free price, begin a new period; a metered one is another thing."""
    assert judge(found, terms(**new)) is why
    allowed = judge(found, terms(new_cycle=True, **new))
    assert (allowed is why) is (why is Skip.USAGE)


def test_a_new_period_is_not_begun_with_more_at_stake() -> None:
    """In a trial, or with further items, it is not done even if it is allowed."""
    yearly = terms(new_cycle=True, recurring=YEAR)
    trial = subscription("price_a", status="trialing")
    assert judge(trial, yearly) is Skip.TRIAL
    assert judge(subscription("price_a", "price_x"), yearly) is Skip.OTHER_ITEMS


def test_an_interval_of_the_same_length_is_the_same() -> None:
    """One month is one month; three are not."""
    three = {**MONTH, "interval_count": 3}
    assert not begins_anew(price("price_a"), price("price_n", unit_amount=1), "usd")
    assert begins_anew(price("price_a"), price("price_n", recurring=three), "usd")


def test_a_price_may_be_free_for_few_alone() -> None:
    """What counts is the quantity that is subscribed: 2 are free, 20 are not."""
    free = price("price_a", unit_amount=0)
    tiers = [{"up_to": 5, "unit_amount": 0}, {"up_to": None, "unit_amount": 100}]
    seats = price("price_n", billing_scheme="tiered", tiers_mode="graduated", tiers=tiers)
    assert not begins_anew(free, seats, "usd", 2)
    assert begins_anew(free, seats, "usd", 20)


ROW = Row("sub_1", "si_0", 0, 1, 2, "active")
PRICES = ("price_a", "price_n")


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (subscription("price_a"), True),
        (subscription("price_a", status="past_due"), False),
        (subscription("price_a", collection_method="send_invoice"), False),
        (subscription("price_b"), False),
        (subscription("price_a", cancel_at_period_end=True), False),
        (subscription("price_a", cancel_at=2_000_000_000), False),
        (subscription("price_a", metadata={"seen": "1"}), True),
    ],
)
def test_it_has_to_be_what_it_was(now: dict[str, Any], *, same: bool) -> None:
    """Item, price, quantity, status, and who pays how; nothing else matters."""
    one = judge(now, terms())
    assert isinstance(one, Subscriber)
    assert holds(ROW, one, PRICES) is same
    assert not holds(ROW._replace(quantity=3), one, PRICES)
    assert not holds(ROW._replace(item="si_9"), one, PRICES)


def test_what_a_reviewer_should_know() -> None:
    """Another product, other taxes, and a new period."""
    assert notes_of(terms(), cycle=False) == ()
    other = terms(product={"id": "prod_2"}, tax_behavior="inclusive")
    assert notes_of(other, cycle=True) == (Note.OTHER_PRODUCT, Note.TAX_BEHAVIOR, Note.CYCLE)
    assert notes_of(terms(product={"id": "prod_1"}), cycle=False) == ()
