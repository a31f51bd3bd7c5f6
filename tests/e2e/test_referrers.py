"""What another stack ties to an object by its id is not ended under it, however it got the id."""

from __future__ import annotations

import pytest

from engine.errors import GuardError
from engine.operations.state_edit.move import MoveOptions
from engine.operations.state_edit.rename import move_stack
from tests.support.project import Project

CATALOGUE = """
    from engine import output
    from engine.stripe import Price, Product

    p = Product("pro", name="Pro")
    month = Price("month", product=p, currency="usd", unit_amount={amount})
    output("month", month.id)
"""
LITERAL = """
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{{"price": "{id}", "quantity": 1}}])
"""
READER = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{{"price": stack_output("{stack}", "month"), "quantity": 1}}])
"""


@pytest.fixture
def literal(project: Project) -> Project:
    """A link whose stack has the id of another stack's price written out."""
    project.write(CATALOGUE.format(amount=1000), "catalogue")
    project.apply()
    project.write(LITERAL.format(id=project.state("catalogue").outputs["month"]), "site")
    project.apply()
    return project


@pytest.mark.parametrize("names", [("catalogue",), ()])
def test_an_id_that_is_written_out_counts(literal: Project, names: tuple[str, ...]) -> None:
    """A link would go on selling an archived price, whether its stack is in the run or not."""
    old = literal.state("catalogue").outputs["month"]
    literal.write(CATALOGUE.format(amount=1200), "catalogue")
    [refusal] = literal.report(*names).refusals
    assert refusal.startswith(
        "stack site refers to what this plan ends: stripe_payment_link.buy has "
        f"{old} as its line_items[0].price"
    )
    with pytest.raises(GuardError):
        literal.apply(*names)
    assert [price["active"] for price in literal.objects("/v1/prices")] == [True]


def test_what_goes_with_it_does_not_count(literal: Project) -> None:
    """A destroy of both stacks ends both."""
    literal.apply(destroy=True)
    assert [price["active"] for price in literal.objects("/v1/prices")] == [False]


def test_a_reader_of_a_stack_that_was_renamed_counts(project: Project) -> None:
    """Its state still says that it read the old stack."""
    project.write(CATALOGUE.format(amount=1000), "shop")
    project.write(READER.format(stack="shop"), "site")
    project.apply()
    (project.root / "stacks" / "shop.py").unlink()
    project.write(CATALOGUE.format(amount=1200), "catalogue")
    project.write(READER.format(stack="catalogue"), "site")
    move_stack(project.context(), "shop", "catalogue", MoveOptions())
    [refusal] = project.report("catalogue").refusals
    assert refusal.endswith("engine apply catalogue site")
    project.apply()
    assert [price["active"] for price in project.objects("/v1/prices")] == [False, True]


COUPON = """
    from engine.stripe import Coupon

    Coupon("launch", id="LAUNCH25", percent_off=25, duration="once")
"""
CODE = """
    from engine.stripe import PromotionCode

    PromotionCode("vip", promotion={"type": "coupon", "coupon": "LAUNCH25"}, code="VIP")
"""
WARNING = (
    "stripe_promotion_code.vip has LAUNCH25 as its promotion.coupon, which was deleted on Stripe: "
    "{0}:stripe_coupon.launch. Stripe is likely to refuse that until it is made again: "
    "engine apply {0}, and then engine apply codes"
)


@pytest.mark.parametrize(("stack", "warned"), [("shop", True), ("base", False)])
def test_a_plan_warns_of_an_id_that_was_deleted(
    project: Project, stack: str, *, warned: bool
) -> None:
    """If the stack that has it comes later in the run; else it is made again before."""
    project.write(COUPON, stack)
    project.apply(stack)
    project.write(CODE, "codes")
    project.apply("codes")
    assert [plan.warnings for plan in project.report().plans] == [(), ()]
    project.call("delete", "/v1/coupons/LAUNCH25")
    found = {plan.stack: plan.warnings for plan in project.report().plans}
    assert found == {stack: (), "codes": (WARNING.format(stack),) if warned else ()}
    project.apply(stack)
    assert project.report().plans[0].warnings == ()
    project.apply("codes")
    assert not project.report().has_changes
