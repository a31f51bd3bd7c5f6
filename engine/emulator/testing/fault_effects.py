"""What a fault does to a request, step by step."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from engine.emulator.testing.disconnects import ConnectionBroken, ResponseCut
from engine.emulator.testing.gate import Gate
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.messages import Request, Response
from engine.frozen import frozen

Hold: TypeAlias = Callable[[Gate], object]
"""How a door waits at a gate; it raises `ConnectionBroken` if the client is gone."""
Before: TypeAlias = Callable[[Request], object]
After: TypeAlias = Callable[[Request, Response], object]


class Ending(Enum):
    """What becomes of the response on its way to the client."""

    WHOLE = "whole"
    CUT = "cut"
    LOST = "lost"


@frozen
class Effect:
    """What a fault does to a request.

    Attributes:
        refusal: The error that is returned; None for the usual response.
        ending: What becomes of the response.
        executed: The request is carried out although its own response never arrives; with a gate,
            it is carried out before it waits there.
        saved: The error is kept as the first response to the request's idempotency key, as Stripe
            does with the 500s of requests whose execution had begun (D).
        gate: Where it waits; its idempotency key is in use meanwhile unless it is executed.
        before: Called before it is carried out, while its idempotency key is in use.
        after: Called with its response, after the commit and before the response is sent.
    """

    refusal: StripeRefusal | None = None
    ending: Ending = Ending.WHOLE
    executed: bool = False
    saved: bool = False
    gate: Gate | None = None
    before: Before | None = None
    after: After | None = None

    @property
    def is_carried_out(self) -> bool:
        """Whether the request does what it asks for."""
        return self.executed or (self.refusal is None and self.ending is not Ending.LOST)

    def begin(self, request: Request, hold: Hold) -> None:
        """Do what comes before the request is carried out.

        Raises:
            ConnectionBroken: The client is gone.
        """
        if self.before is not None:
            self.before(request)
        if self.gate is not None and not self.executed:
            hold(self.gate)

    def end(self, request: Request, response: Response, hold: Hold) -> None:
        """Do what comes between the execution and the response.

        Raises:
            ConnectionBroken: The response does not arrive, or only a part of it.
        """
        if self.after is not None:
            self.after(request, response)
        if self.gate is not None and self.executed:
            hold(self.gate)
        if self.ending is Ending.LOST:
            raise ConnectionBroken
        if self.ending is Ending.CUT:
            raise ResponseCut(response)
