"""A provider in memory: it keeps objects, merges updates and replays idempotency keys."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.errors import NotFoundError
from engine.ports.provider import Account, Event, RequestContext
from engine.schema.lifecycle import Probe
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.markers import CLEAR


@dataclass
class Call:
    """One write that reached the provider."""

    verb: str
    object: str
    id: str
    params: Mapping[str, Any]
    context: RequestContext


@dataclass
class FakeProvider:
    """The provider port over a dictionary."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    before: Callable[[Call], None] = lambda _: None
    tells_secrets: bool = True
    most_at_once: int = 0
    time: int | None = 1_000_000
    happened: list[Event] = field(default_factory=list)
    _answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    _flying: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return len(self.calls)

    @property
    def writes(self) -> int:
        """How many of them could change something: all, here."""
        return len(self.calls)

    def now(self) -> int | None:
        """The time that the test says it is."""
        return self.time

    def account(self) -> Account:
        """A test account."""
        return Account("acct_1", livemode=False)

    def missing_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """The key may do everything."""
        del kind, account
        return None

    def may_ask_to_write(self, kind: ResourceType) -> bool:
        """The key is no restricted one."""
        del kind
        return True

    def missing_read_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """The key may do everything."""
        del kind, account
        return None

    def default_version(self) -> str:
        """An account has a version."""
        return "2026-01-01.test"

    def read(self, kind: ResourceType, id: str, *, account: str = "") -> RemoteObject | None:
        """One object, None if there is none."""
        del kind, account
        return self.objects.get(id)

    def read_many(
        self, kind: ResourceType, ids: Sequence[str], *, account: str = ""
    ) -> Mapping[str, RemoteObject]:
        """The objects that exist."""
        del kind, account
        return {id: self.objects[id] for id in ids if id in self.objects}

    def find(
        self,
        kind: ResourceType,
        filters: Mapping[str, Any],
        *,
        account: str = "",
        since: int | None = None,
    ) -> Sequence[RemoteObject]:
        """Objects whose fields are as asked for, newest first."""
        del kind, account
        return [
            found
            for found in reversed(self.objects.values())
            if all(found.get(name) == value for name, value in filters.items())
            and (since is None or found.get("created", since) >= since)
        ]

    def pages(
        self, kind: ResourceType, filters: Mapping[str, Any], *, account: str = ""
    ) -> Iterator[Sequence[RemoteObject]]:
        """All of them on one page."""
        yield self.find(kind, filters, account=account)

    def first_pages(
        self,
        kind: ResourceType,
        filters: Mapping[str, Any],
        pages: int,
        *,
        expand: Sequence[str] = (),
        account: str = "",
    ) -> tuple[Sequence[RemoteObject], bool]:
        """The newest of them, a hundred a page."""
        del expand
        found = self.find(kind, filters, account=account)
        return found[: pages * 100], len(found) > pages * 100

    def events(self, types: Sequence[str], *, account: str = "") -> Iterator[Sequence[Event]]:
        """All of them on one page."""
        del account
        yield [event for event in reversed(self.happened) if event.type in types]

    def exists(self, probe: Probe, id: str, *, account: str = "") -> bool:
        """Whether any object refers to the id."""
        del account
        return any(found.get(probe.filter) == id for found in self.objects.values())

    def create(
        self, kind: ResourceType, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Make an object, with the fields that Stripe makes up."""
        with self._sent(Call("create", kind.object, "", params, context)):
            known = self._answers.get(context.idempotency_key)
            if known is not None:
                return known
            with self._lock:
                id = params.get("id", f"{kind.object}_{len(self.objects) + 1}")
                found = {"id": id, **copy.deepcopy(dict(params))}
                if kind.object == "webhook_endpoint":
                    found["status"] = "enabled"
                self.objects[id] = found
                self._happened(f"{kind.object}.created", found)
            answer = copy.deepcopy(found)
            if kind.object == "webhook_endpoint" and self.tells_secrets:
                answer["secret"] = f"whsec_of_{id}"
            return self._answers.setdefault(context.idempotency_key, answer)

    def update(
        self, kind: ResourceType, id: str, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Merge parameters into an object."""
        with self._sent(Call("update", kind.object, id, params, context)):
            known = self._known(kind, id)
            before = {name: known.get(name) for name in params}
            known.update(
                {name: None if value is CLEAR else value for name, value in params.items()}
            )
            self._happened(f"{kind.object}.updated", known, before)
            return copy.deepcopy(self.objects[id])

    def call(
        self,
        kind: ResourceType,
        id: str,
        name: str,
        params: Mapping[str, Any],
        context: RequestContext,
    ) -> RemoteObject:
        """Make one of the type's further calls: it is remembered, and changes nothing."""
        with self._sent(Call(name, kind.object, id, params, context)):
            return copy.deepcopy(self._known(kind, id))

    def delete(self, kind: ResourceType, id: str, context: RequestContext) -> None:
        """Delete an object; one that is already deleted is a success."""
        with self._sent(Call("delete", kind.object, id, {}, context)):
            gone = self.objects.pop(id, None)
            if gone is not None:
                self._happened(f"{kind.object}.deleted", gone)

    def _happened(
        self, type: str, object: Mapping[str, Any], before: Mapping[str, Any] | None = None
    ) -> None:
        number = len(self.happened) + 1
        self.happened.append(
            Event(
                id=f"evt_{number}",
                type=type,
                at=self.time or 0,
                object=copy.deepcopy(dict(object)),
                before=before or {},
                request=f"req_{number}",
            )
        )

    def _known(self, kind: ResourceType, id: str) -> dict[str, Any]:
        if id not in self.objects:
            raise NotFoundError(f"No such {kind.object}: '{id}'", status=404)
        return self.objects[id]

    @contextmanager
    def _sent(self, call: Call) -> Iterator[None]:
        call.context.fence()
        with self._lock:
            self.calls.append(call)
            self._flying += 1
            self.most_at_once = max(self.most_at_once, self._flying)
        try:
            self.before(call)
            failure = self.failures.get(f"{call.verb} {call.params.get('name', call.id)}")
            if failure is not None:
                raise failure
            yield
        finally:
            with self._lock:
                self._flying -= 1
