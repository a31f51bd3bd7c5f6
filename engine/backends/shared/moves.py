"""Moving states into and out of a shared store, and the pointers that are left there.

A pointer is a blob for the environment, and its address in each head: a head is read before
everything else, so that a pointer costs no request.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from engine.address import is_environment_name
from engine.backends.moving import Moving
from engine.backends.pointer_json import decode_pointer, encode_pointer, states_moved
from engine.backends.shared import held, settle
from engine.backends.shared.history import Entry, encode_entry, entries
from engine.backends.shared.hold import SharedHold
from engine.backends.shared.names import (
    entry_name,
    import_name,
    moved_name,
    new_write_id,
    state_name,
)
from engine.backends.shared.store import Head, HeadChangedError, SharedStore
from engine.backends.state.active_locks import ActiveLocks
from engine.errors import StateError
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version
from engine.ports.moves import Pointer, Versions
from engine.state.codec import decode

_FOLDERS = ("held/", "imports/")
_EMPTY = {"serial": 0, "state": ""}


Change: TypeAlias = Callable[[str, str, Callable[[Head | None], dict[str, object]]], Head]
"""Changes the head of a stack of an environment, under the run's lock if it has it."""


class SharedMoves(Moving):
    """Pointers in a shared store; implements `StateMoves`."""

    def __init__(
        self, open_store: Callable[[], SharedStore], holds: ActiveLocks, change: Change
    ) -> None:
        """Args: holds: the run locks that this process has; change: changes a head."""
        self._open = open_store
        self._holds = holds
        self._change = change
        super().__init__()

    # ── pointers ──────────────────────────────────────────────────────────────────────────

    def pointer(self, environment: str) -> Pointer | None:
        """What the blob of the pointer says."""
        store, name = self._open(), moved_name(environment)
        raw = store.read(name)
        return None if raw is None else decode_pointer(raw, f"{store.address}/{name}")

    def refuse(self, environment: str, head: Head | None) -> None:
        """Refuse a stack of an environment that has a pointer, unless it is being moved.

        Args:
            environment: Its name.
            head: The head of the stack; None if it has none, so that the pointer is asked for.

        Raises:
            StatesMovedError: if it has one.
        """
        if environment in self._moving or (head is not None and not head.moved):
            return
        pointer = self.pointer(environment)
        if pointer is None and head is not None:
            pointer = Pointer(address=head.moved)
        if pointer is not None:
            raise states_moved(environment, self._open().address, pointer)

    def point(self, environment: str, pointer: Pointer | None) -> None:
        """Put the blob, then say so in every head; taken away in the other order.

        So the blob is there as long as a head may say that the states are elsewhere.
        """
        store, name = self._open(), moved_name(environment)
        if pointer is not None:
            store.put(name, encode_pointer(pointer))
        for stack in store.stacks(environment):
            self._mark(stack, environment, pointer)
        if pointer is None:
            store.remove(name)
        elif not pointer.arriving:
            self._clear(environment)

    def _mark(self, stack: str, environment: str, pointer: Pointer | None) -> None:
        gone = pointer is not None and not pointer.arriving
        fields: dict[str, Any] = {"moved": "" if pointer is None else pointer.address}
        if isinstance(self._holds.of(stack, environment), SharedHold):
            fields |= _EMPTY if gone else {}
            self._change(stack, environment, lambda _: fields)
            return
        store = self._open()
        head = store.head(environment, stack)
        while head is not None and head.moved != fields["moved"]:
            if head.owner is not None and pointer is not None:
                # A run that has written nothing down yet has sent nothing: it loses its lock. One
                # that has is left as it is, and the caller finds what it keeps.
                if not gone or head.state or head.journal:
                    return
                fields |= {"owner": None, "epoch": head.epoch + 1}
            after = settle.renewed(head, new_write_id(), **fields)
            with contextlib.suppress(HeadChangedError):
                settle.swap(store, environment, stack, after, expected=head)
            head = store.head(environment, stack)

    def _clear(self, environment: str) -> None:
        store = self._open()
        for stack in self.imports(environment):
            if isinstance(self._holds.of(stack, environment), SharedHold):
                store.remove(import_name(environment, stack))
        for lock in held.all_held(store, environment):
            held.drop_held(store, lock.environment, lock.stack)

    # ── what is kept ──────────────────────────────────────────────────────────────────────

    def kept(self, environment: str) -> tuple[str, ...]:
        """Stacks whose head names a state or a journal, and those with a pending import."""
        store = self._open()
        heads = {stack: store.head(environment, stack) for stack in store.stacks(environment)}
        found = {stack for stack, head in heads.items() if head and (head.state or head.journal)}
        return tuple(sorted(found | self.imports(environment)))

    def imports(self, environment: str) -> set[str]:
        """Names of the stacks with a pending import."""
        folder = import_name(environment, "").removesuffix(".json")
        found = (name.removeprefix(folder) for name in self._open().names(folder))
        return {name.removesuffix(".json") for name in found if "/" not in name}

    def environments(self) -> tuple[str, ...]:
        """Those that have a head, a held lock, a pending import or a pointer."""
        store = self._open()
        names = (name.removeprefix(folder) for folder in _FOLDERS for name in store.names(folder))
        listed = (name.rpartition("/")[0] for name in names)
        found = {*listed, *(environment for environment, _ in store.places())}
        return tuple(sorted(filter(is_environment_name, found | self.pointers())))

    def pointers(self) -> frozenset[str]:
        """Names of the environments that have a pointer."""
        names = self._open().names("moved/")
        return frozenset(name.removeprefix("moved/").removesuffix(".json") for name in names)

    def versions(self, stack: str, environment: str, after: int) -> Iterator[tuple[Version, bytes]]:
        """The versions that the entries name."""
        store = self._open()
        head = store.head(environment, stack)
        found: dict[int, Entry] = {}
        for entry in entries(store, head.entry if head is not None else ""):
            if entry.serial <= after:
                break
            found.setdefault(entry.serial, entry)
        for serial in sorted(found):
            raw = store.read(found[serial].state)
            with contextlib.suppress(StateError):  # one that is damaged is left behind
                if raw is not None and decode(raw, path=found[serial].state).serial == serial:
                    yield found[serial].version(store.address), raw

    # ── what arrives ──────────────────────────────────────────────────────────────────────

    def receive(self, stack: str, environment: str, raw: bytes, versions: Versions) -> int:
        """Keep each version with its entry, then name the last one in the head."""
        count = 0

        def naming(head: Head | None) -> dict[str, object]:
            nonlocal count
            count, fields, last = 0, {"entry": head.entry if head is not None else ""}, b""
            store = self._open()
            newest = next(entries(store, str(fields["entry"])), None)
            for version, content in versions(newest.serial if newest is not None else 0):
                fields, last = self._keep(environment, stack, version, content, fields), content
                count += 1
            if last == raw:
                count -= 1
            else:
                state = decode(raw, path=self._open().address)
                owner = head.owner if head is not None else None
                version = Entry.of(state, owner, "", "").version("")
                fields = self._keep(environment, stack, version, raw, fields)
            return dict(fields)

        self._change(stack, environment, naming)
        return count

    def _keep(
        self, environment: str, stack: str, version: Version, raw: bytes, before: dict[str, Any]
    ) -> dict[str, Any]:
        """Keep a version and its entry, and read them back; what the head has to say of them."""
        store, write_id = self._open(), new_write_id()
        state = state_name(environment, stack, version.serial, write_id)
        name = entry_name(environment, stack, version.serial, write_id)
        entry = Entry(
            serial=version.serial,
            state=state,
            resources=version.resources,
            since=version.since,
            who=version.who,
            operation=version.operation,
            url=version.url,
            previous=before["entry"],
        )
        for blob, content in ((state, raw), (name, encode_entry(entry))):
            settle.create(store, blob, content)
            if store.read(blob) != content:
                raise StateError(
                    f"{store.address}/{blob} is read back as something else than was written",
                    hint="the states stay where they were; see what changes objects in this store",
                )
        return {"serial": version.serial, "state": state, "entry": name}

    def keep_held_lock(self, lock: HeldLock) -> None:
        """Keep a held lock as it is."""
        held.keep_held(self._open(), lock)
