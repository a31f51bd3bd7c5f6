"""Parameters of the requests a plan sends, references still unresolved.

An update carries what changed and what Stripe demands in addition to it, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.plan.compare.field_changes import list_at, write_only_at
from engine.plan.compare.match_elements import aligned
from engine.plan.compare.normalize import comparable, is_nothing
from engine.plan.compare.response import read
from engine.plan.model import FieldChange, FieldReason
from engine.schema.attribute import Attribute, Kind
from engine.schema.remote import STAMP_KEY
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT, CLEAR
from engine.values.paths import Path, get_path, set_path
from engine.values.secret import Sensitive
from engine.values.templates import escaped


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


def stamp_params(
    kind: ResourceType, sent: Mapping[str, Any], actual: Mapping[str, Any], owner: str
) -> dict[str, Any]:
    """What an update sends of metadata so that an object has its ownership stamp too.

    Args:
        kind: The resource type.
        sent: What the update sends anyway.
        actual: The object as Stripe returned it.
        owner: Ownership stamp.

    Returns:
        The parameter `metadata` with the stamp; nothing if the object has it, or cannot have it:
        Stripe refuses the whole update if there are too many keys then.
    """
    attribute = kind.root.fields.get("metadata")
    metadata, changed = actual.get("metadata") or {}, sent.get("metadata", {})
    if attribute is None or not attribute.in_update or metadata.get(STAMP_KEY) == owner:
        return {}
    if not isinstance(changed, Mapping) or changed.get(STAMP_KEY, CLEAR) is not CLEAR:
        return {}
    after = {name: value for name, value in {**metadata, **changed}.items() if value is not CLEAR}
    if attribute.max_length and len({*after, STAMP_KEY}) > attribute.max_length:
        return {}
    return {"metadata": {**changed, STAMP_KEY: owner}}


def settle_params(kind: ResourceType, declared: Mapping[str, Any]) -> dict[str, Any]:
    """What an update right after the create sends: fields that create has no parameter for.

    A field with the value that a new object has anyway is left out. An object that comes with
    another one may have another value, which that one can set too: there the field is sent.
    """
    return _late(kind.root, declared, whole=kind.life.singleton)


def _late(attribute: Attribute, value: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, child, inner in attribute.parts(value):
        if inner is None:
            continue
        if child.update_only:
            if whole or not is_nothing(child, comparable(child, inner)):
                found[name] = wire(child, inner)
        elif child.kind is Kind.OBJECT and isinstance(inner, Mapping):
            nested = _late(child, inner, whole=whole)
            if nested:
                found[name] = nested
    return found


def _subset(
    attribute: Attribute, value: Mapping[str, Any], wanted: Callable[[Attribute], bool]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, child, inner in attribute.parts(value):
        if inner is None or not (wanted(child) or attribute.kind is Kind.MAP):
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
    changes: Sequence[FieldChange],
    declared: Mapping[str, Any],
    wanted: Mapping[str, Any],
    actual: Mapping[str, Any],
) -> dict[str, Any]:
    """What an update sends for these leaves.

    Args:
        kind: The resource type.
        changes: The leaves that differ and can change in place.
        declared: The declaration, references unresolved.
        wanted: The same, references resolved.
        actual: The object as Stripe returned it, for what must be sent with a changed leaf.
    """
    params: dict[str, Any] = {}
    for change in changes:
        if change.reason in (FieldReason.STAYS, FieldReason.GOES):
            continue
        _put(kind.root, params, change, declared, wanted, actual)
    for change in changes:
        if change.reason is FieldReason.CLEARED:
            _empty(kind.root, params, change)
    return params


def _put(
    root: Attribute,
    params: dict[str, Any],
    change: FieldChange,
    declared: Mapping[str, Any],
    wanted: Mapping[str, Any],
    actual: Mapping[str, Any],
) -> None:
    """Write one leaf, with its lists whole and its required neighbours, into the parameters."""
    write_only = write_only_at(root, change.path)
    if write_only is not None and get_path(declared, write_only) is None:
        write_only = None  # what is left of it is cleared leaf by leaf
    wholes = (write_only, list_at(root, change.path), change.path)
    path = min((whole for whole in wholes if whole is not None), key=len)
    attribute, target = root, params
    for depth, part in enumerate(path[:-1]):
        _neighbours(attribute, target, path[:depth], declared, actual)
        target = target.setdefault(str(part), {})
        attribute = attribute.child(part) or attribute
    last = path[-1]
    leaf = attribute.child(last) or attribute
    value = get_path(declared, path, ABSENT)
    if get_path(wanted, path) is None:
        value = ABSENT  # what it refers to is null
    if leaf.handle and isinstance(value, (list, tuple)):
        have = returned_at(root, path, actual) or []
        matched, left = aligned(leaf, get_path(wanted, path), have)
        target[str(last)] = _handled(leaf, value, have, matched, left)
    else:
        target[str(last)] = _leaf(leaf, change, value)
    _neighbours(attribute, target, path[:-1], declared, actual)


def _empty(root: Attribute, params: Mapping[str, Any], change: FieldChange) -> None:
    """Clear in an element that stays what is no longer declared: leaving it out changes nothing."""
    where = list_at(root, change.path[:-1])
    if where is None:
        return
    element = get_path(params, change.path[: len(where) + 1])
    leaf = root.at(change.path) or root
    set_path(element, change.path[len(where) + 1 :], _leaf(leaf, change, ABSENT))


def returned_at(root: Attribute, path: Path, actual: Any) -> Any:
    """What the response holds at a path, aliases undone."""
    attribute = root
    for part in path:
        attribute = attribute.child(part) or attribute
        actual = read(attribute, str(part), actual)
    return actual


def _handled(
    attribute: Attribute,
    declared: Sequence[Any],
    have: Sequence[Any],
    matched: Sequence[int | None],
    left: Sequence[int],
) -> list[Any]:
    """A list whose elements an update names one by one: changed, new, and gone."""
    element = attribute.element or attribute
    names = [{attribute.handle: entry.get(attribute.handle)} for entry in have]
    found: list[Any] = []
    for inner, match in zip(declared, matched, strict=True):
        entry = wire(element, inner)
        if match is not None:
            # The id of an element implies what no update takes, such as the price of a link.
            sent = {name: value for name, value in entry.items() if _is_sent(element, name)}
            entry = {**names[match], **sent}
        found.append(entry)
    if attribute.drop:
        found.extend({**names[index], **attribute.drop} for index in left)
    return found


def _is_sent(element: Attribute, name: str) -> bool:
    """Whether an update of a list's element takes a field."""
    field = element.child(name)
    return field is not None and field.in_update


def _leaf(attribute: Attribute, change: FieldChange, wanted: Any) -> Any:
    if wanted is not ABSENT and wanted is not None:
        return wire(attribute, wanted)
    # `after` of a cleared field is the neutral value where there is one.
    return CLEAR if change.after in (ABSENT, None, [], {}) else escaped(change.after)


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
            value = escaped(read(child, name, get_path(actual, path)))
        if value is not None:
            target[name] = wire(child, value)
