"""Stacks whose module is gone, end to end: nothing of them is forgotten, and they can be ended."""

from __future__ import annotations

import contextlib
import dataclasses

import pytest

from engine.emulator.testing.faults import server_error
from engine.errors import InterruptedRunError, StateError, UsageError
from engine.operations.apply import apply_stacks
from engine.operations.state_edit.move import MoveOptions
from engine.operations.state_edit.rename import move_stack
from engine.plan.inputs.options import PlanOptions
from engine.ports.hook import Hook
from engine.ports.outcomes import StepResult
from tests.support.project import Project

LINKED = """
    from engine import output
    from engine.stripe import Coupon, PromotionCode

    sale = Coupon("sale", id="SALE", percent_off=10)
    output("sale", sale.id)
"""
READER = """
    from engine import stack_output
    from engine.stripe import PromotionCode

    sale = stack_output("old", "sale")
    PromotionCode("code", code="SALE", promotion={"type": "coupon", "coupon": sale})
"""


def unlink(project: Project, *names: str) -> None:
    """Delete the modules of stacks."""
    for name in names:
        (project.root / "stacks" / f"{name}.py").unlink()


def states(project: Project) -> tuple[str, ...]:
    """The stacks that have a state."""
    return project.context().backend.stacks("local")


def test_what_others_read_is_not_destroyed_before_they_follow(project: Project) -> None:
    """Alone it is refused; with its reader, whose module is gone too, the reader goes first."""
    project.write(LINKED, "old")
    project.write(READER, "codes")
    project.apply()
    unlink(project, "old", "codes")
    [refusal] = project.report("old", destroy=True).refusals
    assert refusal.startswith("stack codes refers to output 'sale' of old")
    assert refusal.endswith("engine destroy old codes")
    report = project.report("old", "codes", destroy=True)
    assert [plan.stack for plan in report.plans] == ["codes", "old"]
    project.apply("old", "codes", destroy=True)
    assert project.objects("/v1/coupons") == []
    # Stripe only deactivates a promotion code, so the state keeps its id.
    assert states(project) == ("codes",)


def test_stacks_with_and_without_a_module_are_destroyed_together(project: Project) -> None:
    """A reader that has a module goes before the stack that it reads and that has none."""
    project.write(LINKED, "old")
    project.write(READER, "codes")
    project.apply()
    unlink(project, "old")
    report = project.apply("old", "codes", destroy=True)
    assert [plan.stack for plan in report.plan.plans] == ["codes", "old"]
    assert dict(report.ended) == {"old": 0}
    assert states(project) == ("codes",)


def test_what_two_states_read_of_each_other_once_does_not_keep_them(project: Project) -> None:
    """The reading went round over time: each state has what was read at its last apply."""
    text = """
        from engine import output, stack_output
        from engine.stripe import Coupon

        Coupon("c", id="{id}", percent_off=10, name={name})
        output("name", "{id}")
    """
    project.write(text.format(id="A", name='"A"'), "a")
    project.write(text.format(id="B", name='stack_output("a", "name")'), "b")
    project.apply()
    project.write(text.format(id="B", name='stack_output("a", "name")'), "b")
    project.write("", "b")
    context = project.context()
    with_reader = context.backend.read("b", "local")
    assert with_reader is not None
    project.write(text.format(id="B", name='"A"'), "b")
    project.write(text.format(id="A", name='stack_output("b", "name")'), "a")
    # As two branches that were applied one after the other leave them.
    project.apply("a")
    unlink(project, "a", "b")
    project.apply("a", "b", destroy=True)
    assert project.objects("/v1/coupons") == []
    assert states(project) == ()


def test_a_destroy_that_fails_leaves_the_rest_recorded(project: Project) -> None:
    """What is still there stays in the state, and the same command goes on."""
    project.write(LINKED, "old")
    project.apply()
    unlink(project, "old")
    project.emulator.faults.add(server_error(), method="DELETE", path="/v1/coupons/*", times=3)
    report = project.try_apply("old", destroy=True)
    assert len(report.failures) == 1
    assert report.ended == {}
    assert [orphan.stack for orphan in project.report().orphans] == ["old"]
    project.apply("old", destroy=True)
    assert states(project) == ()
    assert project.objects("/v1/coupons") == []


class _Dying(Hook):
    """The run stops at once after its first step."""

    def step_finished(self, result: StepResult) -> None:
        """Stop."""
        del result
        raise KeyboardInterrupt


def test_what_an_unfinished_run_made_is_not_made_again_by_the_renamed_module(
    project: Project,
) -> None:
    """It is in the journal alone: it is named, and recovered without the module."""
    text = 'from engine.stripe import Product\nProduct("pro", name="Pro")\n'
    project.write(text, "old")
    with pytest.raises(InterruptedRunError):
        apply_stacks(project.context(hook=_Dying()), (), PlanOptions(), lambda _: True)
    assert project.state("old").resources == {}
    unlink(project, "old")
    project.write(text, "new")
    report = project.report()
    [orphan] = report.orphans
    assert (orphan.stack, orphan.unfinished, orphan.renamed) == ("old", True, "new")
    assert orphan.addresses == ("stripe_product.pro",)
    assert "This plan would make them again" in report.refusals[0]
    with pytest.raises(UsageError, match="stack old has a state") as refused:
        project.report("old")
    assert "engine plan --destroy old -e local" in str(refused.value.hint)
    project.report("old", destroy=True)
    assert list(project.state("old").resources) == ["stripe_product.pro"]
    assert len(project.objects("/v1/products")) == 1


def test_what_was_only_archived_is_revived_if_the_module_comes_back(project: Project) -> None:
    """The state keeps its id for that, and is no stack that anybody has to settle."""
    text = """
        from engine.stripe import Price, Product

        pro = Product("pro", name="Pro")
        Price("month", product=pro, currency="usd", unit_amount=1000)
    """
    project.write(text, "old")
    project.apply()
    unlink(project, "old")
    report = project.apply("old", destroy=True)
    assert dict(report.ended) == {"old": 2}
    project.write("", "other")
    assert project.report().orphans == ()
    project.write(text, "old")
    project.apply()
    assert len(project.objects("/v1/products")) == 1
    assert [price["active"] for price in project.objects("/v1/prices")] == [True]


def test_nothing_goes_without_a_yes(project: Project) -> None:
    """The state is as it was."""
    project.write(LINKED, "old")
    project.apply()
    unlink(project, "old")
    before = project.state_text("old")
    with contextlib.suppress(UsageError):
        apply_stacks(project.context(), ("old",), PlanOptions(destroy=True), lambda _: False)
    assert project.state_text("old") == before
    assert len(project.objects("/v1/coupons")) == 1


def test_what_another_state_records_too_is_not_destroyed(project: Project) -> None:
    """A state mv that was cut off leaves both states: the objects have an owner."""
    project.write(LINKED, "old")
    project.apply()
    unlink(project, "old")
    project.write(LINKED, "new")
    backend = project.context().backend
    backend.write(dataclasses.replace(project.state("old"), stack="new"), expected=None)
    project.try_apply("old", destroy=True, allow_mass_change=True)
    assert [coupon["id"] for coupon in project.objects("/v1/coupons")] == ["SALE"]
    assert list(project.state("new").resources) == ["stripe_coupon.sale"]


def test_a_part_of_it_can_be_destroyed(project: Project) -> None:
    """The rest stays recorded, with its outputs."""
    project.write(LINKED + '    Coupon("other", percent_off=5)\n', "old")
    project.apply()
    unlink(project, "old")
    report = project.apply("old", destroy=True, targets=["stripe_coupon.other"])
    assert report.ended == {}
    assert list(project.state("old").resources) == ["stripe_coupon.sale"]
    assert project.state("old").outputs == {"sale": "SALE"}


def test_its_state_is_edited_once_its_unfinished_run_is_recovered(project: Project) -> None:
    """The command that recovers it works without a module."""
    text = 'from engine.stripe import Product\nProduct("pro", name="Pro")\n'
    project.write(text, "old")
    with pytest.raises(InterruptedRunError):
        apply_stacks(project.context(hook=_Dying()), (), PlanOptions(), lambda _: True)
    unlink(project, "old")
    project.write(text, "new")
    with pytest.raises(StateError) as refused:
        move_stack(project.context(), "old", "new", MoveOptions())
    assert str(refused.value.hint).startswith("run engine plan --destroy old first")
    project.report("old", destroy=True)
    move_stack(project.context(), "old", "new", MoveOptions())
    report = project.report()
    assert report.orphans == ()
    assert not report.has_changes
