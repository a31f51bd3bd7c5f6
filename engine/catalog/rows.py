"""The form of a row: what no machine can know about one type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Any

from engine.frozen import frozen
from engine.schema.attribute import Kind
from engine.schema.field_semantics import Semantics
from engine.schema.lifecycle import Life
from engine.schema.naming import Naming
from engine.schema.rules import Rule


@frozen(eq=False)
class Field(Semantics):
    """What a row says of the fields at one path: `Semantics`, and what attributes do not keep.

    `a | b` has what both say, and what `b` says where both say something.

    Attributes:
        kind: Of a field that the SDK types in several forms, the one that declarations have, e.g.
            a string for the `product` of a plan, which could be an object, too.
        optional: Stripe does not require it although the SDK's types do.
        ignored: A directive for one request and no declaration, e.g. `proration_behavior` of a
            subscription: the type does not take it.
        instead: What to write in the place of a parameter that the type does not take.
        signed: Of an amount, it may be less than nothing.
        content: It names a local file whose content is sent, e.g. `file` of a file.
        excused: Why tests do not require that a changed value converges; empty if they do.
        example: Value for the printed example where nothing else gives a valid one; for a
            reference, the logical name of a resource of its own.
    """

    kind: Kind | None = None
    optional: bool = False
    ignored: bool = False
    instead: str = ""
    signed: bool = False
    content: bool = False
    excused: str = ""
    example: Any = None

    def __or__(self, other: Field) -> Field:
        return replace(self, **other.given())

    def given(self) -> dict[str, Any]:
        """Every value that is not the default, by name."""
        held = ((name, getattr(self, name), default) for name, default in _NOTHING.items())
        return {name: value for name, value, default in held if value != default}


_NO_FACTS = Field()
_NOTHING = {known.name: getattr(_NO_FACTS, known.name) for known in fields(Field)}


@frozen(eq=False)
class Row:
    """What no machine can know about one type.

    Attributes:
        face: Name of the authoring class.
        title: What people call an object of this type.
        stack: The stack that an import of a whole account puts its objects into, where it makes
            several, e.g. `catalog`.
        id_prefix: What Stripe's ids of this type begin with.
        life: How its objects begin, are found again, come back and end.
        naming: From what logical names are made.
        fields: What is known of its fields, by dotted path, with `*` for every element of a list,
            entry of a map, or field of an object.
        expand: Fields that responses hold only if they are expanded, e.g. `tiers` of a price.
        hidden: Those of them that are absent, and not null, unless they are expanded.
        include: Fields that v2 responses hold only if they are asked for.
        include_once: Fields that only the response to a v2 create holds, if they are asked for.
        rules: Plan-time checks.
        events: What the types of its events begin with, where that is not its object name, e.g.
            `customer.subscription`.
        on_request: Its objects belong to customers, are made while a business runs, or are shown as
            another type too: an import of a whole account takes them only if the type is named.
        needed_filters: Filters that its list needs and that no other object gives, one list for
            each.
    """

    face: str
    title: str
    stack: str
    id_prefix: str
    life: Life
    naming: Naming = field(default_factory=Naming)
    fields: Mapping[str, Field] = field(default_factory=dict)
    expand: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    include_once: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    events: str = ""
    on_request: bool = False
    needed_filters: tuple[Mapping[str, Any], ...] = ()

    @property
    def aliases(self) -> dict[str, Field]:
        """What is known of fields that responses hold under another name or in other words."""
        return {
            path: facts for path, facts in self.fields.items() if facts.source or facts.source_words
        }

    def at(self, path: str) -> Field:
        """What is known of the fields at a path."""
        return self.fields.get(path, _NO_FACTS)

    def by_path(self, name: str) -> dict[str, Any]:
        """The values of one attribute of `Field` that the row gives, by path."""
        values = ((path, getattr(facts, name)) for path, facts in self.fields.items())
        return {path: value for path, value in values if value != _NOTHING[name]}
