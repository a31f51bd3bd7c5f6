"""A world to apply plans in: a provider in memory, a state that is written, a place for secrets.

Small and honest: the provider keeps objects, merges updates, replays idempotency keys and knows
no object that is not there; whatever goes wrong is set up by the test that wants it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.address import parse_address
from engine.apply.executor import StackRun
from engine.apply.journal import Journal, Run
from engine.apply.ports import ApplyPorts
from engine.catalog import loader
from engine.errors import StateError
from engine.plan.compare.normalize import Normalizer
from engine.plan.model import Plan, Step, StepKind
from engine.ports.outcomes import ApplyResult
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import ResourceState, State
from engine.values.markers import UNKNOWN
from engine.values.targets import Elsewhere
from tests.support.fakes.ports import FakeJournalFile, FakeSink, Watcher
from tests.support.fakes.provider import FakeProvider

DELETE = Removal(verb=Verb.DELETE)


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
    others: dict[Elsewhere, Any] = field(default_factory=dict)
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


def make(kind: StepKind, address: str, **parts: Any) -> Step:
    """One operation; creates, updates and settles record what they declare."""
    declared = parts.pop("declared", parts.get("params", {}))
    type_name = parse_address(address).type
    if kind not in (StepKind.REMOVE, StepKind.DETACH, StepKind.FORGET):
        parts.setdefault(
            "record", ResourceState(type=type_name, id="", declared=Normalizer("l").seal(declared))
        )
    if kind is StepKind.REMOVE:
        parts.setdefault("removal", DELETE)
    parts.setdefault("key", f"{kind.value} {address}")
    return Step(kind=kind, address=parse_address(address), type=type_name, **parts)
