"""Run locks in a shared store: taking them, waiting for them, taking them from who is gone."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from engine.backends.shared import settle
from engine.backends.shared.heads import known_head
from engine.backends.shared.hold import SharedHold, Timing
from engine.backends.shared.names import beat_name, new_write_id
from engine.backends.shared.store import Head, HeadChangedError, SharedStore
from engine.backends.state.lock_errors import locked_by_another, no_such_lock, still_running
from engine.backends.state.lock_owner import has_ended_here, this_run
from engine.ports.run_locks import LockOwner, RunLock, Watching

_AT_ONCE = 16
"""Heads that are read at once where all are looked at."""


class SharedRunLocks:
    """The run locks of one store."""

    def __init__(
        self,
        store: Callable[[], SharedStore],
        timing: Timing,
        refuse: Callable[[str, Head | None], None],
    ) -> None:
        """Args: timing: how lives are watched; refuse: refuses states that were moved."""
        self._open = store
        self._timing = timing
        self._refuse = refuse

    @contextlib.contextmanager
    def hold(
        self,
        stack: str,
        environment: str,
        *,
        operation: str,
        timeout: float,
        on_wait: Callable[[LockOwner | None], None],
        claim: str,
    ) -> Iterator[SharedHold]:
        """Hold the run lock of a stack; see `engine.ports.run_locks.RunLocks.lock`."""
        store, place = self._open(), (environment, stack)
        owner = this_run(operation, claim=claim)
        head = self._taken(store, place, owner, timeout, on_wait)
        hold = SharedHold(store, place, head, owner)
        try:
            if not head.state:
                # A pointer that was put before this head was there is not in it.
                self._refuse(place[0], None)
            with hold.alive(self._timing):
                yield hold
        finally:
            hold.release()

    def _taken(
        self,
        store: SharedStore,
        place: tuple[str, str],
        owner: LockOwner,
        timeout: float,
        on_wait: Callable[[LockOwner | None], None],
    ) -> Head:
        timing = self._timing
        until, life, shown = timing.clock() + timeout, _Life(store, place, timing), ""
        while True:
            head = known_head(store, *place)
            self._refuse(place[0], head)
            other = head.owner if head is not None else None
            if other is None or _may_be_taken(other, owner) or life.is_over(other, timing.lifeless):
                try:
                    return _swapped(store, place, head, owner)
                except HeadChangedError:
                    continue  # another one was faster; or the owner freed it
            if timeout > 0 and other.id != shown:
                shown = other.id
                on_wait(other)
            if timing.clock() >= until:
                raise locked_by_another(place[1], place[0], other)
            timing.wait(min(timing.poll, max(until - timing.clock(), 0)))

    def all(self) -> tuple[RunLock, ...]:
        """The run locks that name an owner."""
        return tuple(lock for _, lock in self._found())

    def unlock(self, id: str, *, force: bool, on_watch: Watching) -> RunLock:
        """Take a run lock from its owner; see `engine.ports.run_locks.RunLocks.unlock`."""
        found = {lock.owner.id: (head, lock) for head, lock in self._found()}
        if id not in found:
            raise no_such_lock(id, found)
        head, lock = found[id]
        store, place, timing = self._open(), (lock.environment, lock.stack), self._timing
        if not force and not lock.owner.gone:
            life = _Life(store, place, timing)
            until = timing.clock() + timing.unlock
            while not life.is_over(lock.owner, timing.unlock):
                if life.changed:
                    raise still_running(
                        lock.stack,
                        lock.environment,
                        lock.owner,
                        cause="It gave a sign of life while this command watched.",
                    )
                left = max(until - timing.clock(), 0)
                on_watch(lock, left)
                timing.wait(min(timing.poll, left))
        while True:
            try:
                settle.swap(
                    store,
                    *place,
                    settle.renewed(head, new_write_id(), epoch=head.epoch + 1, owner=None),
                    expected=head,
                )
            except HeadChangedError as error:
                now = store.head(*place)
                if now is None or now.owner is None or now.owner.id != id:
                    raise no_such_lock(id, ()) from error
                head = now
            else:
                return lock

    def _found(self) -> Iterator[tuple[Head, RunLock]]:
        store, here = self._open(), this_run("unlock")
        places = store.places()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            heads = list(pool.map(lambda place: store.head(*place), places))
        for (environment, stack), head in zip(places, heads, strict=True):
            if head is not None and head.owner is not None:
                owner = dataclasses.replace(head.owner, gone=has_ended_here(head.owner, here))
                yield head, RunLock(environment=environment, stack=stack, owner=owner)


class _Life:
    """Watches the signs of life of a lock's owner, on the clock of this process alone."""

    def __init__(self, store: SharedStore, place: tuple[str, str], timing: Timing) -> None:
        self._store = store
        self._name = beat_name(*place)
        self._timing = timing
        self._owner = ""
        self._beat: bytes | None = None
        self._since = 0.0
        self.changed = False

    def is_over(self, owner: LockOwner, seconds: float) -> bool:
        """Whether an owner gave no sign of life for so long, while this process watched."""
        beat, now = self._store.read(self._name), self._timing.clock()
        if beat is not None and not beat.startswith(owner.id.encode()):
            beat = None  # of a run that had the lock before
        if owner.id != self._owner or beat != self._beat:
            self.changed = bool(self._owner)
            self._owner, self._beat, self._since = owner.id, beat, now
        return now - self._since >= seconds


def _may_be_taken(other: LockOwner, owner: LockOwner) -> bool:
    """Whether an owner has ended, or was an earlier try of the same work."""
    return has_ended_here(other, owner) or bool(owner.claim and owner.claim == other.claim)


def _swapped(
    store: SharedStore, place: tuple[str, str], head: Head | None, owner: LockOwner
) -> Head:
    epoch = 1 if head is None else head.epoch + 1
    taken = settle.renewed(head, new_write_id(), epoch=epoch, owner=owner)
    return settle.swap(store, *place, taken, expected=head)
