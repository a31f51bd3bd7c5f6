"""What Stripe takes and does not return: what a declaration of an object may lack."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from engine.frozen import frozen
from engine.plan.compare.liveness import is_gone, is_past, past_leaf
from engine.schema.attribute import Attribute, Kind
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT
from engine.values.paths import Path, dotted

_NESTED = (Kind.OBJECT, Kind.LIST, Kind.MAP)


@frozen
class Untold:
    """A parameter that Stripe takes and does not return.

    Attributes:
        path: Where it is declared.
        needed: A declaration is not valid without it, so that something has to stand there.
        secret: It is sensitive.
        stand_in: What can stand there: a valid value, and none that was ever chosen.
    """

    path: Path
    needed: bool
    secret: bool
    stand_in: Any = None


def is_told(attribute: Attribute, value: Any) -> bool:
    """Whether what a response holds of a field is what a declaration would say."""
    if attribute.sensitive:
        return False
    # Some responses repeat what others leave out (R); but a document may be about something else.
    return not attribute.write_only or (
        value is not None and attribute.kind not in _NESTED and not isinstance(value, (dict, list))
    )


def is_secret(attribute: Attribute) -> bool:
    """Whether a response may hold it, and a declaration may not repeat that."""
    return attribute.sensitive and not attribute.write_only


def undeclarable(kind: ResourceType, actual: RemoteObject) -> str:
    """Why no declaration of an object has an empty plan; empty if one has.

    Args:
        kind: Its resource type.
        actual: The object.
    """
    if kind.content:
        return f"Stripe does not return the content of a {kind.title}"
    for name in kind.required:
        if is_secret(kind.root.fields[name]):
            return f"its {name} is a secret, which is not written into a module"
    if is_past(kind, actual):
        return f"it has done its work: its {past_leaf(kind, actual)}"
    return "it has ended" if is_gone(kind, actual, {}) else ""


def untold_of(
    kind: ResourceType, arguments: Mapping[str, Any], actual: RemoteObject
) -> tuple[Untold, ...]:
    """What a create takes and a response does not show, where the declaration could have it.

    Args:
        kind: The resource type.
        arguments: The declaration.
        actual: The object.
    """
    return tuple(_below(kind, kind.root, arguments, actual, ()))


def _below(
    kind: ResourceType, attribute: Attribute, declared: Mapping[str, Any], actual: Any, path: Path
) -> Iterator[Untold]:
    for name, child in attribute.fields.items():
        where = (*path, name)
        inner, returned = (
            declared.get(name),
            actual.get(name) if isinstance(actual, Mapping) else None,
        )
        if isinstance(inner, Mapping):
            yield from _below(kind, child, inner, returned, where)
        elif inner is None and child.in_create and child.implied is ABSENT:
            hides = hides_a_secret(child, returned)
            if hides or not is_told(child, None):
                yield Untold(
                    path=where,
                    needed=child.required,
                    secret=child.sensitive or hides,
                    stand_in=_stand_in(kind, where, child) if child.required else None,
                )


def hides_a_secret(attribute: Attribute, returned: Any) -> bool:
    """Whether an object cannot be declared, since a secret in it would have to be as well."""
    return isinstance(returned, Mapping) and any(
        (child.required and is_secret(child) and child.declarable)
        or hides_a_secret(child, returned.get(name))
        for name, child in attribute.fields.items()
    )


def _stand_in(kind: ResourceType, path: Path, attribute: Attribute) -> Any:
    """A valid value."""
    example = kind.examples.get(dotted(path))
    return _STAND_INS.get(attribute.kind, "unknown") if example is None else copy.deepcopy(example)


_STAND_INS: Mapping[Kind, Any] = {Kind.INTEGER: 1, Kind.NUMBER: 1, Kind.BOOLEAN: False}
