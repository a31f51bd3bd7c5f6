"""Decide whether one subscription can be moved: when a file is made, and again before each update.

D: an item that keeps its id and its interval keeps its billing period. Stripe begins a new one, and
charges it at once, where the interval changes, or where one of the prices is free.
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
_MARKS = {Mark.SCHEDULED: Skip.SCHEDULED, Mark.PENDING: Skip.PENDING}


@frozen
class Terms:
    """Under which terms subscriptions are moved to one price.

    Attributes:
        old: The prices that are left, by id, as Stripe returns them.
        new: The price.
        named: The field of an item that names a price.
        new_cycle: Moves after which a new billing period begins are allowed.
        managed: Subscriptions that stacks declare.
    """

    old: Mapping[str, Mapping[str, Any]]
    new: Mapping[str, Any]
    named: str
    new_cycle: bool = False
    managed: Collection[str] = ()


def judge(found: Mapping[str, Any], terms: Terms) -> Subscriber | Skip:
    """The item of a subscription that moves, or why none does."""
    items = subscribers_in(found, terms.named, tuple(terms.old))
    why = _state_refusal(found, terms) or _item_refusal(found, items, terms)
    if why is not None:
        return why
    [one] = items
    return _price_refusal(one, terms) or one


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
    return next((why for mark, why in _MARKS.items() if mark in items[0].marks), None)


def _price_refusal(one: Subscriber, terms: Terms) -> Skip | None:
    old, new = terms.old[one.on], terms.new
    if one.currency not in currencies(new):
        return Skip.CURRENCY
    if is_metered(old) != is_metered(new):
        return Skip.USAGE
    if not begins_anew(old, new, one.currency):
        return None
    if not terms.new_cycle:
        return Skip.NEW_CYCLE
    if one.status == "trialing":
        return Skip.TRIAL
    return Skip.OTHER_ITEMS if Mark.SEVERAL in one.marks else None


def begins_anew(old: Mapping[str, Any], new: Mapping[str, Any], currency: str) -> bool:
    """Whether a new billing period begins where an item moves from one price to another."""
    return rhythm(old) != rhythm(new) or _is_free(old, currency) != _is_free(new, currency)


def _is_free(price: Mapping[str, Any], currency: str) -> bool:
    return period_amount(price, currency, 1) == 0


def holds(row: Row, now: Subscriber, prices: Collection[str]) -> bool:
    """Whether an item is as it was when the file was made.

    Args:
        row: How it was.
        now: How it is.
        prices: The ids of the prices that the row names by their places.
    """
    was = (row.id, row.item, tuple(prices)[row.old], row.quantity, row.status, row.invoiced)
    return was == (now.id, now.item, now.on, now.quantity, now.status, now.invoiced)


def notes_of(terms: Terms, *, cycle: bool) -> tuple[Note, ...]:
    """What a reviewer should know of moves under some terms.

    Args:
        terms: The terms.
        cycle: A new billing period begins in at least one.
    """
    found = {
        Note.OTHER_PRODUCT: any(_differ(old, terms.new, "product") for old in terms.old.values()),
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
