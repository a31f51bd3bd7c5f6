"""The provider port, for Stripe: paths, pages, expansion. Knows no type by name."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from engine.catalog.loader import type_name
from engine.errors import NotFoundError, PermissionDeniedError
from engine.ports.provider import OUT_OF_REACH, Account, Event, RequestContext
from engine.redaction import remember
from engine.schema.lifecycle import Probe
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.settings.model import is_live, mode_of
from engine.stripe.bulk import PAGE, chunks, from_pages
from engine.stripe.events import PATH as EVENTS
from engine.stripe.events import event_pages
from engine.stripe.http.client import StripeHTTP
from engine.stripe.paths import (
    addressed,
    collection_path,
    composite_params,
    filled,
    item_path,
    parts_of,
    without_parent,
)
from engine.stripe.permissions import KeyPermissions
from engine.stripe.responses import ResponseCheck, account_name
from engine.values.paths import get_path

_READERS = 8
_BY_IDS = "ids"
"""The list filter by which some types are found by their ids, many at once."""
_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+")
# L: the tail of Stripe's text when the object is in the other mode; creating it would be wrong.
_OTHER_MODE = "similar object exists"
# L: a server that does not know the path says nothing about the object.
_NO_SUCH_ROUTE = "Unrecognized request URL"


class StripeProvider:
    """Reads and writes Stripe's objects."""

    def __init__(
        self, http: StripeHTTP, schemas: Schemas, *, api_key: str, root: Path | None = None
    ) -> None:
        """Use one key.

        Args:
            http: Sends the requests.
            schemas: Resource types by name.
            api_key: The key, for its mode.
            root: Folder from which the paths of files to upload start.
        """
        self._http = http
        self._schemas = schemas
        self._livemode = is_live(api_key)
        self._mode = mode_of(api_key)
        self._key = KeyPermissions(http, api_key)
        self._root = root or Path()

    @property
    def http(self) -> StripeHTTP:
        """What sends the requests."""
        return self._http

    @property
    def requests(self) -> int:
        """How many requests were sent so far, retries included."""
        return self._http.requests

    @property
    def writes(self) -> int:
        """How many of them could change something."""
        return self._http.writes

    def now(self) -> int:
        """Seconds since 1970 by Stripe's clock in its last response, else by this machine's."""
        return int(time.time()) if self._http.server_time is None else self._http.server_time

    def account(self) -> Account:
        """Read the account that the requests are for, the key's own or a connected one.

        A restricted key may not read it, but the refusal names the account (L).
        """
        if self._http.vouched:
            return Account(self._http.account, self._livemode)
        try:
            found = self._http.get("/v1/account", {})
        except PermissionDeniedError as error:
            named = _ACCOUNT.search(error.message)
            if error.code == OUT_OF_REACH:  # it names the one that cannot be reached
                raise
            return Account(named[0] if named else "", self._livemode)
        except NotFoundError:
            return Account("", self._livemode)
        id = self._request("GET", "/v1/account").account(found)
        return Account(id, self._livemode, account_name(found))

    def missing_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """Name the permission that a restricted key lacks to write objects of a type."""
        return self._key.missing_to_write(kind, account)

    def may_ask_to_write(self, kind: ResourceType) -> bool:
        """Whether a request shows it that changes nothing; a key without limits needs none."""
        return self._key.may_ask_to_write(kind)

    def missing_read_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """Name the permission that a key lacks to read objects of a type."""
        return self._key.missing_to_read(kind, account, _expanding(kind, prefix="data."))

    def default_version(self) -> str:
        """The API version of the account, which the response to a request without one names."""
        return self._http.default_version()

    # ── reading ───────────────────────────────────────────────────────────────────────────

    def read(self, kind: ResourceType, id: str, *, account: str = "") -> RemoteObject | None:
        """Read one object, expanded; None if it does not exist."""
        route, params = kind.item, _expanding(kind)
        if kind.life.composite is not None:
            route = kind.calls[kind.life.composite.read].path
            params = {**composite_params(id), **params}
        path = route if kind.life.composite is not None else item_path(kind, id)
        try:
            found = self._http.get(path, params, account=account, route=route)
        except NotFoundError as error:
            if _OTHER_MODE in error.message or _NO_SUCH_ROUTE in error.message:
                raise
            return None
        except PermissionDeniedError as error:
            # L: for a deleted connected account Stripe answers as for one of another platform.
            if error.code == OUT_OF_REACH and not (account or self._http.account):
                return None
            raise
        self._request("GET", path).object(kind, found, id)
        if found.get("deleted") is True:
            return None
        return addressed(kind, found, parts_of(kind, id)[0])

    def read_many(
        self, kind: ResourceType, ids: Sequence[str], *, account: str = ""
    ) -> Mapping[str, RemoteObject]:
        """Read objects a hundred at a time, where a list is cheaper.

        Objects that no list shows are read one by one, since only that shows that they do not
        exist.
        """
        wanted = tuple(dict.fromkeys(ids))
        found: dict[str, RemoteObject] = {}
        with ThreadPoolExecutor(max_workers=_READERS) as pool:
            for some in pool.map(lambda request: request(), self._lists(kind, wanted, account)):
                found.update(some)
            missing = [id for id in wanted if id not in found]
            read = pool.map(functools.partial(self.read, kind, account=account), missing)
            found.update({id: entry for id, entry in zip(missing, read, strict=True) if entry})
        return found

    def _lists(
        self, kind: ResourceType, wanted: Sequence[str], account: str
    ) -> Iterator[Callable[[], Mapping[str, RemoteObject]]]:
        """Requests for lists that may show objects, none of them for a single object."""
        # A list that needs a filter which ids do not give cannot be used.
        if kind.life.composite is not None or kind.life.singleton or kind.list_needs:
            return
        if _BY_IDS in kind.filters:
            for some in chunks(wanted):
                if len(some) > 1:
                    yield functools.partial(self._by_ids, kind, some, account)
            return
        by_parent: dict[str, list[str]] = {}
        for id in wanted:
            by_parent.setdefault(parts_of(kind, id)[0], []).append(id)
        for parent, siblings in by_parent.items():
            if len(siblings) > 1:
                pages = itertools.chain.from_iterable(
                    self._pages(kind, filters, account, parent) for filters in kind.lists
                )
                yield functools.partial(from_pages, pages, siblings)

    def _by_ids(
        self, kind: ResourceType, ids: Sequence[str], account: str
    ) -> Mapping[str, RemoteObject]:
        """The objects among these ids that exist; the ids must fit on one page."""
        # D: the filter and a cursor exclude each other, so one page has to hold them all.
        page = next(self._pages(kind, {_BY_IDS: list(ids)}, account))
        return {id_of(entry): entry for entry in page}

    def find(
        self,
        kind: ResourceType,
        filters: Mapping[str, Any],
        *,
        account: str = "",
        since: int | None = None,
    ) -> Sequence[RemoteObject]:
        """List the objects that match, expanded, newest first."""
        parent, rest = without_parent(kind, filters)
        found: list[RemoteObject] = []
        for page in self._pages(kind, rest, account, parent):
            found.extend(
                entry for entry in page if since is None or not _created_before(entry, since)
            )
            if since is not None and page and _created_before(page[-1], since):
                break
        return found

    def pages(
        self, kind: ResourceType, filters: Mapping[str, Any], *, account: str = ""
    ) -> Iterator[Sequence[RemoteObject]]:
        """List the objects that match page by page."""
        parent, rest = without_parent(kind, filters)
        return self._pages(kind, rest, account, parent)

    def first_pages(
        self,
        kind: ResourceType,
        filters: Mapping[str, Any],
        pages: int,
        *,
        expand: Sequence[str] = (),
        account: str = "",
    ) -> tuple[Sequence[RemoteObject], bool]:
        """List the newest objects that match, and say whether there are more."""
        parent, rest = without_parent(kind, filters)
        expanding = {"expand": [f"data.{path}" for path in expand]} if expand else {}
        listed = self._listed(kind, {**rest, **expanding}, account, parent)
        read = list(itertools.islice(listed, pages))
        return [entry for page, _ in read for entry in page], read[-1][1]

    def events(self, types: Sequence[str], *, account: str = "") -> Iterator[Sequence[Event]]:
        """List events page by page, newest first; Stripe keeps them for thirty days (D)."""
        return event_pages(self._http, self._request("GET", EVENTS), types, account)

    def exists(self, probe: Probe, id: str, *, account: str = "") -> bool:
        """Run a probe for the object with this id."""
        kind = self._schemas[type_name(probe.object)]
        for variant in probe.variants:
            params = {probe.filter: id, **variant, "limit": 1}
            answer = self._http.get(kind.collection, params, account=account)
            if self._request("GET", kind.collection).page(kind, answer)[0]:
                return True
        return False

    def _pages(
        self, kind: ResourceType, filters: Mapping[str, Any], account: str, parent: str = ""
    ) -> Iterator[Sequence[RemoteObject]]:
        params = {**filters, **_expanding(kind, prefix="data.")}
        return (page for page, _ in self._listed(kind, params, account, parent))

    def _listed(
        self, kind: ResourceType, params: Mapping[str, Any], account: str, parent: str
    ) -> Iterator[tuple[Sequence[RemoteObject], bool]]:
        """The pages of a list, each with whether there are more."""
        path = collection_path(kind, parent)
        params = {**params, "limit": PAGE}
        request, read = self._request("GET", path), set[str]()
        while True:
            answer = self._http.get(path, params, account=account, route=kind.collection)
            page, following = request.page(kind, answer)
            yield [addressed(kind, entry, parent) for entry in page], bool(following)
            if not following:
                return
            if following in read:
                raise request.repeated()
            read.add(following)
            params["page" if kind.is_v2 else "starting_after"] = following

    # ── writing ───────────────────────────────────────────────────────────────────────────

    def create(
        self, kind: ResourceType, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Create an object and return it, expanded; a singleton is changed instead."""
        parent, body = without_parent(kind, params)
        if kind.life.singleton:
            return self.update(kind, parent or kind.object, body, context)
        path = collection_path(kind, parent)
        if kind.content:
            files = {name: self._root / _file_name(body[name]) for name in kind.content}
            rest = {name: value for name, value in body.items() if name not in files}
            found = self._http.upload(
                path,
                rest,
                files,
                idempotency_key=context.idempotency_key,
                account=context.account,
                fence=context.fence,
            )
        else:
            asked = {**body, **_expanding(kind, once=True)}
            found = self._post(path, asked, context, kind.collection)
        for secret in kind.creation_only:
            remember(get_path(found, secret))
        self._request("POST", path).object(kind, found, str(body.get("id", "")))
        return addressed(kind, found, parent)

    def update(
        self, kind: ResourceType, id: str, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Change an object and return it, expanded; an empty update reads it."""
        if not params:
            found = self.read(kind, id, account=context.account)
            if found is None:
                raise NotFoundError(f"No such {kind.object}: {id!r}", status=404)
            return found
        path = item_path(kind, id)
        answer = self._post(path, {**params, **_expanding(kind)}, context, kind.item)
        self._request("POST", path).object(kind, answer, id)
        return addressed(kind, answer, parts_of(kind, id)[0])

    def call(
        self,
        kind: ResourceType,
        id: str,
        name: str,
        params: Mapping[str, Any],
        context: RequestContext,
    ) -> RemoteObject:
        """Make one of the type's further calls on an object and return the response."""
        found = kind.calls[name]
        path = filled(found.path, kind, id)
        if kind.life.composite is not None:
            params = {**composite_params(id), **params}
        if found.method == "delete":
            answer = self._http.delete(
                path, params, account=context.account, route=found.path, fence=context.fence
            )
        else:
            answer = self._post(path, params, context, found.path)
        self._request(found.method.upper(), path).object(kind, answer, id)
        return addressed(kind, answer, parts_of(kind, id)[0])

    def delete(self, kind: ResourceType, id: str, context: RequestContext) -> None:
        """Delete an object; one that is already deleted is a success."""
        try:
            if kind.life.composite is not None:
                method, path = "POST", kind.calls[kind.life.composite.remove].path
                answer = self._post(path, composite_params(id), context, path)
            else:
                method, path, account = "DELETE", item_path(kind, id), context.account
                answer = self._http.delete(
                    path, {}, account=account, route=kind.item, fence=context.fence
                )
        except NotFoundError as error:
            if _OTHER_MODE in error.message or _NO_SUCH_ROUTE in error.message:
                raise
            return
        self._request(method, path).removed(kind, answer, id)

    def _request(self, method: str, path: str) -> ResponseCheck:
        """The check of a request's response."""
        return ResponseCheck(f"{method} {path}", self._mode)

    def _post(
        self, path: str, params: Mapping[str, Any], context: RequestContext, route: str
    ) -> dict[str, Any]:
        return self._http.post(
            path,
            params,
            idempotency_key=context.idempotency_key,
            account=context.account,
            route=route,
            fence=context.fence,
        )


def _created_before(entry: RemoteObject, moment: int) -> bool:
    """Whether an object is older than a moment; v2 returns it as text, some types not at all."""
    created = entry.get("created")
    if isinstance(created, str):
        with contextlib.suppress(ValueError):
            created = dt.datetime.fromisoformat(created).timestamp()
    return isinstance(created, (int, float)) and created < moment


def _file_name(declared: str) -> str:
    """The path of a declared file, without the digest at its end."""
    return declared.partition("@sha256:")[0]


def _expanding(kind: ResourceType, prefix: str = "", *, once: bool = False) -> dict[str, Any]:
    """Parameters for what is returned on request only: `expand` in v1, `include` in v2."""
    if kind.include:
        return {"include": [*kind.include, *(kind.include_once if once else ())]}
    return {"expand": [prefix + path for path in kind.expand]} if kind.expand else {}
