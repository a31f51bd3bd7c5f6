"""What follows from an entry and its row: paths of ids, sub-lists, parents and filters.

Pure functions, called once for each type.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from engine.catalog.model import ALTERNATIVES, Entry, Shape
from engine.catalog.rows import Row
from engine.frozen import frozen
from engine.schema.attribute import Kind

_PAGING = frozenset({"limit", "starting_after", "ending_before"})
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@frozen
class SubList:
    """A page of other objects within a response.

    Attributes:
        object: Object name of its elements; empty if they are no objects of their own.
        field: Field of the elements that holds the id of the object they are listed in.
    """

    object: str = ""
    field: str = ""


def response_shape(entry: Entry) -> Shape:
    """The response's shape, its fields spelled as on the wire: the SDK writes `in_` for `in`."""
    return _respelled(entry.response)


def _respelled(shape: Shape) -> Shape:
    if not shape.fields and shape.element is None:
        return shape
    fields = {_wire_name(name): _respelled(inner) for name, inner in shape.fields.items()}
    # An element is never absent.
    element = None if shape.element is None else _respelled(replace(shape.element, required=True))
    return replace(shape, fields=fields, element=element)


def _wire_name(name: str) -> str:
    bare = name.removesuffix("_")
    return bare if keyword.iskeyword(bare) else name


def part_of(answer: Shape, object: str) -> Shape:
    """The description of an object inside the response of another."""
    return next(
        inner
        for _, inner in _places(answer, "", frozenset())
        if inner.kind is Kind.OBJECT and inner.fields and inner.reference == object
    )


def wire_object(entry: Entry) -> str:
    """The value of `object` in responses: `tax_id` for a customer's tax id too."""
    words = entry.response.fields.get("object", Shape(kind=Kind.STRING)).values
    return words[0] if words else entry.object


def placeholders(path: str) -> list[str]:
    """Names of the ids in a path, in their order."""
    return _PLACEHOLDER.findall(path)


def parent_of(entry: Entry) -> str:
    """Name of the parent's id in a child's paths; empty if the type has no parent."""
    path = entry.item or entry.collection
    named = placeholders(path)
    own = 1 if path.endswith("}") else 0
    return named[0] if len(named) > own else ""


def parent_object(entry: Entry, collections: Mapping[str, str]) -> str:
    """Object name of a child's parent; empty if the type has no parent.

    Args:
        entry: Of the child.
        collections: Object names by the paths of their collections.
    """
    if not parent_of(entry):
        return ""
    before = (entry.item or entry.collection).partition("/{")[0]
    return collections.get(before, "")


def filters(entry: Entry, further: Mapping[str, str]) -> dict[str, str]:
    """Which field of the response each list filter compares."""
    answer = entry.response.fields
    found: dict[str, str] = {}
    for name in entry.params("list"):
        if name in _PAGING:
            continue
        singular = name.removesuffix("s")
        if name in further:
            found[name] = further[name]
        elif name in answer:
            found[name] = name
        elif singular in answer:
            found[name] = singular
    return found


def references(shape: Shape, emulated: frozenset[str]) -> dict[str, str]:
    """Object names of the ids in a response that can be expanded, by dotted path."""
    return {
        path: inner.reference
        for path, inner in _places(shape, "", emulated)
        if inner.kind is Kind.STRING and inner.reference in emulated
    }


def embedded(shape: Shape, emulated: frozenset[str]) -> dict[str, str]:
    """Object names of whole objects in every response, by dotted path with `*` for elements."""
    return {
        path: inner.reference
        for path, inner in _places(shape, "", emulated)
        # The elements of a page are filled in with the page.
        if inner.kind is Kind.OBJECT
        and inner.reference in emulated
        and not path.endswith(".data.*")
    }


def sub_lists(
    shape: Shape, entries: Mapping[str, Entry], own_object: str, own_names: Sequence[str]
) -> dict[str, SubList]:
    """The pages of other objects in a response, by dotted path.

    Args:
        shape: Of the response.
        entries: Of the emulated types, by object name.
        own_object: Object name of the type itself.
        own_names: Names that a field of its elements may have for it, `value_list`.
    """
    found: dict[str, SubList] = {}
    for path, inner in _places(shape, "", frozenset(entries)):
        if "*" in path or not is_page(inner):
            continue
        element = inner.fields["data"].element
        named = element.reference.split(ALTERNATIVES) if element is not None else []
        backs = ((name, _back(entries.get(name), own_object, own_names)) for name in named)
        object, field = next((pair for pair in backs if pair[1]), ("", ""))
        found[path] = SubList(object=object, field=field)
    return found


def kept_whole(shape: Shape, expand: Iterable[str], emulated: frozenset[str]) -> frozenset[str]:
    """Paths of objects without a URL of their own: stored whole, returned as an id (discounts)."""
    found: set[str] = set()
    for path in expand:
        held = _at(shape, path.split("."))
        inner = held.element if held is not None and held.element is not None else held
        if inner is not None and inner.kind is Kind.STRING and inner.reference not in emulated:
            found |= {path} if inner.reference else set()
    return frozenset(found)


def is_page(shape: Shape) -> bool:
    """Whether a shape is a list object with pages."""
    return shape.kind is Kind.OBJECT and {"data", "has_more", "url"} <= set(shape.fields)


def _back(entry: Entry | None, own_object: str, own_names: Sequence[str]) -> str:
    """Field of an element with the id of the object that lists it; empty if it has none."""
    if entry is None:
        return ""
    fields = entry.response.fields
    by_reference = [name for name, inner in fields.items() if inner.reference == own_object]
    by_name = [name for name in own_names if name in fields]
    return next(iter([*by_name, *by_reference]), "")


def named_by_params(entry: Entry, row: Row, answer: Shape) -> dict[str, str]:
    """Object names of the ids in parameters, by dotted path with `*` for elements."""
    found: dict[str, str] = {}
    for operation in ("create", "update"):
        for name, shape in entry.params(operation).items():
            for path, inner in _places_from(shape, name, frozenset()):
                if inner.kind is not Kind.STRING:
                    continue
                returned = _at(answer, path.split("."))
                named = returned.reference if returned is not None else ""
                found[path] = row.at(path).reference or named or inner.reference
    return {path: named for path, named in found.items() if named}


def _at(shape: Shape, steps: list[str]) -> Shape | None:
    here: Shape | None = shape
    for step in steps:
        if here is None:
            return None
        if is_page(here) and step != "data":
            here = here.fields["data"]
        if here.kind is Kind.LIST and step != "*":
            here = here.element or here
        here = here.element if step == "*" else here.fields.get(step)
    return here


def _places(shape: Shape, prefix: str, emulated: frozenset[str]) -> Iterator[tuple[str, Shape]]:
    for name, inner in shape.fields.items():
        yield from _places_from(inner, f"{prefix}{name}", emulated)


def _places_from(shape: Shape, path: str, emulated: frozenset[str]) -> Iterator[tuple[str, Shape]]:
    yield path, shape
    # The fields of another object belong to that type.
    if shape.reference not in emulated:
        yield from _places(shape, f"{path}.", emulated)
    if shape.element is not None:
        yield from _places_from(shape.element, f"{path}.*", emulated)
