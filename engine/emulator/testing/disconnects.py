"""How a connection can fail: exceptions that the doors turn into what a client sees."""

from __future__ import annotations

from engine.emulator.wire.messages import Response


class ConnectionBroken(Exception):  # noqa: N818 - what happened, not an error of ours
    """The connection breaks before a response arrives."""


class ClientTimedOut(ConnectionBroken):
    """The client waits for a response until it times out."""


class ResponseCut(ConnectionBroken):
    """Status, headers and a part of the body arrive, then the connection breaks.

    Attributes:
        response: The whole response.
        arrived: How many bytes of its body arrive.
    """

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response
        self.arrived = len(response.body) // 2
