"""What changed on Stripe since the last apply."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from engine.address import parse_address
from engine.graph.build import ResourceGraph
from engine.plan.compare.compare_fields import drifted
from engine.plan.compare.field_changes import currency_of
from engine.plan.compare.last_seen import ignored_in, seen_leaves
from engine.plan.compare.liveness import has_ended, is_past
from engine.plan.compare.normalize import Normalizer, presentable
from engine.plan.compare.unchanged import is_as_seen
from engine.plan.inputs.observed import Observed
from engine.plan.model import Drift, FieldChange, FieldReason
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import State
from engine.values.markers import ABSENT
from engine.values.paths import Path, get_path
from engine.values.secret import Sealed


def find_drift(
    graph: ResourceGraph, state: State, observed: Observed, schemas: Schemas
) -> tuple[Drift, ...]:
    """Every managed object that is gone, ended, or differs in a declared leaf.

    A change of a field that the code ignores is no drift.
    """
    if not observed.refreshed:
        return ()
    normal = Normalizer(state.lineage)
    found: list[Drift] = []
    for address in sorted(observed.objects, key=parse_address):
        prior = state.resources[address]
        base = Drift(
            address=parse_address(address), type=prior.type, id=prior.id, account=prior.account
        )
        actual = observed.objects[address]
        if actual is None:
            found.append(dataclasses.replace(base, gone=True))
            continue
        kind = schemas[prior.type]
        if is_past(kind, actual):
            continue
        fields: tuple[FieldChange, ...] = ()
        if not is_as_seen(kind, prior, actual):
            ignored = ignored_in(graph.declarations.get(address))
            seen = seen_leaves(normal, kind, prior, ignored)
            fields = tuple(
                field
                for field in _fields(normal, kind, seen, actual)
                if not _is_of_other_elements(kind.root, prior.declared, field.path)
            )
        ended = has_ended(kind, actual, prior.declared)
        if fields or ended:
            found.append(dataclasses.replace(base, fields=fields, ended=ended))
    return tuple(found)


def _fields(
    normal: Normalizer, kind: ResourceType, seen: Mapping[str, Any], actual: RemoteObject
) -> Iterator[FieldChange]:
    for difference in drifted(normal, kind.root, seen, actual):
        attribute = kind.root.at(difference.path)
        secret = attribute is not None and attribute.sensitive
        yield FieldChange(
            path=difference.path,
            before=presentable(difference.before),
            after=presentable(difference.after),
            reason=FieldReason.DRIFT,
            sensitive=secret or isinstance(difference.before, Sealed),
            currency=currency_of(attribute, difference.path, seen, actual) if attribute else "",
        )


def _is_of_other_elements(root: Attribute, declared: Mapping[str, Any], path: Path) -> bool:
    """Whether a leaf is in an element of a list that did not declare it, as others did.

    State keeps of each element what any of them declares.
    """
    element = None
    for where, attribute in root.along(path[:-1]):
        if attribute.kind is Kind.LIST:
            if attribute.order is not ListOrder.ORDERED:
                return False
            element = get_path(declared, path[: len(where) + 1])
            if not isinstance(element, Mapping):
                return False
    leaf = root.at(path)
    if element is None or leaf is None:
        return False
    return all(
        get_path(declared, (*path[:-1], name), ABSENT) is ABSENT for name in (path[-1], leaf.twin)
    )
