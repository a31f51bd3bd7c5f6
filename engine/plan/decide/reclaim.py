"""An object that ended long ago and still holds the natural key of what is to be made."""

from __future__ import annotations

import dataclasses

from engine.plan.compare.liveness import is_live
from engine.plan.decide.decision import Decision
from engine.plan.decide.existing import Existing, decide_existing
from engine.plan.decide.key_conflicts import collision
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Action, Reason
from engine.schema.remote import id_of


def reclaimed(inputs: PlanInputs, case: Existing, decision: Decision) -> Decision:
    """Bring such an object back instead of making one that Stripe would refuse.

    A domain that is declared as `a`, then `b`, then `a` again leaves a disabled `a` behind, which
    occupies the name for good: it comes back, and `b` goes.

    Args:
        inputs: What the plan is made from.
        case: The resource and the object it has.
        decision: To make a new object.

    Returns:
        The decision as it is if nothing holds its key; refused if what holds it is in use.
    """
    holder = inputs.observed.holders.get(decision.address)
    if holder is None or id_of(holder) == id_of(case.actual):
        return decision
    back = decide_existing(
        dataclasses.replace(case, actual=holder, prior=None, taken=Reason.REMEMBERED, force=None)
    )
    ours = any(entry.id == id_of(holder) for entry in inputs.state.resources.values())
    used = is_live(case.kind, holder) and not case.declaration.lifecycle.adopt
    if ours or used or back.change.action is not Action.REVIVE:
        _, _, refusal = collision(
            case.declaration,
            case.kind,
            case.wanted,
            holder,
            inputs.state,
            inputs.graph,
            inputs.observed.owners,
        )
        return dataclasses.replace(decision, refusals=(*decision.refusals, refusal))
    note = f"{id_of(holder)} holds its key already, and comes back in place of a new one"
    change = dataclasses.replace(
        decision.change, create_first=False, notes=(*decision.change.notes, note)
    )
    removals = tuple(id for id in decision.removals if id != id_of(holder))
    return dataclasses.replace(decision, change=change, instead=back, removals=removals)
