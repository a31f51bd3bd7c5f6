"""Journals as files: one checksummed record a line, written in advance of what may happen.

Space is set aside before it is needed, so that a full disk is found out before Stripe is called
and not after; what is set aside reads as NUL bytes and ends the journal for whoever reads it.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePath

from engine.backends.files import PRIVATE_FILE, set_aside, sync_folder, write_at, write_durably
from engine.errors import StateError

_CHECKSUM = 8
_LEAST_ROOM = 64 * 1024
"""Space is set aside in steps of at least so many bytes."""


def framed(record: bytes) -> bytes:
    """A record as its line: checksum, space, JSON, newline."""
    return b"%08x %b\n" % (zlib.crc32(record), record)


def records_in(raw: bytes, *, path: str) -> tuple[bytes, ...]:
    """The records of a journal, a last torn one left out.

    Raises:
        StateError: if a record is damaged that others follow.
    """
    found: list[bytes] = []
    torn = 0
    for number, text in enumerate(raw.split(b"\n"), start=1):
        line = text.strip(b"\0")
        if not line:
            continue
        record = line[_CHECKSUM + 1 :]
        if line[: _CHECKSUM + 1] == framed(record)[: _CHECKSUM + 1]:
            if torn:
                raise StateError(
                    f"{path}, line {torn}: the journal of an unfinished run is damaged",
                    cause="Records that follow this one are whole, so no crash tore it.",
                    hint="bring the file back from a backup; without one, engine state rebuild "
                    f"{PurePath(path).stem} --force finds on the account what the run made",
                )
            found.append(record)
        else:
            torn = torn or number
    return tuple(found)


class FileJournal:
    """A journal that is being written."""

    def __init__(self, path: Path, *, shown: str, end: int) -> None:
        """Go on at the end of a journal that is there.

        Args:
            path: Its file.
            shown: The path as people know it.
            end: Where its last record ends; what lies behind is set aside.

        Raises:
            OSError: if it cannot be opened.
        """
        self._shown = shown
        self._file = os.open(path, os.O_RDWR)
        self._end = end
        self._room = os.fstat(self._file).st_size

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Add a record."""
        line = framed(record)
        try:
            self._set_aside(len(line) + reserve)
            write_at(self._file, line, self._end)
            _sync(self._file)
        except OSError as error:
            # Half a line would be taken for damage once a whole one follows.
            with contextlib.suppress(OSError):
                os.pwrite(self._file, bytes(len(line)), self._end)
            raise StateError(
                f"{self._shown} cannot be written",
                cause=error.strerror,
                hint="make room and run the command again: it takes up what this one did",
            ) from error
        self._end += len(line)

    def _set_aside(self, more: int) -> None:
        if self._end + more <= self._room:
            return
        grown = max(more, _LEAST_ROOM)
        set_aside(self._file, self._end, grown)
        os.fsync(self._file)
        self._room = self._end + grown

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)


def begin(path: Path, records: Sequence[bytes], *, shown: str, reserve: int) -> FileJournal:
    """Put a journal in place that begins with some records, and open it.

    Raises:
        OSError: if there is no room for it; one that was there is intact.
    """
    content = b"".join(map(framed, records))
    write_durably(path, content, mode=PRIVATE_FILE, reserve=reserve)
    return FileJournal(path, shown=shown, end=len(content))


def end(path: Path) -> None:
    """Remove a journal, if there is one.

    Raises:
        OSError: if that cannot be done.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        return
    sync_folder(path.parent)


def _sync(file: int) -> None:
    """Make what was written survive a power cut; the length of the file did not change."""
    getattr(os, "fdatasync", os.fsync)(file)
