"""One subscription as far as it matters to who is on a price: ids and states, no personal data."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from engine.frozen import frozen

MOVABLE = ("active", "past_due", "paused", "trialing", "unpaid")
"""The states of subscriptions that can be moved: the others have ended, or have not begun."""


class Mark(enum.StrEnum):
    """What is particular about a subscription."""

    SCHEDULED = "scheduled"
    """A schedule sets what it has, and sets it again in its next phase."""
    PENDING = "pending_update"
    """An update of it waits for a payment."""
    PAUSED = "paused"
    """Its invoices are not collected for now."""
    CANCELING = "canceling"
    """It ends at the end of the period, or at a date."""
    INVOICED = "invoiced"
    """The customer gets invoices and pays them, rather than being charged."""
    SEVERAL = "several_items"
    """It has further items."""
    DISCOUNTED = "discounted"
    """It, or the item, has a discount."""


@frozen
class Subscriber:
    """One item of a subscription that is on a price.

    Attributes:
        id: The subscription, `sub_...`.
        item: The item, `si_...`.
        on: The price.
        quantity: How many; None if the usage is metered.
        status: Of the subscription.
        currency: Of the subscription.
        created: When the subscription was made, in seconds since 1970.
        marks: What is particular about it.
    """

    id: str
    item: str
    on: str
    quantity: int | None
    status: str
    currency: str
    created: int
    marks: frozenset[Mark]

    @property
    def invoiced(self) -> bool:
        """Whether the customer pays invoices, rather than being charged."""
        return Mark.INVOICED in self.marks

    @property
    def canceling(self) -> bool:
        """Whether it ends at the end of the period, or at a date."""
        return Mark.CANCELING in self.marks


def items_in(found: Mapping[str, Any], named: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """The items of a subscription, each with the id of the price that it is on.

    Args:
        found: The subscription.
        named: The field of an item that names the price.
    """
    entries = found["items"]["data"]
    return [(_id(entry.get(named)), entry) for entry in entries]


def subscribers_in(
    found: Mapping[str, Any], named: str, on: Sequence[str]
) -> tuple[Subscriber, ...]:
    """The items of a subscription that are on one of some prices."""
    items = items_in(found, named)
    marks = frozenset(_marks(found))
    if len(items) > 1 or found["items"].get("has_more"):
        marks |= {Mark.SEVERAL}
    return tuple(
        Subscriber(
            id=found["id"],
            item=entry["id"],
            on=price,
            quantity=entry.get("quantity"),
            status=found["status"],
            currency=found["currency"],
            created=found["created"],
            marks=marks | {Mark.DISCOUNTED} if entry.get("discounts") else marks,
        )
        for price, entry in items
        if price in on
    )


def _id(price: Any) -> str:
    return str(price["id"] if isinstance(price, Mapping) else price or "")


def _marks(found: Mapping[str, Any]) -> Sequence[Mark]:
    signs = {
        Mark.SCHEDULED: found.get("schedule"),
        Mark.PENDING: found.get("pending_update"),
        Mark.PAUSED: found.get("pause_collection") or found["status"] == "paused",
        Mark.CANCELING: found.get("cancel_at_period_end") or found.get("cancel_at"),
        Mark.INVOICED: found.get("collection_method") == "send_invoice",
        Mark.DISCOUNTED: found.get("discounts"),
    }
    return [mark for mark, sign in signs.items() if sign]
