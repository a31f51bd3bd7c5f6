"""A worker with a project folder of its own, whose disk no later run reads."""

from __future__ import annotations

import dataclasses
import textwrap
from pathlib import Path

import pytest

from engine.backends.executors.dask_worker import carry_out, folder_id, opened, project_digest
from engine.bootstrap.fleet import work
from engine.plan.inputs.options import PlanOptions
from engine.ports.fleet.members import Member
from engine.ports.fleet.tasks import MemberOutcome, MemberResult, MemberTask

STACK = """
    from engine.stripe import WebhookEndpoint

    WebhookEndpoint(
        "orders", url="https://shop.example/hook", enabled_events=["charge.succeeded"]
    )
"""


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemberTask:
    """To plan an account whose stack has a secret, on a worker that Dask does not profile."""
    monkeypatch.setattr("engine.backends.executors.dask_worker._stop_profiler", lambda: None)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/shop.py").write_text(textwrap.dedent(STACK), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.engine.fleets.shops]\nenvironment = "local"\naccounts = ["north"]\n',
        encoding="utf-8",
    )
    return MemberTask(
        root=str(tmp_path),
        fleet="shops",
        member=Member(name="north"),
        stacks=("shop",),
        options=PlanOptions(),
    )


def test_a_secret_is_not_kept_where_it_is_not_found_again(task: MemberTask, tmp_path: Path) -> None:
    """So its object is not created: Stripe returns it only once."""
    applied, planned = _applied(task, tmp_path, "another folder")
    assert (applied.outcome, applied.done) == (MemberOutcome.FAILED, 0)
    assert applied.failure is not None
    assert applied.failure.message.startswith("secrets would be kept on ")
    assert _run(task, tmp_path, "another folder").parts == planned.parts


def test_in_the_folder_of_the_command_it_is_kept(task: MemberTask, tmp_path: Path) -> None:
    """As the workers of a local cluster do."""
    applied, _ = _applied(task, tmp_path, folder_id(tmp_path))
    assert (applied.outcome, applied.done) == (MemberOutcome.APPLIED, 1)


def _applied(task: MemberTask, root: Path, folder: str) -> tuple[MemberResult, MemberResult]:
    """What became of the apply of a plan, and the plan."""
    planned = _run(task, root, folder)
    assert planned.outcome is MemberOutcome.PLANNED
    approved = dataclasses.replace(task, approved=planned.group, parts=planned.parts)
    return _run(approved, root, folder), planned


def _run(task: MemberTask, root: Path, folder: str) -> MemberResult:
    return opened(carry_out(work, task, project_digest(root), folder))
