"""Replacing an object: what its successor takes over, which is first, how the old one ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from engine.plan.compare.liveness import is_past
from engine.plan.compare.natural_keys import claims_of
from engine.plan.decide.decision import Decision
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.refusal import PlanRule, Refusal
from engine.plan.translate.companions import brought_with
from engine.schema.lifecycle import NaturalKey, Removal, Verb
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.paths import dotted, get_path, parse_path


def conflicting_key(
    kind: ResourceType,
    wanted: Mapping[str, Any],
    actual: RemoteObject,
    *,
    transferable: bool = False,
) -> NaturalKey | None:
    """The natural key that only one of two objects can have; None if there is none.

    Args:
        kind: Their type.
        wanted: What is declared of the first.
        actual: The second.
        transferable: Keys that a parameter can take over count too.
    """
    held = {key.fields: claim for key, claim in claims_of(kind, actual)}
    for key, claim in claims_of(kind, wanted):
        free = key.transfer and not transferable
        if not free and key.fields in held and claim.clashes(held[key.fields]):
            return key
    return None


def transfer_params(
    kind: ResourceType, wanted: Mapping[str, Any], holder: RemoteObject
) -> dict[str, Any]:
    """Parameters that take a natural key from the object that holds it."""
    return {
        key.transfer: True
        for key in kind.life.natural_keys
        if key.transfer
        and (value := get_path(wanted, parse_path(key.attribute))) is not None
        and value == get_path(holder, parse_path(key.attribute))
    }


def inherited(
    kind: ResourceType, wanted: Mapping[str, Any], actual: RemoteObject
) -> dict[str, Any]:
    """Parameters with which a new object becomes the default among its like, as the old one is."""
    return {
        rule.field: True
        for rule in kind.life.inherits
        if wanted.get(rule.field) in (None, True)
        and actual.get(rule.field) is True
        and all(
            get_path(wanted, parse_path(ours)) == get_path(actual, parse_path(theirs))
            for ours, theirs in rule.among.items()
        )
    }


def choose_removal(
    kind: ResourceType, actual: Mapping[str, Any], *, probed: bool
) -> Removal | None:
    """How an object of this type is removed; None if its type has no way that is open.

    Args:
        kind: The resource type.
        actual: The object.
        probed: What rules out the first way exists, as Stripe or the state says.
    """
    for removal in kind.life.removals:
        if removal.unless is not None and probed:
            continue
        if removal.unless_leaf is not None:
            path, value = removal.unless_leaf
            if get_path(actual, parse_path(path)) == value:
                continue
        return removal
    return None


def with_ending(inputs: PlanInputs, decision: Decision, actual: RemoteObject) -> Decision:
    """A decision with how an object is removed, and with what Stripe made that ends with it.

    Args:
        inputs: What the plan is made from.
        decision: To remove or replace the object.
        actual: The object.
    """
    kind, prior = decision.kind, decision.prior
    removal = choose_removal(kind, actual, probed=inputs.probed(decision.address, kind))
    if removal is None:
        return decision
    notes = [removal.note] if removal.note else []
    companions: dict[str, str] = {}
    if removal.verb not in (Verb.DELETE, Verb.KEEP) and prior is not None:
        companions = brought_with(prior, kind, actual, inputs.state)
    notes.extend(
        f"{companions[companion.at]}, the {companion.object} that its {companion.by} made, is "
        "archived with it"
        for companion in kind.life.companions
        if companion.at in companions
    )
    return dataclasses.replace(
        decision, removal=removal, companions=companions, notes=(*decision.notes, *notes)
    )


def with_replacement(inputs: PlanInputs, decision: Decision, actual: RemoteObject) -> Decision:
    """A decision to replace, with the order of the two and the end of the old object.

    Args:
        inputs: What the plan is made from.
        decision: To replace.
        actual: The old object.
    """
    kind, moves = decision.kind, decision.old_account is not None
    # Natural keys, and what is the default among its like, are of one account.
    conflict = None if moves else conflicting_key(kind, decision.wanted, actual)
    wish = inputs.graph.declarations[decision.address].lifecycle.create_before_delete
    create_first = conflict is None if wish is None else wish
    heir = inherited(kind, decision.wanted, actual) if create_first and not moves else {}
    transfer = {} if moves else transfer_params(kind, decision.wanted, actual)
    decision = dataclasses.replace(
        decision,
        create_first=create_first,
        transfer={**transfer, **heir},
        notes=(*decision.notes, *_notes_on_case(decision, conflict)),
    )
    if not is_past(kind, actual):
        left = {**actual, **dict.fromkeys(heir, False)}
        decision = with_ending(inputs, decision, left)
        if moves and _stays(decision):
            return decision.refused(Refusal(_cannot_leave(decision), PlanRule.ACCOUNT_STAYS))
    if conflict is not None and (wish or not _frees_key(decision.removal, conflict)):
        return decision.refused(Refusal(_key_stays_taken(decision, conflict), PlanRule.KEY_KEPT))
    return decision


def _stays(decision: Decision) -> bool:
    """Whether Stripe has no way to end the old object."""
    return decision.removal is None or decision.removal.verb is Verb.KEEP


def _cannot_leave(decision: Decision) -> str:
    """Why an object cannot change its account, and the way on that leaves it as it is."""
    note = decision.removal.note if decision.removal is not None else ""
    why = note or f"Stripe cannot remove a {decision.kind.title}"
    new, old = _shown(decision.account), _shown(decision.old_account or "")
    return (
        f"{decision.address} ({decision.line}) is declared on {new}, and its object is on {old}, "
        f"where it would stay: {why}. Declare the one on {new} under another name, and write "
        f'removed("{decision.address}") to leave this one as it is'
    )


def _shown(account: str) -> str:
    return f"account {account}" if account else "the key's own account"


def _frees_key(removal: Removal | None, key: NaturalKey) -> bool:
    """Whether the removal of an object frees its natural key for its successor."""
    return removal is not None and (removal.verb is Verb.DELETE or not key.kept_by_removed)


def _notes_on_case(decision: Decision, conflict: NaturalKey | None) -> Iterator[str]:
    """What it costs to change the case of a key, which only a plan can tell in advance."""
    for change in decision.fields:
        same = str(change.before).lower() == str(change.after).lower()
        if conflict is not None and dotted(change.path) == conflict.attribute and same:
            yield (
                f"{conflict.attribute} changes only in upper and lower case, which Stripe does not "
                "distinguish: the old object ends before the new one is created, and what was "
                "counted on it starts at zero"
            )


def _key_stays_taken(decision: Decision, conflict: NaturalKey) -> str:
    forcing = [dotted(change.path) for change in decision.fields if change.forces_replacement]
    return (
        f"{decision.address} cannot be replaced while {conflict.attribute} stays "
        f"{get_path(decision.wanted, (conflict.attribute,))!r}: Stripe keeps the "
        f"old object under it. Give it another {conflict.attribute}, or change back "
        + ", ".join(forcing)
    )
