"""Find what other stacks tie to an object that a plan ends, or that is gone: by its id.

Outputs are not the only way to an id. It may be written out, come from a variable, or from one
of a stack that has another name by now. But states record what each object refers to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from engine.plan.inputs.ownership import ObjectKey
from engine.plan.model import Action, Change, Plan, Step, StepKind
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import Schemas
from engine.state.model import State
from engine.values.paths import dotted
from engine.values.tree import scalars

_GONE = (Action.DELETE, Action.FORGET)
_ById: TypeAlias = Mapping[str, Mapping[tuple[str, str], ObjectKey]]


def ended_by(plan: Plan) -> frozenset[ObjectKey]:
    """The objects that a plan ends; not those that it makes again under the same id."""
    made = _made_ids(plan)
    return frozenset(
        ObjectKey(step.type, step.account, step.id)
        for step in plan.steps
        if _ends(step) and step.id not in made
    )


def _made_ids(plan: Plan) -> set[str]:
    """The ids that a plan chooses for the objects that it makes."""
    return {str(step.params.get("id")) for step in plan.steps if step.kind is StepKind.CREATE}


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
    own = [plan for plan in plans if plan.stack == state.stack]
    changes: Mapping[str, Change] = {c.address: c for plan in own for c in plan.changes}
    moves = {old: new for plan in own for old, new in plan.moves.items()}
    sought = _by_id(ended, schemas)
    for recorded, entry in state.resources.items():
        address = moves.get(recorded, recorded)
        change = changes.get(address)
        if change is not None and change.action in _GONE:
            continue
        pending = change is not None and change.action is not Action.NO_OP
        has: Mapping[str, Any] = change.after if change and pending else entry.attributes
        for sentence, _ in _tied(entry.type, entry.removal_policy.account, has, sought, schemas):
            yield f"{address} {sentence}"


def warned_of_deleted(plans: Sequence[Plan], schemas: Schemas) -> tuple[Plan, ...]:
    """Plans that warn where they send the id of what another stack had, and Stripe has no more.

    What an earlier plan of the run makes again under the same id is no such thing.

    Args:
        plans: The plans of the run, in the order of the apply.
        schemas: Resource types by name.
    """
    deleted = {
        ObjectKey(drift.type, drift.account, drift.id): (plan.stack, drift.address)
        for plan in plans
        for drift in plan.drift
        if drift.gone
    }
    if not deleted:
        return tuple(plans)
    warned = []
    for plan in plans:
        others = _by_id(
            [key for key, (stack, _) in deleted.items() if stack != plan.stack], schemas
        )
        warnings = [
            f"{change.address} {sentence}, which was deleted on Stripe: "
            f"{deleted[key][0]}:{deleted[key][1]}. Stripe is likely to refuse that until it is "
            f"made again: engine apply {deleted[key][0]}, and then engine apply {plan.stack}"
            for change in plan.pending
            for sentence, key in _tied(change.type, change.account, change.after, others, schemas)
        ]
        warned.append(dataclasses.replace(plan, warnings=(*plan.warnings, *warnings)))
        made = _made_ids(plan)
        deleted = {
            key: owner
            for key, owner in deleted.items()
            if owner[0] != plan.stack or key.id not in made
        }
    return tuple(warned)


def _by_id(objects: Collection[ObjectKey], schemas: Schemas) -> _ById:
    """Objects by their ids, and under each by object name and account."""
    found: dict[str, dict[tuple[str, str], ObjectKey]] = {}
    for key in objects:
        found.setdefault(key.id, {})[schemas[key.type].object, key.account] = key
    return found


def _tied(
    kind: str, account: str, has: Mapping[str, Any], objects: _ById, schemas: Schemas
) -> Iterator[tuple[str, ObjectKey]]:
    """Where values refer to some objects, in a few words, and the object."""
    for path, value in scalars(has):
        if not isinstance(value, str) or value not in objects:
            continue
        attribute = schemas[kind].root.at(path)
        object_name = attribute.reference if attribute is not None else ""
        if found := objects[value].get((object_name, account)):
            yield f"has {value} as its {dotted(path)}", found
