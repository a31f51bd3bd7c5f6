"""The preconditions of a plan that was just made, from what planning read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from engine.address import parse_address
from engine.graph.build import ResourceGraph
from engine.plan.compare.normalize import Normalizer
from engine.plan.inputs.accounts import is_known
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.selection import moved_state
from engine.plan.model import Plan, Reason, StepKind
from engine.plan.saved.preconditions import KeyClaim, ObjectSnapshot, Preconditions, snapshot
from engine.schema.remote import STAMP_PATH, RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.stack.model import Declaration
from engine.state.codec import state_digest
from engine.state.model import State
from engine.values.paths import get_path, parse_path
from engine.values.secret import Sealed
from engine.values.targets import AttributeTarget
from engine.values.templates import targets_in, unescaped
from engine.values.tree import without

_CHANGING = (StepKind.UPDATE, StepKind.SETTLE, StepKind.DETACH)


def preconditions_of(
    plan: Plan,
    graph: ResourceGraph,
    state: State,
    observed: Observed,
    schemas: Schemas,
    outputs: Mapping[str, Any],
) -> Preconditions:
    """What a plan was made from.

    Args:
        plan: The plan.
        graph: What is declared.
        state: The state it was made from.
        observed: What Stripe returned.
        schemas: Resource types by name.
        outputs: Outputs of other stacks, as in `Preconditions.outputs`.
    """
    preconditions = Preconditions(
        digest=state_digest(state) if state.serial else "",
        reads=tuple(sorted(graph.stack.reads_outputs_of)),
        outputs=outputs,
    )
    if not (plan.steps or plan.outputs or plan.moves):
        return preconditions
    state, _ = moved_state(graph, state)
    objects = (*_lookups(plan, graph, schemas), *_objects(plan, state, observed, schemas))
    claims = tuple(_claims(plan, graph, observed, schemas))
    return dataclasses.replace(preconditions, objects=objects, claims=claims)


def key_claim_of(declaration: Declaration, kind: ResourceType) -> KeyClaim:
    """The claim of a declared resource to its natural key."""
    names = {kind.parent, *kind.list_needs}
    names.update(parse_path(name)[0] for key in kind.life.natural_keys for name in key.fields)
    names.update(
        parse_path(name)[0] for name in (kind.life.composite.fields if kind.life.composite else ())
    )
    return KeyClaim(
        address=declaration.address,
        type=kind.name,
        arguments=unescaped(
            {name: value for name, value in declaration.arguments.items() if name in names}
        ),
        adopt=declaration.lifecycle.adopt,
        account=declaration.lifecycle.account,
    )


def _lookups(plan: Plan, graph: ResourceGraph, schemas: Schemas) -> Iterator[ObjectSnapshot]:
    outputs = [value for value, _ in (plan.wanted_outputs or {}).values()]
    referred = _referred([[step.params for step in plan.steps], outputs])
    for text, actual in plan.lookups.items():
        kind = schemas[parse_address(text).type]
        paths = {*graph.stack.lookups[text].criteria, *referred.get(text, ())} - {"id"}
        empty = ObjectSnapshot(
            address=parse_address(text),
            type=kind.name,
            id=id_of(actual),
            account=graph.stack.lookups[text].account,
            ended_as_declared=True,
            further_leaves=dict.fromkeys(sorted(paths)),
        )
        yield snapshot(empty, kind, actual, plan.lineage)


def _objects(
    plan: Plan, state: State, observed: Observed, schemas: Schemas
) -> Iterator[ObjectSnapshot]:
    if not observed.refreshed:
        return  # --no-refresh: the plan trusts the state
    # What outputs refer to is read from the state, whose digest is known.
    referred = _referred([step.params for step in plan.steps])
    acted = {step.address for step in plan.steps}
    for text in sorted({*acted, *referred}):
        entry = state.at(text)
        if entry is not None and text in observed.objects:
            empty = _empty(plan, state, text, entry.id, entry.removal_policy.account, schemas)
            further = dict.fromkeys(sorted({*empty.further_leaves, *referred.get(text, ())}))
            yield snapshot(
                dataclasses.replace(empty, further_leaves=further),
                schemas[entry.type],
                observed.objects[text],
                plan.lineage,
                probed=observed.probes.get(text),
            )
        other = _not_in_state(text, observed) if text in acted else None
        if other is not None:
            account = next(change.account for change in plan.changes if change.address == text)
            empty = _empty(plan, state, text, id_of(other), account, schemas)
            yield snapshot(empty, schemas[empty.type], other, plan.lineage)


def _not_in_state(text: str, observed: Observed) -> RemoteObject | None:
    """An object that the state does not record: imported, revived, adopted or in the way."""
    sources = (observed.imports, observed.remembered, observed.holders)
    return next((found for source in sources if (found := source.get(text)) is not None), None)


def _empty(
    plan: Plan, state: State, text: str, id: str, account: str, schemas: Schemas
) -> ObjectSnapshot:
    """A snapshot without values: which fields of the object decided the plan."""
    kind = schemas[parse_address(text).type]
    shape, declared = _shape(plan, state, text)
    explained = kind.life.ending is not None and any(
        get_path(declared, parse_path(name)) is not None for name in kind.life.ending.explained_by
    )
    return ObjectSnapshot(
        address=parse_address(text),
        type=kind.name,
        id=id,
        account=account,
        shape=shape,
        ended_as_declared=explained,
        further_leaves=dict.fromkeys(sorted(_deciding(kind))),
    )


def _claims(
    plan: Plan, graph: ResourceGraph, observed: Observed, schemas: Schemas
) -> Iterator[KeyClaim]:
    if not observed.refreshed:
        return
    wanted = {step.address for step in plan.steps if step.kind is StepKind.CREATE}
    wanted |= {change.address for change in plan.changes if Reason.ADOPTED in change.reasons}
    accounts = {change.address: change.account for change in plan.changes}
    for address in sorted(wanted):
        if (
            observed.objects.get(address) is None
            and not (address in observed.imports or address in observed.remembered)
            and is_known(accounts[address])
        ):
            holder = observed.holders.get(address)
            claim = key_claim_of(graph.declarations[address], schemas[address.type])
            yield dataclasses.replace(
                claim,
                arguments=observed.sought.get(address, claim.arguments),
                holder=id_of(holder) if holder is not None else "",
                account=accounts[address],
            )


def _referred(sources: Any) -> dict[str, set[str]]:
    """The attributes that nested values refer to, by address."""
    found: dict[str, set[str]] = {}
    for target in targets_in(sources):
        if isinstance(target, AttributeTarget):
            found.setdefault(target.address, set()).add(target.attribute)
    return found


def _deciding(kind: ResourceType) -> Iterator[str]:
    """Leaves of a response that decide plans, whether they are declared or not."""
    if kind.life.revival is not None:
        yield from (*kind.life.revival.live, *kind.life.revival.explained_by)
    if kind.life.ending is not None:
        yield from (*kind.life.ending.leaves, *kind.life.ending.finished)
    yield from (way.unless_leaf[0] for way in kind.life.removals if way.unless_leaf is not None)
    yield from (key.attribute for key in kind.life.natural_keys)
    yield from (rule.via for rule in kind.life.detach)


def _shape(plan: Plan, state: State, text: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The fields that operations compare or send, and the declaration of the resource."""
    steps = [step for step in plan.steps if step.address == text]
    prior = state.at(text)
    declared: Mapping[str, Any] = prior.declared if prior is not None else {}
    # State and changes show which fields hold a secret.
    documents = [declared, prior.attributes if prior is not None else {}]
    for change in plan.changes:
        if change.address == text:
            documents += [change.before, change.after]
    for step in steps:
        if step.record is not None:
            declared = step.record.declared
            documents.append(declared)
        if step.kind in _CHANGING:
            # An object may get another stamp in the meantime: that is no change.
            documents.append(without(step.params, (STAMP_PATH,)))
        if step.removal is not None:
            documents.append(step.removal.params)
    shape: Any = {}
    for document in documents if steps else ():
        shape = _merged(shape, _bare(Normalizer(plan.lineage).seal(document)))
    return shape, declared


def _bare(document: Any) -> Any:
    """The shape of a document: no values, an empty seal for each secret, one entry for a list."""
    if isinstance(document, Sealed):
        return Sealed("")
    if isinstance(document, Mapping):
        return {name: _bare(inner) for name, inner in document.items()}
    if isinstance(document, list):
        entries: Any = None
        for inner in document:
            entries = _merged(entries, _bare(inner))
        return [] if entries is None else [entries]
    return None


def _merged(one: Any, other: Any) -> Any:
    """Two shapes in one that has the fields of both."""
    if isinstance(one, Sealed) or isinstance(other, Sealed):
        return Sealed("")
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **{name: _merged(one.get(name), inner) for name, inner in other.items()}}
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(one[0], other[0])] if one and other else one or other
    return other if one is None else one
