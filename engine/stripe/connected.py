"""The accounts that are connected to the key's own, as Stripe lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.schema.remote import RemoteObject
from engine.schema.resource_type import Schemas
from engine.stripe.bulk import PAGE
from engine.stripe.http.client import StripeHTTP
from engine.stripe.responses import ResponseCheck

_PATH = "/v1/accounts"


def connected_accounts(http: StripeHTTP, schemas: Schemas) -> Iterator[Sequence[RemoteObject]]:
    """List the connected accounts page by page.

    Args:
        http: Sends the requests, with the platform's key.
        schemas: Resource types by name.
    """
    kind = next(kind for kind in schemas.values() if kind.collection == _PATH)
    check = ResponseCheck(f"GET {_PATH}", None)
    params: dict[str, Any] = {"limit": PAGE}
    read = set[str]()
    while True:
        page, following = check.page(kind, http.get(_PATH, params))
        yield page
        if not following:
            return
        if following in read:
            raise check.repeated()
        read.add(following)
        params["starting_after"] = following


def connected_account(http: StripeHTTP, schemas: Schemas, id: str) -> RemoteObject:
    """Read one of them.

    Raises:
        ProviderError: if it is not connected to the key's own.
    """
    kind = next(kind for kind in schemas.values() if kind.collection == _PATH)
    path = f"{_PATH}/{id}"
    found = http.get(path, {}, route=f"{_PATH}/{{account}}")
    return ResponseCheck(f"GET {path}", None).object(kind, found, id)
