"""Files of constants, which applications import: written whole, and never over other files."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from engine.backends.gitignore import private_folder, would_be_committed
from engine.durable_files import PRIVATE_FILE, read_file, write_durably
from engine.errors import ConstantsFileError

_FILE = 0o644


def read_constants(path: Path, *, shown: str) -> str | None:
    """The text of a file; None if there is none. Line ends that git rewrote are no difference.

    Args:
        path: The file.
        shown: The same as messages name it.

    Raises:
        ConstantsFileError: if it cannot be read.
    """
    try:
        return read_file(path).decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConstantsFileError(
            f"{shown} cannot be read", cause=error.strerror, hint="name a file, or make it readable"
        ) from error


def write_constants(
    path: Path,
    text: str,
    *,
    shown: str,
    is_ours: Callable[[str], bool],
    private: Path | None,
    force: bool | None,
) -> bool:
    """Write a file, unless it has this text already. A link stays one: its target is written.

    Args:
        path: The file.
        text: Its text.
        shown: The file as messages name it.
        is_ours: Whether a text was written from here; an empty file may be written over too.
        private: It holds a secret: git must not see it, and only its user may read it. This is
            the project's private folder, where it is written first; None if it holds none.
        force: Write over any file; None if the command has no option for that.

    Returns:
        Whether it was written.

    Raises:
        ConstantsFileError: if it is another file, or cannot be written.
    """
    path, secret = path.resolve(), private is not None
    present = check_constants(path, text, shown=shown, is_ours=is_ours, secret=secret, force=force)
    mode = _FILE if present is None else stat.S_IMODE(path.stat().st_mode)
    if present == text and not (secret and mode != PRIVATE_FILE):
        return False
    try:
        content = text.encode("utf-8")
        write_durably(
            path,
            content,
            mode=PRIVATE_FILE if secret else mode,
            staging=None if private is None else _staging(private, path),
        )
    except OSError as error:
        raise ConstantsFileError(
            f"{shown} cannot be written", cause=error.strerror, hint="make its folder writable"
        ) from error
    return True


def check_constants(
    path: Path,
    text: str | None = None,
    *,
    shown: str,
    is_ours: Callable[[str], bool],
    secret: bool,
    force: bool | None,
) -> str | None:
    """Check that a file may be written, and return its present text; None if there is none.

    Args:
        path: The file.
        text: Its text to be; None if that is not known yet.
        shown: The file as messages name it.
        is_ours: As in `write_constants`.
        secret: It will hold a secret.
        force: Write over any file; None if the command has no option for that.

    Raises:
        ConstantsFileError: if it may not.
    """
    path = path.resolve()
    present = read_constants(path, shown=shown)
    if secret and would_be_committed(path):
        raise ConstantsFileError(
            f"{shown} would be committed, with a secret in it",
            cause="It is inside a git repository that does not ignore it.",
            hint=f"add {path.name} to .gitignore, and git rm --cached it if it is tracked",
        )
    if present and not force and not is_ours(present):
        raise ConstantsFileError(
            f"{shown} is not written over: engine output did not write it",
            hint="name another file" if force is None else "name another file, or give --force",
        )
    if not path.parent.is_dir():
        raise ConstantsFileError(f"there is no folder for {shown}", hint="make it first")
    if present not in (None, text) and not path.stat().st_mode & stat.S_IWUSR:
        raise ConstantsFileError(f"{shown} is read-only", hint=f"chmod u+w {shown}")
    return present


def _staging(private: Path, path: Path) -> Path | None:
    """Where a file with a secret is written first, so that git never sees a leftover of it."""
    folder = private_folder(private, "secrets")
    return folder if folder.stat().st_dev == path.parent.stat().st_dev else None
