"""Run locks: the lock of the protocol, and the owner in the document of the stack.

The run that gets the protocol's lock writes its name into the document before anything else. So the
owner finds out by one read whether another run took the lock meanwhile, also with a server that
does not say whose a lock is, and those who wait see who has it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import time
from collections.abc import Callable, Sequence

from engine.backends.http.answers import Lock
from engine.backends.http.documents import StackDocument, name_of, new_document, renewed
from engine.backends.http.store import DocumentStore, LockRefusedError, WriteRefusedError
from engine.backends.state.lock_check import LockCheck
from engine.backends.state.lock_errors import lock_lost, locked_by_another, no_such_lock
from engine.backends.state.lock_owner import has_ended_here, this_run
from engine.errors import LockHeldError, LockLostError, StateError, StoreUnavailableError
from engine.ports.run_locks import LockOwner, RunLock

_POLL = 0.5
_TAKEN = "Another run has it: engine unlock --force let it in."


class HttpHold:
    """A run lock while it is held; safe to use from several threads."""

    def __init__(self, store: DocumentStore, document: StackDocument, owner: LockOwner) -> None:
        """Args: document: as it was written with this owner."""
        self.owner = owner
        self._store = store
        self._place = (document.stack, document.environment)
        self._written = document.serial
        self._check = LockCheck(self.read, store.place(name_of(*self._place)))
        self._gone: LockLostError | None = None

    def check(self) -> None:
        """Read the document, which must have this owner."""
        self._check.run()

    def read(self) -> StackDocument:
        """The document, which must have this owner.

        Raises:
            LockLostError: if it has another owner.
            StoreUnavailableError: if it is older than what this run wrote.
        """
        if self._gone is not None:
            raise self._gone
        document = self.newest()
        if document.owner is None or document.owner.id != self.owner.id:
            raise self.lost()
        return document

    def newest(self) -> StackDocument:
        """The document, with any owner; no cache in between may answer for the server.

        Raises:
            StoreUnavailableError: if it is older than what this run wrote.
        """
        written = self._written
        document = self._store.read(*self._place)
        serial = document.serial if document is not None else 0
        if document is not None and serial >= written:
            return document
        raise StoreUnavailableError(
            f"{self._store.place(name_of(*self._place))} was written {written} times, and the "
            f"server returns what it was after {serial}",
            cause="A cache in between answers for it, or it only seemed to store the last write.",
            hint="nothing more is sent to Stripe; mend that, and run the command again",
        )

    def write(self, after: StackDocument, before: StackDocument) -> None:
        """Write the document in place of the one that was read.

        Raises:
            LockLostError: if another one is stored, or another one has the lock.
            StoreUnavailableError: if it cannot be written; it may have arrived.
        """
        try:
            self._store.write(after, before, self.owner.id)
        except WriteRefusedError:
            raise self.lost() from None
        self._written = max(self._written, after.serial)

    def lost(self) -> LockLostError:
        """The lock is lost, and stays so."""
        self._gone = self._gone or lock_lost(*self._place, cause=_TAKEN)
        return self._gone

    def end(self) -> None:
        """Give the lock back, if it is still this run's."""
        # One that stays since the server is gone is given back by engine unlock.
        with contextlib.suppress(StateError):
            document = self.read()
            self.write(renewed(document, owner=None), document)
        if self._gone is None:
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
        try:
            return self._taken(stack, environment, owner)
        except WriteRefusedError:
            # It was taken away before its owner was written down, as from a process that was
            # stopped. Under another id no late write of that one is accepted.
            again = dataclasses.replace(owner, id=secrets.token_hex(4))
        try:
            return self._taken(stack, environment, again)
        except WriteRefusedError:
            raise LockRefusedError(Lock(had=False)) from None

    def _taken(self, stack: str, environment: str, owner: LockOwner) -> HttpHold:
        self._store.lock(stack, environment, owner)
        try:
            before = self._store.read(stack, environment)
            document = renewed(before or new_document(stack, environment), owner=owner)
            self._store.write(document, before, owner.id)
        except BaseException:
            self._store.unlock(stack, environment, owner.id)
            raise
        return HttpHold(self._store, document, owner)

    def wait_for(
        self,
        stack: str,
        environment: str,
        owner: LockOwner,
        timeout: float,
        on_wait: Callable[[LockOwner | None], None],
    ) -> HttpHold:
        """Get the lock, waiting for it; see `engine.ports.run_locks.RunLocks.lock`."""
        until, shown, freed, nameless = time.monotonic() + timeout, "", "", 0
        while True:
            try:
                return self.take(stack, environment, owner)
            except LockRefusedError as refused:
                blocking = self.owner_of(stack, environment, refused.lock)
            if blocking is not None and blocking.id != freed and _may_take(blocking, owner):
                freed = blocking.id
                self.free(stack, environment, blocking)
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
        self.free(lock.stack, lock.environment, lock.owner)
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

    def free(self, stack: str, environment: str, owner: LockOwner) -> None:
        """Take a lock away and put another name into the document, so that its owner sees it."""
        self._store.unlock(stack, environment, owner.id)
        try:
            self.take(stack, environment, this_run("unlock")).end()
        except LockRefusedError as refused:
            if refused.lock.id == owner.id:
                raise StoreUnavailableError(
                    f"{environment}/{stack} cannot be unlocked: the server keeps {owner.id}",
                    hint="unlock it with the tools of the server, and run the command again",
                ) from None
            # The next run has it, and writes its own name.


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
