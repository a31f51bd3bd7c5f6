"""The door for the SDK in the same process: requests without sockets.

The only module here that imports the SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, ClassVar

import stripe

from engine.emulator.core import Emulator
from engine.emulator.testing.disconnects import ClientTimedOut, ConnectionBroken, ResponseCut
from engine.emulator.wire.messages import Headers, Request

_FAILED = (
    "Unexpected error communicating with Stripe. If this problem persists, let us know at "
    "support@stripe.com.\n\n(Network error: {})"
)
_CLOSED = "ConnectionError: connection closed by the emulator"
# The SDK's own timeout.
_TIMED_OUT = "ReadTimeout: Read timed out. (read timeout=80)"


def _sdk_error(broken: ConnectionBroken) -> stripe.APIConnectionError:
    """The error that the SDK raises for a broken connection when `requests` is its HTTP library."""
    cause, retry = _CLOSED, True
    if isinstance(broken, ClientTimedOut):
        cause = _TIMED_OUT
    elif isinstance(broken, ResponseCut):
        missing = len(broken.response.body) - broken.arrived
        read = f"IncompleteRead({broken.arrived} bytes read, {missing} more expected)"
        # Of the three errors this is the only one that the SDK does not retry.
        cause, retry = f"ChunkedEncodingError: ('Connection broken: {read}', {read})", False
    # The constructors of the SDK's errors are untyped.
    return stripe.APIConnectionError(  # type: ignore[no-untyped-call]
        _FAILED.format(cause), should_retry=retry
    )


class InProcessTransport(stripe.HTTPClient):
    """An HTTP client for `stripe.StripeClient` that is answered by an emulator.

    Any number of threads may use one.
    """

    name: ClassVar[str] = "emulator"

    def __init__(self, emulator: Emulator, *, by_hand: bool = False) -> None:
        """Use an emulator; `by_hand` for what a person does in the Dashboard."""
        super().__init__()
        self._emulator = emulator
        self._by_hand = by_hand

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **_: Any,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Answer one request.

        Raises:
            stripe.APIConnectionError: A fault broke the connection.
        """
        try:
            request = Request.to(method, url, headers, post_data)
            response = self._emulator.handle(request, by_hand=self._by_hand)
        except ConnectionBroken as broken:
            raise _sdk_error(broken) from None
        return response.body.decode(), response.status, Headers(response.headers)

    def request_stream(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **_: Any,
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Answer one request with a stream.

        Raises:
            stripe.APIConnectionError: A fault broke the connection.
        """
        body, status, answered = self.request(method, url, headers, post_data)
        return BytesIO(body.encode()), status, answered

    def close(self) -> None:
        """Do nothing: the caller closes the emulator."""
