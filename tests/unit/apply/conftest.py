"""A world to apply plans in: a provider in memory, a state that is written, a place for secrets.

Small and honest: the provider keeps objects, merges updates, replays idempotency keys and knows
no object that is not there; whatever goes wrong is set up by the test that wants it.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.address import parse_address
from engine.apply.executor import StackRun
from engine.apply.journal import Journal, Run
from engine.apply.ports import ApplyPorts
from engine.catalog import loader
from engine.errors import NotFoundError, SecretSinkError, StateError
from engine.plan.compare.normalize import seal
from engine.plan.model import Plan, Step, StepKind
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyResult, StepResult
from engine.ports.provider import Account, RequestContext
from engine.schema.lifecycle import Probe, Removal, Verb
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState, State
from engine.values.markers import CLEAR, UNKNOWN
from engine.values.targets import OutputTarget

DELETE = Removal(verb=Verb.DELETE)
ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})
KEEP = Removal(verb=Verb.KEEP)


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
            answer = copy.deepcopy(found)
            if kind.object == "webhook_endpoint" and self.tells_secrets:
                answer["secret"] = f"whsec_of_{id}"
            return self._answers.setdefault(context.idempotency_key, answer)

    def update(
        self, kind: ResourceType, id: str, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Merge parameters into an object."""
        with self._sent(Call("update", kind.object, id, params, context)):
            self._known(kind, id).update(
                {name: None if value is CLEAR else value for name, value in params.items()}
            )
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
        """Delete an object."""
        with self._sent(Call("delete", kind.object, id, {}, context)):
            self._known(kind, id)
            del self.objects[id]

    def _known(self, kind: ResourceType, id: str) -> dict[str, Any]:
        if id not in self.objects:
            raise NotFoundError(f"No such {kind.object}: '{id}'", status=404)
        return self.objects[id]

    @contextmanager
    def _sent(self, call: Call) -> Iterator[None]:
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


@dataclass
class FakeSink:
    """Secrets in memory; full if the test says so."""

    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    full: bool = False
    torn: bool = False
    mute: bool = False

    def check(self, stack: str = "", names: Sequence[str] = ()) -> None:
        """Refuse if full."""
        del stack, names
        if self.full:
            raise SecretSinkError("the place for secrets is full")

    def store(self, stack: str, name: str, value: str) -> None:
        """Keep a secret, unless the sink broke since it was checked."""
        if self.torn:
            raise SecretSinkError("the place for secrets broke")
        self.kept[stack, name] = value

    def load(self, stack: str, name: str) -> str | None:
        """Read a secret back, unless it cannot be read."""
        if self.mute:
            raise SecretSinkError("the place for secrets tells nothing")
        return self.kept.get((stack, name))

    def remove(self, stack: str, name: str) -> None:
        """Let go of a secret, unless the sink is broken."""
        if self.torn:
            raise SecretSinkError("the place for secrets broke")
        self.kept.pop((stack, name), None)

    def where(self, stack: str, name: str) -> str:
        """Nobody asks."""
        return f"{stack} {name}"


@dataclass
class Watcher(Hook):
    """Remembers what it was told."""

    told: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    results: list[ApplyResult] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def apply_started(self, stack: str, count: int) -> None:
        """Remember it."""
        self.told.append(f"apply {stack}")
        self.counts.append(count)

    def step_started(self, step: Step) -> None:
        """Remember it."""
        self.told.append(f"start {step.key}")

    def step_finished(self, result: StepResult) -> None:
        """Remember it."""
        self.told.append(f"{result.outcome.value} {result.step.key}")
        self.then()

    def apply_finished(self, result: ApplyResult) -> None:
        """Remember it."""
        self.results.append(result)


@dataclass
class FakeJournalFile:
    """A journal in memory; its disk is full once so many records are written.

    Attributes:
        records: What was written.
        room: How many more records fit; None for any number.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    room: int | None = None

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Add a record, or fail as a full disk does."""
        assert reserve >= 0
        if self.room == 0:
            raise StateError("no space left on the disk")
        if self.room is not None:
            self.room -= 1
        self.records.append(json.loads(record))

    def close(self) -> None:
        """Nothing to close."""


RUN = Run(
    id="run1",
    stack="s",
    environment="test",
    lineage="l",
    serial=0,
    objects="",
    account_id="acct_1",
    livemode=False,
    since="2026-11-26T10:00:00+00:00",
)


@dataclass
class World:
    """Everything an apply meets, its journal, and the state as it was written each time.

    Attributes:
        state: The state a plan is made from.
        journal: What the run writes down.
        writes_left: How many more writes of the state succeed; None for all.
    """

    provider: FakeProvider = field(default_factory=FakeProvider)
    sink: FakeSink = field(default_factory=FakeSink)
    hook: Watcher = field(default_factory=Watcher)
    state: State = field(default_factory=lambda: State(stack="s", environment="test", lineage="l"))
    journal: FakeJournalFile = field(default_factory=FakeJournalFile)
    saved: list[State] = field(default_factory=list)
    writes_left: int | None = None
    others: dict[OutputTarget, Any] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    fence: Callable[[], None] = lambda: None

    def save(self, state: State) -> State:
        """Write the state down, or fail as a full disk does."""
        if self.writes_left == 0:
            raise StateError("no space left on the disk")
        if self.writes_left is not None:
            self.writes_left -= 1
        self.saved.append(state)
        return state

    def has(self, address: str, id: str, **parts: Any) -> None:
        """Let state hold a resource, and the provider its object."""
        declared = parts.get("declared", {})
        parts.setdefault("attributes", dict(declared))
        entry = ResourceState(type=parse_address(address).type, id=id, **parts)
        self.state = self.state.with_resource(address, entry)
        self.provider.objects[id] = {"id": id, **declared}

    def apply(
        self, *steps: Step, run: str = "run1", parallelism: int = 4, **plan: Any
    ) -> ApplyResult:
        """Carry out a plan of these steps."""
        ports = ApplyPorts(
            provider=self.provider,
            schemas=loader.schemas(),
            journal=Journal(RUN, self.journal),
            fence=self.fence,
            save=self.save,
            sink=self.sink,
            outputs_of=lambda target: self.others.get(target, UNKNOWN),
            hook=self.hook,
            run=run,
            parallelism=parallelism,
            stop=self.stop,
        )
        made = Plan(stack="s", environment="test", lineage="l", serial=0, steps=steps, **plan)
        carried = StackRun(made, self.state, ports)
        carried.advance()
        return carried.finish()


def step(kind: StepKind, address: str, **parts: Any) -> Step:
    """One operation; creates, updates and settles record what they declare."""
    declared = parts.pop("declared", parts.get("params", {}))
    type_name = parse_address(address).type
    if kind not in (StepKind.REMOVE, StepKind.DETACH, StepKind.FORGET):
        parts.setdefault(
            "record", ResourceState(type=type_name, id="", declared=seal(declared, "l"))
        )
    if kind is StepKind.REMOVE:
        parts.setdefault("removal", DELETE)
    parts.setdefault("key", f"{kind.value} {address}")
    return Step(kind=kind, address=parse_address(address), type=type_name, **parts)


@pytest.fixture
def world() -> World:
    """An empty account and an empty state."""
    return World()


@pytest.fixture
def make() -> Callable[..., Step]:
    """Makes an operation."""
    return step
