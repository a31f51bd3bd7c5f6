"""Gates where requests wait, until a test opens the gate or the client hangs up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.emulator.testing.disconnects import ClientTimedOut


class Gate:
    """A gate where requests wait.

        gate = Gate()
        emulator.faults.add(hung(gate), method="POST")
        ...                         # the client sends, in another thread or process
        gate.until(1)
        gate.release()

    Any number of requests may wait at one gate. Once it is open, later requests pass at once.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wakers: list[Callable[[], object]] = []
        self._open = False
        self._timed_out = False

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        with self._changed:
            return len(self._wakers)

    def until(self, waiting: int, timeout: float = 30.0) -> bool:
        """Block until so many requests wait.

        Args:
            waiting: How many.
            timeout: Seconds to wait for that.

        Returns:
            Whether so many wait.
        """
        with self._changed:
            return self._changed.wait_for(lambda: len(self._wakers) == waiting, timeout)

    def release(self) -> None:
        """Open the gate: the requests go on as if nothing had happened."""
        self._end(timed_out=False)

    def time_out(self) -> None:
        """Open the gate as if the clients had timed out: their requests end without a response."""
        self._end(timed_out=True)

    def wait(self) -> None:
        """Wait until it is open.

        Raises:
            ClientTimedOut: It was opened by `time_out`.
        """
        opened = threading.Event()
        with self.entered(opened.set):
            opened.wait()
        self.check()

    @contextmanager
    def entered(self, wake: Callable[[], object]) -> Iterator[None]:
        """Count a request as waiting, for a door that waits in its own way.

        Args:
            wake: Called once when it opens, at once if it is open already; it may be called
                from another thread, and must not wait.
        """
        with self._changed:
            self._wakers.append(wake)
            self._changed.notify_all()
            if self._open:
                wake()
        try:
            yield
        finally:
            with self._changed:
                self._wakers.remove(wake)
                self._changed.notify_all()

    def check(self) -> None:
        """Refuse to go on if the client has timed out.

        Raises:
            ClientTimedOut: It was opened by `time_out`.
        """
        if self._timed_out:
            raise ClientTimedOut

    def _end(self, *, timed_out: bool) -> None:
        with self._changed:
            if self._open:
                return
            self._open = True
            self._timed_out = timed_out
            # Under the lock, so that none is called after its request has left.
            for wake in self._wakers:
                wake()
