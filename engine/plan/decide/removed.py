"""Deciding what is declared no more: how it goes, or that it is only forgotten."""

from __future__ import annotations

from collections.abc import Container

from engine.address import parse_address
from engine.plan.compare.liveness import is_past
from engine.plan.decide.decision import Decision
from engine.plan.decide.replacement import choose_removal, with_brought
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Action, Change, Reason
from engine.state.model import RemovalPolicy, ResourceState


def decide_undeclared(
    inputs: PlanInputs, chosen: frozenset[str] | None, decided: Container[str]
) -> dict[str, Decision]:
    """Decide every resource of the state that nothing declares.

    Args:
        inputs: What the plan is made from.
        chosen: Addresses that the plan is about; None for all.
        decided: Addresses that a declaration has decided.
    """
    found: dict[str, Decision] = {}
    declared = {} if inputs.options.destroy else inputs.graph.declarations
    for address, prior in inputs.state.resources.items():
        if address in declared or address in decided:
            continue
        if chosen is None or address in chosen:
            found[address] = _removal(inputs, address, prior)
    return found


def _removal(inputs: PlanInputs, address: str, prior: ResourceState) -> Decision:
    kind = inputs.schemas[prior.type]
    actual = inputs.actual(address, prior)
    release = next(
        (entry for entry in inputs.graph.stack.releases if str(entry.address) == address), None
    )
    forget = release.keep if release is not None else prior.removal_policy.keep
    past = actual is not None and is_past(kind, actual)
    removal = (
        None
        if forget or actual is None or past
        else choose_removal(kind, actual, probed=inputs.probed(address, kind))
    )
    reason = Reason.DESTROYED if inputs.options.destroy else Reason.UNDECLARED
    if forget:
        reason = Reason.RELEASED
    elif actual is None:
        reason = Reason.MISSING
    elif past:
        reason = Reason.PAST
    notes = (removal.note,) if removal is not None and removal.note else ()
    change = Change(
        address=parse_address(address),
        type=kind.name,
        action=Action.FORGET if removal is None else Action.DELETE,
        reasons=(reason,),
        id=prior.id,
        before=dict(prior.attributes),
        removal=removal,
        notes=notes,
    )
    decision = Decision(
        change=change,
        kind=kind,
        actual=actual,
        prior=prior,
        removal_policy=_keeping(inputs, address, prior),
        removals=prior.superseded,
    )
    return with_brought(decision, inputs.state)


def _keeping(inputs: PlanInputs, address: str, prior: ResourceState) -> RemovalPolicy:
    """What state says about removal, or a declaration that a destroy does away with."""
    removal_policy = prior.removal_policy
    declaration = inputs.graph.declarations.get(address)
    if declaration is None or declaration.lifecycle.protect is None:
        return removal_policy
    return RemovalPolicy(
        protect=declaration.lifecycle.protect,
        keep=removal_policy.keep,
        account=removal_policy.account,
    )
