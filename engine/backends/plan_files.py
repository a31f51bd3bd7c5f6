"""Plan files: saved plans, readable by their user alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.durable_files import PRIVATE_FILE, read_file, write_durably
from engine.errors import PlanFileError


def check_place(path: Path, *, shown: str, is_plan: Callable[[bytes], bool]) -> None:
    """Find out, before planning, whether a plan can be written to a file.

    An empty file, such as mktemp makes, and an earlier plan are overwritten; nothing else is.

    Args:
        path: The file.
        shown: The same as a person typed it.
        is_plan: Whether bytes are those of a plan file.

    Raises:
        PlanFileError: if not.
    """
    if not path.parent.is_dir():
        raise PlanFileError(f"there is no folder for {shown}", hint="make it first")
    if not path.exists():
        return
    if path.is_file():
        raw = read_plan_file(path, shown=shown)
        if not raw or is_plan(raw):
            return
    raise PlanFileError(
        f"{shown} exists and is no plan file, so it is not overwritten",
        hint="name another file, or move that one away",
    )


def write_plan_file(
    path: Path, raw: bytes, *, shown: str, is_plan: Callable[[bytes], bool]
) -> None:
    """Write a plan file, readable by its owner alone, whole or not at all.

    Args:
        path: The file.
        raw: Its bytes.
        shown: The file as a person typed it.
        is_plan: Whether bytes are those of a plan file; only such a file is overwritten.

    Raises:
        PlanFileError: if it cannot be written; what was there is as it was.
    """
    check_place(path, shown=shown, is_plan=is_plan)
    try:
        write_durably(path, raw, mode=PRIVATE_FILE)
    except OSError as error:
        raise PlanFileError(
            f"the plan cannot be written to {shown}",
            cause=error.strerror,
            hint="make room, or make the folder writable, and plan again",
        ) from error


def read_plan_file(path: Path, *, shown: str) -> bytes:
    """Read the bytes of a plan file.

    Args:
        path: The file.
        shown: The same as a person typed it.

    Raises:
        PlanFileError: if it cannot be read.
    """
    try:
        return read_file(path)
    except OSError as error:
        raise PlanFileError(
            f"the plan file {shown} cannot be read",
            cause=error.strerror,
            hint="check its name and who may read it; nothing was changed",
        ) from error


def remove_plan_file(path: Path, *, shown: str, is_plan: Callable[[bytes], bool]) -> bool:
    """Remove an earlier plan from a file, and nothing else.

    Args:
        path: The file.
        shown: The same as a person typed it.
        is_plan: Whether bytes are those of a plan file.

    Returns:
        Whether there was one.

    Raises:
        PlanFileError: if it cannot be removed.
    """
    if not path.is_file() or not is_plan(read_plan_file(path, shown=shown)):
        return False
    try:
        path.unlink()
    except OSError as error:
        raise PlanFileError(
            f"the earlier plan in {shown} cannot be removed",
            cause=error.strerror,
            hint="remove it yourself: the plan that was to be saved there is refused",
        ) from error
    return True
