"""How an object ends and what its successor takes over."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from engine.plan.compare.natural_keys import claims_of
from engine.plan.decide.decision import Decision
from engine.plan.translate.companions import brought_with
from engine.schema.lifecycle import NaturalKey, Removal, Verb
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.state.model import State
from engine.values.paths import get_path


def conflicting_key(
    kind: ResourceType,
    wanted: Mapping[str, Any],
    actual: RemoteObject,
    *,
    transferable: bool = False,
) -> NaturalKey | None:
    """The natural key that keeps two objects from living side by side; None if there is none.

    Args:
        kind: Their type.
        wanted: What is declared of the one.
        actual: The other.
        transferable: Keys that a parameter takes over from their holder count too.
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
        and (value := get_path(wanted, tuple(key.attribute.split(".")))) is not None
        and value == get_path(holder, tuple(key.attribute.split(".")))
    }


def inherited(
    kind: ResourceType, wanted: Mapping[str, Any], actual: RemoteObject
) -> dict[str, Any]:
    """Parameters with which a new object takes over the standing of the one that it replaces."""
    return {
        rule.field: True
        for rule in kind.life.inherits
        if wanted.get(rule.field) in (None, True)
        and actual.get(rule.field) is True
        and all(
            get_path(wanted, tuple(ours.split("."))) == get_path(actual, tuple(theirs.split(".")))
            for ours, theirs in rule.beside.items()
        )
    }


def choose_removal(
    kind: ResourceType, actual: Mapping[str, Any], *, probed: bool
) -> Removal | None:
    """How an object of this type goes; None if its type knows no way.

    Args:
        kind: The resource type.
        actual: The object.
        probed: Stripe, or the state, says that the first way's obstacle is there.
    """
    for removal in kind.life.removals:
        if removal.unless is not None and probed:
            continue
        if removal.unless_leaf is not None:
            path, value = removal.unless_leaf
            if get_path(actual, tuple(path.split("."))) == value:
                continue
        return removal
    return None


def with_brought(decision: Decision, state: State) -> Decision:
    """A removal or replacement with what ends together with the old object."""
    removal, kind, prior = decision.change.removal, decision.kind, decision.prior
    lasts = removal is None or removal.verb in (Verb.DELETE, Verb.KEEP)
    if lasts or prior is None or decision.actual is None:
        return decision
    found = brought_with(prior, kind, decision.actual, state)
    notes = tuple(
        f"{found[brought.at]}, the {brought.object} that its {brought.by} made, is archived with it"
        for brought in kind.life.brings
        if brought.at in found
    )
    change = dataclasses.replace(decision.change, notes=(*decision.change.notes, *notes))
    return dataclasses.replace(decision, change=change, brought=found)


def replaced(decision: Decision, removal: Removal | None, *, create_first: bool) -> Decision:
    """A replacement with its order and the end of the old object filled in."""
    notes = (removal.note,) if removal is not None and removal.note else ()
    change = dataclasses.replace(
        decision.change,
        removal=removal,
        create_first=create_first,
        notes=(*decision.change.notes, *notes),
    )
    return dataclasses.replace(decision, change=change)
