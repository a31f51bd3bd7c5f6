"""Refuse plans of one run in which two stacks would get the same object, or the same key."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from engine.operations.run.session import Session
from engine.plan.compare.natural_keys import Claimed, describe_key
from engine.plan.inputs.ownership import ObjectKey, Owner
from engine.plan.model import Action, Change, Plan
from engine.plan.refusal import PlanRule, Refusal

_TAKES = (Action.IMPORT, Action.REVIVE)


def refuse_double_claims(session: Session, plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Add to plans the refusals of what an earlier one of them gets already.

    Args:
        session: The session of the run.
        plans: Its plans, in order.
    """
    if len(plans) == 1:
        return tuple(plans)
    keys, objects = Claimed[Owner](), dict[ObjectKey, Owner]()
    return tuple(
        dataclasses.replace(plan, refusals=(*plan.refusals, *found))
        if (found := tuple(_claimed(session, plan, keys, objects)))
        else plan
        for plan in plans
    )


def _claimed(
    session: Session, plan: Plan, keys: Claimed[Owner], objects: dict[ObjectKey, Owner]
) -> Iterator[Refusal]:
    declarations = {
        address: declaration
        for graph in session.graphs
        if graph.stack.name == plan.stack
        for address, declaration in graph.declarations.items()
    }
    for change in plan.pending:
        if change.action is not Action.CREATE and change.action not in _TAKES:
            continue
        kind, owner = session.context.schemas[change.type], Owner(plan.stack, change.address)
        account = declarations[change.address].lifecycle.account
        claims = [
            (first, describe_key(key, change.after))
            for key, first in keys.add(kind, account, change.after, owner)
        ]
        if change.action in _TAKES:
            key = ObjectKey(change.type, account, change.id)
            claims.append((objects.setdefault(key, owner), change.id))
        yield from _refusals(change, owner, claims)


def _refusals(
    change: Change, owner: Owner, claims: Sequence[tuple[Owner, str]]
) -> Iterator[Refusal]:
    other = next(((first, what) for first, what in claims if first.stack != owner.stack), None)
    if other is not None:
        first, what = other
        yield Refusal(
            f"{change.address} ({change.line}): {what} is to be {first} too, and an object has one "
            "owner. Declare it in one of the two stacks",
            PlanRule.OBJECT_CLAIMED_TWICE,
            address=change.address,
            line=change.line,
        )
