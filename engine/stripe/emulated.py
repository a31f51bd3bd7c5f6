"""What an emulator of ours returns beyond Stripe: events with what became of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.errors import ForeignAnswerError
from engine.ports.emulated.events import EmulatedDelivery, EmulatedEvent
from engine.stripe.bulk import PAGE
from engine.stripe.http.client import StripeHTTP

PATH: Final = "/emulator/events"


def emulated_events(http: StripeHTTP, *, type: str, limit: int) -> tuple[EmulatedEvent, ...]:
    """The newest events of an emulated account, newest first.

    Args:
        http: Sends the requests.
        type: Only events of this type, or of the types that begin like it, `product.*`; empty for
            all.
        limit: The most that are returned.
    """
    found: list[EmulatedEvent] = []
    params: dict[str, Any] = {"type": type} if type else {}
    while len(found) < limit:
        page = http.get(PATH, {**params, "limit": min(PAGE, limit - len(found))})
        events = _listed(page.get("data"))
        found += map(_event, events)
        if not events or page.get("has_more") is not True:
            break
        params["starting_after"] = found[-1].id
    return tuple(found)


def resend_event(http: StripeHTTP, id: str, endpoint: str) -> EmulatedEvent:
    """Let an emulated account send an event once more.

    Args:
        http: Sends the requests.
        id: Of the event.
        endpoint: Id of the endpoint; empty for all that want it.
    """
    params = {"endpoint": endpoint} if endpoint else {}
    key = secrets.token_hex(16)
    return _event(http.post(f"{PATH}/{id}/resend", params, idempotency_key=key))


def _event(document: Mapping[str, Any]) -> EmulatedEvent:
    if not isinstance(document.get("id"), str):
        raise _foreign()
    data = document.get("data")
    object = data.get("object") if isinstance(data, Mapping) else None
    return EmulatedEvent(
        id=document["id"],
        type=str(document.get("type", "")),
        object=str(object.get("id", "")) if isinstance(object, Mapping) else "",
        at=_number(document.get("created")) or 0,
        account=str(document.get("account") or ""),
        deliveries=tuple(map(_delivery, _listed(document.get("deliveries")))),
    )


def _delivery(document: Mapping[str, Any]) -> EmulatedDelivery:
    attempts = _listed(document.get("attempts"))
    last = attempts[-1] if attempts else {}
    return EmulatedDelivery(
        endpoint=str(document.get("endpoint", "")),
        url=str(document.get("url", "")),
        state=str(document.get("state", "")),
        reason=str(document.get("reason", "")),
        attempts=len(attempts),
        status=_number(last.get("status")),
        error=str(last.get("error", "")),
    )


def _listed(value: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise _foreign()
    return value


def _foreign() -> ForeignAnswerError:
    return ForeignAnswerError(
        f"the answer to GET {PATH} is not that of an emulator",
        hint="check STRIPE_API_BASE: it has to be the address that engine emulator serve printed",
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
