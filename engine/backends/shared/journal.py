"""Journals in a shared store: a chunk of records for each wave of operations.

A chunk is created whole or not at all, so nothing is ever torn: one that is missing between others
or is not what was written is damage, and refused.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from engine.backends.shared import settle
from engine.backends.shared.names import chunk_name
from engine.backends.shared.store import NameTakenError, SharedStore
from engine.backends.state.journal import framed, record_in
from engine.errors import StateError, UntrustedStateError

_AT_ONCE = 8


class SharedJournal:
    """A journal that is being written; what was not synced is not kept."""

    def __init__(self, store: SharedStore, prefix: str, *, chunks: int) -> None:
        """Args: prefix: of the names of its chunks; chunks: how many there are."""
        self._store = store
        self._prefix = prefix
        self._chunks = chunks
        self._waiting: list[bytes] = []
        self._unsettled: bytes | None = None

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Add a record to the next chunk."""
        del reserve  # a store of a team does not run full between two requests
        self._waiting.append(record)

    def sync(self) -> None:
        """Create a chunk with what was added since the last one.

        One whose outcome is not known is settled first, with the bytes that it had.
        """
        while self._unsettled is not None or self._waiting:
            if self._unsettled is None:
                self._unsettled = content_of(self._waiting)
                self._waiting.clear()
            self._create(self._unsettled)
            self._unsettled = None

    def _create(self, content: bytes) -> None:
        name = chunk_name(self._prefix, self._chunks + 1)
        try:
            settle.create(self._store, name, content)
        except NameTakenError as error:
            raise StateError(
                f"{self._store.address}/{name} was written by another run",
                hint="this run writes nothing more; engine plan shows what there is now",
            ) from error
        self._chunks += 1

    def close(self) -> None:
        """Nothing is open."""


def content_of(records: Sequence[bytes]) -> bytes:
    """The content of a chunk."""
    return b"".join(map(framed, records))


def read_chunks(store: SharedStore, prefix: str) -> tuple[bytes, ...]:
    """All records of a journal.

    Raises:
        UntrustedStateError: if a chunk is missing, or not what was written.
    """
    found: list[bytes] = []
    # What is listed says what is missing; a listing that is late must hide no operation.
    listed = set(store.names(prefix))
    for number in itertools.count(1):
        wanted = chunk_name(prefix, number)
        content = store.read(wanted)
        listed.discard(wanted)
        if content is None and found and not listed:
            break
        records = [record_in(line) for line in (content or b"").removesuffix(b"\n").split(b"\n")]
        if not records or None in records:
            what = "is missing" if content is None else "is not what the engine wrote"
            raise UntrustedStateError(
                f"{store.address}/{wanted}",
                1,
                "the journal of an unfinished run is damaged",
                cause=f"This part of it {what}. It may know objects that nothing else does; "
                "without it they would be made a second time. Nothing was sent or changed.",
                hint="bring the object back, from its versions or a backup, and run the command "
                "again; without one, engine state rebuild STACK --force finds on the account what "
                "the run made and puts this journal aside",
            )
        found.extend(record for record in records if record is not None)
    return tuple(found)


def remove_chunks(store: SharedStore, prefix: str) -> None:
    """Remove the chunks of a journal that no head names any more; none for an empty prefix."""
    with contextlib.suppress(StateError), ThreadPoolExecutor(_AT_ONCE) as pool:
        # They are only in the way.
        list(pool.map(store.remove, store.names(prefix) if prefix else ()))
