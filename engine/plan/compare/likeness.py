"""Whether an object that nothing names can be what is declared: it has all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plan.compare.liveness import has_ended, is_gone
from engine.plan.compare.normalize import Normalizer
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.markers import UNKNOWN
from engine.values.tree import any_scalar

_PLAIN = Normalizer("")


def is_like(kind: ResourceType, declared: Mapping[str, Any], found: RemoteObject) -> bool:
    """Whether an object is alive and has all that is declared, as far as Stripe returns it.

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
    returned = _PLAIN.pick(kind.root, told, found)
    same: bool = _PLAIN.comparable(kind.root, told) == _PLAIN.comparable(kind.root, returned)
    return same and not is_gone(kind, found, declared) and not has_ended(kind, found, declared)
