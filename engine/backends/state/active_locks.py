"""The run locks that this process has now, to check before each write."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from engine.ports.run_locks import Hold


class ActiveLocks:
    """Holds by stack and by the thread that took them; safe to use from several threads.

    After a forced unlock two runs of one process may believe that they have the same lock. So a
    write is checked against the lock of its own thread.
    """

    def __init__(self) -> None:
        self._holds: dict[tuple[str, str], list[tuple[int, Hold]]] = {}

    @property
    def some(self) -> bool:
        """Whether any run of this process has a lock."""
        return any(list(self._holds.values()))

    @contextlib.contextmanager
    def taken(self, stack: str, environment: str, hold: Hold) -> Iterator[None]:
        """Remember a lock while the block runs."""
        entry = (threading.get_ident(), hold)
        holds = self._holds.setdefault((stack, environment), [])
        holds.append(entry)
        try:
            yield
        finally:
            holds.remove(entry)

    def check(self, stack: str, environment: str) -> None:
        """Check the lock of this thread, or else the newest; a stack without a lock passes.

        Raises:
            LockLostError: if that lock was lost.
        """
        hold = self.of(stack, environment)
        if hold is not None:
            hold.check()

    def of(self, stack: str, environment: str) -> Hold | None:
        """The lock of this thread, or else the newest; None for a stack without a lock."""
        holds = self._holds.get((stack, environment), [])
        own = [hold for thread, hold in holds if thread == threading.get_ident()]
        found = own or [hold for _, hold in holds]
        return found[-1] if found else None
