"""Results of commands as files: nothing but an earlier result of the same kind is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.durable_files import read_file, write_durably
from engine.errors import UsageError


def check_result_file(path: Path, *, shown: str, what: str, begins: Sequence[str]) -> None:
    """Find out whether a result can be written to a file.

    Args:
        path: The file.
        shown: The same as a person typed it.
        what: What is written there, `picture`.
        begins: How a file begins that may be overwritten; an empty one always may.

    Raises:
        UsageError: if not.
    """
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder for {shown}", hint="make it first")
    if not path.exists():
        return
    if path.is_file():
        raw = _read(path, shown)
        if not raw or raw.startswith(tuple(text.encode() for text in begins)):
            return
    raise UsageError(
        f"{shown} exists and is no {what}, so it is not overwritten",
        hint="name another file, or move that one away",
    )


def write_result_file(
    path: Path, text: str, *, shown: str, what: str, begins: Sequence[str]
) -> None:
    """Write a result, whole or not at all; the arguments are those of `check_result_file`.

    Raises:
        UsageError: if it cannot be written; what was there is as it was.
    """
    check_result_file(path, shown=shown, what=what, begins=begins)
    try:
        write_durably(path, text.encode())
    except OSError as error:
        raise UsageError(
            f"the {what} cannot be written to {shown}",
            cause=error.strerror,
            hint="make room, or make the folder writable",
        ) from error


def _read(path: Path, shown: str) -> bytes:
    try:
        return read_file(path)
    except OSError as error:
        raise UsageError(
            f"{shown} cannot be read, so it is not overwritten",
            cause=error.strerror,
            hint="name another file, or move that one away",
        ) from error
