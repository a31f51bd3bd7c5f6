"""Which endpoints there are: those of an account, and those of the platform it is connected to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from engine.emulator.behaviour.recipient import SECRETS, Recipient, rolled
from engine.emulator.behaviour.registry import BEHAVIOURS
from engine.emulator.requests.call import Call
from engine.emulator.wire.errors import StripeRefusal, resource_missing


class Recipients:
    """What events of one account may be sent to, as of one request.

    Attributes:
        own: Of the account itself.
        above: Of the platform, where the account is connected to one.
    """

    def __init__(self, call: Call) -> None:
        self.own = list(_of(call, call.caller.scope))
        above = call.caller.own.scope
        self.above = list(_of(call, above)) if call.caller.platform else []

    def wanting(self, type: str) -> list[Recipient]:
        """Those that get an event of a type."""
        return [
            *(one for one in self.own if one.wants(type, connected=False)),
            *(one for one in self.above if one.wants(type, connected=True)),
        ]

    def find(self, id: str) -> Recipient | None:
        """The one of an id; None if there is none."""
        return next((one for one in (*self.own, *self.above) if one.id == id), None)

    def __bool__(self) -> bool:
        return bool(self.own or self.above)


def roll_secret(call: Call, id: str, overlap: int) -> str:
    """Give an endpoint a new signing secret; the one before signs as well for some seconds.

    Raises:
        StripeRefusal: There is no such endpoint.
    """
    for object in _receiving():
        table = call.kind(object).table
        document = call.repository.get(table, id)
        if document is not None and document.get(SECRETS):
            fresh = call.ids.webhook_secret()
            document[SECRETS] = rolled(document[SECRETS], fresh, call.now + overlap)
            call.repository.replace(table, document)
            return fresh
    raise no_endpoint(id)


def no_endpoint(id: str) -> StripeRefusal:
    """There is no endpoint of an id."""
    return resource_missing("webhook endpoint", id, param="endpoint", in_path=False)


def _of(call: Call, scope: str) -> Iterator[Recipient]:
    """Those of an account, oldest first of each type."""
    repository = call.repository.within(scope)
    for object in _receiving():
        kind = call.kind(object)
        for document in reversed(repository.select(kind.table)):
            made = kind.behaviour.recipient(document, call.now)
            if made is not None:
                yield made


@cache
def _receiving() -> tuple[str, ...]:
    return tuple(name for name, one in BEHAVIOURS.items() if one.receives_events)
