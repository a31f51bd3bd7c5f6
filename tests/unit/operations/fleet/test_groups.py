"""Which plans are equal: those that read the same apart from ids, whatever their order."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bootstrap.project import open_project
from engine.catalog import loader
from engine.operations.fleet.groups import group_of, parts_of
from engine.operations.fleet.plan import FleetRun, Planned, plan_fleet
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action, Change, OutputChange, PlanReport
from engine.ports.fleet.members import Member
from engine.ports.fleet.reports import FleetPlan
from engine.ports.fleet.tasks import Failure, MemberOutcome, MemberResult, MemberTask
from engine.settings.fleets import Fleet
from engine.values.markers import ABSENT
from engine.views.style import PLAIN
from engine.views.text.plan import plan_text
from tests.support import build

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Wish = tuple[str, str, int]
"""What happens to one product: its address, what is done, and which of a few names it gets."""

WISHES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["create", "update", "delete", "coupon"]),
        st.integers(0, 1),
    ),
    max_size=2,
    unique_by=lambda wish: wish[0],
)
ABOUT = st.tuples(st.booleans(), st.booleans(), st.sampled_from(["", "a warning"]))
"""Whether it is live, whether an output changes, and a warning."""


def _change(account: int, wish: Wish) -> Change:
    """A change as it is on one account: the ids are its own, unless the code chose one."""
    name, what, number = wish
    old, new = {"name": "Old", "description": "x"}, {"name": f"Name {number}", "description": "x"}
    id = f"prod_{name}000000{account}"
    if what == "create":
        return build.change(f"stripe_product.{name}", Action.CREATE, after=new)
    if what == "coupon":
        chosen = {"id": f"SPRING{number}", "percent_off": 10}
        return build.change(f"stripe_coupon.{name}", Action.CREATE, id=chosen["id"], after=chosen)
    if what == "delete":
        return build.change(f"stripe_product.{name}", Action.DELETE, id=id, before=old)
    fields = (build.field("name", old["name"], new["name"]),)
    return build.change(
        f"stripe_product.{name}", Action.UPDATE, id=id, before=old, after=new, fields=fields
    )


def _report(account: int, wishes: Sequence[Wish], about: tuple[bool, bool, str]) -> PlanReport:
    live, output, warning = about
    id = f"prod_a000000{account}"
    plan = build.plan(
        *(_change(account, wish) for wish in wishes),
        warnings=(f"{warning} of {id}",) if warning else (),
        outputs=(OutputChange(name="id", before=ABSENT, after=id),) if output else (),
    )
    plan = dataclasses.replace(plan, environment=f"shops/acct_{account}", lineage=f"{account}" * 32)
    return build.report(
        plan,
        environment=f"shops/acct_{account}",
        account_id=f"acct_{account}",
        livemode=live,
        embedded=False,
    )


def _key(report: PlanReport) -> str:
    return group_of(report, parts_of(report))


def _read(account: int, wishes: Sequence[Wish], report: PlanReport) -> str:
    """What a person reads, without the ids that the account made up for what changes."""
    text = plan_text(report, loader.schemas(), PLAIN, verbose=True)
    for name, what, _ in wishes:
        if what in ("update", "delete"):
            text = text.replace(f"prod_{name}000000{account}", f"@{name}")
    return text.replace(f"acct_{account}", "@account")


@QUICK
@given(WISHES, ABOUT, WISHES, ABOUT)
def test_plans_are_equal_if_they_read_the_same_apart_from_ids(
    one: list[Wish],
    about_one: tuple[bool, bool, str],
    two: list[Wish],
    about_two: tuple[bool, bool, str],
) -> None:
    """And only then, so that no group hides a plan that a person has not seen."""
    first, second = _report(1, one, about_one), _report(2, two, about_two)
    same = _read(1, one, first) == _read(2, two, second)
    assert (_key(first) == _key(second)) is same
    assert _key(first) == _key(_report(1, one, about_one))


@QUICK
@given(WISHES, ABOUT)
def test_an_account_is_in_no_group_of_its_own_because_of_its_ids(
    wishes: list[Wish], about: tuple[bool, bool, str]
) -> None:
    """Unless they are of an object that the plan does not change, which is another one there."""
    known = any(name == "a" and what in ("update", "delete") for name, what, _ in wishes)
    if known or not (about[1] or about[2]):
        assert _key(_report(1, wishes, about)) == _key(_report(2, wishes, about))


class _Ordered:
    """Runs tasks one after the other, in any order."""

    workers = 1
    left: tuple[str, ...] = ()

    def __init__(self, order: Sequence[int]) -> None:
        self._order = order

    def run(
        self, tasks: Iterable[MemberTask], work: Callable[[MemberTask], MemberResult]
    ) -> Iterator[MemberResult]:
        waiting = list(tasks)
        yield from (work(waiting[place]) for place in self._order)


ENDS = st.sampled_from(["unchanged", "failed", "refused", "A", "B", "C"])
REPORTS = {
    key: build.report(
        build.plan(build.change("stripe_product.pro", Action.CREATE, after={"name": key}))
    )
    for key in "ABC"
}


def _ended(task: MemberTask, end: str) -> MemberResult:
    member = task.member
    if end in REPORTS:
        return MemberResult(
            member=member,
            outcome=MemberOutcome.PLANNED,
            group=end,
            plan=REPORTS[end],
            requests=2,
        )
    failure = None if end == "unchanged" else Failure(reference="x", message=end)
    return MemberResult(member=member, outcome=MemberOutcome(end), failure=failure, requests=1)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder."""
    return tmp_path_factory.mktemp("groups")


@QUICK
@given(st.lists(ENDS, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_each_account_is_in_one_place(root: Path, ends: list[str], chance: random.Random) -> None:
    """Whatever ends first: the counts add up, and the plan is the same in any order."""
    members = tuple(Member(name=f"acct_{number}") for number in range(len(ends)))
    order = list(range(len(ends)))

    def planned() -> tuple[FleetPlan, dict[str, Planned]]:
        run = FleetRun(
            context=open_project(root, environment="local"),
            fleet=Fleet(name="shops", environment="local"),
            members=members,
            stacks=("shop",),
            options=PlanOptions(),
            executor=_Ordered(order),
            work=lambda task: _ended(task, ends[int(task.member.name.removeprefix("acct_"))]),
            claim="claim",
        )
        return plan_fleet(run)

    plan, approved = planned()
    chance.shuffle(order)
    assert planned() == (plan, approved)
    groups = {group.key: [member.name for member in group.members] for group in plan.groups}
    everyone = {member.name: end for member, end in zip(members, ends, strict=True)}
    for key in REPORTS:
        assert groups.get(key, []) == [name for name, end in everyone.items() if end == key]
    sizes = [len(names) for names in groups.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert plan.size == len(members)
    assert [member.name for member in plan.unchanged] == [
        name for name, end in everyone.items() if end == "unchanged"
    ]
    assert approved.keys() == {name for name, end in everyone.items() if end in REPORTS}
    assert plan.requests == sum(2 if end in REPORTS else 1 for end in ends)
