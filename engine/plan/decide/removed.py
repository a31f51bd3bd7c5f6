"""Deciding what is no longer declared: how it is removed, or that it is only forgotten."""

from __future__ import annotations

import dataclasses
from collections.abc import Container

from engine.address import parse_address
from engine.plan.compare.liveness import is_past
from engine.plan.decide.decision import Decision
from engine.plan.decide.replacement import with_ending
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Action, Reason
from engine.state.model import RemovalPolicy, ResourceState


def decide_removed(
    inputs: PlanInputs, chosen: frozenset[str] | None, decided: Container[str]
) -> dict[str, Decision]:
    """Decide every resource of the state that nothing declares.

    Args:
        inputs: What the plan is made from.
        chosen: Addresses that the plan is about; None for all.
        decided: Addresses that a declaration has decided.
    """
    removed: dict[str, Decision] = {}
    declared = {} if inputs.options.destroy else inputs.graph.declarations
    for address, prior in inputs.state.resources.items():
        if address in declared or address in decided:
            continue
        if chosen is None or address in chosen:
            removed[address] = _removal(inputs, address, prior)
    return removed


def _removal(inputs: PlanInputs, address: str, prior: ResourceState) -> Decision:
    kind = inputs.schemas[prior.type]
    actual = inputs.actual(address, prior)
    release = next(
        (entry for entry in inputs.graph.stack.releases if entry.address == address), None
    )
    forget = release.keep if release is not None else prior.removal_policy.keep
    reason = Reason.DESTROYED if inputs.options.destroy else Reason.UNDECLARED
    if forget:
        reason = Reason.RELEASED
    elif actual is None:
        reason = Reason.MISSING
    elif is_past(kind, actual):
        reason = Reason.PAST
    decision = Decision(
        address=parse_address(address),
        kind=kind,
        action=Action.FORGET,
        reasons=(reason,),
        id=prior.id,
        actual=actual,
        prior=prior,
        removal_policy=_removal_policy(inputs, address, prior),
        superseded=prior.superseded,
    )
    if actual is None or reason in (Reason.RELEASED, Reason.PAST):
        return decision
    decision = with_ending(inputs, decision, actual)
    if decision.removal is None:
        return decision
    return dataclasses.replace(decision, action=Action.DELETE)


def _removal_policy(inputs: PlanInputs, address: str, prior: ResourceState) -> RemovalPolicy:
    """What state records about removal, with the protection that a destroyed declaration names."""
    removal_policy = prior.removal_policy
    declaration = inputs.graph.declarations.get(address)
    if declaration is None or declaration.lifecycle.protect is None:
        return removal_policy
    return dataclasses.replace(removal_policy, protect=declaration.lifecycle.protect)
