"""The blobs of a swap that was lost: removed where it is certain that no head names them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from engine.errors import LockLostError, StaleStateError, StateError, StoreUnavailableError
from engine.state.model import State
from tests.support.backends import a_state, hold
from tests.support.fakes.memory_store import Call, Shelf, When
from tests.support.memory_states import another_machine as machine

FIRST = a_state()
SECOND = dataclasses.replace(FIRST, serial=FIRST.serial + 1)
THIRD = dataclasses.replace(FIRST, serial=FIRST.serial + 2)


@pytest.fixture
def shelf() -> Shelf:
    """A store with one state."""
    shelf = Shelf()
    machine(shelf).write(FIRST, expected=None)
    return shelf


def serials(shelf: Shelf, folder: str = "states") -> list[int]:
    """The serials of the blobs in a folder."""
    found = (name for name in shelf.blobs if name.startswith(f"{folder}/"))
    return sorted(int(name.rpartition("/")[2].partition("-")[0]) for name in found)


def at_swap(shelf: Shelf, act: Callable[[], None], when: When = "before") -> None:
    """Let something happen at the next swap."""

    def fault(call: Call, at: When) -> None:
        if (call.what, at) == ("swap", when):
            shelf.fault = lambda *_: None
            act()

    shelf.fault = fault


def written(shelf: Shelf, state: State) -> None:
    """Let another machine store a state."""
    other = machine(shelf)
    other.write(state, expected=other.read("shop", "test"))


def test_those_of_a_write_that_another_one_was_faster_than(shelf: Shelf) -> None:
    """What the faster one stored stays."""
    backend = machine(shelf)
    before = backend.read("shop", "test")
    at_swap(shelf, lambda: written(shelf, SECOND))
    with pytest.raises(StaleStateError):
        backend.write(SECOND, expected=before)
    for folder in ("states", "history"):
        assert serials(shelf, folder) == [FIRST.serial, SECOND.serial]
    assert [version.serial for version in machine(shelf).history("shop", "test", limit=9)] == [
        SECOND.serial,
        FIRST.serial,
    ]


def test_a_run_that_lost_its_lock_removes_nothing(shelf: Shelf) -> None:
    """Between its blobs and its swap: it writes nothing more, whatever that would be."""
    backend = machine(shelf)
    with hold(backend) as ours:
        before = backend.read("shop", "test")
        at_swap(shelf, lambda: taken(shelf, ours.owner.id))
        with pytest.raises(LockLostError):
            backend.write(SECOND, expected=before)
    assert serials(shelf) == serials(shelf, "history") == [FIRST.serial, SECOND.serial]
    assert "remove" not in {call.what for call in shelf.calls}


def test_a_write_that_arrived_and_was_followed_stays_in_the_history(shelf: Shelf) -> None:
    """Its reply was lost, and another machine saved before this one read again."""
    backend = machine(shelf)
    before = backend.read("shop", "test")

    def lost() -> None:
        written(shelf, THIRD)
        raise StoreUnavailableError("no answer")

    at_swap(shelf, lost, "after")
    with pytest.raises(StateError):
        backend.write(SECOND, expected=before)
    wanted = [THIRD.serial, SECOND.serial, FIRST.serial]
    assert [version.serial for version in machine(shelf).history("shop", "test", limit=9)] == wanted
    assert machine(shelf).version("shop", "test", SECOND.serial) is not None
    assert serials(shelf) == sorted(wanted)


def test_a_write_that_may_still_arrive_keeps_its_blobs(shelf: Shelf) -> None:
    """The head is the one that it expects: no read says that it is lost."""
    backend = machine(shelf)
    before = backend.read("shop", "test")

    def fault(call: Call, at: When) -> None:
        if (call.what, at) == ("swap", "before"):
            raise StoreUnavailableError("no answer")

    shelf.fault = fault
    with pytest.raises(StoreUnavailableError):
        backend.write(SECOND, expected=before)
    assert serials(shelf) == serials(shelf, "history") == [FIRST.serial, SECOND.serial]


def test_nothing_is_removed_while_the_history_cannot_be_read(shelf: Shelf) -> None:
    """An entry that is gone could have named them."""
    backend = machine(shelf)
    before = backend.read("shop", "test")

    def faster() -> None:
        written(shelf, SECOND)
        del shelf.blobs[shelf.heads["test", "shop"].entry]

    at_swap(shelf, faster)
    with pytest.raises(StaleStateError):
        backend.write(SECOND, expected=before)
    assert serials(shelf) == [FIRST.serial, SECOND.serial, SECOND.serial]


def test_a_write_that_succeeds_asks_for_nothing_more(shelf: Shelf) -> None:
    """The check of the lock, two blobs and a swap."""
    backend = machine(shelf)
    with hold(backend):
        before = backend.read("shop", "test")
        count = len(shelf.calls)
        backend.write(SECOND, expected=before)
        assert [call.what for call in shelf.calls[count:]] == ["head", "create", "create", "swap"]


def taken(shelf: Shelf, lock: str) -> None:
    """Take the lock from a run that is at work."""
    machine(shelf).unlock(lock, force=True)
