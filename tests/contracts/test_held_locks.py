"""What every `engine.ports.held_locks.HeldLocks` MUST do, one suite for all of them."""

from __future__ import annotations

import re

import pytest

from engine.errors import LockHeldError, UsageError
from engine.ports.backend import StateBackend
from tests.support.backends import hold

# ── 8. locks that people hold ─────────────────────────────────────────────────────────────


def test_8_1_a_lock_is_held_until_it_is_released(backend: StateBackend) -> None:
    """With who, since when and why; it is no state."""
    assert backend.held_locks() == ()
    held = backend.put_held_lock("live", "shop", reason="launch freeze")
    assert (held.place, held.reason) == ("live/shop", "launch freeze")
    assert "@" in held.who
    assert re.fullmatch(r"[0-9a-f]{8}", held.id)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", held.since)
    assert backend.held_locks() == (held,)
    assert backend.stacks("live") == ()
    assert backend.drop_held_lock("live", "shop") == held.file
    assert backend.held_locks() == ()


def test_8_2_locks_are_listed_by_environment_and_stack(backend: StateBackend) -> None:
    """One on a whole environment stands before those on its stacks."""
    for environment, stack in (
        *(("test", "b"), ("live", "shop"), ("test", ""), ("test", "a")),
        *(("shops/acct_1", "b"), ("shops/acct_1", ""), ("shops/acct_2", "")),
    ):
        backend.put_held_lock(environment, stack, reason="x")
    locks = [(lock.environment, lock.stack) for lock in backend.held_locks()]
    assert locks == [
        ("live", "shop"),
        *(("shops/acct_1", ""), ("shops/acct_1", "b"), ("shops/acct_2", "")),
        *(("test", ""), ("test", "a"), ("test", "b")),
    ]
    of_one = [(lock.environment, lock.stack) for lock in backend.held_locks("shops/acct_1")]
    assert of_one == [("shops/acct_1", ""), ("shops/acct_1", "b")]
    assert [lock.place for lock in backend.held_locks("live")] == ["live/shop"]


def test_8_3_what_is_locked_is_not_locked_again(backend: StateBackend) -> None:
    """The first lock stays."""
    held = backend.put_held_lock("live", "", reason="audit")
    with pytest.raises(LockHeldError, match=r"live is locked by .+: audit"):
        backend.put_held_lock("live", "", reason="mine")
    assert backend.held_locks() == (held,)


def test_8_4_what_is_not_locked_is_not_released(backend: StateBackend) -> None:
    """Neither what nobody locked, nor what another lock covers."""
    backend.put_held_lock("live", "", reason="audit")
    for environment, stack in (("live", "shop"), ("test", ""), ("live/shop", "x")):
        with pytest.raises(UsageError, match="is not locked"):
            backend.drop_held_lock(environment, stack)
    assert len(backend.held_locks()) == 1


def test_8_5_a_held_lock_is_not_a_run_lock(backend: StateBackend) -> None:
    """A run can still be made, for reading; whether it may write is the operations' affair."""
    backend.put_held_lock("test", "shop", reason="audit")
    with hold(backend):
        assert len(backend.run_locks()) == 1
