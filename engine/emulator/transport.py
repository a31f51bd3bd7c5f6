"""The door for the SDK in the same process: requests without sockets.

The only module here that imports the SDK. What must not live here: anything an HTTP client would
not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, ClassVar

import stripe

from engine.emulator.core import Emulator
from engine.emulator.faults import ConnectionBroken
from engine.emulator.wire import Headers, Request

_BROKEN = (
    "Unexpected error communicating with Stripe. If this problem persists, let us know at "
    "support@stripe.com.\n\n(Network error: connection closed by the emulator)"
)


def _broken() -> stripe.APIConnectionError:
    # The SDK leaves its errors' constructors untyped.
    return stripe.APIConnectionError(_BROKEN, should_retry=True)  # type: ignore[no-untyped-call]


class InProcessTransport(stripe.HTTPClient):
    """An HTTP client for `stripe.StripeClient` that is answered by an emulator.

    Any number of threads may use one.
    """

    name: ClassVar[str] = "emulator"

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self._emulator = emulator

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
            response = self._emulator.handle(Request.to(method, url, headers, post_data))
        except ConnectionBroken:
            raise _broken() from None
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
        """Do nothing: the emulator belongs to whoever made it."""
