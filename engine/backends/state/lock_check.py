"""Asking a store that is far away whether a lock is still held, for many threads at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from engine.errors import StateError, StoreUnavailableError

_FRESH = 2.0
"""Seconds after which an answer about the lock is old: this process may have been stopped."""
_READS = 3


class LockCheck:
    """One read of the store serves all who asked before it began, whatever it found.

    An answer that is old when it is used is asked for again: this process may have been stopped
    meanwhile, and its lock taken.
    """

    def __init__(
        self, read: Callable[[], object], store: str, *, clock: Callable[[], float] | None = None
    ) -> None:
        """Prepare the check of one lock.

        Args:
            read: Asks the store, and raises what it finds.
            store: Its name, for messages.
            clock: Seconds that never go back.
        """
        self._clock = clock or _now
        self._read = read
        self._store = store
        self._turn = threading.Lock()
        self._count = threading.Lock()
        self._begun = 0
        self._read_at = 0.0
        self._failure: StateError | None = None

    def run(self) -> None:
        """Make sure that the lock is held.

        Raises:
            LockLostError: if it is not.
            StoreUnavailableError: if that cannot be found out, or not in time.
        """
        for _ in range(_READS):
            with self._count:
                wanted = self._begun + 1
            with self._turn:
                if self._begun < wanted:
                    self._ask()
                failure, asked_at = self._failure, self._read_at
            if failure is not None:
                raise failure
            if self._clock() - asked_at < _FRESH:
                return
        raise StoreUnavailableError(
            f"{self._store} takes more than {_FRESH:g} seconds to say who has the lock",
            hint="nothing more is sent to Stripe; run the command again when the store is faster",
        )

    def _ask(self) -> None:
        with self._count:
            self._begun += 1
        self._read_at, self._failure = self._clock(), None
        try:
            self._read()
        except StateError as error:
            self._failure = error


def _now() -> float:
    """Seconds that go on while this process is stopped, or this machine asleep if it can say."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
