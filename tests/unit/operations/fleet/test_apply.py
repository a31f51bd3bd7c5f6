"""An apply on a fleet: who comes first, when it ends, and what is left."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends.executors.threads import PoolExecutor
from engine.backends.fleet_runs import FileFleetRuns
from engine.backends.shared.fleet_runs import SharedFleetRuns
from engine.bootstrap.project import open_project
from engine.errors import StateError, StoreUnavailableError, UsageError
from engine.operations.fleet.apply import INTERRUPTED, apply_fleet, resume_fleet
from engine.operations.fleet.plan import FleetRun
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action
from engine.ports.fleet.members import Member
from engine.ports.fleet.record import FleetRuns
from engine.ports.fleet.reports import FleetPlan, FleetReport
from engine.ports.fleet.tasks import MemberOutcome, MemberResult, MemberTask
from engine.settings.fleets import Fleet
from tests.support import build
from tests.support.fakes.memory_store import Call, MemoryStore, Shelf, When

GROUPS = {"a1": "A", "a2": "A", "a3": "A", "a4": "A", "b1": "B", "b2": "B"}
REPORT = build.report(build.plan(build.change("stripe_product.pro", Action.CREATE)))


class Shops:
    """A fleet of two groups, with what each account does when it is applied.

    Attributes:
        failing: Accounts whose apply fails.
        applied: The tasks that were applied, in order.
    """

    def __init__(self, root: Path) -> None:
        """Args: root: the project folder."""
        self.failing: set[str] = set()
        self.applied: list[MemberTask] = []
        self.before: Callable[[MemberTask], None] = lambda _: None
        self.runs: FleetRuns = FileFleetRuns(root / ".engine")
        self.run = FleetRun(
            context=open_project(root, environment="local"),
            fleet=Fleet(name="shops", environment="local"),
            members=tuple(Member(name=name) for name in GROUPS),
            stacks=("catalog",),
            options=PlanOptions(),
            executor=PoolExecutor(1),
            work=self.work,
            claim="first",
        )

    def work(self, task: MemberTask) -> MemberResult:
        """Plan an account, or apply it."""
        group, member = GROUPS[task.member.name], task.member
        parts = frozenset({f"part of {group}"})
        if task.approved is None:
            return MemberResult(
                member=member,
                outcome=MemberOutcome.PLANNED,
                group=group,
                plan=REPORT,
                parts=parts,
            )
        assert (task.approved, task.parts) == (group, parts)
        self.before(task)
        self.applied.append(task)
        failed = member.name in self.failing
        return MemberResult(
            member=member,
            outcome=MemberOutcome.FAILED if failed else MemberOutcome.APPLIED,
            group=group,
            plan=REPORT,
        )

    def apply(self, *, canary: int = 0, max_failures: int = 0, answer: bool = True) -> FleetReport:
        """Apply the fleet."""

        def approve(_: FleetPlan) -> bool:
            return answer

        return apply_fleet(
            self.run,
            self.runs,
            approve,
            canary=canary,
            max_failures=max_failures,
            resume="engine apply --resume",
        )

    def resume(self, **changed: object) -> FleetReport:
        """Go on with the fleet in a run of another id."""
        run = dataclasses.replace(self.run, **{"claim": "second", **changed})  # type: ignore[arg-type]
        return resume_fleet(run, self.runs, max_failures=0, resume="engine apply --resume")

    @property
    def names(self) -> list[str]:
        """The accounts that were applied, in order."""
        return [task.member.name for task in self.applied]


@pytest.fixture
def shops(tmp_path: Path) -> Shops:
    """A fleet, and a folder."""
    return Shops(tmp_path)


def _outcomes(report: FleetReport) -> dict[str, str]:
    return {result.member.name: result.outcome.value for result in report.results}


def test_all_accounts_are_applied(shops: Shops) -> None:
    """The larger group first; nothing is left to resume, and no plan is kept."""
    report = shops.apply()
    assert shops.names == list(GROUPS)
    assert (report.failed, report.stopped, report.resume) == (False, "", "")
    assert [result.plan for result in report.results] == [None] * 6
    assert shops.runs.read("shops") is None


def test_without_a_yes_nothing_is_begun(shops: Shops) -> None:
    """And nothing is kept."""
    report = shops.apply(answer=False)
    assert (report.approved, shops.names, shops.runs.read("shops")) == (False, [], None)


def test_canaries_are_of_each_group(shops: Shops) -> None:
    """One that fails keeps all others from being begun, however many canaries worked."""
    shops.failing = {"b1"}
    report = shops.apply(canary=3)
    assert shops.names == ["a1", "b1", "a2"]
    assert _outcomes(report) == {
        "a1": "applied",
        "b1": "failed",
        "a2": "applied",
        "b2": "skipped",
        "a3": "skipped",
        "a4": "skipped",
    }
    assert (report.stopped, report.resume) == (
        "an account of the canary failed",
        "engine apply --resume",
    )


def test_one_canary_means_one_of_each_group(shops: Shops) -> None:
    """What no canary tried would be tried on all accounts of its group at once."""
    shops.failing = {"b1"}
    shops.apply(canary=1)
    assert shops.names == ["a1", "b1"]


def test_it_ends_after_too_many_failures(shops: Shops) -> None:
    """Those that were begun are counted, the others are skipped."""
    shops.failing = {"a1", "a3"}
    report = shops.apply(max_failures=2)
    assert shops.names == ["a1", "a2", "a3"]
    assert report.stopped == "2 accounts failed (max-failures = 2)"
    assert report.count(MemberOutcome.SKIPPED) == 3


def test_a_resume_goes_on_with_what_is_left(shops: Shops) -> None:
    """It asks nothing, does only what was approved, and has the claim of the first run."""
    shops.failing = {"a3"}
    shops.apply(max_failures=1)
    shops.applied.clear()
    shops.failing = set()
    report = shops.resume()
    assert shops.names == ["a3", "a4", "b1", "b2"]
    assert {task.claim for task in shops.applied} == {"first"}
    assert (report.failed, report.resume, shops.runs.read("shops")) == (False, "", None)


def test_a_resume_of_some_keeps_the_others(shops: Shops) -> None:
    """`--only` leaves accounts out, and they are still to be done."""
    shops.failing = {"a1"}
    shops.apply(max_failures=1)
    shops.failing = set()
    shops.resume(members=(Member(name="b2"),))
    record = shops.runs.read("shops")
    assert record is not None
    assert sorted(record.left) == ["a1", "a2", "a3", "a4", "b1"]


def test_what_cannot_be_resumed(shops: Shops, tmp_path: Path) -> None:
    """Nothing unfinished, other options, a file that another program wrote."""
    with pytest.raises(UsageError, match="no apply of fleet 'shops' is unfinished"):
        shops.resume()
    shops.failing = {"a1"}
    shops.apply(max_failures=1)
    with pytest.raises(UsageError, match="begun with other options"):
        shops.resume(options=PlanOptions(destroy=True))
    file = tmp_path / ".engine/fleets/shops.json"
    file.write_text('{"fleet": "shops", "claim": "x", "left": {"a1": "gone"}}', encoding="utf-8")
    with pytest.raises(StateError, match="cannot be used"):
        shops.resume()
    file.write_text("{", encoding="utf-8")
    with pytest.raises(StateError, match="cannot be used"):
        shops.resume()


def test_an_interrupted_run_begins_no_further_account(shops: Shops) -> None:
    """Those under way end, and are done."""

    def interrupt(task: MemberTask) -> None:
        if task.member.name == "a2":
            os.kill(os.getpid(), signal.SIGINT)

    shops.before = interrupt
    report = shops.apply()
    assert report.stopped == INTERRUPTED
    assert shops.names[:2] == ["a1", "a2"]
    assert len(shops.names) < len(GROUPS)
    record = shops.runs.read("shops")
    assert record is not None
    assert set(record.left) == set(GROUPS) - set(shops.names)


def test_two_resumes_of_one_record_each_take_out_what_they_did(shops: Shops) -> None:
    """As on two runners with half of the accounts each: the second ends while the first works."""
    shops.failing = {"a1"}
    shops.apply(max_failures=1)
    shops.failing, shops.applied = {"b2"}, []

    def other_runner(task: MemberTask) -> None:
        if task.member.name == "a3":
            shops.resume(members=tuple(map(_member, ("a1", "b1", "b2"))))

    shops.before = other_runner
    report = shops.resume(members=tuple(map(_member, ("a2", "a3", "a4"))))
    record = shops.runs.read("shops")
    assert record is not None
    assert (record.left, record.groups) == ({"b2": "B"}, {"B": ("part of B",)})
    assert report.resume == "engine apply --resume"


def test_a_run_leaves_the_record_of_a_later_approval(shops: Shops) -> None:
    """It says how to plan what it left, which no resume would do now."""
    shops.failing = {"a1"}

    def another_approval(task: MemberTask) -> None:
        if task.member.name == "b2":
            shops.before = lambda _: None
            run = dataclasses.replace(shops.run, claim="later")
            approved = {"canary": 0, "max_failures": 1, "resume": ""}
            apply_fleet(run, shops.runs, lambda _: True, **approved)  # type: ignore[arg-type]

    shops.before = another_approval
    report = shops.apply()
    record = shops.runs.read("shops")
    assert record is not None
    assert (record.claim, len(record.left)) == ("later", len(GROUPS))
    assert report.resume == "engine apply --fleet shops"


def test_a_record_that_cannot_be_changed_at_the_end_hides_no_result(shops: Shops) -> None:
    """What is kept is then more than is left, and a resume finds that out."""
    shelf = Shelf()
    shops.runs = SharedFleetRuns(lambda: MemoryStore(shelf))
    shops.failing = {"b2"}

    def store_goes_away(task: MemberTask) -> None:
        if task.member.name == "b2":
            shelf.fault = _is_gone

    shops.before = store_goes_away
    report = shops.apply()
    assert report.count(MemberOutcome.APPLIED) == 5
    assert report.resume == "engine apply --resume"
    shelf.fault = lambda *_: None
    record = shops.runs.read("shops")
    assert record is not None
    assert set(record.left) == set(GROUPS)


def test_nothing_is_applied_if_what_was_approved_cannot_be_kept(shops: Shops) -> None:
    """A runner that dies would leave nothing to go on with."""
    shelf = Shelf(fault=_is_gone)
    shops.runs = SharedFleetRuns(lambda: MemoryStore(shelf))
    with pytest.raises(StateError, match="no answer"):
        shops.apply()
    assert shops.names == []


def _member(name: str) -> Member:
    return Member(name=name)


def _is_gone(_: Call, __: When) -> None:
    raise StoreUnavailableError("no answer")
