"""The run locks that a backend has given out, so that a write can be held against its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from engine.ports.run_locks import Hold


class ActiveLocks:
    """Holds by stack and by the thread that took them; safe to use from several threads.

    A lock that was taken from one run and given to another is held twice for a while, perhaps in
    one process. A write of the first must not pass for one of the second.
    """

    def __init__(self) -> None:
        self._holds: dict[tuple[str, str], list[tuple[int, Hold]]] = {}

    @contextlib.contextmanager
    def given(self, stack: str, environment: str, hold: Hold) -> Iterator[None]:
        """Remember a hold for as long as it lasts."""
        entry = (threading.get_ident(), hold)
        holds = self._holds.setdefault((stack, environment), [])
        holds.append(entry)
        try:
            yield
        finally:
            holds.remove(entry)

    def check(self, stack: str, environment: str) -> None:
        """Hold a write against this thread's lock, or the newest; without any there is no check.

        Raises:
            LockLostError: if that lock is held no more.
        """
        holds = self._holds.get((stack, environment), [])
        own = [hold for thread, hold in holds if thread == threading.get_ident()]
        for hold in (own or [hold for _, hold in holds])[-1:]:
            hold.check()
