"""What drifted, with what the code says of it now: the record, the code and Stripe side by side."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.plan.compare.compare_fields import compare
from engine.plan.compare.drift import find_drift
from engine.plan.compare.field_changes import list_at
from engine.plan.compare.last_seen import ignored_in, seen_leaves
from engine.plan.compare.normalize import Normalizer, document_of, presentable
from engine.plan.decide.decision import Decision
from engine.plan.decide.declared import decide_declared
from engine.plan.decide.references import known_before
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.inputs.selection import moved_state
from engine.plan.model import Action, Drift, FieldChange, FieldReason
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import State
from engine.values.markers import ABSENT
from engine.values.paths import Path, dotted, get_path, parse_path


class DriftKind(enum.StrEnum):
    """What happened to an object outside of the code; of several things the first."""

    DELETED = "deleted"
    ARCHIVED = "archived"
    """It exists, archived or disabled."""
    REVIVED = "revived"
    """It was declared archived or disabled, and is live."""
    CHANGED = "changed"


class CodeIs(enum.StrEnum):
    """What the code says of a leaf that drifted."""

    UNCHANGED = "unchanged"
    """What the last apply left."""
    AGREES = "agrees"
    """What Stripe has now."""
    DIFFERS = "differs"
    """A third value."""
    SILENT = "silent"
    """Nothing: it does not declare the leaf any more, or never did."""


@frozen
class DriftedLeaf:
    """One leaf that differs.

    Attributes:
        path: Where it is in the declaration.
        code: What the code declares; ABSENT if nothing, UNKNOWN if only an apply can tell.
        applied: What the last apply left; ABSENT if nothing.
        actual: What Stripe has; ABSENT if nothing.
        code_is: How the code compares with the two.
        sensitive: No side may be shown.
        currency: Lower-case currency that all sides are amounts in; empty if they are no amounts.
        around: The leaf, or the list that it is in, which is accepted and ignored as a whole.
        on_stripe: What Stripe has there, in the words of a declaration; ABSENT if nothing.
        declarable: A declaration can have it.
        ends: It shows that the object is archived or disabled, and is not declared.
    """

    path: Path
    code: Any
    applied: Any
    actual: Any
    code_is: CodeIs
    sensitive: bool = False
    currency: str = ""
    around: Path = ()
    on_stripe: Any = ABSENT
    declarable: bool = True
    ends: bool = False


@frozen
class Drifted:
    """One object that drifted.

    Attributes:
        address: The resource.
        type: Its resource type.
        id: Stripe's id.
        kind: What happened to it.
        leaves: The leaves that differ, by path; none of an object that is deleted.
        account: Connected account it is on; empty for the key's own.
        line: Where it is declared, `stacks/shop.py:12`; empty if it no longer is.
        action: What an apply does to it; None if it is no longer declared.
    """

    address: ResourceAddress
    type: str
    id: str
    kind: DriftKind
    leaves: tuple[DriftedLeaf, ...] = ()
    account: str = ""
    line: str = ""
    action: Action | None = None


def find_drifted(
    graph: ResourceGraph, state: State, observed: Observed, schemas: Schemas
) -> tuple[Drifted, ...]:
    """Every managed object that is gone, ended or differs in a declared leaf, in address order.

    Args:
        graph: What is declared, in order.
        state: What the last apply declared and saw.
        observed: What Stripe has.
        schemas: Resource types by name.
    """
    state, _ = moved_state(graph, state)
    drift = find_drift(graph, state, observed, schemas)
    if not drift:
        return ()
    inputs = PlanInputs(
        graph=graph,
        state=state,
        observed=observed,
        schemas=schemas,
        options=PlanOptions(),
        moved_from={},
    )
    decisions = decide_declared(inputs, None, known_before(inputs))
    return tuple(_drifted(inputs, entry, decisions.get(entry.address)) for entry in drift)


def _drifted(inputs: PlanInputs, drift: Drift, decision: Decision | None) -> Drifted:
    kind, actual = inputs.schemas[drift.type], inputs.observed.objects[drift.address]
    leaves = () if actual is None else tuple(_leaves(inputs, drift, kind, actual, decision))
    return Drifted(
        address=drift.address,
        type=drift.type,
        id=drift.id,
        kind=_kind(drift, kind),
        leaves=leaves,
        account=drift.account,
        line=decision.line if decision is not None else "",
        action=decision.action if decision is not None else None,
    )


def _kind(drift: Drift, kind: ResourceType) -> DriftKind:
    if drift.gone:
        return DriftKind.DELETED
    if drift.ended:
        return DriftKind.ARCHIVED
    live = kind.life.revival.live if kind.life.revival is not None else {}
    changed = {dotted(entry.path): entry.after for entry in drift.fields}
    if any(name in changed and changed[name] == value for name, value in live.items()):
        return DriftKind.REVIVED
    return DriftKind.CHANGED


def _leaves(
    inputs: PlanInputs,
    drift: Drift,
    kind: ResourceType,
    actual: RemoteObject,
    decision: Decision | None,
) -> Iterator[DriftedLeaf]:
    normal = Normalizer(inputs.state.lineage)
    prior = inputs.state.resources[drift.address]
    ignored = ignored_in(inputs.graph.declarations.get(drift.address))
    seen = seen_leaves(normal, kind, prior, ignored)
    wanted = decision.wanted if decision is not None else {}
    # Both in the shape of what the last apply saw, so that one path names one leaf in all three.
    code = compare(normal, kind.root, seen, wanted, None).before if wanted else {}
    stripe = document_of(kind.root, compare(normal, kind.root, seen, actual, None).before)
    for entry in drift.fields:
        around = list_at(kind.root, entry.path) or entry.path
        declared, attribute = get_path(code, entry.path, ABSENT), kind.root.at(entry.path)
        if attribute is not None and attribute.resolved and declared in attribute.words:
            declared = entry.before  # a word such as `now` means the moment that was returned
        yield dataclasses.replace(
            _leaf(entry, declared),
            around=around,
            on_stripe=get_path(stripe, around, ABSENT),
        )
    for entry in _why_ended(kind, actual) if drift.ended else ():
        attribute = kind.root.at(entry.path)
        yield dataclasses.replace(
            _leaf(entry, get_path(wanted, entry.path, ABSENT)),
            around=entry.path,
            on_stripe=entry.after,
            declarable=attribute is not None and attribute.declarable,
            ends=True,
        )


def _leaf(entry: FieldChange, declared: Any) -> DriftedLeaf:
    code = ABSENT if declared is None else presentable(declared)
    return DriftedLeaf(
        path=entry.path,
        code=code,
        applied=entry.before,
        actual=entry.after,
        code_is=_compared(code, entry),
        sensitive=entry.sensitive,
        currency=entry.currency,
    )


def _compared(code: Any, entry: FieldChange) -> CodeIs:
    before, after = (ABSENT if side is None else side for side in (entry.before, entry.after))
    if code == before:
        return CodeIs.UNCHANGED
    if code == after:
        return CodeIs.AGREES
    return CodeIs.SILENT if code is ABSENT else CodeIs.DIFFERS


def _why_ended(kind: ResourceType, actual: RemoteObject) -> list[FieldChange]:
    """The leaves that show that an object is archived or disabled."""
    live = kind.life.revival.live if kind.life.revival is not None else {}
    return [
        FieldChange(path=path, before=value, after=found, reason=FieldReason.DRIFT)
        for path, value in ((parse_path(name), value) for name, value in live.items())
        if (found := get_path(actual, path)) not in (None, value)
    ]
