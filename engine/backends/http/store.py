"""Documents under their locks: read, changed, and settled by reading again.

A server that is asked to write may have done so although no answer arrives, or an error does. So
each write carries a random id: a document with one's own id is one's own write.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import threading
from collections.abc import Callable, Iterator

from engine.backends.http.answers import Lock
from engine.backends.http.client import Client
from engine.backends.http.documents import (
    INDEX,
    KEPT_ASIDE,
    PROBE,
    Index,
    StackDocument,
    aside_name,
    decode_index,
    decode_stack,
    encode,
    name_of,
)
from engine.errors import StateError, StoreUnavailableError
from engine.ports.run_locks import LockOwner
from engine.version import VERSION

_TRIES = 3
_PATIENCE = 100
"""Tries to get a lock that another one needs for a moment."""
_POLL = 0.2
_NO_LIFE = (
    "a state server is given no sign of life of a run: the lock of a machine that is gone stays "
    "until engine unlock ID --force (docs/how-to/stores/http.md says what else is not promised)"
)
_UNFENCED = (
    "with unfenced=1 a run that lost its lock in the middle of a write may overwrite what the next "
    "one wrote: take a lock only from a run whose process has ended"
)


class LockRefusedError(Exception):
    """A document is locked by another one.

    Attributes:
        lock: What the server says of that lock.
    """

    def __init__(self, lock: Lock) -> None:
        super().__init__(lock.id)
        self.lock = lock


class WriteRefusedError(Exception):
    """A write that another one was faster than, or whose lock is not the document's."""


class DocumentStore:
    """The documents of one server."""

    def __init__(self, client: Client, *, wait: Callable[[float], None]) -> None:
        """Args: wait: called with the seconds between two tries to get a lock."""
        self._client = client
        self._wait = wait
        self._prepared = False
        self._fenced = False
        self._known: set[str] = set()
        self._mutex = threading.RLock()

    @property
    def address(self) -> str:
        """Where the server is, as messages name it."""
        return self._client.server.base

    def place(self, name: str) -> str:
        """Where a document is, as messages name it."""
        return f"{self._client.server.base}/{name}"

    # ── documents of stacks ───────────────────────────────────────────────────────────────

    def read(self, stack: str, environment: str) -> StackDocument | None:
        """The document of a stack; None if there never was one."""
        self.prepare()
        name = name_of(stack, environment)
        raw = self._client.read(name)
        if raw is None:
            return None
        return decode_stack(raw, where=self.place(name), stack=stack, environment=environment)

    def write(self, document: StackDocument, before: StackDocument | None, lock: str) -> None:
        """Write a document in place of the one that was read, under a lock.

        Raises:
            WriteRefusedError: if another one is stored, or the lock is lost.
            StoreUnavailableError: if it cannot be written.
        """
        self._register(document.stack, document.environment)
        name = name_of(document.stack, document.environment)
        for tried in range(_TRIES):
            answer = self._client.write(name, encode(document), lock)
            if answer.done:
                return
            stored = self.read(document.stack, document.environment)
            if stored is not None and stored.write_id == document.write_id:
                return
            if answer.locked or (stored and stored.write_id) != (before and before.write_id):
                raise WriteRefusedError
            self._client.pause(tried, answer)
        raise self._client.unavailable(name, "written", answer)

    def put_aside(self, document: StackDocument, number: int) -> None:
        """Keep a document under a number, if the server keeps no versions; as far as it can."""
        if not self._client.server.gitlab:
            name = aside_name(document.stack, document.environment, number)
            with contextlib.suppress(StoreUnavailableError):
                self._client.write(name, encode(document), "")

    def earlier(self, document: StackDocument, write: int, number: int) -> StackDocument | None:
        """The document of a stack at one of its writes, or what was put aside under a number."""
        name = self._earlier_name(document, write, number)
        stack, environment, raw = document.stack, document.environment, self._client.read(name)
        if raw is None:
            return None
        return decode_stack(raw, where=self.place(name), stack=stack, environment=environment)

    def earlier_place(self, document: StackDocument, write: int, number: int) -> str:
        """Where `earlier` reads."""
        return self.place(self._earlier_name(document, write, number))

    def _earlier_name(self, document: StackDocument, write: int, number: int) -> str:
        place = (document.stack, document.environment)
        if self._client.server.gitlab:
            return f"{name_of(*place)}/versions/{write}"
        return aside_name(*place, number)

    # ── locks ─────────────────────────────────────────────────────────────────────────────

    def lock(self, stack: str, environment: str, owner: LockOwner) -> None:
        """Get the lock of a stack's document.

        Raises:
            LockRefusedError: if another one has it.
        """
        self._register(stack, environment)
        self._lock(name_of(stack, environment), owner.id, owner.operation, str(owner), owner.since)

    def unlock(self, stack: str, environment: str, id: str) -> bool:
        """Give the lock of a stack's document back, with its id."""
        return self._client.unlock(name_of(stack, environment), id)

    def _lock(
        self, name: str, id: str, operation: str, who: str = "engine", since: str = ""
    ) -> None:
        found = self._client.lock(
            name,
            {
                "ID": id,
                "Operation": operation,
                "Info": who,
                "Who": who,
                "Version": VERSION,
                "Created": since,
                "Path": name,
            },
        )
        if not found.had:
            raise LockRefusedError(found)

    # ── the index ─────────────────────────────────────────────────────────────────────────

    def index(self) -> Index:
        """The index, an empty one if there is none."""
        raw = self._client.read(INDEX)
        if raw is None:
            return Index(lineage=secrets.token_hex(16), serial=0, write_id="")
        return decode_index(raw, where=self.place(INDEX))

    def change_index(self, change: Callable[[Index], Index]) -> None:
        """Change the index while no other one does.

        Args:
            change: Gives the index as it is to be. What it raises is raised, and nothing changed.
        """
        for tried in range(_TRIES):
            with self._index_locked() as lock:
                before = self.index()
                after = dataclasses.replace(
                    change(before), serial=before.serial + 1, write_id=secrets.token_hex(16)
                )
                answer = self._client.write(INDEX, encode(after), lock)
                # Whatever it answered: it is there, or it is not, as where the lock was lost.
                if self.index().write_id == after.write_id:
                    return
            self._client.pause(tried, answer)
        raise self._client.unavailable(INDEX, "written", answer)

    @contextlib.contextmanager
    def _index_locked(self) -> Iterator[str]:
        id = secrets.token_hex(4)
        self._lock_index(id)
        try:
            yield id
        finally:
            self._client.unlock(INDEX, id)

    def _lock_index(self, id: str) -> None:
        """Get the lock of the index, which each one has for the moment of a change.

        One who has it all the time that this waits was killed in that moment, or is stopped: then
        it is taken away, and the server refuses what a stopped one still writes.
        """
        seen: set[str] = set()
        for tried in range(_PATIENCE):
            try:
                self._lock(INDEX, id, "index")
            except LockRefusedError as refused:
                seen.add(refused.lock.id)
            else:
                return
            if tried + 2 == _PATIENCE and len(seen) == 1 and all(seen) and self._fenced:
                self._client.unlock(INDEX, *seen)
            self._wait(_POLL)
        raise StoreUnavailableError(
            f"{self.place(INDEX)} is locked ({', '.join(sorted(seen)) or 'unknown'}), and stays so",
            cause="A run has it for a moment when a stack is new.",
            hint="unlock it with the tools of the server, and run the command again",
        )

    def _register(self, stack: str, environment: str) -> None:
        """Put a stack into the index, so that it is found."""
        self.prepare()
        entry = f"{environment} {stack}"
        with self._mutex:
            if entry in self._known:
                return
            if entry not in self.index().stacks:
                self.change_index(
                    lambda index: dataclasses.replace(
                        index, stacks=tuple(sorted({*index.stacks, entry}))
                    )
                )
            self._known.add(entry)

    # ── what the server guarantees ────────────────────────────────────────────────────────

    def prepare(self) -> None:
        """Test the server when it is first used; its index says that it was.

        Raises:
            StateError: if it lacks a guarantee.
        """
        with self._mutex:
            if self._prepared:
                return
            index, here = self.index(), self._client.server.base
            if index.tested == here:
                fenced = self._fenced = index.fenced
            else:
                fenced = self._tested()
                self._check_fence(fenced=fenced)
                self._fenced = fenced
                self.change_index(
                    lambda found: dataclasses.replace(found, tested=here, fenced=fenced)
                )
            self._check_fence(fenced=fenced)
            self._prepared = True

    def _check_fence(self, *, fenced: bool) -> None:
        if fenced or self._client.server.unfenced:
            return
        raise StateError(
            f"the server at {self._client.server.base} does not check the lock's id at a write",
            cause="A run that is stopped, loses its lock to engine unlock --force and goes on in "
            "the middle of a write could overwrite what the next run wrote.",
            hint="to accept that, add unfenced=1 to the address; everything else is promised",
        )

    def _tested(self) -> bool:
        """Whether the server checks the lock's id, once it passed the rest of the test."""
        name = PROBE + secrets.token_hex(4)
        first, second = secrets.token_hex(4), secrets.token_hex(4)
        self._lock(name, first, "test")
        try:
            if self._client.lock(name, _info(second)).had:
                self._client.unlock(name, second)
                raise self._lacks("gives a lock that is held to a second one")
            index = Index(lineage=secrets.token_hex(16), serial=1, write_id=first)
            content = encode(index)
            answer = self._client.write(name, content, first)
            stored = self._client.read(name)
            if stored != content and not answer.done:
                raise self._client.unavailable(name, "written", answer)
            if stored != content:
                raise self._lacks("does not return what was written to it")
            self._client.write(
                name, encode(dataclasses.replace(index, serial=2, write_id=second)), second
            )
            fenced = self._client.read(name) == content
            self._client.unlock(name, second)
            free = self._client.lock(name, _info(second)).had
            if free:
                self._client.unlock(name, second)
            return fenced and not free
        finally:
            self._client.unlock(name, first)
            self._client.remove(name)

    def caveats(self) -> tuple[str, ...]:
        """What this server does not guarantee."""
        server, found = self._client.server, [_NO_LIFE]
        if not server.gitlab:
            found.append(
                f"this state server has no versions: the last {KEPT_ASIDE} states are kept"
            )
        if server.unfenced:
            found.append(_UNFENCED)
        return tuple(found)

    def _lacks(self, what: str) -> StateError:
        return StateError(
            f"the server at {self._client.server.base} {what}",
            cause="Two machines could apply at once there, and lose objects.",
            hint="see whether lock-method, unlock-method and lock-path in the address are those of "
            "the server, or use another store (docs/how-to/stores/http.md)",
        )


def _info(id: str) -> dict[str, str]:
    names = ("Operation", "Info", "Who", "Version", "Path")
    return {"ID": id, "Created": "", **dict.fromkeys(names, "engine")}
