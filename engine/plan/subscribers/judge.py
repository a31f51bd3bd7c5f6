"""Decide whether one subscription can be moved: when a file is made, and again before each update.

D: an item that keeps its id and its interval keeps its billing period. Stripe begins a new one, and
charges it at once, where the interval changes, or where one of the prices is free. Where a metered
price takes the place of another one, Stripe bills the usage until then only in `billing_mode`
flexible, and only with prorations. What is prorated for a subscription whose collection is paused
is on an invoice that may be void. Subscriptions that are billed in advance take no update without
prorations, and are billed anew for all of the time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine.frozen import frozen
from engine.plan.subscribers.amounts import currencies, is_metered, period_amount, rhythm
from engine.plan.subscribers.moves import Note, Row, Skip
from engine.plan.subscribers.subscriber import (
    MOVABLE,
    Mark,
    Subscriber,
    items_in,
    subscribers_in,
)

_INCOMPLETE = "incomplete"
_FLEXIBLE = "flexible"
_MARKS = {Mark.SCHEDULED: Skip.SCHEDULED, Mark.PENDING: Skip.PENDING}


@frozen
class Terms:
    """Under which terms subscriptions are moved to one price.

    Attributes:
        old: The prices that are left, by id, as Stripe returns them.
        new: The price.
        named: The field of an item that names a price.
        new_cycle: Moves after which a new billing period begins are allowed.
        prorated: What changes for the rest of a period is invoiced.
        managed: Subscriptions that stacks declare.
    """

    old: Mapping[str, Mapping[str, Any]]
    new: Mapping[str, Any]
    named: str
    new_cycle: bool = False
    prorated: bool = False
    managed: Collection[str] = ()


def judge(found: Mapping[str, Any], terms: Terms) -> Subscriber | Skip:
    """The item of a subscription that moves, or why none does."""
    items = subscribers_in(found, terms.named, tuple(terms.old))
    why = _state_refusal(found, terms) or _item_refusal(found, items, terms)
    if why is not None:
        return why
    [one] = items
    return _price_refusal(one, terms) or _usage_refusal(found, one, terms) or one


def _state_refusal(found: Mapping[str, Any], terms: Terms) -> Skip | None:
    if found["status"] not in MOVABLE:
        return Skip.INCOMPLETE if found["status"] == _INCOMPLETE else Skip.ENDED
    return Skip.MANAGED if found["id"] in terms.managed else None


def _item_refusal(
    found: Mapping[str, Any], items: Sequence[Subscriber], terms: Terms
) -> Skip | None:
    if any(price == terms.new["id"] for price, _ in items_in(found, terms.named)):
        return Skip.HAS_NEW
    if len(items) > 1:
        return Skip.ON_TWO_ITEMS
    if not items or found["items"].get("has_more"):
        return Skip.ITEMS_HIDDEN
    return next((why for mark, why in _MARKS.items() if mark in items[0].marks), None) or (
        _billing_refusal(found, items[0], terms)
    )


def _billing_refusal(found: Mapping[str, Any], one: Subscriber, terms: Terms) -> Skip | None:
    [item] = [entry for _, entry in items_in(found, terms.named) if entry["id"] == one.item]
    if item.get("current_trial"):
        return Skip.OFFER
    until = item.get("billed_until") or 0
    if found.get("billing_schedules") or until > item.get("current_period_end", until):
        return Skip.PREBILLED
    return Skip.PAUSED if terms.prorated and found.get("pause_collection") else None


def _price_refusal(one: Subscriber, terms: Terms) -> Skip | None:
    old, new = terms.old[one.on], terms.new
    if one.currency not in currencies(new):
        return Skip.CURRENCY
    if is_metered(old) != is_metered(new):
        return Skip.USAGE
    if not begins_anew(old, new, one.currency, one.quantity):
        return None
    if not terms.new_cycle:
        return Skip.NEW_CYCLE
    if one.status == "trialing":
        return Skip.TRIAL
    return Skip.OTHER_ITEMS if Mark.SEVERAL in one.marks else None


def _usage_refusal(found: Mapping[str, Any], one: Subscriber, terms: Terms) -> Skip | None:
    if not is_metered(terms.old[one.on]):
        return None
    flexible = (found.get("billing_mode") or {}).get("type") == _FLEXIBLE
    return None if flexible and terms.prorated else Skip.USAGE_LOST


def begins_anew(
    old: Mapping[str, Any], new: Mapping[str, Any], currency: str, quantity: int | None = 1
) -> bool:
    """Whether a new billing period begins where an item moves from one price to another."""
    return rhythm(old) != rhythm(new) or any(
        _is_free(old, currency, number) != _is_free(new, currency, number)
        for number in {1, quantity}
    )


def _is_free(price: Mapping[str, Any], currency: str, quantity: int | None) -> bool:
    return period_amount(price, currency, quantity) == 0


def holds(row: Row, now: Subscriber, prices: Collection[str]) -> bool:
    """Whether an item is as it was when the file was made.

    Args:
        row: How it was.
        now: How it is.
        prices: The ids of the prices that the row names by their places.
    """
    old = tuple(prices)[row.old]
    was = (row.id, row.item, old, row.quantity, row.status, row.invoiced, row.canceling)
    return was == (
        now.id,
        now.item,
        now.on,
        now.quantity,
        now.status,
        now.invoiced,
        now.canceling,
    )


def notes_of(terms: Terms, *, cycle: bool) -> tuple[Note, ...]:
    """What a reviewer should know of moves under some terms.

    Args:
        terms: The terms.
        cycle: A new billing period begins in at least one.
    """
    found = {
        Note.OTHER_PRODUCT: any(_differ(old, terms.new, "product") for old in terms.old.values()),
        Note.OTHER_METER: any(
            _differ(old["recurring"], terms.new["recurring"], "meter") for old in terms.old.values()
        ),
        Note.TAX_BEHAVIOR: any(
            _differ(old, terms.new, "tax_behavior") for old in terms.old.values()
        ),
        Note.CYCLE: cycle,
    }
    return tuple(note for note, holding in found.items() if holding)


def _differ(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> bool:
    one, other = (
        value["id"] if isinstance(value := price.get(name), Mapping) else value
        for price in (old, new)
    )
    return bool(one != other)
