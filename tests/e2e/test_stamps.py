"""The ownership stamp follows the owner: objects that exist get it too, and hide nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.testing import faults
from engine.errors import GuardError, LockHeldError, UsageError
from engine.operations.locks import hold_lock
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.operations.saved_plan.saved_plan import apply_saved, plan_to_save
from engine.operations.stamps import plan_stamps, write_stamps
from engine.plan.inputs.options import PlanOptions
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyReport, StepResult
from engine.ports.provider import RequestContext
from engine.schema.remote import STAMP_KEY
from engine.state.model import ResourceState, new_state
from engine.values.markers import CLEAR
from tests.support.project import Project

ADOPTED = """
    from engine import Lifecycle, import_
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", id="pro", name="{name}", lifecycle=Lifecycle(adopt=True))
    month = Price("month", product=pro, currency="usd", unit_amount=1000, nickname="{name}")
    import_(month, "{price}")
    Coupon("sale", id="SALE", percent_off=10, duration="once", metadata={{"team": "{name}"}},
           lifecycle=Lifecycle(adopt=True))
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose account holds objects that were made by hand."""
    with Emulator(seed=11) as emulator:
        made = Project(tmp_path / "project", emulator)
        made.call("post", "/v1/products", id="pro", name="Pro", metadata={"crm": "42"})
        made.call(
            "post", "/v1/prices", product="pro", currency="usd", unit_amount=1000, nickname="Pro"
        )
        made.call(
            "post",
            "/v1/coupons",
            id="SALE",
            percent_off=10,
            duration="once",
            metadata={"team": "Pro"},
        )
        emulator.log.clear()
        yield made


def adopted(project: Project, name: str = "Pro") -> str:
    """A stack that takes the objects under management."""
    (price,) = project.objects("/v1/prices")
    return ADOPTED.format(name=name, price=price["id"])


def metadata(project: Project) -> dict[str, Any]:
    """The metadata of each object, by its address."""
    (price,) = project.objects("/v1/prices")
    return {
        "stripe_product.pro": project.call("get", "/v1/products/pro")["metadata"],
        "stripe_price.month": price["metadata"],
        "stripe_coupon.sale": project.call("get", "/v1/coupons/SALE")["metadata"],
    }


def stamps(project: Project) -> dict[str, str]:
    """The stamps that the objects of a stack should carry, by address."""
    state = project.state()
    return {address: f"{state.lineage}:{address}" for address in state.resources}


# ── with the next update ─────────────────────────────────────────────────────────────────


def test_what_was_adopted_is_stamped_by_its_next_update(project: Project) -> None:
    """Taking it over writes nothing; a later change takes the stamp along; then all is quiet."""
    project.write(adopted(project))
    project.apply()
    assert project.writes() == []
    assert not any(STAMP_KEY in found for found in metadata(project).values())
    assert not project.plan().has_changes

    project.write(adopted(project, "Plus"))
    report = project.apply()
    shown = [field.path for change in report.plan.plans[0].changes for field in change.fields]
    assert ("metadata", STAMP_KEY) not in shown
    found = metadata(project)
    assert {address: some[STAMP_KEY] for address, some in found.items()} == stamps(project)
    assert found["stripe_product.pro"]["crm"] == "42"
    assert f'"{STAMP_KEY}":' not in project.state_text()
    plan = project.plan()
    assert not plan.has_changes
    assert plan.drift == ()


def test_what_was_adopted_and_changed_is_found_by_its_stamp(project: Project) -> None:
    """An imported price has no key: without the stamp a lost state would have made its twin."""
    project.write(adopted(project))
    project.apply()
    project.write(adopted(project, "Plus"))
    project.apply()
    before = project.state()
    (project.root / "state" / "local" / "shop.json").unlink()
    project.write(adopted(project, "Plus").replace("import_(", "(lambda *_: None)("))
    assert any("a second time" in refusal for refusal in project.plan().refusals)
    rebuild_states(project.context(), ("shop",), RebuildOptions())
    assert project.state().resources.keys() == before.resources.keys()
    assert project.state().lineage == before.lineage
    assert not project.plan().has_changes
    assert len(project.objects("/v1/prices")) == 1


def test_a_saved_plan_carries_the_stamp_and_does_not_depend_on_it(project: Project) -> None:
    """Somebody stamps an object between a plan and its apply: the plan still holds."""
    project.write(adopted(project))
    project.apply()
    project.write(adopted(project, "Plus"))
    _, saved = plan_to_save(project.context(), (), PlanOptions())
    project.call("post", "/v1/products/pro", metadata={STAMP_KEY: "ffff:stripe_product.theirs"})
    apply_saved(project.context(), saved, lambda _: True)
    found = metadata(project)
    assert {address: some[STAMP_KEY] for address, some in found.items()} == stamps(project)


# ── at once ──────────────────────────────────────────────────────────────────────────────


def lacking(project: Project, *names: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Which stamps are not right, by stack and address, with whose each is."""
    report = plan_stamps(project.context(), names)
    return {
        plan.stack: {str(change.address): change.notes for change in plan.changes}
        for plan in report.plans
    }


def write_all(project: Project, *names: str, **options: Any) -> ApplyReport:
    """Write the stamps that are not right."""
    return write_stamps(project.context(), names, lambda _: True, **options)


def test_stamps_are_written_at_once_and_nothing_else_is(project: Project) -> None:
    """Of three objects without one; the state stays byte for byte what it was."""
    project.write(adopted(project))
    project.apply()
    before = project.state_text()
    assert lacking(project) == {"shop": dict.fromkeys(stamps(project), ())}
    project.writes()
    report = write_all(project)
    assert report.is_whole
    assert sorted((path, params) for _, path, params in project.writes()) == sorted(
        (path, {"metadata": {STAMP_KEY: stamps(project)[address]}})
        for address, path in {
            "stripe_product.pro": "/v1/products/pro",
            "stripe_price.month": f"/v1/prices/{project.id('stripe_price.month')}",
            "stripe_coupon.sale": "/v1/coupons/SALE",
        }.items()
    )
    assert project.state_text() == before
    assert metadata(project)["stripe_product.pro"]["crm"] == "42"
    assert lacking(project) == {"shop": {}}
    assert not write_all(project).plan.has_changes
    assert not project.plan().has_changes
    assert project.writes() == []


def test_whose_stamp_an_object_carries_is_said(project: Project) -> None:
    """Of a resource under another name, of another stack, of a project that nobody knows."""
    project.write(adopted(project))
    project.write('from engine.stripe import Product\nProduct("x", name="X")\n', "other")
    project.apply()
    own, other = project.state().lineage, project.state("other").lineage
    for path, text in {
        "/v1/products/pro": f"{own}:stripe_product.old",
        "/v1/coupons/SALE": f"{other}:stripe_coupon.sale",
        f"/v1/prices/{project.id('stripe_price.month')}": "ffff:stripe_price.month",
    }.items():
        project.call("post", path, metadata={STAMP_KEY: text})
    assert lacking(project) == {
        "other": {},
        "shop": {
            "stripe_coupon.sale": ("it carries the stamp of other:stripe_coupon.sale",),
            "stripe_price.month": (
                "it carries the stamp of stripe_price.month in a state of another project",
            ),
            "stripe_product.pro": ("it carries the stamp of shop:stripe_product.old",),
        },
    }
    write_all(project, "other")
    assert project.writes()[-1][1] != "/v1/coupons/SALE"
    write_all(project, "shop")
    found = metadata(project)
    assert {address: some[STAMP_KEY] for address, some in found.items()} == stamps(project)


def test_a_stack_without_a_module_is_stamped_too(project: Project) -> None:
    """The state alone says what is the stack's."""
    project.write(adopted(project))
    project.apply()
    (project.root / "stacks" / "shop.py").unlink()
    write_all(project, "shop")
    found = metadata(project)
    assert {address: some[STAMP_KEY] for address, some in found.items()} == stamps(project)


def test_what_cannot_get_a_stamp_is_named(project: Project) -> None:
    """Full metadata, an object that two states record; what is gone says the next plan."""
    project.write(adopted(project))
    project.apply()
    project.call("post", "/v1/products/pro", metadata={f"k{i}": "v" for i in range(49)})
    project.call("delete", "/v1/coupons/SALE")
    copied = json.loads(project.state_text())
    entry = copied["resources"]["stripe_price.month"]
    other = dataclasses.replace(
        new_state("other", "local"), account_id=project.state().account_id, livemode=False
    )
    record = ResourceState(type="stripe_price", id=entry["id"], declared=entry["declared"])
    other = other.with_resource("stripe_price.month", record)
    project.context().backend.write(dataclasses.replace(other, serial=1), expected=None)
    (plan,) = plan_stamps(project.context(), ("shop",)).plans
    assert plan.changes == ()
    price = f"stripe_price.month [{entry['id']}]"
    assert plan.warnings == (
        f"{price} gets no stamp: other:stripe_price.month records it too",
        "stripe_product.pro [pro] gets no stamp: its metadata is full",
    )


def test_stamps_on_connected_accounts(project: Project) -> None:
    """They are read and written there."""
    account = project.call("post", "/v1/accounts", type="custom", country="US")["id"]
    project.write(
        f"""
        from engine import Lifecycle
        from engine.stripe import Coupon

        Coupon("sale", id="C", percent_off=5, lifecycle=Lifecycle(account="{account}"))
        """
    )
    project.apply()
    http = project.connect()
    kind = loader.resource_type("stripe_coupon")
    bare = RequestContext(idempotency_key="x", account=account)
    http.update(kind, "C", {"metadata": {STAMP_KEY: CLEAR}}, bare)
    assert lacking(project) == {"shop": {"stripe_coupon.sale": ()}}
    write_all(project)
    found = http.read(kind, "C", account=account)
    assert found is not None
    assert found["metadata"] == {STAMP_KEY: stamps(project)["stripe_coupon.sale"]}


def test_it_goes_on_after_it_was_cut_off(project: Project) -> None:
    """Of what was in flight the journal says how to find it out; the rest is found again."""
    project.write(adopted(project))
    project.apply()

    class Cut(Hook):
        """Ends the run with the first operation that is done."""

        def step_finished(self, result: StepResult) -> None:
            """End it as a kill would."""
            raise SystemExit(result.step.key)

    with pytest.raises(SystemExit):
        write_stamps(project.context(Cut()), (), lambda _: True)
    assert (project.root / "state" / "local" / "shop.journal").exists()
    assert write_all(project).is_whole
    assert not (project.root / "state" / "local" / "shop.journal").exists()
    found = metadata(project)
    assert {address: some[STAMP_KEY] for address, some in found.items()} == stamps(project)
    assert not project.plan().has_changes


def test_what_is_refused_is_named_and_the_rest_is_stamped(project: Project) -> None:
    """Each object by itself, like an apply."""
    project.write(adopted(project))
    project.apply()
    project.emulator.faults.add(
        faults.error("no", status=400), method="POST", path="/v1/products/pro"
    )
    report = write_all(project)
    assert [str(failure.step.address) for failure in report.failures] == ["stripe_product.pro"]
    assert lacking(project) == {"shop": {"stripe_product.pro": ()}}


def test_the_guards_of_every_command_that_writes(project: Project) -> None:
    """A held lock, another run, the key of another account, an answer that is no."""
    project.write(adopted(project))
    project.apply()
    project.writes()
    context = project.context()
    assert not write_stamps(context, (), lambda _: False).approved
    with (
        context.backend.lock("shop", "local", operation="apply", timeout=0, on_wait=print),
        pytest.raises(LockHeldError),
    ):
        write_all(project)
    other = dataclasses.replace(context, connect=lambda: project.connect("sk_test_other"))
    with pytest.raises(GuardError, match="belongs to account"):
        write_stamps(other, (), lambda _: True)
    hold_lock(context, "shop", "freeze")
    with pytest.raises(LockHeldError, match="freeze"):
        write_all(project)
    assert lacking(project)["shop"]
    assert project.writes() == []


def test_stamps_that_are_switched_off(project: Project) -> None:
    """Nothing is written, with updates or at once."""
    (project.root / "pyproject.toml").write_text("[tool.engine]\nownership-stamp = false\n")
    project.write(adopted(project))
    project.apply()
    project.write(adopted(project, "Plus"))
    project.apply()
    assert not any(STAMP_KEY in found for found in metadata(project).values())
    with pytest.raises(UsageError, match="switched off"):
        write_all(project)


def test_a_stack_without_a_state(project: Project) -> None:
    """There is nothing to stamp; a name that is mistyped is none."""
    project.write(adopted(project))
    project.apply()
    with pytest.raises(UsageError, match="no state"):
        write_all(project, "shpo")
