"""Paths of objects: by id, parent, as singletons, and by the fields that identify them.

The id in the state has all that a path needs: `prod_1/feat_2` for a child of a product,
`tax.settings` for a singleton, `name=key&scope.type=account` for an object that only its fields
identify.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from engine.errors import ProviderError
from engine.schema.remote import ADDRESSED, RemoteObject, composite_id
from engine.schema.resource_type import ResourceType

SEPARATOR = "/"


def item_path(kind: ResourceType, id: str) -> str:
    """Path of one object."""
    return filled(kind.item, kind, id)


def filled(path: str, kind: ResourceType, id: str) -> str:
    """A path with an object's id, and its parent's, in it."""
    parent, own = parts_of(kind, id)
    if ("{parent}" in path and not parent) or ("{id}" in path and not own):
        raise ProviderError(
            f"a {kind.title} without an id cannot be asked for: {path} would be another request",
            hint="engine state verify finds such an entry of the state",
        )
    # Coupons and products may have ids that people chose.
    return path.replace("{parent}", quote(parent, safe="")).replace("{id}", quote(own, safe=""))


def parts_of(kind: ResourceType, id: str) -> tuple[str, str]:
    """An id's parent, empty for an object of its own, and the object's own id.

    Raises:
        ProviderError: if the id of a child does not name its parent.
    """
    if not kind.parent:
        return "", id
    if kind.life.singleton:
        return id, ""
    parent, found, own = id.partition(SEPARATOR)
    if not found:
        raise ProviderError(
            f"{id!r} does not name a {kind.title}",
            hint=f"write it with its parent, PARENT{SEPARATOR}ID",
        )
    return parent, own


def collection_path(kind: ResourceType, parent: str) -> str:
    """Path of create and list."""
    return kind.collection.replace("{parent}", quote(parent, safe=""))


def without_parent(kind: ResourceType, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The parent's id for the path of a create, and the parameters for its body."""
    if not kind.parent:
        return "", dict(params)
    rest = {name: value for name, value in params.items() if name != kind.parent}
    return str(params.get(kind.parent, "")), rest


def addressed(kind: ResourceType, found: Mapping[str, Any], parent: str = "") -> RemoteObject:
    """A response with the id under which state keeps its object."""
    if kind.life.composite is not None:
        return {**found, ADDRESSED: composite_id(kind.life.composite, found)}
    if kind.life.singleton:
        return {**found, ADDRESSED: parent or kind.object, **_parent_field(kind, parent)}
    if kind.parent:
        own = f"{parent}{SEPARATOR}{found.get('id', '')}"
        return {**found, ADDRESSED: own, **_parent_field(kind, parent)}
    return found


def _parent_field(kind: ResourceType, parent: str) -> dict[str, Any]:
    """The parent's id under the name that declarations use."""
    return {kind.parent: parent} if kind.parent and parent else {}


def composite_params(id: str) -> dict[str, Any]:
    """The fields in the id of an object that its fields identify, as parameters."""
    params: dict[str, Any] = {}
    for path, value in parse_qsl(id):
        target = params
        *parents, last = path.split(".")
        for parent in parents:
            target = target.setdefault(parent, {})
        target[last] = value
    return params
