"""Events of an emulated account, and what became of them, as a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.ports.emulated.events import EmulatedEvent
from engine.views.json.values import FORMAT_VERSION


def emulated_events_document(events: Sequence[EmulatedEvent]) -> dict[str, Any]:
    """Write events, the newest first."""
    return {
        "format_version": FORMAT_VERSION,
        "events": [
            {
                "id": event.id,
                "type": event.type,
                "object": event.object or None,
                "created": event.at,
                "account": event.account or None,
                "deliveries": [
                    {
                        "endpoint": one.endpoint or None,
                        "url": one.url or None,
                        "state": one.state,
                        "reason": one.reason or None,
                        "attempts": one.attempts,
                        "status": one.status,
                        "error": one.error or None,
                    }
                    for one in event.deliveries
                ],
            }
            for event in events
        ],
    }
