"""Whether an object that nothing names can be what is declared: it has all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plan.compare.liveness import has_ended, is_gone
from engine.plan.compare.normalize import Normalizer
from engine.plan.compare.response import read
from engine.schema.attribute import Kind
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.markers import UNKNOWN
from engine.values.tree import any_scalar

_NESTED = (Kind.OBJECT, Kind.MAP, Kind.LIST)
_PLAIN = Normalizer("")


def is_like(kind: ResourceType, declared: Mapping[str, Any], found: RemoteObject) -> bool:
    """Whether an object is alive and has all that is declared, as far as Stripe returns it.

    What can be set at the create alone, such as the interval of a price, has to be the same too
    where nothing is declared.

    Args:
        kind: The resource type.
        declared: What is declared, references resolved; what is UNKNOWN is like nothing.
        found: The object.
    """
    told = {
        name: value
        for name, value in declared.items()
        if value is not None and not kind.root.fields[name].write_only
    }
    if not told or any_scalar(told, lambda leaf: leaf is UNKNOWN):
        return False
    made_otherwise = any(
        attribute.immutable and attribute.kind in _NESTED and read(attribute, name, found)
        for name, attribute in kind.root.fields.items()
        if name not in told
    )
    if made_otherwise:
        return False
    returned = _PLAIN.pick(kind.root, told, found)
    same: bool = _PLAIN.comparable(kind.root, told) == _PLAIN.comparable(kind.root, returned)
    return same and not is_gone(kind, found, declared) and not has_ended(kind, found, declared)
