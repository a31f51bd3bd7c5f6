"""The provider port, for Stripe: paths, pages, expansion. Knows no type by name."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from engine.errors import NotFoundError, PermissionDeniedError, ProviderError
from engine.provider.base import Account, RemoteObject, RequestContext
from engine.provider.schema import Probe, ResourceType, Schemas
from engine.stripe.client import StripeHTTP

PAGE = 100
"""Most objects a list page holds."""
_READERS = 8
_LIVE_KEY = re.compile(r"^(?:sk|rk)_live_")
_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+")


class StripeProvider:
    """Reads and writes Stripe's objects."""

    def __init__(self, http: StripeHTTP, schemas: Schemas, *, api_key: str) -> None:
        """Args: http: the door to Stripe; schemas: resource types; api_key: tells the mode."""
        self._http = http
        self._by_object = {kind.object: kind for kind in schemas.values()}
        self._livemode = bool(_LIVE_KEY.match(api_key))

    @property
    def requests(self) -> int:
        """How many requests were sent so far, retries included."""
        return self._http.requests

    @property
    def writes(self) -> int:
        """How many of them could change something."""
        return self._http.writes

    def account(self) -> Account:
        """Tell whom the key speaks for.

        A restricted key may not ask, but is told the account's id with the refusal (L).
        """
        try:
            found = self._http.get("/v1/account", {})
        except PermissionDeniedError as error:
            named = _ACCOUNT.search(error.message)
            return Account(named[0] if named else "", self._livemode)
        except NotFoundError:
            return Account("", self._livemode)
        return Account(str(found.get("id", "")), self._livemode)

    def read(self, kind: ResourceType, id: str, *, account: str = "") -> RemoteObject | None:
        """Read one object, expanded; None if it does not exist."""
        try:
            found = self._http.get(_item(kind, id), _expand(kind), account=account)
        except NotFoundError as error:
            if "similar object exists" in error.message:
                raise
            return None
        return None if found.get("deleted") is True else found

    def read_many(
        self, kind: ResourceType, ids: Sequence[str], *, account: str = ""
    ) -> Mapping[str, RemoteObject]:
        """Read objects by pages until single reads are the cheaper way.

        At most as many pages are read as single reads would have cost, so that ours among very
        many others never cost more than twice the cheapest way.
        """
        wanted = dict.fromkeys(ids)
        found: dict[str, RemoteObject] = {}
        if len(wanted) > 1:
            budget = len(wanted) - 1
            for page in itertools.islice(self._pages(kind, {}, account), budget):
                found.update({entry["id"]: entry for entry in page if entry["id"] in wanted})
                if len(found) == len(wanted):
                    return found
        missing = [id for id in wanted if id not in found]
        with ThreadPoolExecutor(max_workers=_READERS) as pool:
            read = pool.map(functools.partial(self.read, kind, account=account), missing)
            found.update({id: entry for id, entry in zip(missing, read, strict=True) if entry})
        return found

    def find(
        self, kind: ResourceType, filters: Mapping[str, Any], *, account: str = ""
    ) -> Sequence[RemoteObject]:
        """List the objects that match, expanded, newest first."""
        return [entry for page in self._pages(kind, filters, account) for entry in page]

    def exists(self, probe: Probe, id: str, *, account: str = "") -> bool:
        """Answer a probe about the object with this id."""
        kind = self._by_object[probe.object]
        for variant in probe.variants:
            params = {probe.filter: id, **variant, "limit": 1}
            if self._http.get(kind.collection, params, account=account).get("data"):
                return True
        return False

    def create(
        self, kind: ResourceType, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Create an object and return it, expanded."""
        return self._http.post(
            kind.collection,
            {**params, **_expand(kind)},
            idempotency_key=context.idempotency_key,
            account=context.account,
        )

    def update(
        self, kind: ResourceType, id: str, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Change an object and return it, expanded; an empty update reads it."""
        if not params:
            found = self.read(kind, id, account=context.account)
            if found is None:
                raise NotFoundError(f"No such {kind.object}: {id!r}", status=404)
            return found
        return self._http.post(
            _item(kind, id),
            {**params, **_expand(kind)},
            idempotency_key=context.idempotency_key,
            account=context.account,
        )

    def delete(self, kind: ResourceType, id: str, context: RequestContext) -> None:
        """Delete an object; one that is already gone is a success."""
        try:
            self._http.delete(_item(kind, id), account=context.account)
        except NotFoundError as error:
            if "similar object exists" in error.message:
                raise

    def _pages(
        self, kind: ResourceType, filters: Mapping[str, Any], account: str
    ) -> Iterator[list[dict[str, Any]]]:
        params = {**filters, **_expand(kind, prefix="data."), "limit": PAGE}
        while True:
            answer = self._http.get(kind.collection, params, account=account)
            page = answer.get("data")
            if not isinstance(page, list):
                raise ProviderError(f"{kind.collection} did not answer with a list")
            yield page
            if not answer.get("has_more") or not page:
                return
            params["starting_after"] = page[-1]["id"]


def _item(kind: ResourceType, id: str) -> str:
    # Coupons and products may have ids that people chose.
    return kind.item.replace("{id}", quote(id, safe=""))


def _expand(kind: ResourceType, prefix: str = "") -> dict[str, Any]:
    return {"expand": [prefix + path for path in kind.expand]} if kind.expand else {}
