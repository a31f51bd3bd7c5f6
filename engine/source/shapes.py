"""When resources are alike: the same calls, in which only texts and numbers differ."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from engine.address import ResourceAddress
from engine.schema.attribute import Attribute, Kind, is_moment
from engine.schema.resource_type import Schemas
from engine.source.model import WrittenResource
from engine.values.paths import Path
from engine.values.secret import Sensitive
from engine.values.targets import TEMPLATE, AttributeTarget, target_of

_NUMBERS = (Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL)


def shape_of(body: Sequence[WrittenResource], schemas: Schemas) -> Hashable:
    """What resources have to have in common to be written by one loop: all but some leaves."""
    places = {resource.address: place for place, resource in enumerate(body)}
    return tuple(_shape(resource, places, schemas) for resource in body)


def roles_of(
    body: Sequence[WrittenResource], schemas: Schemas
) -> list[tuple[Hashable, WrittenResource]]:
    """What each resource is for the first one, so that other bodies have one of the same role."""
    root = body[0].address.name
    names = {
        one.address: f"{one.address.type}.{one.address.name.replace(root, '*')}" for one in body
    }
    return [((names[one.address], _shape(one, names, schemas)), one) for one in body]


def in_one_order(body: Sequence[WrittenResource], schemas: Schemas) -> tuple[WrittenResource, ...]:
    """Resources with those that come after the first one in an order that similar ones share."""
    root, *rest = body
    places = {resource.address: 1 for resource in rest} | {root.address: 0}
    if any(places.get(other) == 1 for one in rest for other in _named(one)):
        return tuple(body)

    def rank(resource: WrittenResource) -> tuple[str, str, str]:
        own = resource.address.name.replace(root.address.name, "*")
        return resource.address.type, repr(_shape(resource, places, schemas)), own

    kinds = {resource.address.type: place for place, resource in reversed([*enumerate(rest)])}
    return root, *sorted(rest, key=lambda one: (kinds[one.address.type], rank(one)))


def varying(value: Any, attribute: Attribute | None, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the leaves that may differ between similar resources, with their paths."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from varying(inner, _child(attribute, key), (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from varying(inner, _child(attribute, index), (*path, index))
    elif _may_differ(value, attribute, path):
        yield path, value


def references_in(text: str) -> Iterator[tuple[str, ResourceAddress | None]]:
    """Yield a text in pieces: what is between references, and references, with their address."""
    end = 0
    for match in TEMPLATE.finditer(text):
        target = target_of(match)
        yield text[end : match.start()], None
        yield match[0], target.address if isinstance(target, AttributeTarget) else None
        end = match.end()
    yield text[end:], None


def _shape(
    resource: WrittenResource, places: Mapping[ResourceAddress, object], schemas: Schemas
) -> Hashable:
    root = schemas[resource.address.type].root
    return (
        resource.address.type,
        _skeleton(dict(resource.arguments), root, (), places),
        repr(sorted(resource.lifecycle.items())),
        resource.remarks,
        repr(sorted(resource.notes.items(), key=repr)),
    )


def _skeleton(
    value: Any, attribute: Attribute | None, path: Path, places: Mapping[ResourceAddress, object]
) -> Hashable:
    if isinstance(value, Mapping):
        return tuple(
            (key, _skeleton(inner, _child(attribute, key), (*path, key), places))
            for key, inner in value.items()
        )
    if isinstance(value, (list, tuple)):
        return (
            "[",
            *(
                _skeleton(inner, _child(attribute, index), (*path, index), places)
                for index, inner in enumerate(value)
            ),
        )
    if isinstance(value, Sensitive):
        return ("secret", id(value))
    if _may_differ(value, attribute, path):
        return f"*{'number' if isinstance(value, (int, float)) else 'text'}"
    if isinstance(value, str) and "${" in value:
        return tuple(
            piece
            if where is None or where not in places
            else piece.replace(where, str(places[where]))
            for piece, where in references_in(value)
        )
    return type(value).__name__, value


def _may_differ(value: Any, attribute: Attribute | None, path: Path) -> bool:
    """Whether a leaf can be a column of a table: of any value of its type."""
    if attribute is None or isinstance(value, bool):
        return False
    if isinstance(value, str):
        closed = attribute.values and not attribute.open_values
        words = attribute.words and attribute.kind is not Kind.STRING
        return "${" not in value and not closed and not words
    if isinstance(value, (int, float)):
        return attribute.kind in _NUMBERS and not is_moment(str(path[-1]), attribute)
    return False


def _child(attribute: Attribute | None, part: str | int) -> Attribute | None:
    return attribute.child(part) if attribute is not None else None


def _named(resource: WrittenResource) -> Iterator[ResourceAddress]:
    for text in _texts(dict(resource.arguments)):
        yield from (where for _, where in references_in(text) if where is not None)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str) and "${" in value:
        yield value
