"""Valid values of leaves, and the smallest declarations of types."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from typing import Any

from engine.catalog import loader
from engine.schema.attribute import Attribute, Kind, walk
from engine.schema.field_semantics import ListOrder
from tests.support.samples.data import DATA, numbered, said_of_type

SCALARS = (Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL, Kind.BOOLEAN, Kind.ANY)


PLAIN: Mapping[Kind, tuple[Any, Any]] = {
    Kind.STRING: ("One <n>", "Two <n>"),
    Kind.INTEGER: (100, 200),
    Kind.NUMBER: (10, 12.5),
    Kind.DECIMAL: ("10.5", "20.25"),
}


def leaves_of(root: Attribute) -> Iterator[tuple[str, Attribute]]:
    """Leaves that an author may write; a list or a map of scalars is one."""
    for path, attribute in walk(root):
        above = [root.at(path[:length]) for length in range(1, len(path))]
        if not attribute.declarable or any(node is None or is_leaf(node) for node in above):
            continue
        if is_leaf(attribute):
            yield spelt(root, path), attribute


def is_leaf(attribute: Attribute) -> bool:
    """Whether an attribute is a scalar, or a list or a map of scalars."""
    if attribute.kind in SCALARS:
        return True
    element = attribute.element
    return element is not None and element.kind in SCALARS


def base_of(object_name: str, name: str) -> dict[str, Any]:
    """The smallest declaration of a type: what the data says, and what is required."""
    kind = loader.by_object(object_name)
    said = said_of_type(object_name)
    own = [
        arguments
        for pattern, arguments in said.get("named", {}).items()
        if fnmatch.fnmatchcase(name, pattern)
    ]
    args: dict[str, Any] = numbered({**said.get("base", {}), **(own[0] if own else {})}, name)
    fill(kind.root, args, (), name)
    return args


def fill(attribute: Attribute, args: dict[str, Any], path: tuple[str, ...], name: str) -> None:
    """Fill in what an object requires."""
    for key, child in attribute.fields.items():
        if child.required and key not in args:
            args[key] = _smallest(child, (*path, key), name)


def _smallest(attribute: Attribute, path: tuple[str, ...], name: str) -> Any:
    if is_leaf(attribute):
        return values_of(attribute, path, name)[0]
    if attribute.kind is Kind.LIST and attribute.element is not None:
        return [_smallest(attribute.element, (*path, "*"), name)]
    args: dict[str, Any] = {}
    fill(attribute, args, path, name)
    return args


def key_of(attribute: Attribute) -> str:
    """A valid key of a map."""
    found: str = DATA["keys"].get(attribute.pattern, "a")
    return found


def other_key(attribute: Attribute) -> str:
    """Another valid key of a map."""
    return "gbp" if attribute.pattern in DATA["keys"] else "b"


def spelt(root: Attribute, where: tuple[Any, ...]) -> str:
    """A path in a declaration as the catalog spells it."""
    parts: list[str] = []
    node: Attribute | None = root
    for part in where:
        many = node is not None and node.kind in (Kind.LIST, Kind.MAP)
        parts.append("*" if many else str(part))
        node = node.child(part) if node is not None else None
    return ".".join(parts)


def values_of(attribute: Attribute, path: tuple[str, ...], name: str) -> tuple[Any, Any]:
    """Two valid values of a leaf; the second is not what having none means.

    Raises:
        LookupError: if nothing tells what is valid.
    """
    if attribute.kind is Kind.LIST and attribute.element is not None:
        one, two = values_of(attribute.element, (*path, "*"), name)
        return ([one], [two]) if attribute.order is ListOrder.KEYED else ([one], [two, one])
    if attribute.kind is Kind.MAP and attribute.element is not None:
        one, two = values_of(attribute.element, (*path, "*"), name)
        return {key_of(attribute): one}, {key_of(attribute): two, other_key(attribute): one}
    dotted = ".".join(path)
    one, two = numbered(_said_of(attribute, dotted) or _plain(attribute, dotted, name), name)
    return one, two


def _said_of(attribute: Attribute, dotted: str) -> Any:
    """What the data or the catalog says of a field's values; None if neither does."""
    for pattern, values in DATA["names"].items():
        if fnmatch.fnmatchcase(dotted, pattern) and attribute.kind.value in values:
            return values[attribute.kind.value]
    if attribute.values:
        return _words(attribute)
    if attribute.reference in DATA["ids"]:
        return DATA["ids"][attribute.reference]
    if attribute.reference in loader.managed():
        type_name = loader.type_name(attribute.reference)
        return f"${{{type_name}.one.id}}", f"${{{type_name}.two.id}}"
    if attribute.pattern and attribute.kind is Kind.STRING:
        return DATA["patterns"][attribute.pattern]
    return None


def _words(attribute: Attribute) -> tuple[Any, Any]:
    """Two of an enum's words."""
    if len(attribute.values) == 1:  # it can be declared and taken out, and nothing else
        return attribute.values[0], attribute.values[0]
    last = [word for word in attribute.values if word != attribute.neutral][-1]
    return next(word for word in attribute.values if word != last), last


def _plain(attribute: Attribute, dotted: str, name: str) -> tuple[Any, Any]:
    if attribute.kind is Kind.BOOLEAN:
        return (True, False) if attribute.neutral is True else (False, True)
    if attribute.reference or attribute.kind not in PLAIN:
        raise LookupError(f"{dotted} is a {attribute.reference or attribute.kind.value}")
    one, two = numbered(PLAIN[attribute.kind], name)
    return one, two
