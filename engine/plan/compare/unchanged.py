"""The fast check whether a resource is unchanged.

Most are, and a plan of ten thousand has no time to make comparable trees of each. If the check
succeeds, the whole comparison would find no difference; if not, it has to be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from operator import attrgetter
from typing import Any

from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import SEMANTICS
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState

_NESTED = (Kind.OBJECT, Kind.MAP)


def is_as_declared(
    kind: ResourceType,
    arguments: Mapping[str, Any],
    wanted: Mapping[str, Any],
    prior: ResourceState,
    actual: RemoteObject,
) -> bool:
    """Whether declaration, last apply and Stripe agree in every leaf, word for word.

    Args:
        kind: The resource type.
        arguments: The declaration as written.
        wanted: The same with references resolved.
        prior: What the last apply declared and saw.
        actual: The object as Stripe has it.
    """
    return (
        len(prior.attributes) == len(wanted)
        and arguments == prior.declared
        and _agree(kind.root, wanted, prior.attributes, actual)
    )


def is_as_seen(kind: ResourceType, prior: ResourceState, actual: RemoteObject) -> bool:
    """Whether every declared leaf that the last apply saw is as it was, word for word."""
    seen = {name: value for name, value in prior.attributes.items() if name in prior.declared}
    return _agree(kind.root, seen, seen, actual)


def _agree(attribute: Attribute, wanted: Any, seen: Any, actual: Any) -> bool:
    if isinstance(wanted, dict):
        if not (
            attribute.kind in _NESTED
            and isinstance(seen, dict)
            and isinstance(actual, dict)
            and len(wanted) == len(seen)
        ):
            return False
        for name, value in wanted.items():
            child = attribute.child(name)
            if child is None or value is None or name not in seen or not _is_literal(child):
                return False
            if not _agree(child, value, seen[name], actual.get(name)):
                return False
        return True
    if isinstance(wanted, list):
        element = attribute.element
        if element is None or element.kind in _NESTED or not _is_literal(element):
            return False
    return bool(wanted == seen == actual)


_NOT_LITERAL = attrgetter(*(name for name, about in SEMANTICS.items() if not about.literal))


@cache
def _is_literal(attribute: Attribute) -> bool:
    """Whether values of it that are equal character for character are all that can be equal."""
    return attribute.kind is not Kind.DECIMAL and not any(_NOT_LITERAL(attribute))
