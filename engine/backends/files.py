"""Durable files: a write is there whole or not at all, also after a power cut."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def write_durably(path: Path, content: bytes, *, mode: int = 0o644, reserve: int = 0) -> None:
    """Put a file in place: temporary file, fsync, rename, fsync of the directory.

    Args:
        path: The file.
        content: What it holds.
        mode: Its permissions.
        reserve: Bytes to set aside behind the content; they read as NUL.

    Raises:
        OSError: if that cannot be done; the file that was there is intact.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        try:
            os.fchmod(handle, mode)
            written = 0
            while written < len(content):
                written += os.write(handle, content[written:])
            if reserve:
                set_aside(handle, len(content), reserve)
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def set_aside(handle: int, start: int, length: int) -> None:
    """Set space aside in a file that reads as NUL bytes; where the system cannot, write them.

    Raises:
        OSError: if there is no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, start, length)
    else:  # pragma: no cover - not on Linux
        os.pwrite(handle, bytes(length), start)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def private_folder(root: Path, *parts: str) -> Path:
    """A folder under the project's private one, which git is told to ignore."""
    root.mkdir(parents=True, exist_ok=True)
    ignore = root / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# made by engine: nothing in here is ever committed\n*\n")
    folder = root.joinpath(*parts)
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return folder
