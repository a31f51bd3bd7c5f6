"""Setting up a clone so that git merges states by resource, and shows them readably.

The attributes are committed, so that they hold for everyone. What they name is a setting of each
clone: git runs no program because a repository says so.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from engine.durable_files import read_file, write_durably
from engine.ports.review.repository import Repository

NAME = "engine-state"
THIS_ENGINE = (sys.executable, "-P", "-m", "engine")
"""What runs this engine from any folder: `-P` keeps Python from importing what is in that one."""
ATTRIBUTES = ".gitattributes"
LINES = (
    f"state/**/*.json merge={NAME} diff={NAME} -text",
    # Held locks are no states.
    "state/**/*.lock.json !merge !diff",
)
_COMMENT = "# made by engine git-setup: states are merged by resource, and shown readably in diffs"


def settings(program: Sequence[str]) -> Mapping[str, str]:
    """The settings of a clone.

    Args:
        program: What runs the engine, from any folder.
    """
    # A shell runs both. In what git fills in, `%` begins a name.
    engine = shlex.join(program)
    merge = engine.replace("%", "%%")
    return {
        f"merge.{NAME}.name": "states of engine, by resource",
        # Whatever keeps the engine from running, the file is left with the marks of a conflict.
        f"merge.{NAME}.driver": f"{merge} git merge-state %O %A %B %P || {{ "
        f"test $? -eq 1 || echo '{NAME}: engine does not run here: engine git-setup' >&2; "
        "git merge-file -q -L ours -L base -L theirs %A %O %B; exit 1; }",
        # What a hunk of a diff is in: the address and the id above it.
        f"diff.{NAME}.xfuncname": r"^([a-z].* \[.*\])$",
        f"diff.{NAME}.textconv": f'show() {{ {engine} git textconv "$1" || cat "$1"; }}; show',
    }


def missing(root: Path, repository: Repository, program: Sequence[str]) -> Iterator[str]:
    """What is not set up in a clone, each in a few words."""
    have = _lines(root / ATTRIBUTES)
    for line in LINES:
        if line not in have:
            yield f"{ATTRIBUTES} lacks {line}"
    for name, value in settings(program).items():
        found = repository.setting(name)
        if found != value:
            yield f"git config {name} is {'of another engine' if found else 'not set'}"


def set_up(root: Path, repository: Repository, program: Sequence[str]) -> None:
    """Write the attributes and the settings that are missing.

    Args:
        root: The project folder.
        repository: The repository that it is in.
        program: What runs the engine, from any folder.
    """
    file = root / ATTRIBUTES
    have = _lines(file)
    if not set(LINES).issubset(have):
        # The last line that fits a file counts, so both are at the end, in their order.
        kept = [line for line in have if line not in (*LINES, _COMMENT)]
        _write(file, [*kept, _COMMENT, *LINES])
    for name, value in settings(program).items():
        if repository.setting(name) != value:
            repository.set(name, value)


def take_down(root: Path, repository: Repository) -> bool:
    """Remove the attributes and the settings; whether there were any."""
    file = root / ATTRIBUTES
    have = _lines(file)
    kept = [line for line in have if line not in (*LINES, _COMMENT)]
    named = [name for name in settings(()) if repository.setting(name)]
    if kept != have:
        _write(file, kept)
    for name in named:
        repository.set(name, "")
    return bool(named) or kept != have


def _lines(file: Path) -> list[str]:
    try:
        return read_file(file).decode("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return []


def _write(file: Path, lines: Sequence[str]) -> None:
    if lines:
        text = "".join(f"{line}\n" for line in lines)
        write_durably(file, text.encode("utf-8", "surrogateescape"))
    else:
        file.unlink()
