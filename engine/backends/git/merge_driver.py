"""What git calls to merge two versions of a state file, and to show one in a diff."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from engine.backends.state.git_advice import git_advice
from engine.durable_files import read_file, write_durably
from engine.errors import Problem, StateProblemsError
from engine.state.codec import decode, encode
from engine.state.merge import Merged, merge
from engine.state.model import State
from engine.state.readable import readable
from engine.version import VERSION


def merge_files(base: Path, ours: Path, theirs: Path, name: str) -> State:
    """Merge two versions of a state file into the place of the first one.

    Args:
        base: The version that both are changes of; an empty file if there is none.
        ours: One of them; it stays as it is unless the merge succeeds.
        theirs: The other one.
        name: The file in the repository, for messages.

    Returns:
        The merged state.

    Raises:
        StateProblemsError: with every conflict.
        StateError: if one of the versions cannot be trusted.
    """
    versions = [
        _state(path, f"{name} ({side})") for path, side in ((ours, "ours"), (theirs, "theirs"))
    ]
    parent = _state(base, f"{name} (base)") if read_file(base).strip() else None
    merged = merge(parent, *versions)
    if merged.state is None:
        raise StateProblemsError(tuple(_problems(merged, name)))
    write_durably(ours, encode(merged.state, engine_version=VERSION))
    return merged.state


def _state(path: Path, name: str) -> State:
    return decode(read_file(path), path=name, advice=git_advice(name))


def _problems(merged: Merged, name: str) -> list[Problem]:
    return [
        Problem(name, 0, f"{conflict.what}: {conflict.why}", conflict.hint, "merge-conflict")
        for conflict in merged.conflicts
    ]


def shown_for_diff(path: Path) -> str:
    """A state file as lines to compare; a file that is none as it is.

    Raises:
        OSError: if it cannot be read.
    """
    raw = read_file(path)
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(raw)
        if isinstance(document, dict) and "resources" in document:
            return readable(document)
    return raw.decode("utf-8", "replace")
