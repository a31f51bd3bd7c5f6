"""States, journals and locks in a store that machines share: the protocol of heads and blobs.

Every change of a stack is one swap of its head, by which alone it happens: what a head names was
written before, and what no head names is never read. So the lock, the state and the journal agree
at any instant, at whatever point a run is killed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence

from engine.address import is_environment_name, is_logical_name
from engine.backends.shared import held, settle
from engine.backends.shared.fleet_runs import SharedFleetRuns
from engine.backends.shared.heads import Heads
from engine.backends.shared.history import Entry, encode_entry, entries
from engine.backends.shared.hold import Timing
from engine.backends.shared.journal import SharedJournal, content_of, read_chunks, remove_chunks
from engine.backends.shared.leftovers import Tries, sweeping
from engine.backends.shared.locks import SharedRunLocks
from engine.backends.shared.moves import SharedMoves
from engine.backends.shared.names import (
    chunk_name,
    entry_name,
    import_name,
    journal_prefix,
    new_write_id,
    state_name,
)
from engine.backends.shared.store import Head, SharedStore
from engine.backends.state.active_locks import ActiveLocks
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


class SharedBackend:
    """Keeps states in a `SharedStore`; safe to use from several threads."""

    def __init__(
        self, store: SharedStore, *, engine_version: str, timing: Timing | None = None
    ) -> None:
        """Args: store: asked for nothing yet; timing: how lives are watched."""
        self._unprepared: SharedStore | None = store
        self._opened = store
        self._preparing = threading.Lock()
        self._version = engine_version
        self._holds = ActiveLocks()
        self._heads = Heads(lambda: self._store, self._holds, self._refuse)
        self.moves = SharedMoves(lambda: self._store, self._holds, self._heads.change)
        self._locks = SharedRunLocks(lambda: self._store, timing or Timing(), self.moves.refuse)
        self._seen: dict[tuple[str, str], tuple[str, State]] = {}
        self._unsure: dict[tuple[str, str], str] = {}

    @property
    def _store(self) -> SharedStore:
        """The store, whose guarantees were checked."""
        with self._preparing:
            if self._unprepared is not None:
                self._unprepared.prepare()
                self._unprepared = None
        return self._opened

    # ── states ────────────────────────────────────────────────────────────────────────────

    @property
    def address(self) -> str:
        """The address of the store."""
        return self._opened.address

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a state."""
        return self._heads.with_state(environment)

    def environments(self) -> tuple[str, ...]:
        """Names of the environments in which a stack has a state, or had a run lock.

        To tell them apart would take a request for each stack of each account of a fleet.
        """
        moved = self.moves.pointers()
        found = dict.fromkeys(environment for environment, _ in self._store.places())
        return tuple(name for name in found if name not in moved)

    def place(self, stack: str, environment: str) -> str:
        """The address of a state in the store."""
        if not is_logical_name(stack) or not is_environment_name(environment):
            raise UsageError(
                f"{environment}/{stack} is no name of an environment and a stack",
                hint="names are [a-z0-9][a-z0-9_-]*",
            )
        return f"{environment}/{stack} in {self._opened.address}"

    def stored(self, stack: str, environment: str) -> bytes | None:
        """The bytes of a state."""
        head = self._known(stack, environment)
        return self._content(stack, environment, head) if head is not None and head.state else None

    def _content(self, stack: str, environment: str, head: Head) -> bytes:
        content = self._store.read(head.state)
        if content is None:
            raise StateError(
                f"{self.place(stack, environment)} is at serial {head.serial}, and its content is "
                f"not in the store: {head.state}",
                hint="bring the object back, from its versions or a backup, or run engine state "
                f"rebuild {stack} -e {environment}; nothing was changed",
            )
        return content

    def read(self, stack: str, environment: str) -> State | None:
        """Read a state."""
        head = self._known(stack, environment)
        if head is None or not head.state:
            return None
        return self._decoded(stack, environment, head)

    def _decoded(self, stack: str, environment: str, head: Head) -> State:
        raw, place = self._content(stack, environment, head), self.place(stack, environment)
        state = decode(raw, path=place, advice=self.advice(place))
        found = (state.stack, state.environment, state.serial)
        if found != (stack, environment, head.serial):
            raise StateError(
                f"{place} holds the state of {state.environment}/{state.stack} at serial "
                f"{state.serial}, and its head says {head.serial}",
                hint="an object of the store was overwritten: bring it back from its versions or "
                "a backup; nothing was changed",
            )
        if self._holds.of(stack, environment) is not None:  # else it may be one of thousands
            self._seen[environment, stack] = head.state, state
        return state

    def write(self, state: State, *, expected: State | None) -> None:
        """Store a state, then swap the head that names it."""
        place = self.place(state.stack, state.environment)

        def check(head: Head | None) -> None:
            stored = self._stored_now(state, head, expected)
            check_succession(place, state, expected=expected, stored=stored)

        self._swap_state(state, check)

    def _swap_state(
        self, state: State, check: Callable[[Head | None], None], **also: object
    ) -> None:
        raw = encode(state, engine_version=self._version)

        def naming(head: Head | None) -> dict[str, object]:
            check(head)
            return {**self._kept(state, raw, head, tries), **also}

        with sweeping(self._store, state.environment, state.stack) as tries:
            self._heads.change(state.stack, state.environment, naming)
        self._unsure.pop((state.stack, state.environment), None)

    def _stored_now(self, state: State, head: Head | None, expected: State | None) -> State | None:
        """The stored state; one that was read or written before is not read again."""
        if head is None or not head.state:
            return None
        if head.state == self._unsure.get((state.stack, state.environment)):
            return expected
        name, known = self._seen.get((state.environment, state.stack), ("", None))
        return known if name == head.state else self._decoded(state.stack, state.environment, head)

    def _kept(self, state: State, raw: bytes, head: Head | None, tries: Tries) -> dict[str, object]:
        """Keep a version of a state and its entry; what the head has to say of them."""
        place, write_id = (state.environment, state.stack), new_write_id()
        names = {
            "state": state_name(*place, state.serial, write_id),
            "entry": entry_name(*place, state.serial, write_id),
        }
        owner = head.owner if head is not None else None
        entry = Entry.of(state, owner, names["state"], head.entry if head is not None else "")
        self._unsure[state.stack, state.environment] = names["state"]
        tries.append((head, tuple(names.values())))
        settle.create(self._store, names["state"], raw)
        settle.create(self._store, names["entry"], encode_entry(entry))
        written = dataclasses.replace(state, engine_version=self._version)
        self._seen[place] = names["state"], written
        return {"serial": state.serial, **names}

    def remove(self, state: State) -> None:
        """Name no state any more; the versions stay."""
        place = self.place(state.stack, state.environment)

        def without(head: Head | None) -> dict[str, object]:
            stored = self._stored_now(state, head, state)
            check_succession(place, state, expected=state, stored=stored)
            return {"serial": 0, "state": ""}

        self._heads.change(state.stack, state.environment, without)

    def restore(self, state: State) -> str:
        """Store a state in place of any other, which stays a version; so does a journal."""
        before = ""

        def note(head: Head | None) -> None:
            nonlocal before
            before = head.state if head is not None else ""

        self._swap_state(state, note, journal="")
        return f"{self._opened.address}/{before}" if before else ""

    def check_writable(self, stack: str, environment: str) -> None:
        """Make sure that the store answers, and keeps its promises."""
        self._known(stack, environment)

    def check_works(self, environment: str) -> None:
        """Read the heads, which the test of the store comes before."""
        self.stacks(environment)

    def advice(self, place: str) -> Advice:
        """What people can do about what is in a store."""
        del place
        return Advice(
            restore="an earlier version of the object in the store",
            history="the objects in the store's folder states",
            newest="the store that state = in pyproject.toml should name",
        )

    def how_to_share(self, what: str) -> str:
        """Every machine has it already."""
        del what
        return ""

    def exposed(self) -> tuple[Problem, ...]:
        """Nothing of it is in the project's folder."""
        return ()

    def _refuse(self, environment: str, head: Head | None) -> None:
        self.moves.refuse(environment, head)

    def _known(self, stack: str, environment: str) -> Head | None:
        self.place(stack, environment)
        return self._heads.known(stack, environment)

    # ── journals ──────────────────────────────────────────────────────────────────────────

    def read_journal(self, stack: str, environment: str) -> tuple[bytes, ...] | None:
        """Read the journal that an unfinished run left."""
        head = self._known(stack, environment)
        return read_chunks(self._store, head.journal) if head is not None and head.journal else None

    def begin_journal(
        self, stack: str, environment: str, records: Sequence[bytes], *, reserve: int
    ) -> JournalFile:
        """Keep the first records, then name them in the head."""
        del reserve  # a store of a team does not run full between two requests
        self.place(stack, environment)
        self._holds.check(stack, environment)
        prefix = journal_prefix(environment, stack, new_write_id())
        settle.create(self._store, chunk_name(prefix, 1), content_of(records))
        before = ""

        def naming(head: Head | None) -> dict[str, object]:
            nonlocal before
            before = head.journal if head is not None else ""
            return {"journal": prefix}

        self._heads.change(stack, environment, naming)
        remove_chunks(self._store, before)
        return SharedJournal(self._store, prefix, chunks=1)

    def end_journal(self, stack: str, environment: str) -> None:
        """Name no journal any more, then remove its chunks."""
        head = self._known(stack, environment)
        if head is not None and head.journal:
            self._heads.change(stack, environment, lambda _: {"journal": ""})
            remove_chunks(self._store, head.journal)

    # ── pending imports ───────────────────────────────────────────────────────────────────

    def pending_imports(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks with a pending import."""
        return tuple(sorted(self.moves.imports(environment)))

    def begin_import(self, pending: PendingImport) -> None:
        """Store a pending import."""
        stack, environment = pending.state.stack, pending.state.environment
        self.place(stack, environment)
        self._holds.check(stack, environment)
        self._store.put(import_name(environment, stack), encode_import(pending))

    def read_import(self, stack: str, environment: str) -> PendingImport | None:
        """Read a pending import."""
        self.place(stack, environment)
        name = import_name(environment, stack)
        raw = self._store.read(name)
        path = f"{self._opened.address}/{name}"
        return None if raw is None else decode_import(raw, path=path)

    def end_import(self, stack: str, environment: str) -> None:
        """Remove a pending import."""
        self._holds.check(stack, environment)
        self._store.remove(import_name(environment, stack))

    # ── history ───────────────────────────────────────────────────────────────────────────

    def history(self, stack: str, environment: str, *, limit: int) -> tuple[Version, ...]:
        """The versions of a state, the newest first."""
        entries = itertools.islice(self._entries(stack, environment), limit)
        return tuple(entry.version(self._opened.address) for entry in entries)

    def version(self, stack: str, environment: str, serial: int) -> State | None:
        """The state with a serial; None if there is none."""
        for entry in self._entries(stack, environment):
            raw = self._store.read(entry.state) if entry.serial == serial else None
            if raw is not None:
                path = f"{self._opened.address}/{entry.state}"
                return decode(raw, path=path, advice=self.advice(path))
        return None

    def _entries(self, stack: str, environment: str) -> Iterator[Entry]:
        head = self._known(stack, environment)
        return entries(self._store, head.entry if head is not None else "")

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
        self.place(stack, environment)
        taking = self._locks.hold(
            stack, environment, operation=operation, timeout=timeout, on_wait=on_wait, claim=claim
        )
        with taking as hold, self._holds.taken(stack, environment, hold), self._heads.once():
            yield hold
        self._seen.pop((environment, stack), None)

    def run_locks(self) -> tuple[RunLock, ...]:
        """The run locks that name an owner."""
        return self._locks.all()

    def unlock(self, id: str, *, force: bool, on_watch: Watching = watch_silently) -> RunLock:
        """Take a run lock from its owner."""
        return self._locks.unlock(id, force=force, on_watch=on_watch)

    def held_locks(self, environment: str = "") -> tuple[HeldLock, ...]:
        """The held locks of an environment, or of all of them."""
        return held.all_held(self._store, environment)

    def put_held_lock(self, environment: str, stack: str, *, reason: str) -> HeldLock:
        """Lock a stack until the lock is released."""
        self.moves.refuse(environment, None)
        return held.put_held(self._store, environment, stack, reason)

    def drop_held_lock(self, environment: str, stack: str) -> str:
        """Release a held lock; there is no file that other machines would need."""
        self.moves.refuse(environment, None)
        held.drop_held(self._store, environment, stack)
        return ""

    def fleet_runs(self) -> SharedFleetRuns:
        """Keeps what is left of applies on fleets, in the same store."""
        return SharedFleetRuns(lambda: self._store)
