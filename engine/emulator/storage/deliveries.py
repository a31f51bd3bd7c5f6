"""What became of an event at each of its recipients, kept with the event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.emulator.storage.repository import Document

_DELIVERIES: Final = "_deliveries"
"""Where an event keeps them; no response holds them."""
PENDING: Final = "pending"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
NOT_SENT: Final = "not_sent"
_DONE: Final = frozenset({SUCCEEDED, NOT_SENT})


def to_deliver(event: Document, recipients: Iterable[tuple[str, str]]) -> None:
    """Note that an event is to be sent; what is noted of a recipient already begins anew.

    Args:
        event: As it is stored.
        recipients: Id and URL of each.
    """
    kept = {one["endpoint"]: one for one in deliveries_of(event)}
    for id, url in recipients:
        earlier = kept.get(id, {}).get("attempts", [])
        kept[id] = {"endpoint": id, "url": url, "state": PENDING, "reason": "", "attempts": earlier}
    if kept:
        event[_DELIVERIES] = list(kept.values())


def note(
    event: Document, endpoint: str, state: str, *, attempt: Mapping[str, Any] | None, reason: str
) -> None:
    """Note what became of an event at a recipient.

    Args:
        event: As it is stored.
        endpoint: Id of the recipient.
        state: What became of it.
        attempt: The attempt that was made; None if there was none.
        reason: Why it is so, in words; empty if that is clear.
    """
    for one in deliveries_of(event):
        if one["endpoint"] == endpoint:
            one.update({"state": state, "reason": reason})
            one["attempts"] += [] if attempt is None else [dict(attempt)]


def deliveries_of(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What became of an event at each recipient, in the order in which it was to be sent."""
    kept: list[dict[str, Any]] = event.get(_DELIVERIES, [])
    return kept


def still_pending(event: Mapping[str, Any]) -> int:
    """The number of recipients that are still to get an event."""
    return sum(one["state"] not in _DONE for one in deliveries_of(event))


def shown(event: Document) -> Document:
    """An event as Stripe returns it: with the number of recipients that are still to get it (S)."""
    event["pending_webhooks"] = still_pending(event)
    event.pop(_DELIVERIES, None)
    return event
