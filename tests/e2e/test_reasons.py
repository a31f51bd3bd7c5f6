"""Why something changes: each plan names the reason that is true."""

from __future__ import annotations

import pytest

from engine.errors import GuardError
from engine.operations.apply import apply_stacks
from engine.operations.saved_plan.saved_plan import apply_saved, plan_to_save
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import FieldReason, Reason
from engine.plan.saved.file import SavedPlan
from tests.support.plans import change_of, leaves
from tests.support.project import Project

PRODUCT = """
    from engine.stripe import Product

    Product("a", name="{name}", description="Declared", metadata={{"k": "{name}", "l": "1"}})
"""


def saved_plan(project: Project) -> SavedPlan:
    """The plan of a project, to be applied later."""
    return plan_to_save(project.context(), (), PlanOptions())[1]


def test_a_change_between_plan_and_apply_is_drift(project: Project) -> None:
    """What somebody changes while a plan waits for its yes is drift in the next plan."""
    project.write(PRODUCT.format(name="A"))
    project.apply()
    project.write(PRODUCT.format(name="B"))
    path = f"/v1/products/{project.id('stripe_product.a')}"

    def meanwhile(_: object) -> bool:
        project.call("post", path, description="By hand", metadata={"l": "2"})
        return True

    report = apply_stacks(project.context(), (), PlanOptions(), meanwhile)
    assert not report.failures
    plan = project.plan()
    change = change_of(plan, "stripe_product.a")
    assert change.reasons == (Reason.DRIFTED,)
    assert {field.reason for field in change.fields} == {FieldReason.DRIFT}
    assert leaves(change) == {
        "description": ("By hand", "Declared"),
        "metadata.l": ("2", "1"),
    }
    assert len(plan.drift) == 1
    project.apply()
    assert not project.plan().has_changes


def test_what_stripe_has_since_the_last_apply(project: Project) -> None:
    """A value that is another since the last apply looked refers to nothing that is replaced."""
    project.write(PRODUCT.format(name="A"))
    project.apply()
    path = f"/v1/products/{project.id('stripe_product.a')}"
    project.call("post", path, description="By hand")
    project.apply(refresh_only=True)
    change = change_of(project.plan(), "stripe_product.a")
    assert change.reasons == (Reason.DIFFERS,)
    assert [field.reason for field in change.fields] == [FieldReason.DIFFERS]
    assert "if it differs again after each apply, Stripe does not keep it" in change.notes[0]


def test_a_saved_plan_is_applied_once(project: Project) -> None:
    """A second apply of a saved plan says that it was applied, and changes nothing."""
    project.write(PRODUCT.format(name="A"))
    for name in ("A", "B"):
        project.write(PRODUCT.format(name=name))
        saved = saved_plan(project)
        apply_saved(project.context(), saved, lambda _: True)
        project.writes()
        with pytest.raises(GuardError, match="the saved plan was applied already"):
            apply_saved(project.context(), saved, lambda _: True)
        assert project.writes() == []
    project.write("")
    saved = saved_plan(project)
    apply_saved(project.context(), saved, lambda _: True)
    with pytest.raises(GuardError, match="the saved plan was applied already"):
        apply_saved(project.context(), saved, lambda _: True)


def test_a_saved_plan_of_another_state_was_not_applied(project: Project) -> None:
    """A plan that something else overtook is refused as before."""
    project.write(PRODUCT.format(name="A"))
    project.apply()
    project.write(PRODUCT.format(name="B"))
    saved = saved_plan(project)
    project.write(PRODUCT.format(name="C"))
    project.apply()
    with pytest.raises(GuardError, match="was made from serial"):
        apply_saved(project.context(), saved, lambda _: True)
