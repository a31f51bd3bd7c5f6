"""Parameters of the requests a plan sends, references still unresolved.

An update carries what changed and what Stripe demands beside it, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.plan.fields import list_at
from engine.plan.model import FieldChange, FieldReason
from engine.plan.normal import comparable, is_nothing, read
from engine.provider.schema import Attribute, Kind, ResourceType
from engine.values import ABSENT, CLEAR, Path, Sensitive, get_path

STAMP_KEY = "engine"
"""Metadata key of the ownership stamp."""


def stamp(lineage: str, address: object) -> str:
    """The ownership stamp of a resource."""
    return f"{lineage}:{address}"


def create_params(
    kind: ResourceType, declared: Mapping[str, Any], owner: str = ""
) -> dict[str, Any]:
    """What a create sends.

    Args:
        kind: The resource type.
        declared: The declaration, references unresolved.
        owner: Ownership stamp; empty for none.
    """
    params = _subset(kind.root, declared, lambda attribute: attribute.in_create)
    if owner and kind.has_metadata:
        metadata = params.get("metadata", {})
        params["metadata"] = {**metadata, STAMP_KEY: owner}
    return params


def settle_params(kind: ResourceType, declared: Mapping[str, Any]) -> dict[str, Any]:
    """What an update right after the create sends: fields that create has no parameter for.

    A field that says what a new object is anyway is left out.
    """
    found: dict[str, Any] = {}
    for name, value in declared.items():
        attribute = kind.root.fields.get(name)
        if attribute is None or not attribute.update_only or value is None:
            continue
        if not is_nothing(attribute, comparable(attribute, value)):
            found[name] = wire(attribute, value)
    return found


def _subset(
    attribute: Attribute, value: Mapping[str, Any], wanted: Callable[[Attribute], bool]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in value.items():
        child = attribute.child(name)
        if child is None or inner is None or not (wanted(child) or attribute.kind is Kind.MAP):
            continue
        if child.kind in (Kind.OBJECT, Kind.MAP) and isinstance(inner, Mapping):
            nested = _subset(child, inner, wanted)
            if nested:
                found[name] = nested
        elif inner not in ("", []):  # a new object has nothing to clear
            found[name] = wire(child, inner)
    return found


def wire(attribute: Attribute, value: Any) -> Any:
    """A declared value as a request carries it: no None, decimals as text, empty as CLEAR."""
    if isinstance(value, Sensitive):
        return Sensitive(wire(attribute, value.value))
    if value in ("", []) and attribute.clearable:
        return CLEAR
    if isinstance(value, Mapping):
        return {
            key: wire(attribute.child(key) or attribute, inner)
            for key, inner in value.items()
            if inner is not None
        }
    if isinstance(value, (list, tuple)):
        element = attribute.element or attribute
        return [wire(element, inner) for inner in value]
    return format(value, "f") if isinstance(value, Decimal) else value


def update_params(
    kind: ResourceType,
    changes: Iterable[FieldChange],
    declared: Mapping[str, Any],
    actual: Mapping[str, Any],
) -> dict[str, Any]:
    """What an update sends for these leaves.

    Args:
        kind: The resource type.
        changes: The leaves that differ and can change in place.
        declared: The declaration, references unresolved.
        actual: The object as Stripe answered, for what must stand beside a changed leaf.
    """
    params: dict[str, Any] = {}
    for change in changes:
        if change.reason is FieldReason.STAYS:
            continue
        _put(kind.root, params, change, declared, actual)
    return params


def _put(
    root: Attribute,
    params: dict[str, Any],
    change: FieldChange,
    declared: Mapping[str, Any],
    actual: Mapping[str, Any],
) -> None:
    """Write one leaf, with its lists whole and its required neighbours, into the parameters."""
    path = list_at(root, change.path) or change.path
    attribute, target = root, params
    for depth, part in enumerate(path[:-1]):
        _neighbours(attribute, target, path[:depth], declared, actual)
        target = target.setdefault(str(part), {})
        attribute = attribute.child(part) or attribute
    last = path[-1]
    leaf = attribute.child(last) or attribute
    wanted = get_path(declared, path, ABSENT)
    if leaf.handle and isinstance(wanted, (list, tuple)):
        target[str(last)] = _handled(leaf, wanted, _answered(root, path, actual) or [])
    else:
        target[str(last)] = _leaf(leaf, change, wanted)
    _neighbours(attribute, target, path[:-1], declared, actual)


def _answered(root: Attribute, path: Path, actual: Any) -> Any:
    """What the answer holds at a path, aliases undone."""
    attribute = root
    for part in path:
        child = attribute.child(part)
        if child is None:
            return None
        actual = read(child, str(part), actual)
        attribute = child
    return actual


def _handled(attribute: Attribute, wanted: Sequence[Any], have: Sequence[Any]) -> list[Any]:
    """A list whose elements an update names one by one: changed, new, and gone."""
    element = attribute.element or attribute
    found: list[Any] = []
    for index, entry in enumerate(wanted):
        known = {attribute.handle: have[index][attribute.handle]} if index < len(have) else {}
        taken = {
            name: inner
            for name, inner in wire(element, entry).items()
            if not known or (child := element.child(name)) is None or child.in_update
        }
        found.append({**known, **taken})
    gone = have[len(wanted) :]
    found.extend({attribute.handle: entry[attribute.handle], **attribute.drop} for entry in gone)
    return found


def _leaf(attribute: Attribute, change: FieldChange, wanted: Any) -> Any:
    if wanted is not ABSENT and wanted is not None:
        return wire(attribute, wanted)
    # `after` of a cleared field is the neutral value where there is one.
    return CLEAR if change.after in (ABSENT, None, [], {}) else change.after


def _neighbours(
    attribute: Attribute,
    target: dict[str, Any],
    path: Path,
    declared: Mapping[str, Any],
    actual: Mapping[str, Any],
) -> None:
    """Fields that Stripe demands whenever their parent is mentioned."""
    if not path or attribute.kind is not Kind.OBJECT:
        return
    for name, child in attribute.fields.items():
        if not child.required_in_update or name in target:
            continue
        value = get_path(declared, (*path, name))
        if value is None:
            value = read(child, name, get_path(actual, path))
        if value is not None:
            target[name] = wire(child, value)
