"""States in a shared store that is in the memory of the test: `state = "memory://shelf"`."""

from __future__ import annotations

from typing import Any

import pytest

from engine import version
from engine.backends.shared.backend import SharedBackend
from engine.backends.shared.hold import Timing
from engine.bootstrap import states
from tests.support.backends import VERSION
from tests.support.fakes.memory_store import MemoryStore, Shelf


class Clock:
    """Time that passes only where something waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def wait(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds


def another_machine(
    shelf: Shelf, clock: Clock | None = None, *, writes: str = VERSION
) -> SharedBackend:
    """Another machine's view of the store."""
    clock = clock or Clock()
    timing = Timing(beat=3600, clock=lambda: clock.now, wait=clock.wait)
    return SharedBackend(MemoryStore(shelf), engine_version=writes, timing=timing)


def keep_in_memory(monkeypatch: pytest.MonkeyPatch, clock: Clock | None = None) -> Shelf:
    """Let settings name a store in memory; what is in it."""
    shelf = Shelf()

    def opened(*_: Any) -> SharedBackend:
        return another_machine(shelf, clock, writes=version.VERSION)

    monkeypatch.setitem(states._STATE_BACKENDS, "memory", opened)
    return shelf
