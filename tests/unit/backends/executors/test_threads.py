"""The tasks of a fleet in threads of this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.backends.executors.threads import PoolExecutor
from engine.plan.inputs.options import PlanOptions
from engine.ports.fleet.members import Member
from engine.ports.fleet.tasks import MemberTask
from tests.support.fleet_work import HANGS, gate, work


def test_a_closed_run_knows_which_accounts_still_ran(tmp_path: Path) -> None:
    """It does not wait for them: they end with the process."""
    os.mkfifo(gate(tmp_path))
    executor = PoolExecutor(2)
    running: Any = executor.run(_tasks(tmp_path, HANGS, "shop"), work)
    assert next(running).member.name == "shop"
    running.close()
    assert executor.left == (HANGS,)
    gate(tmp_path).write_bytes(b"")


def test_a_run_that_ended_left_none(tmp_path: Path) -> None:
    """All results were taken."""
    executor = PoolExecutor(2)
    assert len(list(executor.run(_tasks(tmp_path, "north", "south", "west"), work))) == 3
    assert executor.left == ()


def _tasks(root: Path, *names: str) -> Iterator[MemberTask]:
    for name in names:
        yield MemberTask(
            root=str(root),
            fleet="shops",
            member=Member(name=name),
            stacks=(),
            options=PlanOptions(),
        )
