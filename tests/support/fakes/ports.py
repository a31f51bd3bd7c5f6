"""A secret sink, a hook and a journal in memory, which fail where a test wants it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import SecretSinkError, StateError
from engine.plan.model import Step
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyResult, StepResult


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

    def sync(self) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        """Nothing to close."""
