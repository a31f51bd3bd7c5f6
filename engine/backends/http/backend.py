"""States, journals and locks in a server of Terraform's HTTP state protocol."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from engine.address import is_environment_name, is_logical_name
from engine.backends.http import history
from engine.backends.http.client import Client
from engine.backends.http.documents import Index, StackDocument, name_of, renewed
from engine.backends.http.fleet_runs import HttpFleetRuns
from engine.backends.http.journal import HttpJournal, records_of, with_records
from engine.backends.http.moves import HttpMoves
from engine.backends.http.run_locks import HttpHold, HttpRunLocks
from engine.backends.http.store import DocumentStore, LockRefusedError
from engine.backends.state.active_locks import ActiveLocks
from engine.backends.state.lock_errors import already_held, locked_by_another, not_held
from engine.backends.state.lock_owner import has_ended_here, new_held_lock, this_run
from engine.backends.state.write_check import check_succession
from engine.errors import Problem, StateError, UsageError
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version
from engine.ports.journal import JournalFile
from engine.ports.run_locks import Hold, LockOwner, RunLock, Watching, watch_silently
from engine.state.advice import Advice
from engine.state.codec import decode, encode
from engine.state.model import State
from engine.state.pending_import import PendingImport, decode_import, encode_import

_REPLACED = 3
_PATIENCE = 50
_POLL = 0.2


class HttpBackend:
    """Keeps a document for each stack of each environment; safe to use from several threads."""

    def __init__(
        self, client: Client, *, engine_version: str, wait: Callable[[float], None] = time.sleep
    ) -> None:
        """Args: engine_version: version that states are written with; wait: waits for seconds."""
        self._version = engine_version
        self._wait = wait
        self._store = DocumentStore(client, wait=wait)
        self._locks = HttpRunLocks(self._store, wait=wait)
        self._holds = ActiveLocks()
        self._changing = threading.RLock()
        self.moves = HttpMoves(self._store, self._locks, self._holds, self._change)

    # ── states ────────────────────────────────────────────────────────────────────────────

    def _places(self) -> list[tuple[str, str]]:
        self._store.prepare()
        entries = (entry.partition(" ") for entry in self._store.index().stacks)
        return sorted((environment, stack) for environment, _, stack in entries)

    def _documents(self, environment: str = "") -> Iterator[StackDocument]:
        for where, stack in self._places():
            if not environment or where == environment:
                document = self._store.read(stack, where)
                if document is not None:
                    yield document

    @property
    def address(self) -> str:
        """The address of the server."""
        return self._store.place("").rstrip("/")

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a state."""
        documents = tuple(found for found in self._documents(environment) if found.state)
        for document in documents or (None,):
            self.moves.refuse(environment, document)
        return tuple(found.stack for found in documents)

    def environments(self) -> tuple[str, ...]:
        """Names of the environments in which a stack has a state."""
        here = (found for found in self._documents() if found.state and not found.moved)
        return tuple(sorted({found.environment for found in here}))

    def place(self, stack: str, environment: str) -> str:
        """The stack, and the address of its document."""
        return f"{environment}/{stack} ({self._store.place(name_of(stack, environment))})"

    def _document(self, stack: str, environment: str) -> StackDocument | None:
        if not is_logical_name(stack) or not is_environment_name(environment):
            raise UsageError(
                f"{environment!r} and {stack!r} are no names of an environment and a stack",
                hint="names are [a-z0-9][a-z0-9_-]*",
            )
        hold = self._holds.of(stack, environment)
        if isinstance(hold, HttpHold):
            return hold.newest()
        document = self._store.read(stack, environment)
        self.moves.refuse(environment, document)
        return document

    def stored(self, stack: str, environment: str) -> bytes | None:
        """The bytes of a state."""
        document = self._document(stack, environment)
        return document.state.encode() if document and document.state else None

    def read(self, stack: str, environment: str) -> State | None:
        """Read a state."""
        return self._state_in(self._document(stack, environment), stack, environment)

    def _state_in(
        self, document: StackDocument | None, stack: str, environment: str
    ) -> State | None:
        if document is None or not document.state:
            return None
        return self._decoded(document.state, stack, environment)

    def _decoded(self, text: str, stack: str, environment: str) -> State:
        place = self.place(stack, environment)
        state = decode(text.encode(), path=place, advice=self.advice(place))
        if (state.stack, state.environment) != (stack, environment):
            raise StateError(
                f"{place} holds the state of {state.environment}/{state.stack}",
                hint="bring back its last good version with the tools of the server",
            )
        return state

    def write(self, state: State, *, expected: State | None) -> None:
        """Write a state in place of the one that was read."""
        raw = encode(state, engine_version=self._version)
        place = (state.stack, state.environment)

        def change(before: StackDocument) -> StackDocument:
            stored = self._state_in(before, *place)
            check_succession(self.place(*place), state, expected=expected, stored=stored)
            return history.with_state(before, state, raw)

        self._change(*place, change)

    def remove(self, state: State) -> None:
        """Remove a state."""
        place = (state.stack, state.environment)

        def change(before: StackDocument) -> StackDocument:
            stored = self._state_in(before, *place)
            check_succession(self.place(*place), state, expected=state, stored=stored)
            return dataclasses.replace(before, state="")

        self._change(*place, change)

    def restore(self, state: State) -> str:
        """Write a state; what it takes the place of is kept in the document, the last texts."""
        raw = encode(state, engine_version=self._version)
        aside = ""

        def change(before: StackDocument) -> StackDocument:
            nonlocal aside
            gone = tuple(text for text in (before.state, "\n".join(before.journal)) if text)
            if gone:
                aside = f"the field `replaced` of {self.place(state.stack, state.environment)}"
            return dataclasses.replace(
                history.with_state(before, state, raw),
                journal=(),
                replaced=(*before.replaced, *gone)[-_REPLACED:],
            )

        self._change(state.stack, state.environment, change)
        return aside

    def check_writable(self, stack: str, environment: str) -> None:
        """Ask for the document, once the server passed its test."""
        self._document(stack, environment)

    def check_works(self, environment: str) -> None:
        """Read the index, which the test of the server comes before."""
        self.stacks(environment)

    def _change(
        self, stack: str, environment: str, change: Callable[[StackDocument], StackDocument]
    ) -> None:
        """Change the document of a stack under the lock that this run has, or one for a moment."""
        with self._changing, self._lock_for(stack, environment) as hold:
            before = hold.read()
            after = renewed(change(before))
            hold.write(after, before)
            if after.state != before.state:
                # After the write, which the server refuses a run that lost its lock.
                history.put_aside(self._store, before)

    @contextlib.contextmanager
    def _lock_for(self, stack: str, environment: str) -> Iterator[HttpHold]:
        hold = self._holds.of(stack, environment)
        if isinstance(hold, HttpHold):
            yield hold
            return
        self._document(stack, environment)  # refused, if its states were moved
        owner = this_run("write")
        for _ in range(_PATIENCE):
            try:
                held = self._locks.take(stack, environment, owner)
                break
            except LockRefusedError as refused:
                blocking = self._locks.owner_of(stack, environment, refused.lock)
            self._wait(_POLL)
        else:
            raise locked_by_another(stack, environment, blocking)
        try:
            yield held
            held.check()  # whether what was written can be read
        finally:
            held.end()

    # ── history ───────────────────────────────────────────────────────────────────────────

    def history(self, stack: str, environment: str, *, limit: int) -> tuple[Version, ...]:
        """The versions of a state, the newest first."""
        document = self._document(stack, environment)
        return history.versions(document, limit, self._store) if document is not None else ()

    def version(self, stack: str, environment: str, serial: int) -> State | None:
        """The state with a serial; None if there is none."""
        document = self._document(stack, environment)
        text = history.text_of(self._store, document, serial) if document is not None else None
        return self._decoded(text, stack, environment) if text else None

    # ── journals ──────────────────────────────────────────────────────────────────────────

    def read_journal(self, stack: str, environment: str) -> tuple[bytes, ...] | None:
        """Read the journal that an unfinished run left."""
        document = self._document(stack, environment)
        return records_of(document, self.place(stack, environment)) if document else None

    def begin_journal(
        self, stack: str, environment: str, records: Sequence[bytes], *, reserve: int
    ) -> JournalFile:
        """Begin a journal."""
        del reserve  # the server's room is its own affair
        change = functools.partial(self._change, stack, environment)
        change(lambda before: with_records(dataclasses.replace(before, journal=()), records))
        return HttpJournal(change)

    def end_journal(self, stack: str, environment: str) -> None:
        """Remove the journal."""
        document = self._document(stack, environment)
        if document is not None and document.journal:
            self._change(stack, environment, lambda before: dataclasses.replace(before, journal=()))

    # ── pending imports ───────────────────────────────────────────────────────────────────

    def pending_imports(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks with a pending import."""
        return tuple(found.stack for found in self._documents(environment) if found.pending)

    def begin_import(self, pending: PendingImport) -> None:
        """Store a pending import."""
        text = encode_import(pending).decode()
        self._change(
            pending.state.stack,
            pending.state.environment,
            lambda before: dataclasses.replace(before, pending=text),
        )

    def read_import(self, stack: str, environment: str) -> PendingImport | None:
        """Read a pending import."""
        document = self._document(stack, environment)
        if document is None or not document.pending:
            return None
        return decode_import(document.pending.encode(), path=self.place(stack, environment))

    def end_import(self, stack: str, environment: str) -> None:
        """Remove a pending import."""
        document = self._document(stack, environment)
        if document is not None and document.pending:
            self._change(stack, environment, lambda before: dataclasses.replace(before, pending=""))

    # ── what people can do ────────────────────────────────────────────────────────────────

    def advice(self, place: str) -> Advice:
        """What the server's own tools are for."""
        versions = f"an earlier version of {place}, if the server keeps versions"
        return Advice(
            restore=versions,
            other_version=versions,
            history=versions,
            newest="check that `state` in pyproject.toml names the right server",
            caveats=self._store.caveats(),
        )

    def how_to_share(self, what: str) -> str:
        """It is there already."""
        del what
        return ""

    def exposed(self) -> tuple[Problem, ...]:
        """Nothing is committed."""
        return ()

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
        document = self._document(stack, environment)
        owner = dataclasses.replace(this_run(operation), claim=claim)
        hold = self._locks.wait_for(stack, environment, owner, timeout, on_wait)
        try:
            if document is None or not document.state:
                # A pointer that was put before the document was there is not in it.
                self.moves.refuse(environment, None)
            with self._holds.taken(stack, environment, hold):
                yield hold
        finally:
            hold.end()

    def run_locks(self) -> tuple[RunLock, ...]:
        """The run locks that are held."""
        here = this_run("unlock")
        return tuple(
            RunLock(
                environment=found.environment,
                stack=found.stack,
                owner=dataclasses.replace(found.owner, gone=has_ended_here(found.owner, here)),
            )
            for found in self._documents()
            if found.owner is not None
        )

    def unlock(self, id: str, *, force: bool, on_watch: Watching = watch_silently) -> RunLock:
        """Take a run lock from its owner."""
        del on_watch  # this protocol has no signs of life
        return self._locks.unlock(id, self._places(), self.run_locks(), force=force)

    def held_locks(self, environment: str = "") -> tuple[HeldLock, ...]:
        """The held locks of an environment, or of all of them."""
        self._store.prepare()
        return tuple(
            lock
            for lock in self._store.index().held
            if not environment or lock.environment == environment
        )

    def put_held_lock(self, environment: str, stack: str, *, reason: str) -> HeldLock:
        """Hold a lock until it is released."""
        lock = new_held_lock(environment, stack, reason)
        self.moves.refuse(environment, None)

        def change(index: Index) -> Index:
            for other in index.held:
                if other.place == lock.place and other.id != lock.id:
                    raise already_held(other)
            held = sorted({*index.held, lock}, key=lambda entry: (entry.environment, entry.stack))
            return dataclasses.replace(index, held=tuple(held))

        self._store.change_index(change)
        return lock

    def drop_held_lock(self, environment: str, stack: str) -> str:
        """Release a held lock."""
        self.moves.refuse(environment, None)

        def change(index: Index) -> Index:
            left = tuple(
                lock
                for lock in index.held
                if (lock.environment, lock.stack) != (environment, stack)
            )
            if len(left) == len(index.held):
                raise not_held(environment, stack)
            return dataclasses.replace(index, held=left)

        self._store.change_index(change)
        return ""

    def fleet_runs(self) -> HttpFleetRuns:
        """What keeps the unfinished applies of fleets."""
        return HttpFleetRuns(self._store)
