"""Match the objects that were found with the resources of a rebuilt state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.frozen import frozen
from engine.plan.compare.liveness import has_ended, is_gone
from engine.schema.attribute import Attribute, Kind
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType


@frozen
class Claimed:
    """The objects of one resource, by what they are for it.

    Attributes:
        current: Its object; None if none is alive.
        superseded: Ids of other objects that are alive, which a replacement left.
        archived: The newest archived object, if none is alive.
        former: Ids of further archived objects, newest first.
    """

    current: RemoteObject | None = None
    superseded: tuple[str, ...] = ()
    archived: RemoteObject | None = None
    former: tuple[str, ...] = ()


def sort_out(
    kind: ResourceType, declared: Mapping[str, Any], objects: Sequence[RemoteObject]
) -> Claimed:
    """Sort the objects of one resource into current, superseded and archived ones.

    A replacement creates before it removes, so of several live objects the newest is current.

    Args:
        kind: The resource type.
        declared: What is declared; empty if it is not declared now.
        objects: The objects, newest first.
    """
    there = [entry for entry in objects if not is_gone(kind, entry, declared)]
    ended = [entry for entry in there if has_ended(kind, entry, declared)]
    alive = [entry for entry in there if entry not in ended]
    if alive:
        left, former = tuple(map(id_of, alive[1:])), tuple(map(id_of, ended))
        return Claimed(current=alive[0], superseded=left, former=former)
    return Claimed(archived=next(iter(ended), None), former=tuple(map(id_of, ended[1:])))


def named_in(attribute: Attribute, value: Any) -> frozenset[tuple[str, str]]:
    """Type and id of every object that an object refers to."""
    if attribute.reference:
        id = value.get("id") if isinstance(value, Mapping) else value
        return frozenset({(attribute.reference, id)}) if isinstance(id, str) and id else frozenset()
    if isinstance(value, Mapping) == (attribute.kind is Kind.LIST):
        return frozenset()  # a page of a list
    return frozenset().union(
        *(named_in(child, inner) for _, child, inner in attribute.parts(value))
    )
