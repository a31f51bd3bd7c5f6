"""Durable files: a write is whole or does not happen, also in a power cut."""

from __future__ import annotations

import contextlib
import errno
import glob
import itertools
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def write_durably(
    path: Path,
    content: bytes,
    *,
    mode: int = 0o644,
    reserve: int = 0,
    staging: Path | None = None,
) -> None:
    """Put a file in place: temporary file, fsync, rename, fsync of the directory.

    Args:
        path: The file.
        content: What it holds.
        mode: Who may read and write it.
        reserve: Bytes to set aside behind the content; they read as NUL.
        staging: Folder of the temporary file, on the same file system; that of the file if None.

    Raises:
        OSError: if that cannot be done; the file that was there is intact, or, if nothing but the
            sync of the folder failed, the new one is in its place.
    """
    make_folder(path.parent)
    with _staged(path, content, mode, staging=staging, reserve=reserve) as temporary:
        temporary.replace(path)
    sync_folder(path.parent)


def folders_in(path: Path) -> list[str]:
    """Names of the folders in a folder; none if it is none. No entry is looked at one by one."""
    return next(os.walk(path), ("", list[str](), list[str]()))[1]


def create_durably(path: Path, content: bytes, *, mode: int = 0o644) -> bool:
    """Put a new file in place as `write_durably` does, unless there is one of that name.

    Returns:
        Whether it was.

    Raises:
        OSError: if that cannot be done; there is no such file then, or, if nothing but the sync of
            the folder failed, it is in its place.
    """
    make_folder(path.parent)
    with _staged(path, content, mode) as temporary:
        try:
            path.hardlink_to(temporary)  # unlike a rename, it replaces nothing
        except FileExistsError:
            return False
        except OSError:
            if os.path.lexists(path):
                return False
            temporary.replace(path)  # the file system knows no links
    sync_folder(path.parent)
    return True


@contextlib.contextmanager
def _staged(
    path: Path, content: bytes, mode: int, *, staging: Path | None = None, reserve: int = 0
) -> Iterator[Path]:
    """A temporary file with the synced content of one; it is removed if it is still there."""
    folder = staging or path.parent
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.", suffix=".tmp")
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
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def read_file(path: Path) -> bytes:
    """Read a regular file; reading a pipe of that name could wait forever.

    Raises:
        OSError: if it cannot be read, or is no regular file.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "It is a pipe or a device, and no file.", str(path))
    return path.read_bytes()


def write_at(handle: int, content: bytes, start: int) -> None:
    """Write all bytes at an offset of a file, also where the system writes only some at a time.

    Raises:
        OSError: if that cannot be done; some of them may be there.
    """
    written = 0
    while written < len(content):
        written += os.pwrite(handle, content[written:], start + written)


def set_aside(handle: int, start: int, length: int) -> None:
    """Set space aside in a file that reads as NUL bytes; where the system cannot, write them.

    Raises:
        OSError: if there is no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, start, length)
    else:  # pragma: no cover - not on Linux
        write_at(handle, bytes(length), start)


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make a folder and its parents, so that they and their contents survive a power cut.

    Raises:
        OSError: if it cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def free_path(path: Path) -> Path:
    """The path if it is free, else the first free one with a number at its end."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], numbered) if not name.exists())


def sweep(path: Path) -> None:
    """Remove temporary files that killed writers of a file left; only its one writer may."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        if re.fullmatch(r"[a-z0-9_]{8}", left.name[len(path.name) + 2 : -len(".tmp")]):
            with contextlib.suppress(OSError):
                left.unlink()


def sync_folder(folder: Path) -> None:
    """Make changes in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
