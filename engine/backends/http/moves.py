"""Moving states into and out of a state server, and the pointers that are left there.

A pointer is in the index, and its address in the document of each stack: that is read before
everything else, so that a pointer costs no request.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Protocol

from engine.backends.http import history
from engine.backends.http.documents import Index, MovedStates, StackDocument, renewed
from engine.backends.http.run_locks import HttpRunLocks
from engine.backends.http.store import DocumentStore, WriteRefusedError
from engine.backends.moving import Moving
from engine.backends.pointer_json import states_moved
from engine.backends.state.active_locks import ActiveLocks
from engine.backends.state.lock_errors import already_held
from engine.errors import StateError
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version
from engine.ports.moves import Pointer, Versions
from engine.state.codec import decode


class Change(Protocol):
    """Changes the document of a stack, under the lock that this run has or one for a moment."""

    def __call__(
        self, stack: str, environment: str, change: Callable[[StackDocument], StackDocument], /
    ) -> None:
        """Store what `change` makes of the document."""


class HttpMoves(Moving):
    """Pointers in a state server; implements `StateMoves`."""

    def __init__(
        self, store: DocumentStore, locks: HttpRunLocks, holds: ActiveLocks, change: Change
    ) -> None:
        """Args: holds: the run locks that this process has; change: changes a document."""
        self._store = store
        self._locks = locks
        self._holds = holds
        self._change = change
        super().__init__()

    # ── pointers ──────────────────────────────────────────────────────────────────────────

    def pointer(self, environment: str) -> Pointer | None:
        """What the index says."""
        self._store.prepare()
        for found in self._store.index().moved:
            if found.environment == environment:
                return Pointer(address=found.address, arriving=found.arriving)
        return None

    def refuse(self, environment: str, document: StackDocument | None) -> None:
        """Refuse a stack of an environment that has a pointer, unless it is being moved.

        Args:
            environment: Its name.
            document: That of the stack; None if it has none, so that the index is asked for.

        Raises:
            StatesMovedError: if it has one.
        """
        if environment in self._moving or (document is not None and not document.moved):
            return
        pointer = self.pointer(environment)
        if pointer is None and document is not None:
            pointer = Pointer(address=document.moved)
        if pointer is not None:
            raise states_moved(environment, self._store.address, pointer)

    def point(self, environment: str, pointer: Pointer | None) -> None:
        """Say so in the index, then in every document; taken away in the other order."""
        if pointer is not None:
            self._note(environment, pointer)
        for stack in self._stacks(environment):
            self._mark(stack, environment, pointer)
        if pointer is None or not pointer.arriving:
            self._note(environment, pointer, release=pointer is not None)

    def _note(self, environment: str, pointer: Pointer | None, *, release: bool = False) -> None:
        def change(index: Index) -> Index:
            moved = [one for one in index.moved if one.environment != environment]
            if pointer is not None:
                moved.append(
                    MovedStates(
                        environment=environment,
                        address=pointer.address,
                        arriving=pointer.arriving,
                    )
                )
            held = tuple(
                lock for lock in index.held if not release or lock.environment != environment
            )
            moved.sort(key=lambda one: one.environment)
            return dataclasses.replace(index, moved=tuple(moved), held=held)

        self._store.prepare()
        self._store.change_index(change)

    def _mark(self, stack: str, environment: str, pointer: Pointer | None) -> None:
        gone = pointer is not None and not pointer.arriving
        address = "" if pointer is None else pointer.address

        def marked(before: StackDocument, *, emptied: bool = False) -> StackDocument:
            if not emptied:
                return dataclasses.replace(before, moved=address)
            return dataclasses.replace(before, moved=address, state="", pending="")

        if self._holds.of(stack, environment) is not None:
            self._change(stack, environment, lambda before: marked(before, emptied=gone))
            return
        document = self._store.read(stack, environment)
        if document is None or document.moved == address:
            return
        owner = document.owner
        if owner is None:
            with self.moving(environment):
                self._change(stack, environment, marked)
        elif pointer is None:
            # The lock of a migration that was killed: what it wrote is undone under it.
            with contextlib.suppress(WriteRefusedError):
                self._store.write(renewed(marked(document)), document, owner.id)
        elif gone and not document.state and not document.journal:
            # A run that has written nothing down yet has sent nothing: it loses its lock.
            self._locks.free(stack, environment, owner)
            with self.moving(environment):
                self._change(stack, environment, marked)

    # ── what is kept ──────────────────────────────────────────────────────────────────────

    def _stacks(self, environment: str) -> list[str]:
        self._store.prepare()
        entries = (entry.partition(" ") for entry in self._store.index().stacks)
        return sorted(stack for where, _, stack in entries if where == environment)

    def kept(self, environment: str) -> tuple[str, ...]:
        """Stacks whose document has a state, a journal or an import."""
        found = (self._store.read(stack, environment) for stack in self._stacks(environment))
        return tuple(
            one.stack for one in found if one and (one.state or one.journal or one.pending)
        )

    def environments(self) -> tuple[str, ...]:
        """Those that the index names."""
        self._store.prepare()
        index = self._store.index()
        found = {entry.partition(" ")[0] for entry in index.stacks}
        found |= {lock.environment for lock in index.held}
        return tuple(sorted(found | {one.environment for one in index.moved}))

    def versions(self, stack: str, environment: str, after: int) -> Iterator[tuple[Version, bytes]]:
        """The versions that the server still has."""
        document = self._store.read(stack, environment)
        listed = history.versions(document, history.LISTED, self._store) if document else ()
        for version in sorted(listed, key=lambda one: one.serial):
            text = None
            with contextlib.suppress(StateError):  # one that is gone is left behind
                if version.serial > after and document is not None:
                    text = history.text_of(self._store, document, version.serial)
            if text:
                yield version, text.encode()

    # ── what arrives ──────────────────────────────────────────────────────────────────────

    def receive(self, stack: str, environment: str, raw: bytes, versions: Versions) -> int:
        """Write one state after the other, as far as their versions are kept."""
        document = self._store.read(stack, environment)
        known = document.versions if document is not None else ()
        arriving = versions(known[-1].serial if known else 0)
        last = collections.deque(arriving, maxlen=history.LISTED)
        if not last or last[-1][1] != raw:
            last.append((Version(serial=0), raw))
        for version, content in last:
            self._change(stack, environment, self._next_state(version, content))
        return len(last) - 1

    def _next_state(self, version: Version, raw: bytes) -> Callable[[StackDocument], StackDocument]:
        def change(before: StackDocument) -> StackDocument:
            state = decode(raw, path=self._store.address)
            after = history.with_state(before, state, raw)
            if not version.serial:
                return after  # nothing is known of how it was written
            *others, entry = after.versions
            entry = dataclasses.replace(
                entry,
                since=version.since,
                who=version.who,
                operation=version.operation,
                url=version.url,
            )
            return dataclasses.replace(after, versions=(*others, entry))

        return change

    def keep_held_lock(self, lock: HeldLock) -> None:
        """Keep a held lock as it is."""

        def change(index: Index) -> Index:
            for other in index.held:
                if other.place == lock.place and other != lock:
                    raise already_held(other)
            held = sorted({*index.held, lock}, key=lambda one: (one.environment, one.stack))
            return dataclasses.replace(index, held=tuple(held))

        self._store.prepare()
        self._store.change_index(change)
