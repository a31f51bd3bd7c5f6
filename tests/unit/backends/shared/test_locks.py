"""Run locks in a store that machines share: lost ones, owners that are gone, and signs of life."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from engine.backends.shared.store import Head
from engine.backends.state.lock_owner import this_run
from engine.errors import LockHeldError, LockLostError, StateError, StoreUnavailableError
from engine.ports.run_locks import LockOwner
from tests.support.backends import a_state, hold, silent
from tests.support.fakes.memory_store import Call, MemoryStore, Shelf, When
from tests.support.memory_states import Clock
from tests.support.memory_states import another_machine as machine


@pytest.fixture
def shelf() -> Shelf:
    """What all machines of a test share."""
    return Shelf()


def held_elsewhere(shelf: Shelf, **changes: str) -> LockOwner:
    """The lock of a run on another machine."""
    there: dict[str, Any] = {"boot": "another/boot", "host": "runner", **changes}
    owner = dataclasses.replace(this_run("apply"), **there)
    head = Head(write_id="w", epoch=7, owner=owner)
    MemoryStore(shelf).swap("test", "shop", head, expected=None)
    return owner


def test_a_lost_lock_is_lost_for_every_thread(shelf: Shelf) -> None:
    """One read serves several threads: what it finds is what each of them gets, for good."""
    backend = machine(shelf)
    with hold(backend) as ours:
        machine(shelf).unlock(ours.owner.id, force=True)

        def is_lost(_: int) -> bool:
            try:
                ours.check()
            except LockLostError:
                return True
            return False

        with ThreadPoolExecutor(max_workers=8) as pool:
            assert all(pool.map(is_lost, range(64)))
        with pytest.raises(LockLostError):
            backend.write(a_state(), expected=None)
    assert machine(shelf).read("shop", "test") is None


def test_a_store_that_does_not_answer_lets_no_thread_pass(shelf: Shelf) -> None:
    """Whether the lock is held cannot be said, so nothing may be sent."""

    def gone(call: Call, when: When) -> None:
        del call, when
        raise StoreUnavailableError("the store is gone")

    with hold(machine(shelf)) as ours:
        shelf.fault = gone
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                ours.check()


def test_a_machine_of_the_same_name_is_another_machine(shelf: Shelf) -> None:
    """Runners and cloned machines share names: only the same boot says that a process ended."""
    here = this_run("apply")
    held_elsewhere(shelf, host=here.host, started="1")
    with pytest.raises(LockHeldError), hold(machine(shelf)):
        pass


def test_a_process_of_this_machine_that_ended_holds_nothing(shelf: Shelf) -> None:
    """Its number may be another process's by now; when it started cannot."""
    here = this_run("apply")
    held_elsewhere(shelf, host=here.host, boot=here.boot, started="1")
    with hold(machine(shelf)) as ours:
        ours.check()


def test_another_try_of_the_same_work_takes_the_lock(shelf: Shelf) -> None:
    """A fleet gives the account of a lost worker to another one."""
    held_elsewhere(shelf, claim="fleet-1")
    backend = machine(shelf)
    for claim in ("", "fleet-2"):
        with pytest.raises(LockHeldError), ExitStack() as stack:
            stack.enter_context(
                backend.lock(
                    "shop", "test", operation="apply", timeout=0, on_wait=silent, claim=claim
                )
            )
    with backend.lock(
        "shop", "test", operation="apply", timeout=0, on_wait=silent, claim="fleet-1"
    ) as ours:
        ours.check()


@pytest.mark.parametrize("beats", [None, b"of-one-before 9"])
def test_one_who_waits_takes_the_lock_of_a_machine_that_is_gone(
    shelf: Shelf, beats: bytes | None
) -> None:
    """After a minute without a sign of life of that owner; one of an earlier owner is none."""
    held_elsewhere(shelf)
    if beats is not None:
        MemoryStore(shelf).put("beats/test/shop", beats)
    clock = Clock()
    waiting: list[LockOwner | None] = []
    with machine(shelf, clock).lock(
        "shop", "test", operation="apply", timeout=600, on_wait=waiting.append
    ) as ours:
        ours.check()
    assert 60 <= clock.now < 62
    assert [owner.host for owner in waiting if owner] == ["runner"]


def test_an_owner_that_lives_keeps_its_lock(shelf: Shelf) -> None:
    """As long as its signs of life come, one who waits gives up in the end."""
    owner, clock, store = held_elsewhere(shelf), Clock(), MemoryStore(shelf)
    backend = machine(shelf, clock)

    def beating(call: Call, when: When) -> None:
        if call.what == "head" and when == "before":
            shelf.blobs["beats/test/shop"] = f"{owner.id} {clock.now // 15}".encode()

    shelf.fault = beating
    with (
        pytest.raises(LockHeldError, match=owner.id),
        backend.lock("shop", "test", operation="apply", timeout=300, on_wait=silent),
    ):
        pass
    head = store.head("test", "shop")
    assert head is not None
    assert (head.epoch, head.owner) == (7, owner)


def test_unlock_waits_for_a_sign_of_life(shelf: Shelf) -> None:
    """Without --force it takes the lock of a run that gives none for 40 seconds."""
    owner, clock = held_elsewhere(shelf), Clock()
    assert machine(shelf, clock).unlock(owner.id, force=False).owner.id == owner.id
    assert 40 <= clock.now < 42
    head = MemoryStore(shelf).head("test", "shop")
    assert head is not None
    assert (head.epoch, head.owner) == (8, None)


def test_a_chunk_whose_answer_was_lost_is_no_other_run(shelf: Shelf) -> None:
    """It is settled with the bytes that it had; what was added since goes into the next one."""
    backend, lost = machine(shelf), False

    def losing(call: Call, when: When) -> None:
        if lost and (when == "after" or call.what != "create"):
            raise StoreUnavailableError("no answer")

    shelf.fault = losing
    with hold(backend):
        journal = backend.begin_journal("shop", "test", (b'{"first":1}',), reserve=0)
        journal.append(b'{"second":2}')
        lost = True
        with pytest.raises(StateError):
            journal.sync()
        lost = False
        journal.append(b'{"third":3}')
        journal.sync()
        expected = (b'{"first":1}', b'{"second":2}', b'{"third":3}')
        assert backend.read_journal("shop", "test") == expected
