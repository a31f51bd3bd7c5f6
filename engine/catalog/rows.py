"""The form of a row of the catalog: what no machine can know about one type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from engine.schema.attribute import Kind
from engine.schema.field_semantics import Semantics
from engine.schema.lifecycle import Life
from engine.schema.rules import Rule


# Never compared or printed as a whole, and every start of the program would pay for both.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Field(Semantics):
    """What a row says of the fields that a path names: semantics, and what is not kept of them.

    Two are put together with `|`, where the second counts if both say something.

    Attributes:
        kind: Of a field that the SDK types in several forms, the one that a declaration has, e.g.
            the id of a product that could be declared inside a plan.
        optional: Stripe can do without it although the SDK's types cannot.
        ignored: No declaration but a directive for one request, e.g. `proration_behavior` of a
            subscription: the type does not take it.
        instead: What to write in the place of a parameter that the type does not take.
        content: It names a local file to be sent, e.g. `file` of a file.
        excused: Why it cannot be held to convergence; empty if it is.
        example: What the printed example says, where nothing else tells a valid value; of a
            reference, the logical name of a resource of its own.
    """

    kind: Kind | None = None
    optional: bool = False
    ignored: bool = False
    instead: str = ""
    content: bool = False
    excused: str = ""
    example: Any = None

    def __or__(self, other: Field) -> Field:
        return replace(self, **other.given())

    def given(self) -> dict[str, Any]:
        """What is said, by name: all that is not as it is where nothing is said."""
        return {name: value for name, value in _values(self) if value != _NOTHING[name]}


def _values(said: Field) -> Iterator[tuple[str, Any]]:
    return ((declared.name, getattr(said, declared.name)) for declared in fields(Field))


_UNSAID = Field()
_NOTHING = dict(_values(_UNSAID))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Row:
    """What no machine can know about one type.

    Attributes:
        face: Name of the authoring class.
        title: What people call an object of this type.
        id_prefix: What Stripe's ids of this type begin with.
        life: How its objects begin, are found again, come back and end.
        fields: What is known of its fields, by dotted path with `*` for every element of a list or
            entry of a map, and for every field where it stands in for a name.
        expand: What must be asked for to be seen.
        hidden: Fields of the response that are absent, and not null, unless expanded.
        include: What a v2 response holds only if asked for.
        include_once: What only the response to a v2 create holds, if asked for.
        rules: Plan-time checks.
    """

    face: str
    title: str
    id_prefix: str
    life: Life
    fields: Mapping[str, Field] = field(default_factory=dict)
    expand: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    include_once: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def aliases(self) -> dict[str, Field]:
        """What is said of fields that responses hold under another name or in other words."""
        return {
            path: said for path, said in self.fields.items() if said.source or said.source_words
        }

    def at(self, path: str) -> Field:
        """What is said of the fields that a path names."""
        return self.fields.get(path, _UNSAID)

    def by_path(self, name: str) -> dict[str, Any]:
        """What is said of fields under one name of `Field`, by path."""
        values = ((path, getattr(said, name)) for path, said in self.fields.items())
        return {path: value for path, value in values if value != _NOTHING[name]}
