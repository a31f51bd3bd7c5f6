"""What a command asks of a store that machines share: requests are what such a store costs.

A command names each thing once, so that a store that is 30 ms away adds a third of a second.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.backends.shared.backend import SharedBackend
from engine.emulator.core import Emulator
from engine.operations.run.context import Context
from engine.ports.hook import Hook
from engine.version import VERSION
from tests.support.fakes.memory_store import MemoryStore, Shelf
from tests.support.project import Project

STACK = """
    from engine.stripe import Product

    Product("pro", name="Pro")
"""
PLAN = {
    "prepare": 1,
    "names": 3,  # imports that were killed, before and under the lock; held locks
    "head": 1,
    "swap": 2,  # the lock is taken and released
    "read": 1,  # the state
    "stacks": 1,  # what else could own an object
}


class StoredProject(Project):
    """A project whose states are in a store."""

    shelf = Shelf()

    def context(self, hook: Hook | None = None) -> Context:
        """The ports, with a view of the store that is new, as each process has it."""
        backend = SharedBackend(MemoryStore(self.shelf), engine_version=VERSION)
        return dataclasses.replace(super().context(hook), open_backend=lambda: backend)

    def asked(self) -> Counter[str]:
        """How often each kind of request was sent since the last time."""
        found = Counter(call.what for call in self.shelf.calls)
        self.shelf.calls.clear()
        return found


@pytest.fixture
def project(tmp_path: Path) -> Iterator[StoredProject]:
    """A project with five stacks that were applied."""
    with Emulator(seed=3) as emulator:
        made = StoredProject(tmp_path, emulator)
        made.shelf = Shelf()
        for name in "abcde":
            made.write(STACK, name)
        made.apply()
        made.asked()
        yield made


def test_a_plan_without_changes(project: StoredProject) -> None:
    """One stack of several: of each other one, the head and the state."""
    assert not project.report("a").has_changes
    assert project.asked() == {**PLAN, "head": 1 + 4, "read": 1 + 4}


def test_a_plan_of_several_stacks(project: StoredProject) -> None:
    """What is not the stack's own is asked once."""
    assert not project.report().has_changes
    assert project.asked() == {**PLAN, "head": 5, "swap": 10, "read": 5}


def test_an_apply_without_changes(project: StoredProject) -> None:
    """It asks for held locks before it takes its own, too."""
    project.apply("a")
    assert project.asked() == {**PLAN, "names": 4, "head": 1 + 4, "read": 1 + 4}
