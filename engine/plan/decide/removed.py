"""Deciding what is declared no more: how it goes, or that it is only forgotten."""

from __future__ import annotations

from collections.abc import Container

from engine.address import parse_address
from engine.plan.compare.liveness import is_past
from engine.plan.decide.decision import Decision
from engine.plan.decide.replacement import choose_removal, with_brought
from engine.plan.inputs.plan_inputs import Basis
from engine.plan.model import Action, Change, Reason
from engine.state.model import Keeping, ResourceState


def decide_undeclared(
    basis: Basis, chosen: frozenset[str] | None, decided: Container[str]
) -> dict[str, Decision]:
    """Decide every resource of the state that nothing declares.

    Args:
        basis: What the plan is made from.
        chosen: Addresses that the plan is about; None for all.
        decided: Addresses that a declaration has decided.
    """
    found: dict[str, Decision] = {}
    declared = {} if basis.options.destroy else basis.graph.declarations
    for address, prior in basis.state.resources.items():
        if address in declared or address in decided:
            continue
        if chosen is None or address in chosen:
            found[address] = _removal(basis, address, prior)
    return found


def _removal(basis: Basis, address: str, prior: ResourceState) -> Decision:
    kind = basis.schemas[prior.type]
    actual = basis.actual(address, prior)
    release = next(
        (entry for entry in basis.graph.stack.releases if str(entry.address) == address), None
    )
    forget = release.keep if release is not None else prior.keeping.keep
    past = actual is not None and is_past(kind, actual)
    removal = (
        None
        if forget or actual is None or past
        else choose_removal(kind, actual, probed=basis.probed(address, kind))
    )
    reason = Reason.DESTROYED if basis.options.destroy else Reason.UNDECLARED
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
        keeping=_keeping(basis, address, prior),
        removals=prior.superseded,
    )
    return with_brought(decision, basis.state)


def _keeping(basis: Basis, address: str, prior: ResourceState) -> Keeping:
    """What state says about removal, or a declaration that a destroy does away with."""
    keeping = prior.keeping
    declaration = basis.graph.declarations.get(address)
    if declaration is None or declaration.lifecycle.protect is None:
        return keeping
    return Keeping(
        protect=declaration.lifecycle.protect, keep=keeping.keep, account=keeping.account
    )
