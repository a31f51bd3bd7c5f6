"""Find the project folder from any folder inside it; light, since shell completion uses it too."""

from __future__ import annotations

import os
import re
from pathlib import Path

_TABLE = re.compile(rb"^\s*\[\s*tool\s*\.\s*engine\s*[\].]", re.MULTILINE)


def project_around(start: Path) -> Path:
    """The nearest project folder, from a folder upwards.

    A project has a table [tool.engine], or a folder `stacks`. The search ends with the repository,
    and where folders have another owner: code that another user put there must not run.

    Args:
        start: The folder.

    Returns:
        The project folder, relative to `start`; `start` itself if there is none.
    """
    here = Path(os.path.realpath(start))
    owner = _owner(here)
    for levels, folder in enumerate((here, *here.parents)):
        if _owner(folder) != owner:
            break
        if _is_project(folder):
            return start.joinpath(*[".."] * levels)
        if (folder / ".git").exists():
            break
    return start


def _owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except OSError:
        return None


def _is_project(folder: Path) -> bool:
    if (folder / "stacks").is_dir():
        return True
    try:
        return _TABLE.search((folder / "pyproject.toml").read_bytes()) is not None
    except OSError:
        return False
