"""What a state that is made again from the account is made of.

What must not live here: asking Stripe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.plan.compare.liveness import has_ended, is_gone
from engine.schema.attribute import Attribute, Kind
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.values.tree import children


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Objects that one resource claims, told apart.

    Attributes:
        current: The one it has; None if none is alive.
        superseded: Ids of others that are alive: what a replacement left behind.
        archived: The newest that Stripe only archived, if none is alive.
    """

    current: RemoteObject | None = None
    superseded: tuple[str, ...] = ()
    archived: RemoteObject | None = None


def sort_out(
    kind: ResourceType, declared: Mapping[str, Any], objects: Sequence[RemoteObject]
) -> Claimed:
    """Tell apart the objects that claim to be one resource.

    A replacement creates before it removes, so of several that are alive the newest is the one.

    Args:
        kind: The resource type.
        declared: What is declared; empty if nothing is any more.
        objects: The objects, newest first.
    """
    there = [entry for entry in objects if not is_gone(kind, entry, declared)]
    alive = [entry for entry in there if not has_ended(kind, entry, declared)]
    if alive:
        return Claimed(current=alive[0], superseded=tuple(map(id_of, alive[1:])))
    return Claimed(archived=there[0] if there else None)


def named_in(attribute: Attribute, value: Any) -> frozenset[tuple[str, str]]:
    """Object name and id of everything that an object refers to."""
    if attribute.reference:
        id = value.get("id") if isinstance(value, Mapping) else value
        return frozenset({(attribute.reference, id)}) if isinstance(id, str) and id else frozenset()
    if isinstance(value, Mapping) == (attribute.kind is Kind.LIST):
        return frozenset()  # a page of a list
    below = ((attribute.child(name), inner) for name, inner in children(value))
    return frozenset().union(*(named_in(child, inner) for child, inner in below if child))
