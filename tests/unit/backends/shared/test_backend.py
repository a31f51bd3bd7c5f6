"""States that a backend for a shared store has read: kept for the next write, and no longer."""

from __future__ import annotations

import dataclasses
import gc

from engine.backends.shared.backend import SharedBackend
from engine.state.model import State
from tests.support.backends import VERSION, a_state, hold
from tests.support.fakes.memory_store import MemoryStore, Shelf


def test_a_state_is_not_read_again_for_the_write_that_follows() -> None:
    """Its lock is held: it is what was read."""
    shelf = Shelf()
    backend = SharedBackend(MemoryStore(shelf), engine_version=VERSION)
    first = a_state()
    with hold(backend):
        backend.write(first, expected=None)
    with hold(backend):
        read = backend.read(first.stack, first.environment)
        assert read is not None
        shelf.calls.clear()
        backend.write(dataclasses.replace(read, serial=read.serial + 1), expected=read)
    assert not [call for call in shelf.calls if call.what == "read"]


def test_states_of_other_accounts_are_not_kept() -> None:
    """A worker of a fleet sees those of thousands, with one backend."""
    backend = SharedBackend(MemoryStore(Shelf()), engine_version=VERSION)
    lineage = "of-a-test-that-counts-states"
    for number in range(5):
        state = dataclasses.replace(a_state(), environment=f"shops/a{number}", lineage=lineage)
        with hold(backend, environment=state.environment):
            backend.write(state, expected=None)
        assert backend.read(state.stack, state.environment) is not None
        del state
    gc.collect()
    assert not [
        one for one in gc.get_objects() if isinstance(one, State) and one.lineage == lineage
    ]
