"""The tasks of a fleet on a Dask cluster: results, lost workers, other code, what travels."""

from __future__ import annotations

import dataclasses
import gc
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from engine.address import parse_address
from engine.backends.executors import dask as dask_executor
from engine.backends.executors.dask import DaskExecutor
from engine.backends.executors.dask_worker import folder_id, opened, packed
from engine.errors import SettingsError
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import OutputChange, Plan, PlanReport, Step, StepKind
from engine.plan.refusal import PlanRule, Refusal
from engine.ports.fleet.members import Member
from engine.ports.fleet.tasks import MemberOutcome, MemberResult, MemberTask
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.secret import Sealed, Sensitive
from tests.support.fleet_work import HANGS, KILLS_EACH, KILLS_ONE, gate, times, work

dask: Any = pytest.importorskip("dask.config", reason="distributed is not installed")
distributed: Any = pytest.importorskip("distributed", reason="distributed is not installed")
psutil: Any = pytest.importorskip("psutil", reason="distributed is not installed")
pytest.importorskip("cryptography", reason="cryptography is not installed")

_WORKERS = 2


@pytest.fixture(scope="module")
def executor() -> Iterator[DaskExecutor]:
    """A cluster of two processes; of a task that ends its workers, two are enough."""
    with (
        dask.set({"distributed.scheduler.allowed-failures": 1}),
        DaskExecutor(f"local:{_WORKERS}") as executor,
    ):
        yield executor


def _tasks(root: Path, *names: str) -> Iterator[MemberTask]:
    for name in names:
        member = Member(name=name, variables={"currency": "eur"})
        yield MemberTask(
            root=str(root), fleet="shops", member=member, stacks=(), options=PlanOptions()
        )


def _numbered(count: int) -> list[str]:
    return [f"shop-{number}" for number in range(count)]


def test_each_task_has_one_result_and_runs_in_another_process(
    executor: DaskExecutor, tmp_path: Path
) -> None:
    """Forty tasks, two processes."""
    names = _numbered(40)
    results = list(executor.run(_tasks(tmp_path, *names), work))
    assert sorted(result.member.name for result in results) == sorted(names)
    assert {result.outcome for result in results} == {MemberOutcome.APPLIED}
    assert all(times(tmp_path, "ended", name) == 1 for name in names)
    processes = {result.failure.message for result in results if result.failure}
    assert str(os.getpid()) not in processes


def test_a_lost_workers_tasks_are_run_by_another_one(
    executor: DaskExecutor, tmp_path: Path
) -> None:
    """A worker that is killed in a task loses it to the one that is there."""
    names = [*_numbered(10), KILLS_ONE, *(f"late-{number}" for number in range(30))]
    results = list(executor.run(_tasks(tmp_path, *names), work))
    assert sorted(result.member.name for result in results) == sorted(names)
    assert {result.outcome for result in results} == {MemberOutcome.APPLIED}
    assert times(tmp_path, "began", KILLS_ONE) == 2
    assert times(tmp_path, "ended", KILLS_ONE) == 1


def test_a_task_that_ends_its_workers_fails_alone(executor: DaskExecutor, tmp_path: Path) -> None:
    """The others go on, and its result says what to do."""
    results = list(executor.run(_tasks(tmp_path, KILLS_EACH), work))
    results += executor.run(_tasks(tmp_path, *_numbered(5)), work)
    (failed,) = [result for result in results if result.outcome is MemberOutcome.FAILED]
    assert failed.member.name == KILLS_EACH
    assert failed.failure is not None
    assert failed.failure.message == "each worker that took the task of kills-each was lost"
    assert "--fleet shops --only kills-each" in failed.failure.hint
    assert len(results) == 6


def test_a_worker_with_other_stack_modules_sends_nothing(
    executor: DaskExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is checked before the work begins."""
    monkeypatch.setattr(dask_executor, "project_digest", lambda _: "other")
    (result,) = executor.run(_tasks(tmp_path, "shop"), work)
    assert result.outcome is MemberOutcome.FAILED
    assert result.failure is not None
    assert result.failure.message.startswith("worker tls://127.0.0.1:")
    assert "other stack modules" in result.failure.message
    assert not times(tmp_path, "began", "shop")


def test_a_worker_with_another_folder_sends_nothing_where_states_are_files(
    executor: DaskExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a tunnel, whose end seems to be on this machine; a shared store has no folder."""
    monkeypatch.setattr(dask_executor, "folder_id", lambda _: "of another machine")
    (shop,) = _tasks(tmp_path, "shop")
    kept, shared = (dataclasses.replace(shop, in_files=in_files) for in_files in (True, False))
    (result,) = executor.run([kept], work)
    assert result.outcome is MemberOutcome.FAILED
    assert result.failure is not None
    assert "has another project folder" in result.failure.message
    assert not times(tmp_path, "began", "shop")
    (result,) = executor.run([shared], work)
    assert result.outcome is MemberOutcome.APPLIED


def test_a_folder_has_one_id_however_it_is_reached(tmp_path: Path) -> None:
    """Another folder has another one."""
    (tmp_path / "project").mkdir()
    (tmp_path / "link").symlink_to("project")
    assert folder_id(tmp_path / "link") == folder_id(tmp_path / "project")
    assert folder_id(tmp_path) != folder_id(tmp_path / "project")
    assert folder_id(tmp_path / "none").endswith("/none")


def test_a_closed_run_asks_for_no_more_tasks_and_lets_those_that_run_end(
    executor: DaskExecutor, tmp_path: Path
) -> None:
    """What was sent is waited for: the cluster ends with the command."""
    asked: list[str] = []

    def tasks() -> Iterator[MemberTask]:
        for task in _tasks(tmp_path, *_numbered(1_000)):
            asked.append(task.member.name)
            yield task

    running: Any = executor.run(tasks(), work)
    next(running)
    running.close()
    begun = [name for name in _numbered(1_000) if times(tmp_path, "began", name)]
    assert len(begun) <= len(asked) <= 16 + 1
    assert all(times(tmp_path, "ended", name) == 1 for name in begun)


def test_a_closed_run_does_not_wait_for_a_task_that_hangs(
    executor: DaskExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is known afterwards which account it was."""
    monkeypatch.setattr(dask_executor, "_GRACE", 0.2)
    os.mkfifo(gate(tmp_path))
    running: Any = executor.run(_tasks(tmp_path, HANGS, *_numbered(5)), work)
    results = [next(running) for _ in range(5)]
    running.close()
    try:
        assert executor.left == (HANGS,)
        assert sorted(result.member.name for result in results) == _numbered(5)
    finally:
        gate(tmp_path).write_bytes(b"")


def test_no_worker_of_a_local_cluster_is_profiled(executor: DaskExecutor) -> None:
    """Nor one that took the place of another: in Python 3.11 Dask's profiler can stop it."""
    executor._client.restart()
    assert set(executor._client.run(_is_profiled).values()) == {False}


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 can be profiled")
def test_a_worker_of_another_cluster_is_not_profiled_any_more(tmp_path: Path) -> None:
    """From the first task on; its cluster has Dask's own settings."""
    with (
        dask.set({"distributed.worker.profile.enabled": True}),
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
        ) as cluster,
        DaskExecutor(cluster.scheduler_address) as executor,
    ):
        assert list(executor._client.run(_is_profiled).values()) == [True]
        assert len(list(executor.run(_tasks(tmp_path, "shop"), work))) == 1
        assert list(executor._client.run(_is_profiled).values()) == [False]


def _is_profiled(dask_worker: Any) -> bool:
    """Whether the worker that this runs on is; Dask finds the argument by its name."""
    profiler = dask_worker.periodic_callbacks.get("profile")
    return profiler is not None and profiler.is_running()


def test_tasks_that_ended_are_not_kept(executor: DaskExecutor, tmp_path: Path) -> None:
    """Client and scheduler are this process; Dask logs the last thousand messages of each."""
    assert len(list(executor.run(_tasks(tmp_path, *_numbered(200)), work))) == 200
    gc.collect()
    assert sum(isinstance(one, MemberTask) for one in gc.get_objects()) < 100


def test_nothing_of_a_local_cluster_is_reached_from_outside(executor: DaskExecutor) -> None:
    """Scheduler, nannies and workers listen on this machine alone."""
    assert executor.workers == _WORKERS
    own = psutil.Process()
    listening = [
        connection.laddr.ip
        for process in (own, *own.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}


def test_a_client_without_the_certificate_is_refused(executor: DaskExecutor) -> None:
    """Another person of this machine cannot send tasks to it."""
    address = executor._client.scheduler.address
    assert address.startswith("tls://127.0.0.1:")
    with pytest.raises(OSError, match=r".*"):
        distributed.Client(address.replace("tls", "tcp"), timeout="1s", set_as_default=False)


def test_where_no_scheduler_answers_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong port, or a scheduler that is down."""
    monkeypatch.setattr(dask_executor, "_PATIENCE", "200ms")
    with (
        pytest.raises(SettingsError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        DaskExecutor("tcp://127.0.0.1:9"),
    ):
        pass


@pytest.mark.parametrize(
    "place",
    ["", "local:0", "local:x", "host:8786", "http://host:1", "tcp://host", "tcp://me:pw@host:1"],
)
def test_what_names_no_cluster_is_refused(place: str) -> None:
    """Nor is a password in it shown."""
    with pytest.raises(SettingsError, match="--dask names no Dask cluster") as caught:
        DaskExecutor(place)
    assert "pw" not in str(caught.value)


def test_where_the_extra_is_missing_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError) as caught, DaskExecutor("local"):
        pass
    assert caught.value.hint == "pip install 'stripe-stack-engine[fleet]'"


def test_a_result_returns_as_it_was_but_for_its_secrets() -> None:
    """Markers stay the markers that they are, and a refusal keeps its rule."""
    secret = "whsec_CANARY_of_a_result"  # noqa: S105 - a canary
    address = parse_address("stripe_product.pro")
    step = Step(
        key="create stripe_product.pro",
        kind=StepKind.CREATE,
        address=address,
        type="product",
        params={"name": "Pro", "secret": Sensitive(secret), "more": MappingProxyType({"a": 1})},
    )
    output = OutputChange(name="id", before=ABSENT, after=UNKNOWN)
    refusal = Refusal("no", PlanRule.PROTECTED)
    plan = Plan(
        stack="shop",
        environment="shops/acct_1",
        lineage="l",
        serial=1,
        steps=(step,),
        outputs=(output,),
        refusals=(refusal,),
    )
    report = PlanReport(
        environment="shops/acct_1",
        embedded=False,
        account_id="acct_1",
        livemode=False,
        plans=(plan,),
        requests=3,
    )
    result = MemberResult(
        member=Member(name="acct_1"), outcome=MemberOutcome.PLANNED, group="g", plan=report
    )
    sent = packed(result)
    back = opened(sent)
    assert secret.encode() not in zlib.decompress(sent)
    assert back.plan is not None
    (returned,) = back.plan.plans
    assert returned.outputs == (output,)
    assert returned.outputs[0].after is UNKNOWN
    assert returned.outputs[0].before is ABSENT
    assert returned.refusals == (refusal,)
    assert returned.refusals[0].reference is PlanRule.PROTECTED
    (step_back,) = returned.steps
    assert step_back.address == address
    assert step_back.params == {"name": "Pro", "secret": Sealed(""), "more": {"a": 1}}
