"""Deciding what is no longer declared: how it is removed, or that it is only forgotten."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterator

from engine.address import parse_address
from engine.plan.compare.liveness import is_past
from engine.plan.decide.decision import Decision
from engine.plan.decide.replacement import with_ending
from engine.plan.inputs.ownership import ObjectKey, Owner
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
    transfers = inputs.observed.transfers
    for address, prior in inputs.state.resources.items():
        if address in declared or address in decided or address in transfers.released:
            continue
        if address not in transfers.waiting and (chosen is None or address in chosen):
            removed[address] = _removal(inputs, address, prior)
    for address, owner in transfers.released.items():
        removed[address] = _release(inputs, address, owner)
    return removed


def _release(inputs: PlanInputs, address: str, owner: Owner) -> Decision:
    """Leave an object to its other owner: a resource, or what this stack removed and remembers."""
    prior = inputs.state.at(address)
    remembered = inputs.state.removed.get(address)
    id = prior.id if prior is not None else remembered.id if remembered is not None else ""
    return Decision(
        address=parse_address(address),
        kind=inputs.schemas[parse_address(address).type],
        action=Action.FORGET,
        reasons=(Reason.RELEASED,),
        id=id,
        actual=None if prior is None else inputs.actual(address, prior),
        prior=prior,
        superseded=() if prior is None else tuple(_left_behind(inputs, address, prior)),
        released_to=owner,
        notes=(f"{owner} has it from now on",),
    )


def _left_behind(inputs: PlanInputs, address: str, prior: ResourceState) -> Iterator[str]:
    """Replaced objects that the other owner of a resource does not remove."""
    if address in inputs.observed.transfers.given:
        return
    for name, left in zip(prior.superseded, prior.left, strict=True):
        key = ObjectKey(prior.type, *left)
        if inputs.observed.ownership.elsewhere(inputs.state.stack, key) is None:
            yield name


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
    if decision.removal is not None:
        decision = dataclasses.replace(decision, action=Action.DELETE)
    blocked = inputs.observed.transfers.blocked.get(address)
    return decision if blocked is None else decision.refused(blocked)


def _removal_policy(inputs: PlanInputs, address: str, prior: ResourceState) -> RemovalPolicy:
    """What state records about removal, with the protection that a destroyed declaration names."""
    removal_policy = prior.removal_policy
    declaration = inputs.graph.declarations.get(address)
    if declaration is None or declaration.lifecycle.protect is None:
        return removal_policy
    return dataclasses.replace(removal_policy, protect=declaration.lifecycle.protect)
