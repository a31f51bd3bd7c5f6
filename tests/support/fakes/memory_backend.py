"""States, journals and locks in memory: a second implementation of the ports, for their contracts.

As strict as the files: what is stored went through the file format, so that nothing is kept here
that a file could not hold, and nobody shares a value with the store.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.backends.state.active_locks import ActiveLocks
from engine.backends.state.lock_errors import (
    already_held,
    lock_lost,
    locked_by_another,
    no_such_lock,
    not_held,
    still_running,
)
from engine.backends.state.lock_owner import new_held_lock, this_run
from engine.backends.state.write_check import check_succession
from engine.errors import Problem
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version
from engine.ports.journal import JournalFile
from engine.ports.run_locks import Hold, LockOwner, RunLock, Watching, watch_silently
from engine.state.advice import GENERAL, Advice
from engine.state.codec import decode, encode
from engine.state.model import State
from engine.state.pending_import import PendingImport, decode_import, encode_import
from tests.support.fakes.memory_moves import MemoryMoves


@dataclass(slots=True)
class MemoryJournal:
    """A journal that lives as long as its store."""

    records: list[bytes]

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Add a record."""
        del reserve
        self.records.append(record)

    def sync(self) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        """Write no more."""


class MemoryBackend:
    """Keeps states for as long as it lives; safe to use from several threads."""

    def __init__(self, *, engine_version: str) -> None:
        """Args: engine_version: version that the states are written with."""
        self._version = engine_version
        self.states: dict[tuple[str, str], bytes] = {}
        self.contents: dict[tuple[str, str], list[bytes]] = {}
        self._aside: dict[str, bytes] = {}
        self.imports: dict[tuple[str, str], bytes] = {}
        self.journals: dict[tuple[str, str], MemoryJournal] = {}
        self._holders: dict[tuple[str, str], LockOwner] = {}
        self.holds = ActiveLocks()
        self.held: dict[tuple[str, str], HeldLock] = {}
        self._changed = threading.Condition()
        self.moves = MemoryMoves(self)

    @property
    def address(self) -> str:
        """What messages call this memory."""
        return "memory"

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a state."""
        self.moves.refuse(environment)
        with self._changed:
            return tuple(sorted(name for name, where in self.states if where == environment))

    def environments(self) -> tuple[str, ...]:
        """Names of the environments in which a stack has a state."""
        with self._changed:
            return tuple(sorted({environment for _, environment in self.states}))

    def place(self, stack: str, environment: str) -> str:
        """Where a state is, as messages name it."""
        return f"{environment}/{stack}"

    def stored(self, stack: str, environment: str) -> bytes | None:
        """The bytes of a state."""
        self.moves.refuse(environment)
        with self._changed:
            return self.states.get((stack, environment))

    def read(self, stack: str, environment: str) -> State | None:
        """Read a state."""
        self.moves.refuse(environment)
        with self._changed:
            return self._read(stack, environment)

    def _read(self, stack: str, environment: str) -> State | None:
        raw = self.states.get((stack, environment))
        return None if raw is None else decode(raw, path=self.place(stack, environment))

    def write(self, state: State, *, expected: State | None) -> None:
        """Store a state in place of the one that was read."""
        self.moves.refuse(state.environment)
        raw = encode(state, engine_version=self._version)
        with self._changed:
            self.holds.check(state.stack, state.environment)
            stored = self._read(state.stack, state.environment)
            place = self.place(state.stack, state.environment)
            check_succession(place, state, expected=expected, stored=stored)
            self.states[state.stack, state.environment] = raw
            self.contents.setdefault((state.stack, state.environment), []).append(raw)

    def history(self, stack: str, environment: str, *, limit: int) -> tuple[Version, ...]:
        """What was written, the newest first."""
        self.moves.refuse(environment)
        states = self._kept(stack, environment)[:limit]
        return tuple(
            Version(serial=state.serial, resources=len(state.resources)) for state in states
        )

    def version(self, stack: str, environment: str, serial: int) -> State | None:
        """The last that was written with a serial."""
        self.moves.refuse(environment)
        states = self._kept(stack, environment)
        return next((state for state in states if state.serial == serial), None)

    def _kept(self, stack: str, environment: str) -> list[State]:
        with self._changed:
            kept = self.contents.get((stack, environment), [])
            return [decode(raw, path=self.place(stack, environment)) for raw in reversed(kept)]

    def pending_imports(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks with a pending import."""
        self.moves.refuse(environment)
        with self._changed:
            return tuple(sorted(name for name, where in self.imports if where == environment))

    def begin_import(self, pending: PendingImport) -> None:
        """Store a pending import."""
        self.moves.refuse(pending.state.environment)
        place = (pending.state.stack, pending.state.environment)
        with self._changed:
            self.holds.check(*place)
            self.imports[place] = encode_import(pending)

    def read_import(self, stack: str, environment: str) -> PendingImport | None:
        """Read a pending import."""
        self.moves.refuse(environment)
        with self._changed:
            raw = self.imports.get((stack, environment))
        return None if raw is None else decode_import(raw, path=self.place(stack, environment))

    def end_import(self, stack: str, environment: str) -> None:
        """Remove a pending import."""
        with self._changed:
            self.holds.check(stack, environment)
            self.imports.pop((stack, environment), None)

    def remove(self, state: State) -> None:
        """Remove a state."""
        with self._changed:
            self.holds.check(state.stack, state.environment)
            stored = self._read(state.stack, state.environment)
            place = self.place(state.stack, state.environment)
            check_succession(place, state, expected=state, stored=stored)
            del self.states[state.stack, state.environment]

    def restore(self, state: State) -> str:
        """Store a state whatever is stored there, which is kept under another name."""
        raw = encode(state, engine_version=self._version)
        with self._changed:
            before = self.states.get((state.stack, state.environment))
            self.journals.pop((state.stack, state.environment), None)
            self.states[state.stack, state.environment] = raw
            if before is None:
                return ""
            aside = f"{self.place(state.stack, state.environment)} #{len(self._aside) + 1}"
            self._aside[aside] = before
            return aside

    def read_journal(self, stack: str, environment: str) -> tuple[bytes, ...] | None:
        """Read the journal that an unfinished run left."""
        self.moves.refuse(environment)
        kept = self.journals.get((stack, environment))
        return None if kept is None else tuple(kept.records)

    def begin_journal(
        self, stack: str, environment: str, records: Sequence[bytes], *, reserve: int
    ) -> JournalFile:
        """Begin a journal."""
        self.moves.refuse(environment)
        del reserve  # memory grows
        begun = self.journals[stack, environment] = MemoryJournal(list(records))
        return begun

    def end_journal(self, stack: str, environment: str) -> None:
        """Remove the journal."""
        self.journals.pop((stack, environment), None)

    def advice(self, place: str) -> Advice:
        """Nothing in particular."""
        del place
        return GENERAL

    def how_to_share(self, what: str) -> str:
        """There is one machine."""
        del what
        return ""

    def exposed(self) -> tuple[Problem, ...]:
        """Memory is never committed."""
        return ()

    def check_writable(self, stack: str, environment: str) -> None:
        """Memory can always be written."""

    def check_works(self, environment: str) -> None:
        """Memory always works."""
        self.stacks(environment)

    # ── locks ─────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def lock(
        self,
        stack: str,
        environment: str,
        *,
        operation: str,
        timeout: float,
        on_wait: Callable[[LockOwner | None], None],
        claim: str = "",
    ) -> Iterator[Hold]:
        """Hold the run lock of a stack."""
        del claim  # the lock ends with its process
        place = (stack, environment)
        hold = _MemoryHold(this_run(operation), place, self._holders)
        told = ""

        def is_free() -> bool:
            nonlocal told
            owner = self._holders.get(place)
            if owner is not None and timeout > 0 and owner.id != told:
                told = owner.id
                on_wait(owner)
            return owner is None

        with self._changed:
            if not self._changed.wait_for(is_free, max(timeout, 0)):
                raise locked_by_another(stack, environment, self._holders.get(place))
            self._holders[place] = hold.owner
        try:
            with self.holds.taken(stack, environment, hold):
                self.moves.refuse(environment)
                yield hold
        finally:
            with self._changed:
                if self._holders.get(place) == hold.owner:
                    del self._holders[place]
                self._changed.notify_all()

    def run_locks(self) -> tuple[RunLock, ...]:
        """The run locks that are held."""
        with self._changed:
            return tuple(
                RunLock(environment=environment, stack=stack, owner=owner)
                for (stack, environment), owner in sorted(
                    self._holders.items(), key=lambda entry: entry[0][::-1]
                )
            )

    def unlock(self, id: str, *, force: bool, on_watch: Watching = watch_silently) -> RunLock:
        """Take a run lock from its owner."""
        del on_watch
        found = {lock.owner.id: lock for lock in self.run_locks()}
        if id not in found:
            raise no_such_lock(id, found)
        lock = found[id]
        if not force:
            raise still_running(lock.stack, lock.environment, lock.owner)
        with self._changed:
            self._holders.pop((lock.stack, lock.environment), None)
            self._changed.notify_all()
        return lock

    def held_locks(self, environment: str = "") -> tuple[HeldLock, ...]:
        """The held locks of an environment, or of all of them."""
        with self._changed:
            return tuple(
                lock
                for place, lock in sorted(self.held.items())
                if not environment or place[0] == environment
            )

    def put_held_lock(self, environment: str, stack: str, *, reason: str) -> HeldLock:
        """Hold a lock until somebody releases it."""
        self.moves.refuse(environment)
        lock = new_held_lock(environment, stack, reason)
        with self._changed:
            there = self.held.setdefault((environment, stack), lock)
        if there is not lock:
            raise already_held(there)
        return lock

    def drop_held_lock(self, environment: str, stack: str) -> str:
        """Release a held lock."""
        self.moves.refuse(environment)
        with self._changed:
            lock = self.held.pop((environment, stack), None)
        if lock is None:
            raise not_held(environment, stack)
        return lock.file


class _MemoryHold:
    """A run lock in memory while it is held."""

    def __init__(
        self, owner: LockOwner, place: tuple[str, str], holders: Mapping[tuple[str, str], LockOwner]
    ) -> None:
        self.owner = owner
        self._place = place
        self._holders = holders

    def check(self) -> None:
        """Make sure that nobody took it away."""
        if self._holders.get(self._place) != self.owner:
            raise lock_lost(*self._place)
