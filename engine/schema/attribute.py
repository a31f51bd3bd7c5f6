"""One field of a resource type: its shape, and what is known of it beyond that."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from engine.frozen import frozen
from engine.schema.field_semantics import Semantics
from engine.values.paths import Path
from engine.values.tree import children


class Kind(enum.StrEnum):
    """What a value looks like."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    OBJECT = "object"
    LIST = "list"
    MAP = "map"
    ANY = "any"


_NO_FIELDS: Mapping[str, Attribute] = MappingProxyType({})
_MOMENT = re.compile(r"(^|_)(at|redeem_by|from|until|time|date|created)$")


# Each equals itself alone, so that what is found out about it can be cached by it.
@frozen(eq=False)
class Attribute(Semantics):
    """One field of a resource type, with everything below it.

    What follows is its shape; `Semantics` has what is known of it beyond that.

    Attributes:
        kind: What its value looks like.
        required: Stripe refuses its parent without it.
        required_in_update: An update that mentions its parent must mention it too.
        in_create: A create parameter.
        in_update: An update parameter.
        in_response: Responses hold it.
        values: The values of an enum; empty if it takes any.
        fields: Of an object, by name.
        element: Of a list or a map.
        twin: Of a number, the field next to it that has the same value in another spelling, e.g.
            `unit_amount_decimal` of `unit_amount`: one is declared, both are returned.
        declarable: An author may write it.
        needed: Of an object, the fields that a declaration must have.
    """

    kind: Kind
    required: bool = False
    required_in_update: bool = False
    in_create: bool = False
    in_update: bool = False
    in_response: bool = False
    values: tuple[str, ...] = ()
    fields: Mapping[str, Attribute] = field(default_factory=lambda: _NO_FIELDS)
    element: Attribute | None = None
    twin: str = ""

    declarable: bool = field(init=False, repr=False, compare=False)
    needed: Mapping[str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Read for every field of every declaration.
        object.__setattr__(self, "declarable", self.in_create or self.in_update)
        needed = {
            name: child
            for name, child in self.fields.items()
            if child.required and child.declarable
        }
        object.__setattr__(self, "needed", needed or _NO_FIELDS)

    @property
    def update_only(self) -> bool:
        """Whether it needs an update after the create."""
        return self.in_update and not self.in_create

    def child(self, part: str | int) -> Attribute | None:
        """The attribute one step down: a field's, an element's; None if there is none."""
        if self.kind is Kind.OBJECT:
            return self.fields.get(part) if isinstance(part, str) else None
        return self.element

    def parts(self, value: Any) -> Iterator[tuple[Any, Attribute, Any]]:
        """Yield the parts of a nested value, each with its attribute; unknown ones are left out."""
        for key, inner in children(value):
            child = self.child(key)
            if child is not None:
                yield key, child, inner

    def along(self, path: Path) -> Iterator[tuple[Path, Attribute]]:
        """Yield every attribute on the way down a path, with the path to it."""
        found = self
        for length, part in enumerate(path, start=1):
            child = found.child(part)
            if child is None:
                return
            found = child
            yield path[:length], found

    def at(self, path: Path) -> Attribute | None:
        """The attribute at a path of keys and indexes; None if there is none."""
        found: Attribute | None = self
        for part in path:
            if found is None:
                return None
            found = found.child(part)
        return found


def is_moment(name: str, attribute: Attribute) -> bool:
    """Whether a field with this name holds a moment, in Unix seconds."""
    return attribute.kind is Kind.INTEGER and _MOMENT.search(name) is not None


def walk(attribute: Attribute, path: Path = ()) -> Iterator[tuple[Path, Attribute]]:
    """Yield every attribute below one, parents first; elements of lists and maps under `*`."""
    for name, child in attribute.fields.items():
        yield (*path, name), child
        yield from walk(child, (*path, name))
    if attribute.element is not None:
        yield (*path, "*"), attribute.element
        yield from walk(attribute.element, (*path, "*"))
