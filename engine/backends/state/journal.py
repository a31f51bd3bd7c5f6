"""Journals as files: one record with a checksum on each line.

A journal is put in place by a rename, with its first line and first records, and never becomes
shorter. So a crash can tear its last record and nothing else: a journal that is empty, cut short or
unreadable at its beginning was damaged by something else, and is refused.

Space is set aside before it is needed, so that a full disk shows before Stripe is called and not
after. That space reads as NUL bytes, which end the journal.
"""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePath

from engine.durable_files import (
    PRIVATE_FILE,
    set_aside,
    sync_folder,
    write_at,
    write_durably,
)
from engine.errors import StateError, UntrustedStateError

_CHECKSUM = 8
_LEAST_ROOM = 64 * 1024
"""Space is set aside in steps of at least so many bytes."""
_FIRST = b"engine journal, %d records or more, %20d bytes or more"
"""The first line holds the size that the file had when it was put in place."""
_FIRST_PATTERN = re.compile(rb"engine journal, (\d+) records or more, +(\d+) bytes or more")


def framed(record: bytes) -> bytes:
    """A record as its line: checksum, space, JSON, newline."""
    return b"%08x %b\n" % (zlib.crc32(record), record)


def content_of(records: Sequence[bytes], *, reserve: int) -> bytes:
    """What a journal begins with: its first line and some records.

    Args:
        records: The records.
        reserve: Bytes that are set aside behind them.
    """
    lines = b"".join(map(framed, records))
    length = len(framed(_FIRST % (len(records), 0))) + len(lines) + reserve
    return framed(_FIRST % (len(records), length)) + lines


def records_in(raw: bytes, *, path: str) -> tuple[bytes, ...]:
    """The records of a journal, a last torn one left out.

    Raises:
        UntrustedStateError: if it is not what the engine wrote, but for what a crash can do to it.
    """
    lines = raw.split(b"\n")
    whole = [record_in(line) for line in lines]
    if whole[0] is None:
        raise _damaged(path, 1, _why(raw))
    last = max(at for at, line in enumerate(lines) if record_in(line.lstrip(b"\0")) is not None)
    torn = next((at for at in range(last + 1) if whole[at] is None), None)
    if torn is not None:
        raise _damaged(path, torn + 1, _WHOLE_FOLLOW)
    remains = [at for at in range(last + 1, len(lines)) if lines[at].strip(b"\0")]
    if len(remains) > 1:
        raise _damaged(path, remains[0] + 1, _SEVERAL)
    records = tuple(record for record in whole if record is not None)
    first = _FIRST_PATTERN.fullmatch(records[0])
    if first is None:
        return records  # an earlier engine wrote no such line
    least, length = int(first[1]), int(first[2])
    if len(raw) < length:
        cut = f"It was cut short: it has {len(raw)} bytes, and was made with {length}."
        raise _damaged(path, len(lines), cut)
    if len(records) - 1 < least:
        raise _damaged(path, len(records) + 1, _why(raw))
    return records[1:]


_WHOLE_FOLLOW = "What follows is whole, so no crash tore it."
_SEVERAL = "A crash tears one record at most, and this is not the only line that is none."


def record_in(line: bytes) -> bytes | None:
    """The record of a line; None if there is none, or not all of it."""
    # The newline of the last record may be missing; what was set aside follows it then.
    line = line.rstrip(b"\0")
    record = line[_CHECKSUM + 1 :]
    return record if line == framed(record)[:-1] else None


def _why(raw: bytes) -> str:
    """What happened to a journal without a valid first line."""
    first = raw.split(b"\n")[0]
    if not raw:
        what = "It is empty"
    elif not raw.strip(b"\0"):
        what = "It holds nothing but NUL bytes"
    elif first.endswith(b"\r") and record_in(first[:-1]) is not None:
        what = "Its line ends were rewritten (CRLF)"
    else:
        what = "Its beginning is missing"
    return f"{what}. A journal is put in place whole, so no crash did this to it."


def _damaged(path: str, line: int, cause: str) -> UntrustedStateError:
    return UntrustedStateError(
        path,
        line,
        "the journal of an unfinished run is damaged",
        cause=f"{cause} It may know objects that nothing else does; without it they would be made "
        "a second time. Nothing was sent or changed.",
        hint="bring the file back from a backup and run the command again. Without one, "
        f"engine state rebuild {PurePath(path).stem} --force finds on the account what the run "
        f"made and puts this journal aside; if that finds nothing, delete {path}",
    )


class FileJournal:
    """A journal that is being written."""

    def __init__(self, path: Path, *, shown: str, end: int) -> None:
        """Open a journal to append to it.

        Args:
            path: Its file.
            shown: The path in messages.
            end: Where its last record ends; the rest is set aside.

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
            # Half a line followed by a whole one would count as damage.
            with contextlib.suppress(OSError):
                os.pwrite(self._file, bytes(len(line)), self._end)
            raise StateError(
                f"{self._shown} cannot be written",
                cause=error.strerror,
                hint="make room and run the command again: it recovers what this one did",
            ) from error
        self._end += len(line)

    def sync(self) -> None:
        """Nothing is left to do: each record was synced by itself, so that a crash tears one."""

    def _set_aside(self, more: int) -> None:
        if self._end + more <= self._room:
            return
        grown = max(more, _LEAST_ROOM)
        set_aside(self._file, self._end, grown)
        os.fsync(self._file)
        self._room = self._end + grown

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def begin(path: Path, records: Sequence[bytes], *, shown: str, reserve: int) -> FileJournal:
    """Put a journal in place that begins with some records, and open it.

    Raises:
        OSError: if there is no room for it; one that was there is intact.
    """
    content = content_of(records, reserve=reserve)
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
    """Make written bytes survive a power cut; the length of the file did not change."""
    getattr(os, "fdatasync", os.fsync)(file)
