"""One account of a fleet: only what was approved is applied, also after a try that failed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.bootstrap.fleet import open_fleet, work
from engine.bootstrap.project import open_project
from engine.emulator.testing.faults import server_error
from engine.operations.apply import apply_stacks
from engine.operations.fleet.groups import group_of, parts_of
from engine.operations.fleet.work import run_member
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from engine.ports.fleet.members import Member
from engine.ports.fleet.tasks import MemberOutcome, MemberResult, MemberTask
from tests.support.project import Project

STACK = """
    from engine import output
    from engine.stripe import Price, Product

    pro = Product("pro", name="{name}")
    month = Price("month", product=pro, currency="usd", unit_amount={cents})
    output("price", month.id)
"""


def _task(project: Project, planned: MemberResult | None = None) -> MemberTask:
    return MemberTask(
        root=str(project.root),
        fleet="shops",
        member=Member(name="north"),
        stacks=("shop",),
        options=PlanOptions(),
        approved=None if planned is None else planned.group,
        parts=frozenset() if planned is None else planned.parts,
    )


def _run(project: Project, planned: MemberResult | None = None) -> MemberResult:
    return run_member(_task(project, planned), lambda _: project.context())


def test_what_was_approved_is_applied(project: Project) -> None:
    """And a second run of the same task finds it done."""
    project.write(STACK.format(name="Pro", cents=1900))
    planned = _run(project)
    assert planned.outcome is MemberOutcome.PLANNED
    applied = _run(project, planned)
    assert (applied.outcome, applied.group, applied.done) == (
        MemberOutcome.APPLIED,
        planned.group,
        2,
    )
    assert _run(project, planned).outcome is MemberOutcome.UNCHANGED


@pytest.mark.parametrize(("name", "cents"), [("Pro", 1901), ("Prp", 1900)])
def test_another_plan_is_not_applied(project: Project, name: str, cents: int) -> None:
    """Not even by a letter or a cent."""
    project.write(STACK.format(name="Pro", cents=1900))
    planned = _run(project)
    project.write(STACK.format(name=name, cents=cents))
    project.writes()
    other = _run(project, planned)
    assert other.outcome is MemberOutcome.DIFFERS
    assert other.plan is not None
    assert project.writes() == []


def test_the_rest_of_an_approved_plan_is_applied(project: Project) -> None:
    """A try that failed half way is repeated, and makes nothing twice."""
    project.write(STACK.format(name="Pro", cents=1900))
    planned = _run(project)
    project.emulator.faults.add(server_error(), method="POST", path="/v1/prices", times=3)
    failed = _run(project, planned)
    assert (failed.outcome, failed.done) == (MemberOutcome.FAILED, 1)
    assert failed.failure is not None
    assert failed.failure.message.startswith("create stripe_price.month: ")
    again = _run(project, planned)
    # The recovery sends the price again, with its own key; the output is what is left of the plan.
    assert again.outcome is MemberOutcome.APPLIED
    assert _run(project, planned).outcome is MemberOutcome.UNCHANGED
    assert [len(project.objects(path)) for path in ("/v1/products", "/v1/prices")] == [1, 1]


def test_more_than_was_approved_is_not_applied(project: Project) -> None:
    """What was approved is part of it, and is left too."""
    project.write(STACK.format(name="Pro", cents=1900))
    planned = _run(project)
    project.write(STACK.format(name="Pro", cents=1900) + "    Product('more', name='More')\n")
    assert _run(project, planned).outcome is MemberOutcome.DIFFERS
    assert project.objects("/v1/products") == []


def test_ids_that_stripe_made_up_keep_no_plans_apart(tmp_path: Path) -> None:
    """A change of a price's nickname is the same on two accounts, one of a name is another."""
    keys: list[str] = []
    folder = tmp_path / "fleet"
    (folder / "stacks").mkdir(parents=True)
    table = '[tool.engine.fleets.shops]\nenvironment = "local"\naccounts = ["a", "b", "c"]\n'
    (folder / "pyproject.toml").write_text(table, encoding="utf-8")
    module = (
        "from engine import environment\nfrom engine.stripe import Product\n"
        "Product('pro', name={}, description={})\n"
    )
    for name in "abc":
        kept = "'Pro'" if name != "c" else "'Other'"
        (folder / "stacks/shop.py").write_text(module.format(kept, "'old'"), encoding="utf-8")
        context = open_project(folder, environment=f"shops/{name}")
        apply_stacks(context, (), PlanOptions(), lambda _: True)
        (folder / "stacks/shop.py").write_text(module.format("'Pro'", "'new'"), encoding="utf-8")
        report = plan_stacks(open_project(folder, environment=f"shops/{name}"), (), PlanOptions())
        keys.append(group_of(report, parts_of(report)))
    assert keys[0] == keys[1] != keys[2]


def test_sixteen_accounts_at_once(tmp_path: Path) -> None:
    """Modules are evaluated for each with its own name, whatever runs next to it."""
    (tmp_path / "stacks").mkdir()
    names = [f"shop{number}" for number in range(16)]
    rows = ", ".join(f'{{ name = "{name}", variables = {{ label = "{name}" }} }}' for name in names)
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.engine.fleets.shops]\nenvironment = "local"\naccounts = [{rows}]\n',
        encoding="utf-8",
    )
    (tmp_path / "stacks/_words.py").write_text("LABEL = 'Label '\n", encoding="utf-8")
    (tmp_path / "stacks/shop.py").write_text(
        "from _words import LABEL\nfrom engine import environment, fleet_variable\n"
        "from engine.stripe import Product\n"
        "Product('pro', name=LABEL + fleet_variable('label'), description=environment)\n",
        encoding="utf-8",
    )
    context, _ = open_fleet(tmp_path, "shops", "claim")
    begin = threading.Barrier(len(names))

    def run(name: str) -> MemberResult:
        begin.wait()
        member = Member(name=name, variables={"label": name})
        return work(
            MemberTask(
                root=str(context.settings.root),
                fleet="shops",
                member=member,
                stacks=("shop",),
                options=PlanOptions(),
                claim="claim",
            )
        )

    with ThreadPoolExecutor(len(names)) as pool:
        results = list(pool.map(run, names))
    for name, result in zip(names, results, strict=True):
        assert result.plan is not None, result.failure
        (change,) = result.plan.plans[0].changes
        assert (change.after["name"], change.after["description"]) == (
            f"Label {name}",
            f"shops/{name}",
        )
