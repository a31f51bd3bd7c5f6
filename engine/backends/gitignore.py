"""Ignore files that keep private files out of git, checked each time and not only made once.

A full disk or a kill can leave such a file empty, and a merge or a person can change it: so its
lines are checked, not only that it exists.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.durable_files import PRIVATE_FOLDER, make_folder, read_file, write_durably
from engine.errors import Problem

NAME = ".gitignore"
EVERYTHING = ("# made by engine: nothing in here is ever committed", "*")
"""The lines for a folder of which nothing is committed."""
TRANSIENTS = (
    "# made by engine: what runs have not finished, half-written files, what a rebuild put aside",
    "*.journal",
    "*.import",
    ".*.tmp",
    "*.replaced*",
)
"""The lines for a folder of states: which other files in it are not committed."""


def ignores(folder: Path, lines: Sequence[str]) -> bool:
    """Whether the ignore file of a folder has all of some lines.

    Raises:
        OSError: if it cannot be read.
    """
    return not _missing(_content(folder / NAME), lines)


def is_exposed(folder: Path, lines: Sequence[str]) -> bool:
    """Whether a folder has private files or an ignore file, and the file lacks lines."""
    patterns = [line for line in lines if not line.startswith("#")]
    exists = (folder / NAME).exists() or any(
        path.name != NAME for line in patterns for path in folder.rglob(line)
    )
    try:
        return exists and not ignores(folder, lines)
    except OSError:
        return True


def exposed_folders(states: Path, private: Path, shown: Callable[[Path], str]) -> Iterator[Problem]:
    """Folders whose ignore file does not keep private files out of git.

    Args:
        states: Folder of state files.
        private: Folder that is never committed.
        shown: How messages name a path.
    """
    for folder, lines, what in (
        (private, EVERYTHING, "which holds secrets"),
        (states, TRANSIENTS, "such as the journals of runs"),
    ):
        if is_exposed(folder, lines):
            file, wanted = shown(folder / NAME), ", ".join(lines[1:])
            message = f"it does not keep git from what is never committed, {what}"
            hint = f"add {wanted} at its end; the next engine apply does so too"
            yield Problem(file, 0, message, hint, "state-ignore")


def ignore(folder: Path, lines: Sequence[str]) -> bool:
    """Add some lines to the ignore file of a folder, unless it has them.

    Args:
        folder: The folder; made if it is not there.
        lines: Patterns, after a comment. If one is missing, all are added at the end.

    Returns:
        Whether something had to be written.

    Raises:
        OSError: if that fails; nothing private may be put into the folder then.
    """
    raw = _content(folder / NAME)
    if not _missing(raw, lines):
        return False
    kept = b"" if b"\0" in raw else raw
    ending = b"\n" if kept and not kept.endswith(b"\n") else b""
    write_durably(folder / NAME, kept + ending + "".join(f"{line}\n" for line in lines).encode())
    return True


def private_folder(root: Path, *parts: str) -> Path:
    """A folder inside one of which nothing is ever committed.

    Raises:
        OSError: if it or its ignore file cannot be made.
    """
    ignore(root, EVERYTHING)
    folder = root.joinpath(*parts)
    make_folder(folder, mode=PRIVATE_FOLDER)
    return folder


def would_be_committed(path: Path) -> bool:
    """Whether git tracks a file or would add it; false without git or a repository."""
    folder = next(parent for parent in path.parents if parent.is_dir())
    git = shutil.which("git")
    if git is None:
        return False
    # In a hook, git's variables name another repository than the one the file is in.
    variables = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    asked = subprocess.run(  # noqa: S603 - git, asked about one path
        [git, "-C", str(folder), "check-ignore", "--quiet", "--", str(path)],
        capture_output=True,
        check=False,
        env=variables,
    )
    # 0: ignored; 1: not ignored, or tracked, which ignoring does not end; 128: no repository.
    return asked.returncode == 1


def _content(path: Path) -> bytes:
    """The bytes of an ignore file; git does not follow one that is a link."""
    if path.is_symlink():
        return b""
    try:
        return read_file(path)
    except FileNotFoundError:
        return b""


def _missing(raw: bytes, lines: Sequence[str]) -> list[str]:
    """The patterns that have no effect: they are missing, or a later line revokes them."""
    found: set[str] = set()
    for line in raw.decode("utf-8", "replace").split("\n"):
        found = set() if line.startswith("!") else found | {line.rstrip()}
    return [line for line in lines if not line.startswith("#") and line not in found]
