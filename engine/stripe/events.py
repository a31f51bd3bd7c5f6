"""Stripe's events: what happened to objects in the last thirty days, and which request did it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from engine.ports.provider import Event
from engine.stripe.bulk import PAGE
from engine.stripe.http.client import StripeHTTP
from engine.stripe.responses import ResponseCheck

PATH: Final = "/v1/events"
_MOST_TYPES: Final = 20
"""S: so many types may be asked for at once."""


def event_pages(
    http: StripeHTTP, check: ResponseCheck, types: Sequence[str], account: str
) -> Iterator[Sequence[Event]]:
    """Read events of some types, page by page, newest first.

    Args:
        http: Sends the requests.
        check: Checks the responses.
        types: Types of events.
        account: Connected account they happened on; empty for the key's own.
    """
    several = [types[at : at + _MOST_TYPES] for at in range(0, len(types), _MOST_TYPES)]
    for some in several:
        params: dict[str, Any] = {"types": list(some), "limit": PAGE}
        read = set[str]()
        while True:
            page, following = check.events(http.get(PATH, params, account=account))
            yield [_event(document) for document in page]
            if not following:
                break
            if following in read:
                raise check.repeated()
            read.add(following)
            params["starting_after"] = following


def _event(document: Mapping[str, Any]) -> Event:
    data = document.get("data") or {}
    request = document.get("request") or {}
    return Event(
        id=str(document["id"]),
        type=str(document.get("type", "")),
        at=int(document.get("created") or 0),
        object=data.get("object") or {},
        before=data.get("previous_attributes") or {},
        request=str(request.get("id") or ""),
    )
