"""Events of an emulated account, and what became of them, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from engine.ports.emulated.events import EmulatedDelivery, EmulatedEvent
from engine.views.plural import counted
from engine.views.style import on_a_line

_LISTENER: Final = "(no endpoint)"
_STATES: Final[Mapping[str, str]] = {
    "pending": "pending",
    "succeeded": "delivered",
    "failed": "failed",
    "not_sent": "not sent",
}


def emulated_events_text(events: Sequence[EmulatedEvent]) -> str:
    """Write a line for each event, and below it one for each endpoint."""
    if not events:
        return "No events."
    return "\n".join(line for event in events for line in _lines(event))


def _lines(event: EmulatedEvent) -> Iterator[str]:
    at = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    parts = [event.id, at, event.type, event.object]
    if event.account:
        parts.append(f"in {event.account}")
    yield on_a_line("  ".join(part for part in parts if part))
    for delivery in event.deliveries:
        yield on_a_line(f"  {delivery.endpoint or _LISTENER}  {_outcome(delivery)}")


def _outcome(delivery: EmulatedDelivery) -> str:
    said = _STATES.get(delivery.state, delivery.state)
    if delivery.attempts:
        last = delivery.error or f"{delivery.status}"
        said += f" after {counted(delivery.attempts, 'attempt')}: {last}"
    if delivery.reason:
        said += f" ({delivery.reason})"
    return said
