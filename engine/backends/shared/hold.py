"""A run lock in a shared store while it is held, and the sign of life that its owner gives.

The lock is an epoch of the head. Nothing ends it but another epoch, so that a run that lost it is
refused by the store whatever it writes; and before each request to Stripe it reads the head.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from engine.backends.shared import settle
from engine.backends.shared.names import beat_name, new_write_id
from engine.backends.shared.store import Head, HeadChangedError, SharedStore
from engine.backends.state.lock_check import LockCheck
from engine.backends.state.lock_errors import lock_lost
from engine.errors import LockLostError, StateError, StoreUnavailableError
from engine.frozen import frozen
from engine.ports.run_locks import LockOwner

_TAKEN = (
    "Another run has it: engine unlock let it in, or this one gave no sign of life for a minute."
)


@frozen
class Timing:
    """How lives are watched; no decision rests on the clock of another machine.

    Attributes:
        beat: Seconds between two signs of life of an owner.
        lifeless: Seconds without one after which one who waits takes the lock.
        unlock: The same for `engine unlock` without `--force`.
        poll: Seconds between two looks.
        clock: Seconds that never go back.
        wait: Waits some seconds.
    """

    beat: float = 15.0
    lifeless: float = 60.0
    unlock: float = 40.0
    poll: float = 1.0
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep


class SharedHold:
    """The run lock of one stack, while this run has it; safe to use from several threads."""

    def __init__(
        self, store: SharedStore, place: tuple[str, str], head: Head, owner: LockOwner
    ) -> None:
        """Args: place: environment and stack; head: as it was stored with this owner."""
        self.owner = owner
        self._store = store
        self._place = place
        self._head = head
        self._unsure = False
        self._check = LockCheck(self._read, store.address)
        self._gone: LockLostError | None = None

    @property
    def head(self) -> Head:
        """The head as this run knows it.

        Raises:
            LockLostError: if the lock was lost, where that has to be asked.
        """
        if self._unsure:
            self._head = self._read()
            self._unsure = False
        return self._head

    def change(self, **fields: object) -> Head:
        """Change the head, which still has this owner.

        Raises:
            LockLostError: if it has another one.
            StoreUnavailableError: if the store does not answer; the change may have arrived. Also
                if an earlier one did so late, and this one was not made.
        """
        if self._gone is not None:
            raise self._gone
        head = settle.renewed(self.head, new_write_id(), **fields)
        try:
            self._head = settle.swap(self._store, *self._place, head, expected=self._head)
        except HeadChangedError as error:
            self._unsure = True
            self._read()
            raise StoreUnavailableError(
                f"{self._store.address}: an earlier write of this run arrived late",
                hint="run the command again: it recovers what this one did",
            ) from error
        except StoreUnavailableError:
            self._unsure = True
            raise
        return self._head

    def check(self) -> None:
        """Read the head, which must have this owner."""
        self._check.run()

    def _read(self) -> Head:
        if self._gone is not None:
            raise self._gone
        head = self._store.head(*self._place)
        mine = head is not None and head.owner is not None and head.owner.id == self.owner.id
        if head is None or not mine or head.epoch != self._head.epoch:
            raise self._lost()
        return head

    def release(self) -> None:
        """Free the lock; one that was lost, or a store that is gone, is left as it is."""
        with contextlib.suppress(StateError):
            self.change(owner=None)

    @contextlib.contextmanager
    def alive(self, timing: Timing) -> Iterator[None]:
        """Give signs of life while the block runs."""
        ended = threading.Event()
        beating = threading.Thread(
            target=self._beat, args=(ended, timing.beat), daemon=True, name=f"alive {self.owner.id}"
        )
        beating.start()
        try:
            yield
        finally:
            ended.set()

    def _beat(self, ended: threading.Event, seconds: float) -> None:
        name, count = beat_name(*self._place), 0
        while not ended.wait(seconds) and self._gone is None:
            count += 1
            with contextlib.suppress(StateError):
                self._read()  # one that lost its lock would hide the signs of the next owner
                self._store.put(name, f"{self.owner.id} {count}".encode())

    def _lost(self) -> LockLostError:
        """The lock is lost, and stays so."""
        environment, stack = self._place
        self._gone = self._gone or lock_lost(stack, environment, cause=_TAKEN)
        return self._gone
