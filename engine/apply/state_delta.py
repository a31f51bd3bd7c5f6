"""What an operation changes in the state: pure, from the state before it and the response."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.plan.compare.normalize import Normalizer
from engine.plan.model import Plan, Step, StepKind
from engine.plan.translate.recorded import attributes_of
from engine.ports.outcomes import Outcome, StepResult
from engine.schema.lifecycle import Verb
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.state.model import Delta, Draft, RemovedObject, ResourceState, State
from engine.state.superseded import (
    superseded_name,
    superseded_object,
    superseded_seen_from,
)
from engine.values.markers import UNKNOWN
from engine.values.paths import get_path, set_path
from engine.values.secret import fingerprint_of
from engine.values.targets import Elsewhere, Target, elsewhere
from engine.values.templates import resolve

NOTHING = Delta()


def delta_of(
    draft: Draft,
    step: Step,
    kind: ResourceType,
    answer: RemoteObject | None,
    value_of: Callable[[Target | Elsewhere], Any],
) -> Delta:
    """What an operation that was carried out changes in the state.

    Args:
        draft: The state before it.
        step: The operation.
        kind: Its resource type.
        answer: The response; None if no request was sent.
        value_of: Resolves a reference, to UNKNOWN if its value is not known.
    """
    address = step.address
    entry = draft.at(address)
    if step.kind is StepKind.FORGET:
        # What another stack takes is not to be revived here either.
        return Delta(resources={address: None}, removed={address: None} if step.other else {})
    if step.kind is StepKind.REMOVE:
        return _removal(step, kind, entry)
    if step.record is None:
        return NOTHING
    record = step.record
    if answer is not None:
        normal = Normalizer(draft.lineage)
        prior = None if step.kind is StepKind.CREATE else entry
        declared = normal.seal(resolve(record.declared, value_of))
        record = dataclasses.replace(
            record,
            id=id_of(answer),
            attributes=_attributes(normal, step, kind, declared, answer, prior),
        )
    if record.triggers:
        settled = dict(_settled(record.triggers, draft.lineage, value_of))
        record = dataclasses.replace(record, triggers=settled)
    if entry is not None and step.kind is not StepKind.CREATE:
        record = dataclasses.replace(record, superseded=entry.superseded, former=entry.former)
    former = _former(record, draft.removed.get(address))
    record = dataclasses.replace(record, former=former)
    return Delta(resources={address: record}, removed={address: None})


def _former(record: ResourceState, gone: RemovedObject | None) -> tuple[str, ...]:
    """What a resource replaced, newest first, with the archived object that was at its address.

    One that is its own object again is no former one.
    """
    names = record.former
    if gone is not None and gone.type == record.type:
        last = superseded_name(gone.account, gone.id, record.account)
        names = (last, *superseded_seen_from(gone.former, gone.account, record.account), *names)
    return tuple(dict.fromkeys(name for name in names if name != record.id))


def _settled(
    triggers: Mapping[str, str], salt: str, value_of: Callable[[Elsewhere], Any]
) -> Iterator[tuple[str, str]]:
    """The fingerprints of triggers, also of those that were not known before the apply."""
    for name, known in triggers.items():
        value = known or value_of(elsewhere(name))
        if value is not UNKNOWN:
            yield name, known or fingerprint_of(value, salt)


def moving(draft: Draft, moves: Mapping[str, str]) -> Delta:
    """What renames change: the addresses, and the dependencies of other resources.

    Args:
        draft: The state before them.
        moves: State addresses, old to new.
    """
    before = moved = draft.state()
    for old, new in moves.items():
        moved = moved.with_move(old, new)
    gone: dict[str, ResourceState | None] = {
        address: None for address in before.resources if address not in moved.resources
    }
    changed = {
        address: entry
        for address, entry in moved.resources.items()
        if before.resources.get(address) != entry
    }
    return Delta(resources={**gone, **changed})


def _removal(step: Step, kind: ResourceType, entry: ResourceState | None) -> Delta:
    """The removal of an object; one that Stripe only archives is remembered."""
    address = step.address
    if entry is not None and not entry.is_object(step.account, step.id):
        ended = (step.account, step.id)
        left = tuple(
            name for name in entry.superseded if superseded_object(name, entry.account) != ended
        )
        former = entry.former
        if _only_archives(step, kind):
            name = superseded_name(step.account, step.id, entry.account)
            former = tuple(dict.fromkeys((name, *former)))
        return Delta(
            resources={address: dataclasses.replace(entry, superseded=left, former=former)}
        )
    if not _only_archives(step, kind):
        return Delta(resources={address: None})
    remembered = RemovedObject(
        type=step.type,
        id=step.id,
        account=step.account,
        former=entry.former if entry is not None else (),
    )
    return Delta(resources={address: None}, removed={address: remembered})


def _only_archives(step: Step, kind: ResourceType) -> bool:
    """Whether what a removal ends still exists on Stripe, and could come back."""
    deletes = step.removal is None or step.removal.verb is Verb.DELETE
    return not deletes and kind.life.revival is not None


def _attributes(
    normal: Normalizer,
    step: Step,
    kind: ResourceType,
    declared: Mapping[str, Any],
    answer: RemoteObject,
    prior: ResourceState | None,
) -> dict[str, Any]:
    found = attributes_of(normal, kind, declared, answer, step.referred, prior)
    if step.kind is StepKind.UPDATE and step.record is not None:
        seen = {name: step.record.attributes.get(name) for name in declared}
        found = _as_seen(found, seen, step.params)
    for path in kind.creation_only:
        value = get_path(answer, path)
        if value:
            set_path(found, path, normal.sealed(str(value)))
    return found


def _as_seen(found: Any, seen: Any, sent: Any) -> Any:
    """Attributes in which what an update did not send is as its plan saw it.

    A change that was made elsewhere in between is then drift in the next plan.
    """
    if sent is not None and not isinstance(sent, Mapping):
        return found
    if not isinstance(found, Mapping) or not isinstance(seen, Mapping):
        return found if sent is not None or seen is None else seen
    return {
        name: _as_seen(value, seen.get(name), get_path(sent, (name,)))
        for name, value in found.items()
    }


def state_after(
    plan: Plan, draft: Draft, results: Mapping[str, StepResult], *, whole: bool
) -> State:
    """The state after operations of a plan; after all of them it records what was declared.

    What was merged was compared with Stripe then.

    Args:
        plan: The plan.
        draft: The state with what they changed.
        results: What became of those that are over, by key.
        whole: Everything could be written down.
    """
    done = [one for one in results.values() if one.outcome is Outcome.APPLIED]
    applied = plan.declared if whole and len(done) == len(plan.steps) else ""
    state = draft.state()
    merged = state.merged and not applied
    return dataclasses.replace(
        state, reads=plan.reads, applied=applied or state.applied, merged=merged
    )
