"""What a plan of one stack makes of what the stack reads of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.graph.build import ResourceGraph
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action, Plan, Reason, StepKind
from engine.plan.planner import make_plan
from engine.state.model import ResourceState, State
from engine.values.markers import UNKNOWN
from engine.values.secret import fingerprint_of
from engine.values.targets import Elsewhere, OutputTarget, ResourceTarget
from tests.support.cases import LINEAGE, graph_of

COUPON = "stripe_coupon.c"
CODE = "stripe_promotion_code.p"
MONTH = OutputTarget("catalogue", "prices", ("month",))
PRICE = ResourceTarget("catalogue", parse_address("stripe_price.month"))
SALE = OutputTarget("catalogue", "sale")


def graph(*triggers: str) -> ResourceGraph:
    """A coupon with triggers, a code for the coupon of another stack, an output passed on."""
    coupon = {"percent_off": 10, "duration": "once"}
    code = {"code": "S", "promotion": {"type": "coupon", "coupon": f"${{{SALE}}}"}}
    return graph_of(
        {
            "stack": {
                "declarations": {
                    COUPON: {
                        "arguments": coupon,
                        "lifecycle": {
                            "replace_triggered_by": list(triggers),
                            "depends_on": ["base:stripe_product.pro"],
                        },
                    },
                    CODE: {"arguments": code},
                },
                "outputs": {"all": {"value": [f"${{{MONTH}}}"]}},
            }
        }
    )


def state(triggers: dict[str, str], reads: Mapping[str, tuple[str, ...]] | None = None) -> State:
    """Both made, as they are declared."""
    made = graph().declarations
    return State(
        stack="case",
        environment="test",
        lineage=LINEAGE,
        serial=1,
        resources={
            COUPON: ResourceState(
                type="stripe_coupon",
                id="c_1",
                declared=made[COUPON].arguments,
                attributes=made[COUPON].arguments,
                triggers=triggers,
            ),
            CODE: ResourceState(
                type="stripe_promotion_code",
                id="promo_1",
                declared=made[CODE].arguments,
                attributes={"code": "S", "promotion": {"type": "coupon", "coupon": "SALE"}},
            ),
        },
        outputs={"all": ["price_1"]},
        reads=reads or {},
    )


def plan(
    triggers: tuple[str, ...] = (),
    recorded: dict[str, str] | None = None,
    *,
    values: dict[Elsewhere, Any] | None = None,
    options: PlanOptions | None = None,
    reads: Mapping[str, tuple[str, ...]] | None = None,
    **observed: Any,
) -> Plan:
    """The plan, without a refresh."""
    outputs = {MONTH: "price_1", PRICE: "price_1", SALE: "SALE", **(values or {})}
    seen = Observed(refreshed=False, outputs=outputs, **observed)
    return make_plan(
        graph(*triggers), state(recorded or {}, reads), seen, loader.schemas(), options
    )


def reasons(found: Plan, address: str) -> tuple[Action, tuple[Reason, ...]]:
    """What happens to a resource, and why."""
    change = next(change for change in found.changes if change.address == address)
    return change.action, change.reasons


@pytest.mark.parametrize(
    ("options", "reads"),
    [
        (
            PlanOptions(),
            {
                "base": (":stripe_product.pro",),
                "catalogue": (":stripe_price.month", "prices.month", "sale"),
            },
        ),
        (
            PlanOptions(targets=(parse_address(COUPON),)),
            {
                "base": (":stripe_product.pro",),
                "catalogue": (":stripe_price.month", "gone", "prices.month", "sale"),
                "other": ("x",),
            },
        ),
        (PlanOptions(destroy=True), {}),
        (PlanOptions(refresh_only=True), {"catalogue": ("gone",), "other": ("x",)}),
    ],
)
def test_a_state_is_to_record_what_is_read(
    options: PlanOptions, reads: dict[str, tuple[str, ...]]
) -> None:
    """By arguments, outputs and lifecycles; of a part of a stack also what was read before."""
    before = {"catalogue": ("gone",), "other": ("x",)}
    found = plan((str(PRICE), f"${{{MONTH}}}"), reads=before, options=options)
    assert found.reads == reads


NOW = fingerprint_of("price_1", LINEAGE)
BEFORE = fingerprint_of("price_0", LINEAGE)


@pytest.mark.parametrize("target", [MONTH, PRICE])
def test_a_trigger_is_compared_with_what_state_knows(target: Elsewhere) -> None:
    """Another value replaces, one that is new is recorded, one that is unknown changes nothing."""
    name = str(target)
    text = name if target is PRICE else f"${{{name}}}"
    keep, replaced = (Action.NO_OP, ()), (Action.REPLACE, (Reason.TRIGGERED,))
    assert reasons(plan((text,), {name: NOW}), COUPON) == keep
    assert reasons(plan((text,), {name: BEFORE}), COUPON) == replaced
    assert reasons(plan((text,), {name: NOW}, changing=frozenset([target])), COUPON) == replaced
    assert reasons(plan((text,), {}, changing=frozenset([target])), COUPON) == keep
    assert reasons(plan((text,), {name: BEFORE}, values={target: UNKNOWN}), COUPON) == keep
    for recorded, wanted in (({}, {name: NOW}), ({"output.x.y": NOW}, {name: NOW})):
        [step] = [step for step in plan((text,), recorded).steps if step.address == COUPON]
        assert (step.kind, step.record.triggers if step.record else None) == (
            StepKind.RECORD,
            wanted,
        )
    [step] = [
        step
        for step in plan((text,), {name: BEFORE}, changing=frozenset([target])).steps
        if step.kind is StepKind.CREATE
    ]
    assert step.record is not None
    assert step.record.triggers == {name: ""}
    assert reasons(plan((text,), {}, values={target: UNKNOWN}), COUPON) == keep
    left = plan((text,), {name: BEFORE}, values={target: UNKNOWN})
    assert not [step for step in left.steps if step.kind is not StepKind.RECORD]


def test_what_is_tied_to_an_object_that_is_made_anew_follows() -> None:
    """The id is the same, but the promotion code of the old coupon is gone with it."""
    assert reasons(plan(), CODE)[0] is Action.NO_OP
    assert reasons(plan(remade=frozenset([SALE])), CODE) == (Action.REPLACE, (Reason.OUTPUT,))
