"""Work for the tasks of a fleet that a worker of a cluster finds by name, and its traces."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from engine.ports.fleet.tasks import Failure, MemberOutcome, MemberResult, MemberTask

KILLS_EACH = "kills-each"
"""The account whose task ends each worker that takes it."""
KILLS_ONE = "kills-one"
"""The account whose task ends the first worker that takes it."""
HANGS = "hangs"
"""The account whose task ends when a file is opened to write, the one that `gate` names."""


def work(task: MemberTask) -> MemberResult:
    """Note that a task began, and that it ended."""
    name = task.member.name
    before = times(Path(task.root), "began", name)
    _note(task, "began")
    if name == KILLS_EACH or (name == KILLS_ONE and not before):
        os.kill(os.getpid(), signal.SIGKILL)
    if name == HANGS:
        gate(Path(task.root)).read_bytes()
    _note(task, "ended")
    where = Failure(reference="process", message=str(os.getpid()))
    return MemberResult(member=task.member, outcome=MemberOutcome.APPLIED, failure=where)


def gate(root: Path) -> Path:
    """The named pipe that the task of `HANGS` waits for; the test makes it."""
    return root / "gate"


def times(root: Path, what: str, name: str) -> int:
    """How often the task of an account began, or ended."""
    path = root / f"{name}.{what}"
    return len(path.read_bytes()) if path.exists() else 0


def _note(task: MemberTask, what: str) -> None:
    with (Path(task.root) / f"{task.member.name}.{what}").open("ab") as file:
        file.write(b".")
