"""Find what other stacks tie to an object that a plan ends: by its id, however they got it.

Outputs are not the only way to an id. It may be written out, come from a variable, or from one
of a stack that has another name by now. But states record what each object refers to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from engine.plan.inputs.ownership import ObjectKey
from engine.plan.model import Action, Change, Plan, Step, StepKind
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import Schemas
from engine.state.model import State
from engine.values.paths import dotted
from engine.values.tree import scalars

_GONE = (Action.DELETE, Action.FORGET)


def ended_by(plan: Plan) -> frozenset[ObjectKey]:
    """The objects that a plan ends; not those that it makes again under the same id."""
    made = {str(step.params.get("id")) for step in plan.steps if step.kind is StepKind.CREATE}
    return frozenset(
        ObjectKey(step.type, step.account, step.id)
        for step in plan.steps
        if _ends(step) and step.id not in made
    )


def _ends(step: Step) -> bool:
    ends = step.removal is not None and step.removal.verb is not Verb.KEEP
    return step.kind is StepKind.REMOVE and ends


def referrers(
    ended: Collection[ObjectKey], state: State, plans: Sequence[Plan], schemas: Schemas
) -> Iterator[str]:
    """Yield what a stack still has after the run that refers to an ended object.

    Args:
        ended: The objects.
        state: The state of the stack.
        plans: The plans of the run, that of the stack among them if it is part of it.
        schemas: Resource types by name.
    """
    objects = {(schemas[key.type].object, key.account, key.id) for key in ended}
    ids = {key.id for key in ended}
    own = [plan for plan in plans if plan.stack == state.stack]
    changes: Mapping[str, Change] = {c.address: c for plan in own for c in plan.changes}
    moves = {old: new for plan in own for old, new in plan.moves.items()}
    for recorded, entry in state.resources.items():
        address = moves.get(recorded, recorded)
        change = changes.get(address)
        if change is not None and change.action in _GONE:
            continue
        pending = change is not None and change.action is not Action.NO_OP
        has: Mapping[str, Any] = change.after if change and pending else entry.attributes
        for path, value in scalars(has):
            if not isinstance(value, str) or value not in ids:
                continue
            attribute = schemas[entry.type].root.at(path)
            object_name = attribute.reference if attribute is not None else ""
            if (object_name, entry.removal_policy.account, value) in objects:
                yield f"{address} has {value} as its {dotted(path)}"
