"""Run locks: the lock of the protocol, and the owner in the document of the stack.

The run that gets the protocol's lock writes its name into the document before anything else. So the
owner finds out by one read whether another run took the lock meanwhile, also with a server that
does not say whose a lock is, and those who wait see who has it.
"""

from __future__ import annotations

import dataclasses
import secrets
import threading
import time
from collections.abc import Callable, Sequence

from engine.backends.http.client import Lock
from engine.backends.http.documents import StackDocument, without_owner
from engine.backends.http.store import DocumentStore, LockRefusedError, WriteRefusedError
from engine.backends.state.lock_errors import lock_lost, locked_by_another, no_such_lock
from engine.backends.state.lock_owner import has_ended_here, this_run
from engine.errors import LockHeldError, StateError, StoreUnavailableError
from engine.ports.run_locks import LockOwner, RunLock

_POLL = 0.5
_FRESH = 2.0
"""Seconds after which an answer is too old to send on."""
_ROUNDS = 5


class HttpHold:
    """A run lock while it is held."""

    def __init__(
        self, store: DocumentStore, stack: str, environment: str, owner: LockOwner
    ) -> None:
        self.owner = owner
        self._store = store
        self._place = (stack, environment)
        self._ended = False
        self._reading = threading.Lock()
        self._began = 0
        self._answered = 0

    def check(self) -> None:
        """Read the document: its owner must be this run. One read serves all who wait for it."""
        asked = self._began
        for _ in range(_ROUNDS):
            start = time.monotonic()
            with self._reading:
                if self._answered <= asked:
                    self._began += 1
                    number = self._began
                    start = time.monotonic()
                    self._read()
                    self._answered = number
            if time.monotonic() - start < _FRESH:
                return
            asked = self._began  # this process was stopped, or the answer was slow
        raise StoreUnavailableError(
            f"the server that has the lock of {self._place[1]}/{self._place[0]} is too slow",
            cause=f"Each answer took more than {_FRESH:.0f} seconds, and says too little by then.",
            hint="run the command again when the server is faster; it recovers what this one did",
        )

    def _read(self) -> None:
        document = None if self._ended else self._store.read(*self._place)
        if document is None or document.owner is None or document.owner.id != self.owner.id:
            self._ended = True
            raise lock_lost(*self._place)

    def end(self) -> None:
        """Give the lock back, if it is still this run's."""
        lost, self._ended = self._ended, True
        if lost:
            return
        try:
            document = self._store.read(*self._place)
            if document is None or document.owner is None or document.owner.id != self.owner.id:
                return
            after = _next(without_owner(document))
            self._store.write(after, document, self.owner.id)
        except (StateError, WriteRefusedError):
            return  # what the run did is recorded; engine unlock gives the lock back
        self._store.unlock(*self._place, self.owner.id)


class HttpRunLocks:
    """The run locks of the stacks in one server."""

    def __init__(self, store: DocumentStore, *, wait: Callable[[float], None]) -> None:
        """Args: wait: called with the seconds between two tries."""
        self._store = store
        self._wait = wait

    def take(self, stack: str, environment: str, owner: LockOwner) -> HttpHold:
        """Get the lock, and write down who has it.

        Raises:
            LockRefusedError: if another one has it.
        """
        self._store.lock(stack, environment, owner)
        before = self._store.read(stack, environment)
        fresh = before or StackDocument(
            environment=environment,
            stack=stack,
            lineage=secrets.token_hex(16),
            serial=0,
            write_id="",
        )
        try:
            self._store.write(_next(dataclasses.replace(fresh, owner=owner)), before, owner.id)
        except WriteRefusedError:
            self._store.unlock(stack, environment, owner.id)
            raise LockRefusedError(Lock(had=False)) from None
        except StateError:
            self._store.unlock(stack, environment, owner.id)
            raise
        return HttpHold(self._store, stack, environment, owner)

    def wait_for(
        self,
        stack: str,
        environment: str,
        owner: LockOwner,
        timeout: float,
        on_wait: Callable[[LockOwner | None], None],
    ) -> HttpHold:
        """Get the lock, waiting for it; see `engine.ports.run_locks.RunLocks.lock`."""
        until, shown, nameless = time.monotonic() + timeout, "", 0
        while True:
            try:
                return self.take(stack, environment, owner)
            except LockRefusedError as refused:
                blocking = self.owner_of(stack, environment, refused.lock)
            if blocking is not None and _may_take(blocking, owner):
                self._free(stack, environment, blocking)
                continue
            nameless = nameless + 1 if blocking is None else 0
            if timeout > 0 and (blocking.id != shown if blocking else nameless == 2 and not shown):  # noqa: PLR2004
                shown = blocking.id if blocking else "?"
                on_wait(blocking)
            left = until - time.monotonic()
            if left <= 0:
                raise locked_by_another(stack, environment, blocking)
            self._wait(min(_POLL, left))

    def owner_of(self, stack: str, environment: str, lock: Lock) -> LockOwner | None:
        """Who has a lock that was refused, as far as that is known."""
        document = self._store.read(stack, environment)
        owner = document.owner if document is not None else None
        if owner is not None and lock.id in ("", owner.id):
            return owner
        if not lock.id:
            return None
        # Not one of ours, or one that was killed before it wrote its name down.
        who = lock.who or "another program"
        return LockOwner(id=lock.id, operation="lock", who=who, pid=0, since=lock.since)

    def unlock(
        self,
        id: str,
        places: Sequence[tuple[str, str]],
        known: Sequence[RunLock],
        *,
        force: bool,
    ) -> RunLock:
        """Take a run lock from its owner; see `engine.ports.run_locks.RunLocks.unlock`."""
        found = {lock.owner.id: lock for lock in known}
        lock = found.get(id) or self._nameless(id, places)
        if lock is None:
            raise no_such_lock(id, found)
        if not force and not lock.owner.gone:
            raise _at_work(lock)
        self._free(lock.stack, lock.environment, lock.owner)
        return lock

    def _nameless(self, id: str, places: Sequence[tuple[str, str]]) -> RunLock | None:
        """A lock that no document names, found by asking for each."""
        for environment, stack in places:
            probe = this_run("unlock")
            try:
                self._store.lock(stack, environment, probe)
            except LockRefusedError as refused:
                if refused.lock.id == id:
                    owner = self.owner_of(stack, environment, refused.lock)
                    if owner is not None:
                        return RunLock(environment=environment, stack=stack, owner=owner)
            else:
                self._store.unlock(stack, environment, probe.id)
        return None

    def _free(self, stack: str, environment: str, owner: LockOwner) -> None:
        """Take a lock away and put another name into the document, so that its owner sees it."""
        self._store.unlock(stack, environment, owner.id)
        try:
            self.take(stack, environment, this_run("unlock")).end()
        except LockRefusedError:
            return  # the next run has it, and writes its own name


def _next(document: StackDocument) -> StackDocument:
    return dataclasses.replace(document, serial=document.serial + 1, write_id=secrets.token_hex(16))


def _may_take(owner: LockOwner, ours: LockOwner) -> bool:
    """Whether a lock may be taken from its owner: it has ended, or it is the same larger run."""
    return has_ended_here(owner, ours) or bool(ours.claim and owner.claim == ours.claim)


def _at_work(lock: RunLock) -> LockHeldError:
    return LockHeldError(
        f"{lock.environment}/{lock.stack} is locked by {lock.owner}, which may be still at work",
        cause="Nothing is known here about a process of another machine.",
        hint=f"see whether it runs (kill {lock.owner.pid} on {lock.owner.host or lock.owner.who} "
        f"ends it); if its machine is gone, engine unlock {lock.owner.id} --force lets the next "
        "run in, and that one can no longer write",
    )
