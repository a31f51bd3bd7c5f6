"""What every `engine.ports.run_locks.RunLocks` MUST do, one suite for all of them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.errors import LockHeldError, LockLostError, UsageError
from engine.ports.backend import StateBackend
from engine.ports.run_locks import LockOwner
from tests.support.backends import LONG_ENOUGH, a_state, hold, local_backend, silent

# ── 4. one holder at a time ───────────────────────────────────────────────────────────────


def test_4_1_a_lock_is_free_when_its_holder_is_done(backend: StateBackend) -> None:
    """It can be had again and again."""
    for _ in range(3):
        with hold(backend):
            pass


def test_4_2_a_second_holder_is_refused(backend: StateBackend) -> None:
    """Also within one process, and also after it was refused once."""
    with hold(backend):
        for _ in range(2):
            with pytest.raises(LockHeldError), hold(backend):
                pytest.fail("two hold it")
    with hold(backend):
        pass


def test_4_3_locks_are_of_one_stack_in_one_environment(backend: StateBackend) -> None:
    """Others are free."""
    with hold(backend), hold(backend, stack="other"), hold(backend, environment="live"):
        pass


def test_4_4_many_who_wait_come_one_after_the_other(backend: StateBackend) -> None:
    """No update is lost: each reads what the one before it wrote."""
    many = 12
    backend.write(a_state(1), expected=None)

    def add_one(_: int) -> None:
        with backend.lock("shop", "test", operation="apply", timeout=LONG_ENOUGH, on_wait=silent):
            before = backend.read("shop", "test")
            assert before is not None
            backend.write(dataclasses.replace(before, serial=before.serial + 1), expected=before)

    with ThreadPoolExecutor(max_workers=many) as pool:
        list(pool.map(add_one, range(many)))
    last = backend.read("shop", "test")
    assert last is not None
    assert last.serial == 1 + many


def test_4_5_a_lock_is_freed_by_an_error(backend: StateBackend) -> None:
    """Whatever ends the block ends the hold."""

    def fail() -> None:
        with hold(backend):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with hold(backend):
        pass


# ── 5. says who holds it ──────────────────────────────────────────────────────────────────


def test_5_1_a_refusal_names_the_holder(backend: StateBackend) -> None:
    """Who, what for, which process, since when, and what to do."""
    with hold(backend), pytest.raises(LockHeldError) as raised, hold(backend):
        pytest.fail("two hold it")
    assert raised.value.message.startswith("test/shop is locked by ")
    assert f"(apply, pid {os.getpid()}, since " in raised.value.message
    assert "--lock-timeout" in str(raised.value.hint)


def test_5_2_who_waits_is_told_before_the_wait(backend: StateBackend) -> None:
    """The holder is known while the wait lasts; then the lock is had."""
    told: list[LockOwner | None] = []
    waiting, had = threading.Event(), threading.Event()

    def on_wait(owner: LockOwner | None) -> None:
        told.append(owner)
        waiting.set()

    def come_second() -> None:
        with backend.lock(
            "shop", "test", operation="destroy", timeout=LONG_ENOUGH, on_wait=on_wait
        ):
            had.set()

    with ThreadPoolExecutor(max_workers=1) as pool:
        with hold(backend):
            second = pool.submit(come_second)
            assert waiting.wait(LONG_ENOUGH)
            assert not had.is_set()
        second.result(LONG_ENOUGH)
    (owner,) = told
    assert owner is not None
    assert (owner.operation, owner.pid) == ("apply", os.getpid())
    assert "@" in owner.who
    assert len(owner.id) == 8


def test_5_3_who_does_not_have_to_wait_is_told_nothing(backend: StateBackend) -> None:
    """Neither with a free lock, nor when the answer is no at once."""

    def on_wait(_: LockOwner | None) -> None:
        pytest.fail("nobody waits")

    def take() -> Any:
        return backend.lock("shop", "test", operation="plan", timeout=0, on_wait=on_wait)

    with backend.lock("shop", "test", operation="plan", timeout=LONG_ENOUGH, on_wait=on_wait):
        pass
    with hold(backend), pytest.raises(LockHeldError), take():
        pytest.fail("two hold it")


def test_5_4_a_wait_that_ends_in_vain_is_a_refusal(backend: StateBackend) -> None:
    """After the timeout it is the same refusal, with the holder's name."""
    told: list[LockOwner | None] = []
    with hold(backend):
        late = backend.lock("shop", "test", operation="plan", timeout=0.01, on_wait=told.append)
        with pytest.raises(LockHeldError, match=f"pid {os.getpid()}"), late:
            pytest.fail("two hold it")
    assert len(told) == 1


def test_5_5_each_hold_has_an_id_of_its_own(backend: StateBackend) -> None:
    """Two holds of one process are told apart."""
    seen: list[str] = []
    for _ in range(2):
        with hold(backend), pytest.raises(LockHeldError) as raised, hold(backend):
            pytest.fail("two hold it")
        seen.append(raised.value.message.rpartition(" ")[2])
    assert len(set(seen)) == 2


def test_5_6_locks_of_runs_are_listed(backend: StateBackend) -> None:
    """Of every environment, by environment and stack, for as long as they are held."""
    with hold(backend, stack="b"), hold(backend, stack="a"), hold(backend, environment="live"):
        found = [(lock.environment, lock.stack, lock.owner.pid) for lock in backend.run_locks()]
        ours = os.getpid()
        assert found == [("live", "shop", ours), ("test", "a", ours), ("test", "b", ours)]
    assert backend.run_locks() == ()


# ── 7. a lock that is taken away ends what its holder may do ──────────────────────────────


def _id_of(refused: pytest.ExceptionInfo[LockHeldError]) -> str:
    found = re.search(r"lock ([0-9a-f]{8})", refused.value.message)
    assert found is not None
    return found[1]


def test_7_1_a_hold_lasts_as_long_as_its_block(backend: StateBackend) -> None:
    """Afterwards it vouches for nothing."""
    with hold(backend) as held:
        held.check()
        assert held.owner.operation == "apply"
    with pytest.raises(LockLostError):
        held.check()


def test_7_2_a_run_that_is_there_keeps_its_lock(backend: StateBackend) -> None:
    """Without force it is only said how to stop it."""
    with hold(backend) as held:
        with pytest.raises(LockHeldError, match="still at work") as raised:
            backend.unlock(held.owner.id, force=False)
        assert f"kill {os.getpid()}" in str(raised.value.hint)
        held.check()
        with pytest.raises(LockHeldError), hold(backend):
            pytest.fail("two hold it")


def test_7_3_an_id_that_nobody_has(backend: StateBackend) -> None:
    """A typing mistake unlocks nothing; the ids there are get listed."""
    with pytest.raises(UsageError, match="no run holds a lock with the id '1f0c9a2e'"):
        backend.unlock("1f0c9a2e", force=True)
    with hold(backend) as held:
        with pytest.raises(UsageError) as raised:
            backend.unlock("1f0c9a2e", force=True)
        assert held.owner.id in str(raised.value.hint)
        held.check()


def test_7_4_a_forced_unlock_lets_the_next_in_and_ends_the_first(backend: StateBackend) -> None:
    """Two hold it then, and only one of them can write."""
    backend.write(a_state(1), expected=None)
    with contextlib.ExitStack() as later:
        with hold(backend) as first:
            with pytest.raises(LockHeldError) as refused, hold(backend):
                pytest.fail("two hold it")
            lock = backend.unlock(_id_of(refused), force=True)
            assert (lock.environment, lock.stack, lock.owner) == ("test", "shop", first.owner)
            with pytest.raises(LockLostError, match="test/shop is no longer held by this run"):
                first.check()
            with pytest.raises(LockLostError):
                backend.write(a_state(2), expected=a_state(1))
            assert backend.read("shop", "test") == a_state(1)
            with ThreadPoolExecutor(max_workers=1) as other:
                second = other.submit(later.enter_context, hold(backend)).result(LONG_ENOUGH)
                second.check()
                other.submit(backend.write, a_state(3), expected=a_state(1)).result(LONG_ENOUGH)
                with pytest.raises(LockLostError):
                    backend.write(a_state(2), expected=a_state(3))
        second.check()
        assert backend.read("shop", "test") == a_state(3)


def test_7_5_a_forced_unlock_lets_in_who_waits(backend: StateBackend) -> None:
    """It is told of the first, and had by nobody else meanwhile."""
    waiting = threading.Event()

    def come_second() -> str:
        with backend.lock(
            "shop", "test", operation="plan", timeout=LONG_ENOUGH, on_wait=lambda _: waiting.set()
        ) as held:
            held.check()
            return str(held.owner.operation)

    with ThreadPoolExecutor(max_workers=1) as pool, hold(backend) as first:
        second = pool.submit(come_second)
        assert waiting.wait(LONG_ENOUGH)
        backend.unlock(first.owner.id, force=True)
        assert second.result(LONG_ENOUGH) == "plan"


# ── 9. what outlives a process ────────────────────────────────────────────────────────────

HOLDER = """
    import sys
    from pathlib import Path
    from engine.backends.state.file_backend import FileBackend

    root = Path(sys.argv[1])
    backend = FileBackend(root / "state", root / ".engine", engine_version="9.9.9")
    with backend.lock("shop", "test", operation="apply", timeout=0, on_wait=print):
        print("held", flush=True)
        sys.stdin.read()
"""


def test_9_1_a_lock_is_freed_by_the_death_of_its_holder(tmp_path: Path) -> None:
    """Killed without a chance to clean up, it still lets the next one in."""
    backend = local_backend(tmp_path)
    with subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "held\n"
        with pytest.raises(LockHeldError, match=f"pid {owner.pid}"), hold(backend):
            pytest.fail("two hold it")
        owner.kill()
    with hold(backend), pytest.raises(LockHeldError, match=f"pid {os.getpid()}"), hold(backend):
        pytest.fail("two hold it")
