"""What keeps git away from files that are never committed; looked at each time, not only made once.

A full disk or a kill can leave such a file empty, and a merge or a person can change it: what it
says is what counts, not that it is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.backends.files import PRIVATE_FOLDER, make_folder, read_file, write_durably

NAME = ".gitignore"
EVERYTHING = ("# made by engine: nothing in here is ever committed", "*")
"""The lines of a folder of which nothing is committed."""
TRANSIENTS = (
    "# made by engine: journals of runs, half-written files, and what a rebuild put aside",
    "*.journal",
    ".*.tmp",
    "*.replaced*",
)
"""The lines of a folder of states: what beside them is not committed."""


def ignores(folder: Path, lines: Sequence[str]) -> bool:
    """Whether git is told, in a folder, to pass over what some lines name.

    Raises:
        OSError: if the file that says so cannot be read.
    """
    return not _missing(_content(folder / NAME), lines)


def ignore(folder: Path, lines: Sequence[str]) -> bool:
    """See to it that git is told, in a folder, to pass over what some lines name.

    Args:
        folder: The folder; made if it is not there.
        lines: Patterns, after a comment. Where one is missing, all are added behind what is there.

    Returns:
        Whether something had to be written.

    Raises:
        OSError: if that cannot be done: nothing private may be put into the folder then.
    """
    raw = _content(folder / NAME)
    if not _missing(raw, lines):
        return False
    kept = b"" if b"\0" in raw else raw
    ending = b"\n" if kept and not kept.endswith(b"\n") else b""
    write_durably(folder / NAME, kept + ending + "".join(f"{line}\n" for line in lines).encode())
    return True


def private_folder(root: Path, *parts: str) -> Path:
    """A folder under one of which nothing is ever committed.

    Raises:
        OSError: if it cannot be made, or git cannot be told so.
    """
    ignore(root, EVERYTHING)
    folder = root.joinpath(*parts)
    make_folder(folder, mode=PRIVATE_FOLDER)
    return folder


def _content(path: Path) -> bytes:
    """What an ignore file says; git does not follow one that is a link."""
    if path.is_symlink():
        return b""
    try:
        return read_file(path)
    except FileNotFoundError:
        return b""


def _missing(raw: bytes, lines: Sequence[str]) -> list[str]:
    """The patterns that git does not go by: they are not there, or a later line takes them back."""
    found: set[str] = set()
    for line in raw.decode("utf-8", "replace").split("\n"):
        found = set() if line.startswith("!") else found | {line.rstrip()}
    return [line for line in lines if not line.startswith("#") and line not in found]
