"""Asking whether a lock is still held: for many threads at once, and never with an old answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.backends.state.lock_check import LockCheck
from engine.errors import LockLostError, StoreUnavailableError


class Clock:
    """Goes on by some seconds while a read lasts."""

    def __init__(self, *reads: float) -> None:
        self.now = 0.0
        self.reads = list(reads)

    def read(self) -> None:
        """Ask the store."""
        self.now += self.reads.pop(0)


def test_an_old_answer_is_asked_for_again() -> None:
    """This process may have been stopped since the store was asked."""
    clock = Clock(2.0, 1.9)
    LockCheck(clock.read, "s3://b", clock=lambda: clock.now).run()
    assert clock.reads == []


def test_a_store_that_is_always_too_slow_ends_the_run() -> None:
    """Nothing may be sent on what it says."""
    clock = Clock(2.0, 2.0, 2.0, 0.0)
    with pytest.raises(StoreUnavailableError, match="s3://b takes more than 2 seconds"):
        LockCheck(clock.read, "s3://b", clock=lambda: clock.now).run()
    assert clock.reads == [0.0]


def test_what_was_found_is_found_by_all_who_asked_before() -> None:
    """One read serves them, also if it failed; who asks later asks the store again."""
    many = 8
    reads: list[int] = []
    first, asked = threading.Event(), threading.Semaphore(0)

    def read() -> None:
        reads.append(1)
        if len(reads) == 1:
            first.set()
            for _ in range(many):
                asked.acquire()
        raise LockLostError("lost")

    check = LockCheck(read, "s3://b")

    def ask(number: int) -> bool:
        if number:
            first.wait()
            asked.release()
        try:
            check.run()
        except LockLostError:
            return True
        return False

    with ThreadPoolExecutor(max_workers=many + 1) as pool:
        assert all(pool.map(ask, range(many + 1)))
    assert len(reads) < many
