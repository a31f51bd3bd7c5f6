"""The ownership stamp follows the owner: objects that exist get it too, and hide nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.emulator.core import Emulator
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.operations.saved_plan.saved_plan import apply_saved, plan_to_save
from engine.plan.inputs.options import PlanOptions
from engine.schema.remote import STAMP_KEY
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
