"""The plan's nouns: what counts as a change, and how changes are counted."""

from __future__ import annotations

from typing import Any

import pytest

from engine.plan.model import Action, Plan, PlanReport, summary
from tests.support.cases import plan_of

PRO = "stripe_product.pro"
OBJECT = {"id": "prod_1", "name": "Pro", "active": True}


def case(name: str = "Pro", **parts: Any) -> dict[str, Any]:
    """A product that state knows, declared under some name."""
    return {
        "stack": {"declarations": {PRO: {"arguments": {"name": name}}}},
        "state": {"resources": {PRO: {"id": "prod_1"}}},
        "observed": {"objects": {PRO: OBJECT}},
        **parts,
    }


def report_of(*plans: Plan) -> PlanReport:
    """A run with these plans."""
    return PlanReport(
        environment="test", embedded=True, account_id="", livemode=None, plans=plans, requests=0
    )


def with_stack(**parts: Any) -> dict[str, Any]:
    """The case with more in its stack."""
    return case(stack={**case()["stack"], **parts})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (False, case()),
        (True, case("Plus")),
        # Bookkeeping alone is nothing a person has to agree to.
        (False, case(state={"resources": {PRO: {"id": "prod_1", "attributes": {}}}})),
        (True, with_stack(outputs={"a": {"value": 1}})),
        (True, case(options={"refresh_only": True}, observed={"objects": {PRO: None}})),
        (False, case(options={"refresh_only": True})),
    ],
)
def test_has_changes(changed: bool, said: dict[str, Any]) -> None:  # noqa: FBT001
    """A plan has changes if an apply would do anything a person has to agree to."""
    plan = plan_of(said)
    assert plan.has_changes is changed
    assert report_of(plan_of(case()), plan).has_changes is changed
    assert not report_of().has_changes


def test_a_move_alone_is_a_change() -> None:
    """Renaming in state is something to agree to."""
    plan = plan_of(
        {
            "stack": {
                "declarations": {"stripe_product.plus": {"arguments": {"name": "Pro"}}},
                "moves": {PRO: "stripe_product.plus"},
            },
            "state": {"resources": {PRO: {"id": "prod_1", "declared": {"name": "Pro"}}}},
            "observed": {"objects": {"stripe_product.plus": OBJECT}},
        }
    )
    assert plan.has_changes
    assert plan.count(Action.MOVE) == 1


def test_summary_names_every_action() -> None:
    """Resources are counted by action, those without a change too."""
    plan = plan_of(
        {
            **case(),
            "stack": {
                "declarations": {
                    PRO: {"arguments": {"name": "Pro"}},
                    "stripe_product.a": {"arguments": {"name": "A"}},
                    "stripe_product.b": {"arguments": {"name": "B"}},
                }
            },
        }
    )
    counts = summary(plan)
    assert set(counts) == {action.value for action in Action}
    assert {name: count for name, count in counts.items() if count} == {"no-op": 1, "create": 2}
    assert plan.count(Action.CREATE, Action.NO_OP) == 3
    assert [str(change.address) for change in plan.pending] == [
        "stripe_product.a",
        "stripe_product.b",
    ]


def test_a_report_gathers_every_refusal() -> None:
    """A run is forbidden by whatever forbids one of its plans."""
    template = "stripe_invoice_rendering_template.plain"
    refused = plan_of({"stack": {"declarations": {template: {}}}})
    (refusal,) = report_of(plan_of(case()), refused).refusals
    assert refusal.startswith(template)
    assert report_of(plan_of(case())).refusals == ()
