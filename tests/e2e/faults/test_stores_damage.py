"""What people, rules and networks do to a shared store behind the engine's back."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from engine.backends.shared.backend import SharedBackend
from engine.backends.shared.hold import Timing
from engine.backends.shared.store import Head
from engine.errors import LockLostError, StateError, StoreUnavailableError, UntrustedStateError
from tests.support.backends import VERSION, a_state, hold
from tests.support.fakes.memory_store import Call, MemoryStore, Shelf, When

RECORDS = (b'{"first":1}', b'{"second":2}', b'{"third":3}')


@pytest.fixture
def shelf() -> Shelf:
    """What all machines of a test share."""
    return Shelf()


def machine(shelf: Shelf, store: MemoryStore | None = None) -> SharedBackend:
    """Another machine's view of the store."""
    timing = Timing(beat=3600)
    return SharedBackend(store or MemoryStore(shelf), engine_version=VERSION, timing=timing)


def begun(shelf: Shelf) -> str:
    """A journal of three chunks; where they are."""
    backend = machine(shelf)
    with hold(backend):
        journal = backend.begin_journal("shop", "test", RECORDS[:1], reserve=0)
        for record in RECORDS[1:]:
            journal.append(record)
            journal.sync()
    return shelf.heads["test", "shop"].journal


# ── journals ──────────────────────────────────────────────────────────────────────────────


def test_a_listing_that_is_late_hides_no_operation(shelf: Shelf) -> None:
    """Chunks are read by their numbers; the list of names may not have the last ones yet."""
    begun(shelf)

    class Late(MemoryStore):
        def names(self, prefix: str) -> tuple[str, ...]:
            return super().names(prefix)[:1]

    assert machine(shelf, Late(shelf)).read_journal("shop", "test") == RECORDS


@pytest.mark.parametrize("number", [1, 2])
def test_a_chunk_that_was_deleted_is_missed(shelf: Shelf, number: int) -> None:
    """By name, and nothing is taken for the whole journal."""
    missing = f"{begun(shelf)}{number:06}"
    del shelf.blobs[missing]
    with pytest.raises(UntrustedStateError, match=missing):
        machine(shelf).read_journal("shop", "test")


def test_a_chunk_that_was_cut_is_refused(shelf: Shelf) -> None:
    """Half of a chunk is no chunk, also if it is the last."""
    last = f"{begun(shelf)}000003"
    shelf.blobs[last] = shelf.blobs[last][: len(shelf.blobs[last]) // 2]
    with pytest.raises(UntrustedStateError, match=last):
        machine(shelf).read_journal("shop", "test")


# ── heads ─────────────────────────────────────────────────────────────────────────────────


def test_a_head_that_was_deleted_is_missed(shelf: Shelf) -> None:
    """Its states are there: nothing is read, locked or written as if the stack were new."""
    backend = machine(shelf)
    with hold(backend):
        backend.write(a_state(), expected=None)
    before = dict(shelf.blobs)
    del shelf.heads["test", "shop"]
    other = machine(shelf)
    with pytest.raises(StateError, match="not the head") as raised:
        other.read("shop", "test")
    assert "engine state push shop -e test FILE" in str(raised.value.hint)
    with pytest.raises(StateError, match="not the head"), hold(other):
        pass
    assert (shelf.heads, shelf.blobs) == ({}, before)


def test_states_that_were_moved_aside_are_missed_no_more(shelf: Shelf) -> None:
    """Then the newest of them can be pushed."""
    backend = machine(shelf)
    with hold(backend):
        backend.write(a_state(), expected=None)
    del shelf.heads["test", "shop"]
    for name in [name for name in shelf.blobs if name.startswith("states/")]:
        del shelf.blobs[name]
    other = machine(shelf)
    with hold(other):
        other.write(a_state(), expected=None)
    assert other.read("shop", "test") == a_state()


def test_a_stack_that_another_machine_makes_meanwhile_is_not_missed(shelf: Shelf) -> None:
    """Between the two reads its first state may arrive."""

    def arrives(call: Call, when: When) -> None:
        if (call.what, when) == ("head", "after"):
            shelf.fault = lambda _, __: None
            backend = machine(shelf)
            with hold(backend):
                backend.write(a_state(), expected=None)

    shelf.fault = arrives
    assert machine(shelf).read("shop", "test") == a_state()


def test_a_state_that_was_deleted_is_missed(shelf: Shelf) -> None:
    """By the name of its object, and how it comes back."""
    backend = machine(shelf)
    with hold(backend):
        backend.write(a_state(), expected=None)
    name = shelf.heads["test", "shop"].state
    del shelf.blobs[name]
    with pytest.raises(StateError, match=name) as raised:
        machine(shelf).read("shop", "test")
    assert "engine state rebuild shop -e test" in str(raised.value.hint)


# ── writes that arrive late ───────────────────────────────────────────────────────────────


def test_an_own_write_that_arrives_late_is_no_loss_of_the_lock(shelf: Shelf) -> None:
    """The run ends, frees its lock, and what arrived stays."""
    backend = machine(shelf)
    late: Head | None = None

    def arriving(call: Call, when: When) -> None:
        nonlocal late
        if (call.what, when) == ("swap", "before") and late is not None:
            shelf.heads["test", "shop"], late = late, None

    shelf.fault = arriving
    with hold(backend):
        now = shelf.heads["test", "shop"]
        late = dataclasses.replace(now, write_id="late", journal="j/", version="late")
        with pytest.raises(StoreUnavailableError, match="arrived late"):
            backend.write(a_state(), expected=None)
        head = shelf.heads["test", "shop"]
        assert (head.write_id, head.state) == ("late", "")
    head = shelf.heads["test", "shop"]
    assert (head.owner, head.journal) == (None, "j/")


# ── signs of life ─────────────────────────────────────────────────────────────────────────


def test_one_that_lost_its_lock_gives_no_sign_of_life(shelf: Shelf) -> None:
    """They would hide those of the next owner, whose lock would be taken for abandoned."""
    asked, go = threading.Event(), threading.Event()

    class Watched(MemoryStore):
        def head(self, environment: str, stack: str) -> Head | None:
            if threading.current_thread() is not threading.main_thread():
                asked.set()
                go.wait()
            return super().head(environment, stack)

    timing = Timing(beat=0.01)
    backend = SharedBackend(Watched(shelf), engine_version=VERSION, timing=timing)
    with hold(backend) as ours:
        asked.wait()
        machine(shelf).unlock(ours.owner.id, force=True)
        with hold(machine(shelf)) as theirs:
            MemoryStore(shelf).put("beats/test/shop", f"{theirs.owner.id} 1".encode())
            go.set()
            for thread in threading.enumerate():
                if thread.name == f"alive {ours.owner.id}":
                    thread.join()
            assert shelf.blobs["beats/test/shop"].startswith(theirs.owner.id.encode())
        with pytest.raises(LockLostError):
            ours.check()
