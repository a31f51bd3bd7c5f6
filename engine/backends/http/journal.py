"""The journal of a run, which is a part of its stack's document."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import threading
from collections.abc import Callable, Sequence

from engine.backends.http.documents import StackDocument
from engine.errors import StateError

_BEGUN = "begun"


class HttpJournal:
    """The journal of a run: what was added since the last `sync` is sent with the next one."""

    def __init__(self, change: Callable[[Callable[[StackDocument], StackDocument]], None]) -> None:
        """Args: change: changes the document of the stack."""
        self._change = change
        self._waiting: list[bytes] = []
        self._mutex = threading.Lock()

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Add a record."""
        del reserve  # the server's room is its own affair
        with self._mutex:
            self._waiting.append(record)

    def sync(self) -> None:
        """Send what was added, once."""
        with self._mutex:
            if self._waiting:
                self._change(lambda before: with_records(before, self._waiting))
                self._waiting = []

    def close(self) -> None:
        """Send what is left; the next run finds out what did not arrive."""
        with contextlib.suppress(StateError):
            self.sync()


def with_records(before: StackDocument, records: Sequence[bytes]) -> StackDocument:
    """A document with records added to its journal, which begins with them if there is none."""
    texts = (base64.b64encode(record).decode() for record in records)
    return dataclasses.replace(before, journal=(*(before.journal or (_BEGUN,)), *texts))


def records_of(document: StackDocument, place: str) -> tuple[bytes, ...] | None:
    """The records of a journal; None if there is none.

    Raises:
        StateError: if it is damaged.
    """
    if not document.journal:
        return None
    try:
        return tuple(base64.b64decode(text, validate=True) for text in document.journal[1:])
    except ValueError as error:
        raise StateError(
            f"the journal in {place} is damaged",
            cause="It may know objects that nothing else does. Nothing was sent or changed.",
            hint="bring back the last version of the document with the tools of the server, or "
            f"run engine state rebuild {document.stack} --force",
        ) from error
