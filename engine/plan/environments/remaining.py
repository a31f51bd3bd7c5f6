"""What will still differ between two environments when plans for the second were carried out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from engine.plan.compare.normalize import Normalizer
from engine.plan.environments.model import (
    Found,
    LeafDifference,
    ResourceDifference,
    StackDifference,
)
from engine.plan.model import Action, Change, Plan
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import Schemas
from engine.state.model import ResourceState
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import get_path
from engine.values.secret import is_secret
from engine.values.tree import any_scalar

_MADE = (Action.CREATE, Action.REPLACE)
_TAKEN_IN = (Action.IMPORT, Action.REVIVE)
_NOT_MADE_YET = Found("")
_PLAIN = Normalizer("")


def remaining_after(
    stacks: Iterable[StackDifference],
    plans: Iterable[Plan],
    recorded: Mapping[str, Mapping[str, ResourceState]],
    schemas: Schemas,
) -> Iterator[StackDifference]:
    """The differences that the plans do not settle.

    Args:
        stacks: What differs now, with all fields.
        plans: What will be done in the second environment.
        recorded: Resources of the first environment, by stack and address.
        schemas: Resource types by name.
    """
    by_name = {plan.stack: plan for plan in plans}
    for stack in stacks:
        plan = by_name[stack.stack]
        changes = {str(change.address): change for change in plan.changes}
        resources = recorded.get(stack.stack, {})
        left = (_left(one, changes, resources, schemas) for one in stack.resources)
        yield dataclasses.replace(stack, resources=tuple(one for one in left if one is not None))


def _left(
    one: ResourceDifference,
    changes: Mapping[str, Change],
    recorded: Mapping[str, ResourceState],
    schemas: Schemas,
) -> ResourceDifference | None:
    """What is left of a difference; None if nothing is."""
    change = changes.get(one.address)
    if change is None or change.action is Action.NO_OP:
        return one
    if one.in_one == 0:
        if change.action not in (*_MADE, *_TAKEN_IN):
            return one
        unlike = tuple(_made_unlike(change, recorded[one.address], schemas))
        found = (one.found[0], _NOT_MADE_YET)
        return dataclasses.replace(one, found=found, leaves=unlike) if unlike else None
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


def _made_unlike(
    change: Change, first: ResourceState, schemas: Schemas
) -> Iterator[LeafDifference]:
    """What a new object is given that the first environment declared otherwise.

    A module may read variables or the name of the environment.
    """
    root = schemas[change.type].root
    for field in change.fields:
        attribute = root.at(field.path)
        declared = get_path(first.declared, field.path, ABSENT)
        if (
            attribute is None
            or field.sensitive
            or field.after is UNKNOWN
            or any_scalar(declared, _cannot_be_compared)
            or _PLAIN.comparable(attribute, declared) == _PLAIN.comparable(attribute, field.after)
        ):
            continue
        currencies = (field.currency, field.currency)
        values = (declared, field.after)
        yield LeafDifference(path=field.path, values=values, declared=True, currencies=currencies)


def _cannot_be_compared(leaf: object) -> bool:
    """Whether a declared leaf is a secret, or the reference to an id that differs anyway."""
    return is_secret(leaf) or _is_reference(leaf)


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
