"""What will still differ between two environments when plans for the second were carried out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from engine.plan.environments.model import LeafDifference, ResourceDifference, StackDifference
from engine.plan.model import Action, Change, Plan
from engine.schema.lifecycle import Verb
from engine.values.tree import any_scalar

_MADE = (Action.CREATE, Action.REPLACE)
_TAKEN_IN = (Action.IMPORT, Action.REVIVE)


def remaining_after(
    stacks: Iterable[StackDifference], plans: Iterable[Plan]
) -> Iterator[StackDifference]:
    """The differences that the plans do not settle.

    Args:
        stacks: What differs now, with all fields.
        plans: What will be done in the second environment.
    """
    by_name = {plan.stack: plan for plan in plans}
    for stack in stacks:
        plan = by_name[stack.stack]
        changes = {str(change.address): change for change in plan.changes}
        left = (_left(one, changes) for one in stack.resources)
        yield dataclasses.replace(stack, resources=tuple(one for one in left if one is not None))


def _left(one: ResourceDifference, changes: Mapping[str, Change]) -> ResourceDifference | None:
    """What is left of a difference; None if nothing is."""
    change = changes.get(one.address)
    if change is None or change.action is Action.NO_OP:
        return one
    if one.in_one == 0:
        return None if change.action in (*_MADE, *_TAKEN_IN) else one
    if one.in_one == 1:
        kept = change.removal is not None and change.removal.verb is Verb.KEEP
        gone = change.action in (Action.DELETE, Action.FORGET) and not kept
        return None if gone else one
    leaves = tuple(
        after
        for leaf in one.leaves
        # A new object has none of what only the old one was given.
        if (leaf.declared or change.action is not Action.REPLACE)
        and (after := _after(leaf, change)) is not None
    )
    return dataclasses.replace(one, leaves=leaves) if leaves else None


def _after(leaf: LeafDifference, change: Change) -> LeafDifference | None:
    """A field as it will differ; None if the change sets it to what the first environment has."""
    first, _ = leaf.values
    for field in change.fields:
        if field.path == leaf.path and not any_scalar(first, _is_reference):
            is_same = field.after == first
            return None if is_same else dataclasses.replace(leaf, values=(first, field.after))
        shorter, longer = sorted((field.path, leaf.path), key=len)
        if longer[: len(shorter)] == shorter:
            return None
    return leaf


def _is_reference(leaf: object) -> bool:
    return isinstance(leaf, str) and "${" in leaf
