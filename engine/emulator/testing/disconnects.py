"""How a connection can fail a client, told to the doors as exceptions.

What must not live here: what a door does about it, or why it happens.
"""

from __future__ import annotations

from engine.emulator.wire.messages import Response


class ConnectionBroken(Exception):  # noqa: N818 - it is what happened, not a failure of ours
    """The connection breaks before an answer arrives."""


class ClientTimedOut(ConnectionBroken):
    """The client waits for an answer until it gives up."""


class ResponseCut(ConnectionBroken):
    """Status, headers and a part of the body arrive, then the connection breaks.

    Attributes:
        response: The whole answer.
        arrived: How many bytes of its body arrive.
    """

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response
        self.arrived = len(response.body) // 2
