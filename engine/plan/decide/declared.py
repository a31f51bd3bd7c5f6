"""Deciding what is declared: a new object, the one that is there, or another in its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.plan.compare.liveness import has_ended, is_past
from engine.plan.compare.natural_keys import cased
from engine.plan.compare.unchanged import is_as_declared
from engine.plan.decide.decision import Decision, decide_new, removal_policy_of
from engine.plan.decide.existing import Existing, decide_existing, left_alone
from engine.plan.decide.key_conflicts import collision
from engine.plan.decide.reclaim import reclaimed
from engine.plan.decide.references import KnownValues, lost_secret
from engine.plan.decide.replacement import (
    choose_removal,
    conflicting_key,
    inherited,
    replaced,
    transfer_params,
    with_brought,
)
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Action, Reason
from engine.schema.lifecycle import NaturalKey, Removal, Verb
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.state.model import ResourceState
from engine.values.markers import UNKNOWN
from engine.values.paths import dotted, get_path, reach
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import resolve


def decide_declared(
    inputs: PlanInputs, address: str, known: KnownValues, decisions: Mapping[str, Decision]
) -> Decision:
    """Decide one declared resource.

    Args:
        inputs: What the plan is made from.
        address: The resource.
        known: What the references in it stand for.
        decisions: What was decided of the resources it refers to.
    """
    declaration = inputs.graph.declarations[address]
    wanted: Mapping[str, Any] = declaration.arguments
    if declaration.templates:
        wanted = resolve(wanted, known)
    prior = inputs.state.resources.get(address)
    if prior is not None:
        actual, taken = inputs.actual(address, prior), None
    else:
        taken, actual = inputs.taken(address) or (None, None)
    kind = cased(inputs.schemas[declaration.type], declaration, inputs.graph.declarations)
    if actual is None:
        return _with_lost(inputs, _new(inputs, declaration, kind, wanted, prior), known)
    case = Existing(
        declaration=declaration,
        kind=kind,
        wanted=wanted,
        actual=actual,
        prior=prior,
        as_of=_as_of(inputs, known),
        salt=inputs.state.lineage,
        taken=taken,
        force=_force(inputs, declaration, decisions),
        remade=any(
            _is_remade(decisions.get(str(getattr(target, "address", ""))))
            for _, target in inputs.graph.targets[address]
        ),
        refreshed=inputs.observed.refreshed,
    )
    if _is_untouched(inputs, case):
        return left_alone(case)
    return _with_lost(inputs, _existing(inputs, case), known)


def _with_lost(inputs: PlanInputs, decision: Decision, known: KnownValues) -> Decision:
    """Refuse what refers to a secret that nobody can tell: it could not be sent."""
    address = decision.address
    refusals = (
        f"{address} cannot have its {dotted(path)}: {lost_secret(target)}"
        for path, target in inputs.graph.targets[address]
        if known.is_lost(target)
    )
    return dataclasses.replace(decision, refusals=(*decision.refusals, *refusals))


def _is_untouched(inputs: PlanInputs, case: Existing) -> bool:
    """Whether a glance tells that there is nothing to do, in the state either."""
    declaration, prior, address = case.declaration, case.prior, str(case.declaration.address)
    return (
        prior is not None
        and case.force is None
        and not prior.superseded
        and not declaration.lifecycle.ignore_changes
        and is_as_declared(case.kind, declaration.arguments, case.wanted, prior, case.actual)
        and not (case.refreshed and has_ended(case.kind, case.actual, case.wanted))
        and removal_policy_of(declaration, case.kind) == prior.removal_policy
        and inputs.graph.needs(address) == prior.dependencies
    )


def _force(
    inputs: PlanInputs, declaration: Declaration, decisions: Mapping[str, Decision]
) -> Reason | None:
    """Why a resource is replaced whatever its own fields say; None if it is not."""
    if declaration.address in inputs.options.replace:
        return Reason.REQUESTED
    for trigger in inputs.graph.triggers[str(declaration.address)]:
        decision = decisions.get(trigger)
        if decision is not None and decision.change.action is not Action.NO_OP:
            return Reason.TRIGGERED
    root = inputs.schemas[declaration.type].root
    for path, target in inputs.graph.targets[str(declaration.address)]:
        # An id that the author chose is the same before and after, but the object that an
        # immutable field was tied to is gone: a promotion code dies with its coupon (D).
        attribute = root.at(path)
        decision = decisions.get(str(getattr(target, "address", "")))
        if attribute is not None and attribute.immutable and decision and decision.makes:
            return Reason.REMADE if _is_remade(decision) else Reason.DEPENDENCY
    return None


def _is_remade(decision: Decision | None) -> bool:
    """Whether an object takes the place of one that was deleted outside of the code."""
    return decision is not None and decision.makes and Reason.MISSING in decision.change.reasons


def _as_of(inputs: PlanInputs, known: KnownValues) -> Callable[[Target], Any]:
    """What the references of the last apply stand for: now if it is known, else as it was then."""

    def value(target: Target) -> Any:
        found = known(target)
        if found is not UNKNOWN or not isinstance(target, AttributeTarget):
            return found
        entry = inputs.state.at(target.address)
        was = {} if entry is None else {**entry.attributes, "id": entry.id}
        return reach(was, tuple(target.attribute.split(".")), UNKNOWN)

    return value


# ── an object that is there ───────────────────────────────────────────────────────────────────


def _existing(inputs: PlanInputs, case: Existing) -> Decision:
    decision = decide_existing(case)
    if decision.change.action is not Action.REPLACE:
        return decision
    if case.taken is Reason.REMEMBERED:
        # What was archived here cannot become what is declared now: leave it archived.
        new = decide_new(
            case.declaration,
            case.kind,
            case.wanted,
            reason=Reason.DECLARED,
            prior=None,
            transfer=transfer_params(case.kind, case.wanted, case.actual),
        )
        return reclaimed(inputs, case, new)
    return reclaimed(inputs, case, _replacement(inputs, decision, case.actual))


def _replacement(inputs: PlanInputs, decision: Decision, actual: RemoteObject) -> Decision:
    kind, address = decision.kind, decision.address
    conflict = conflicting_key(kind, decision.wanted, actual)
    wish = inputs.graph.declarations[address].lifecycle.create_before_delete
    create_first = conflict is None if wish is None else wish
    heir = inherited(kind, decision.wanted, actual) if create_first else {}
    left = {**actual, **dict.fromkeys(heir, False)}
    removal = None
    if not is_past(kind, actual):
        removal = choose_removal(kind, left, probed=inputs.probed(address, kind))
    refusals = decision.refusals
    if conflict is not None and (wish or not _frees(removal, kept=conflict.kept_by_removed)):
        refusals = (*refusals, _held_by_the_old(decision, conflict))
    notes = (*decision.change.notes, *_said_of_case(decision, conflict))
    decision = dataclasses.replace(
        decision,
        change=dataclasses.replace(decision.change, notes=notes),
        transfer={**transfer_params(kind, decision.wanted, actual), **heir},
        refusals=refusals,
    )
    return with_brought(replaced(decision, removal, create_first=create_first), inputs.state)


def _frees(removal: Removal | None, *, kept: bool) -> bool:
    """Whether removing an object makes its natural key free for its successor."""
    return removal is not None and (removal.verb is Verb.DELETE or not kept)


def _said_of_case(decision: Decision, conflict: NaturalKey | None) -> Iterator[str]:
    """What a change costs that nobody but the plan can see."""
    for field in decision.change.fields:
        same = str(field.before).lower() == str(field.after).lower()
        if conflict is not None and dotted(field.path) == conflict.attribute and same:
            yield (
                f"{conflict.attribute} changes in upper and lower case alone, which Stripe does "
                "not tell apart: the old object ends before the new one is made, and whatever was "
                "counted by it begins at zero"
            )


def _held_by_the_old(decision: Decision, conflict: NaturalKey) -> str:
    fields = decision.change.fields
    forcing = [dotted(field.path) for field in fields if field.forces_replacement]
    return (
        f"{decision.address} cannot be replaced while {conflict.attribute} stays "
        f"{get_path(decision.wanted, (conflict.attribute,))!r}: Stripe still holds the "
        f"old object under it. Give it another {conflict.attribute}, or change back "
        + ", ".join(forcing)
    )


# ── a new object ──────────────────────────────────────────────────────────────────────────────


def _new(
    inputs: PlanInputs,
    declaration: Declaration,
    kind: ResourceType,
    wanted: Mapping[str, Any],
    prior: ResourceState | None,
) -> Decision:
    holder = inputs.observed.holders.get(str(declaration.address))
    transfer: dict[str, Any] = {}
    note = refusal = ""
    if holder is not None:
        transfer, note, refusal = collision(
            declaration, kind, wanted, holder, inputs.state, inputs.graph, inputs.observed.owners
        )
    decision = decide_new(
        declaration,
        kind,
        wanted,
        reason=Reason.MISSING if prior is not None else Reason.DECLARED,
        prior=prior,
        transfer=transfer,
        notes=(note,) if note else (),
    )
    found = next(_cannot_be_made(inputs, declaration), refusal)
    return dataclasses.replace(decision, refusals=(found,) if found else ())


def _cannot_be_made(inputs: PlanInputs, declaration: Declaration) -> Iterator[str]:
    """Why there can be no new object whatever its keys, most telling first."""
    address = str(declaration.address)
    if address in inputs.observed.imports:
        yield (
            f"{address} is to be imported as {inputs.graph.stack.imports[address].id}, which does "
            "not exist on this account. Correct the id, or take import_ out to create it"
        )
    kind = inputs.schemas[declaration.type]
    if not kind.creatable and not kind.life.singleton:
        yield (
            f"{address} ({declaration.location}): Stripe has no call that makes one. "
            f"Make the {kind.title} in the Dashboard, then take it over with "
            f'import_("{address}", ID)'
        )
