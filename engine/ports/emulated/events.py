"""Events of an emulated account, with what became of each at its webhook endpoints."""

from __future__ import annotations

from engine.frozen import frozen


@frozen
class EmulatedDelivery:
    """What became of an event at one endpoint.

    Attributes:
        endpoint: Id of the endpoint; empty for a listener that no object declares.
        url: The endpoint's own URL; empty for a listener.
        state: `pending`, `succeeded`, `failed` or `not_sent`.
        reason: Why, in words; empty if that is clear.
        attempts: How often it was sent.
        status: Status of the last answer; None if there was none.
        error: What happened instead of the last answer; empty if there was one.
    """

    endpoint: str
    url: str
    state: str
    reason: str = ""
    attempts: int = 0
    status: int | None = None
    error: str = ""


@frozen
class EmulatedEvent:
    """An event.

    Attributes:
        id: Its id.
        type: Its type.
        object: Id of its object; empty if it has none.
        at: When, in seconds since 1970.
        account: Connected account that it happened in; empty for the key's own.
        deliveries: One for each endpoint.
    """

    id: str
    type: str
    object: str
    at: int
    account: str = ""
    deliveries: tuple[EmulatedDelivery, ...] = ()
