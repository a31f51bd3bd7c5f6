"""One account of a fleet: only what was approved is applied, also after a try that failed."""

from __future__ import annotations

import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.backends.executors.threads import PoolExecutor
from engine.backends.fleet_runs import FileFleetRuns
from engine.bootstrap.fleet import open_fleet, work
from engine.bootstrap.members import former, members
from engine.bootstrap.project import EMBEDDED_KEY, open_project
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.emulator.testing.faults import server_error
from engine.errors import LockHeldError, UsageError
from engine.operations.apply import apply_stacks
from engine.operations.fleet.apply import apply_fleet
from engine.operations.fleet.groups import group_of, parts_of
from engine.operations.fleet.plan import FleetRun, plan_fleet
from engine.operations.fleet.work import run_member
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from engine.ports.fleet.members import Member
from engine.ports.fleet.tasks import MemberOutcome, MemberResult, MemberTask
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.values.secret import Sensitive
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


def _platform(root: Path, count: int) -> tuple[StripeHTTP, list[str]]:
    """The embedded platform, with connected accounts of which every second one is a pro."""
    folder = root / ".engine" / "emulator"
    folder.mkdir(parents=True)
    transport = InProcessTransport(Emulator(folder / "local.db"))
    http = StripeHTTP(ClientOptions(api_key=Sensitive(EMBEDDED_KEY), transport=transport))
    ids = []
    for number in range(count):
        tier = {"tier": "free" if number % 2 else "pro"}
        body = {"type": "standard", "country": "US", "metadata": tier}
        ids.append(http.post("/v1/accounts", body, idempotency_key=f"key-{number}")["id"])
    return http, ids


def _connected(root: Path, module: str) -> None:
    (root / "stacks").mkdir()
    (root / "stacks/shop.py").write_text(textwrap.dedent(module), encoding="utf-8")
    (root / "pyproject.toml").write_text(
        '[tool.engine.fleets.shops]\nenvironment = "local"\naccounts = "connected"\n'
        'filter = "metadata.tier = pro"\nvariables = { tier = "metadata.tier" }\n',
        encoding="utf-8",
    )


CONNECTED = """
    from engine import fleet_variable
    from engine.stripe import Price, Product

    for number in range(10):
        pro = Product(f"pro{number}", name="Pro " + fleet_variable("tier"))
        Price(f"month{number}", product=pro, currency="usd", unit_amount=1900)
"""


def _fleet_run(root: Path, claim: str) -> FleetRun:
    context, fleet = open_fleet(root, "shops", claim)
    return FleetRun(
        context=context,
        fleet=fleet,
        members=members(context, fleet),
        stacks=("shop",),
        options=PlanOptions(),
        executor=PoolExecutor(4),
        work=work,
        claim=claim,
    )


def test_connected_accounts_by_filter(tmp_path: Path) -> None:
    """Each gets its own objects; a plan without changes costs at most three requests an account."""
    http, ids = _platform(tmp_path, 6)
    _connected(tmp_path, CONNECTED)
    run = _fleet_run(tmp_path, "one")
    assert [member.name for member in run.members] == sorted(ids[::2])
    runs = FileFleetRuns(tmp_path / ".engine")
    report = apply_fleet(run, runs, lambda _: True, canary=0, max_failures=0, resume="")
    assert (report.failed, report.count(MemberOutcome.APPLIED)) == (False, 3)
    for number, id in enumerate(ids):
        found = http.get("/v1/products", {"limit": 100}, account=id)["data"]
        assert [entry["name"] for entry in found] == ([] if number % 2 else ["Pro pro"] * 10)
    assert http.get("/v1/products", {})["data"] == []
    plan, _ = plan_fleet(_fleet_run(tmp_path, "two"))
    assert (len(plan.unchanged), plan.groups, plan.failed) == (3, (), ())
    assert plan.requests <= 3 * len(plan.unchanged)
    alone = open_project(tmp_path, environment=f"shops/{ids[0]}")
    assert not plan_stacks(alone, (), PlanOptions()).has_changes


def test_an_account_that_the_filter_leaves_out_gets_nothing(tmp_path: Path) -> None:
    """Also alone; what it has from before can be removed, and is said to be there."""
    http, ids = _platform(tmp_path, 2)
    _connected(tmp_path, CONNECTED)
    for id, refused in ((ids[0], False), (ids[1], True)):
        context = open_project(tmp_path, environment=f"shops/{id}")
        if refused:
            with pytest.raises(UsageError, match="is no account of its fleet any more"):
                apply_stacks(context, (), PlanOptions(), lambda _: True)
        else:
            apply_stacks(context, (), PlanOptions(), lambda _: True)
    http.post(f"/v1/accounts/{ids[0]}", {"metadata": {"tier": "free"}}, idempotency_key="a")
    with pytest.raises(UsageError, match=f"engine destroy -e shops/{ids[0]}"):
        plan_stacks(open_project(tmp_path, environment=f"shops/{ids[0]}"), (), PlanOptions())
    context, fleet = open_fleet(tmp_path, "shops", "one")
    assert former(context, fleet, members(context, fleet)) == (ids[0],)
    context = open_project(tmp_path, environment=f"shops/{ids[0]}")
    apply_stacks(context, (), PlanOptions(destroy=True), lambda _: True)
    found = http.get("/v1/products", {"active": True}, account=ids[0])["data"]
    assert found == []


def test_an_account_out_of_reach_is_not_made_anew(tmp_path: Path) -> None:
    """Its objects cannot be seen, which is not the same as gone."""
    http, ids = _platform(tmp_path, 1)
    _connected(tmp_path, CONNECTED)
    run = _fleet_run(tmp_path, "one")
    runs = FileFleetRuns(tmp_path / ".engine")
    apply_fleet(run, runs, lambda _: True, canary=0, max_failures=0, resume="")
    http.delete(f"/v1/accounts/{ids[0]}")
    plan, _ = plan_fleet(run)
    (failed,) = plan.failed
    assert (plan.groups, failed.outcome) == ((), MemberOutcome.FAILED)
    assert failed.failure is not None
    assert "does not have access to account" in failed.failure.message


def test_nothing_is_put_on_another_account(tmp_path: Path) -> None:
    """A module that names an account acts on that one in a plain run, and on none in a fleet."""
    _, ids = _platform(tmp_path, 2)
    _connected(
        tmp_path,
        f"""
        from engine import Lifecycle
        from engine.stripe import Product

        Product("pro", name="Pro", lifecycle=Lifecycle(account="{ids[1]}"))
        """,
    )
    plan, _ = plan_fleet(_fleet_run(tmp_path, "one"))
    (failed,) = plan.failed
    assert failed.failure is not None
    assert (
        f"it is on account {ids[1]}, and this run is for {ids[0]} alone" in failed.failure.message
    )


def test_a_freeze_of_the_environment_is_one_of_its_fleets(tmp_path: Path) -> None:
    """Nothing is written to any account until it is released."""
    http, ids = _platform(tmp_path, 1)
    _connected(tmp_path, CONNECTED)
    run = _fleet_run(tmp_path, "one")
    run.context.backend.put_held_lock("local", "", reason="launch")
    plan, _ = plan_fleet(run)
    (warning,) = plan.groups[0].plan.plans[0].warnings
    assert "local is locked by" in warning
    runs = FileFleetRuns(tmp_path / ".engine")
    with pytest.raises(LockHeldError, match="local is locked by"):
        apply_fleet(run, runs, lambda _: True, canary=0, max_failures=0, resume="")
    assert http.get("/v1/products", {}, account=ids[0])["data"] == []
