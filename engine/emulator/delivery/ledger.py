"""Deliveries in the store: what is to be sent to whom is read here, and what came of it noted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from engine.emulator.accounts.keys import Caller
from engine.emulator.behaviour.recipient import Recipient
from engine.emulator.delivery.delivery import Delivery, delivery_of
from engine.emulator.delivery.due import Due
from engine.emulator.delivery.recipients import Recipients, no_endpoint
from engine.emulator.requests.call import Call
from engine.emulator.requests.events import event_response, required_event
from engine.emulator.storage.deliveries import NOT_SENT, note, to_deliver
from engine.emulator.storage.events import EVENT
from engine.emulator.wire.errors import StripeRefusal

_GONE: Final = "the endpoint was deleted"
_DISABLED: Final = "the endpoint is disabled"
_UNSIGNED: Final = "the secret of the endpoint is not known: no request to this emulator made it"
_ANOTHER_VERSION: Final = (
    "sent as API version {}, which the endpoint asks for; what has no older form here is as in {}"
)


class Opened(Protocol):
    """Opens a transaction that writes, in the account of a caller."""

    def __call__(self, caller: Caller) -> AbstractContextManager[Call]:
        """The account, as a request sees it."""


class Ledger:
    """Reads and notes deliveries, each in a transaction of its own."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def read(self, due: Due, listener: Recipient | None) -> tuple[Delivery, str] | None:
        """What is to be sent, and a remark on it; None if nothing is, which is noted.

        Args:
            due: The attempt.
            listener: What gets the events of accounts without endpoints, if something does.
        """
        try:
            with self._opened(due.caller) as call:
                event = call.repository.get(EVENT, due.event)
                if event is None:
                    return None
                found = Recipients(call).find(due.endpoint) if due.endpoint else listener
                why_not = _why_not(found)
                if found is None or why_not:
                    note(event, due.endpoint, NOT_SENT, attempt=None, reason=why_not)
                    call.repository.replace(EVENT, event)
                    return None
                return _made(call, event, found), _remark(call, found)
        except StripeRefusal:
            return None  # the connected account is gone, and its events with it

    def note(
        self, due: Due, state: str, *, attempt: tuple[int | None, str] | None, reason: str
    ) -> None:
        """Note what became of an event at a recipient.

        Args:
            due: The attempt.
            state: What became of it.
            attempt: Status of the answer, and what happened if there was none; None if nothing
                was sent.
            reason: Why it is so, in words; empty if that is clear.
        """
        try:
            with self._opened(due.caller) as call:
                event = call.repository.get(EVENT, due.event)
                if event is None:
                    return
                made: dict[str, Any] | None = None
                if attempt is not None:
                    made = {"at": call.now, "status": attempt[0], "error": attempt[1]}
                note(event, due.endpoint, state, attempt=made, reason=reason)
                call.repository.replace(EVENT, event)
        except StripeRefusal:
            return  # the connected account is gone, and its events with it


def addressed(call: Call, listener: Recipient | None) -> Callable[[str], list[tuple[str, str]]]:
    """A function that names ids and URLs of those that get an event of a type."""
    found: list[Recipients] = []

    def wanting(type: str) -> list[tuple[str, str]]:
        if not found:  # read when the first event is added: most requests have none
            found.append(Recipients(call))
        return [(one.id, one.url) for one in _chosen(found[0], type, listener)]

    return wanting


def begin_anew(call: Call, id: str, endpoint: str, listener: Recipient | None) -> list[str]:
    """Note that an event is sent once more.

    Args:
        call: In the account of the event.
        id: Of the event.
        endpoint: Id of the endpoint, which need not want it; empty for all that want it.
        listener: What gets the events of accounts without endpoints, if something does.

    Returns:
        Ids of the endpoints.

    Raises:
        StripeRefusal: There is no such event or endpoint, or no endpoint wants it.
    """
    event = required_event(call, id, "id", in_path=True)
    found = Recipients(call)
    if endpoint:
        one = found.find(endpoint)
        if one is None:
            raise no_endpoint(endpoint)
        chosen = [one]
    else:
        chosen = _chosen(found, event["type"], listener)
    if not chosen:
        raise StripeRefusal(f"No enabled webhook endpoint wants {event['type']}: name one.")
    to_deliver(event, [(one.id, one.url) for one in chosen])
    call.repository.replace(EVENT, event)
    return [one.id for one in chosen]


def _chosen(found: Recipients, type: str, listener: Recipient | None) -> list[Recipient]:
    if not found and listener is not None:
        return [listener]
    return found.wanting(type)


def _made(call: Call, event: dict[str, Any], found: Recipient) -> Delivery:
    return delivery_of(
        event_response(call, event, found.api_version),
        url=found.url,
        endpoint=found.id,
        secrets=found.secrets,
        now=call.now,
    )


def _remark(call: Call, found: Recipient) -> str:
    own = call.version.partition(";")[0]
    if found.api_version in {"", own}:
        return ""
    return _ANOTHER_VERSION.format(found.api_version, own)


def _why_not(found: Recipient | None) -> str:
    """Why nothing can be sent to a recipient; empty if it can."""
    if found is None:
        return _GONE
    if not found.enabled:
        return _DISABLED
    return "" if found.secrets else _UNSIGNED
