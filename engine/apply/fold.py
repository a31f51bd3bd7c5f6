"""The state after an operation: pure, from the state before it and the answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from engine.plan.model import Step, StepKind
from engine.plan.normal import SEALED, seal
from engine.plan.record import attributes_of
from engine.provider.base import RemoteObject, id_of
from engine.provider.schema import ResourceType, Verb
from engine.state.model import RemovedObject, ResourceState, State
from engine.values import Target, fingerprint, get_path, resolve, set_path


def folded(
    state: State,
    step: Step,
    kind: ResourceType,
    answer: RemoteObject | None,
    value_of: Callable[[Target], Any],
) -> State:
    """Fold what became of an operation into the state.

    Args:
        state: The state before it.
        step: The operation.
        kind: Its resource type.
        answer: What Stripe answered; None if nothing was asked.
        value_of: What a reference stands for now, UNKNOWN if that cannot be told.
    """
    address = str(step.address)
    entry = state.at(address)
    if step.kind is StepKind.FORGET:
        return state.without_resource(address)
    if step.kind is StepKind.REMOVE:
        return _without(state, step, kind, entry)
    if step.record is None:
        return state
    record = step.record
    if answer is not None:
        prior = None if step.kind is StepKind.CREATE else entry
        declared = seal(resolve(record.declared, value_of), state.lineage)
        said = dataclasses.replace(record, declared=declared)
        record = dataclasses.replace(
            record,
            id=id_of(answer),
            attributes=_attributes(step, kind, said, answer, prior, state.lineage),
        )
    if entry is not None and step.kind is not StepKind.CREATE:
        record = dataclasses.replace(record, superseded=entry.superseded)
    return state.with_resource(address, record).with_removed(address, None)


def without_replacement(state: State, step: Step, id: str) -> State:
    """The state after a replacement whose secret could not be kept.

    The old object stays in charge, since its secret is known; the new one is a leftover that the
    next plan removes.
    """
    address = str(step.address)
    entry = state.resources[address]
    left = (*entry.superseded, id)
    return state.with_resource(address, dataclasses.replace(entry, superseded=left))


def _without(state: State, step: Step, kind: ResourceType, entry: ResourceState | None) -> State:
    """The state without an object; one that Stripe only archives is remembered."""
    address = str(step.address)
    if entry is not None and entry.id == step.id:
        state = state.without_resource(address)
    elif entry is not None:
        left = tuple(id for id in entry.superseded if id != step.id)
        return state.with_resource(address, dataclasses.replace(entry, superseded=left))
    if step.removal is None or step.removal.verb is Verb.DELETE or kind.revival is None:
        return state
    return state.with_removed(
        address, RemovedObject(type=step.type, id=step.id, account=step.account)
    )


def _attributes(
    step: Step,
    kind: ResourceType,
    said: ResourceState,
    answer: RemoteObject,
    prior: ResourceState | None,
    salt: str,
) -> dict[str, Any]:
    found = attributes_of(kind, said, answer, step.referred, prior, salt)
    for path in kind.told_once:
        value = get_path(answer, path)
        if value:
            set_path(found, path, {SEALED: fingerprint(str(value), salt)})
    return found
