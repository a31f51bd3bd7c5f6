"""One event for one recipient, as it is sent, and what takes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from engine.emulator.delivery.signature import signature
from engine.frozen import frozen

# L: what Stripe's requests to webhook endpoints hold.
_HEADERS: Final = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-cache",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Accept": "*/*; q=0.5, application/xml",
}


@frozen
class Delivery:
    """A request to a webhook endpoint, before it is sent.

    Attributes:
        url: Where the endpoint wants it; empty for a listener that no object declares.
        headers: Of the request, `Stripe-Signature` among them.
        body: Of the request: the event as JSON.
        event: Id of the event.
        type: Type of the event.
        endpoint: Id of the endpoint; empty for a listener.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    event: str
    type: str
    endpoint: str

    @property
    def path(self) -> str:
        """The path of its URL, by which an application in the same process finds its route."""
        return urlsplit(self.url).path or "/"

    @property
    def document(self) -> dict[str, Any]:
        """The event."""
        found: dict[str, Any] = json.loads(self.body)
        return found


Receiver: TypeAlias = Callable[[Delivery], int | None]
"""Takes a delivery, and returns the HTTP status of the answer; None is 200.

It may send requests to the emulator itself. If it raises `NotSentError`, the delivery is given up;
any other error counts as an attempt without an answer.
"""


class NotSentError(Exception):
    """A receiver does not send a delivery, now or later; the text says why."""


class NoAnswerError(Exception):
    """A delivery was sent, and there is no answer; the text says why."""


def delivery_of(
    event: Mapping[str, Any], *, url: str, endpoint: str, secrets: tuple[str, ...], now: int
) -> Delivery:
    """The request that brings an event to an endpoint.

    Args:
        event: As Stripe returns it.
        url: Where.
        endpoint: Id of the endpoint.
        secrets: Its signing secrets.
        now: Seconds since 1970; the signature holds it.
    """
    # L: as Stripe's, over several lines.
    body = json.dumps(event, indent=2, ensure_ascii=False).encode()
    return Delivery(
        url=url,
        headers={**_HEADERS, "Stripe-Signature": signature(body, secrets, now)},
        body=body,
        event=event["id"],
        type=event["type"],
        endpoint=endpoint,
    )
