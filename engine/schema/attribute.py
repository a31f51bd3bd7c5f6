"""What a resource type is, as the planner and the validator need to know it.

Pure data. What Stripe's types look like is said in the catalogue, never here.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from engine.values.markers import ABSENT
from engine.values.paths import Path


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


class ListOrder(enum.StrEnum):
    """What the order of a list means."""

    ORDERED = "ordered"
    SET = "set"
    KEYED = "keyed"


_NO_FIELDS: Mapping[str, Attribute] = MappingProxyType({})
_NO_WORDS: Mapping[Any, Any] = MappingProxyType({})


# Nobody compares or prints these, and every start of the program would pay for it.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Attribute:
    """One field of a resource type, with everything below it.

    Attributes:
        kind: What its value looks like.
        required: Stripe refuses its parent without it.
        required_in_update: An update that mentions its parent must mention it too.
        in_create: A create parameter.
        in_update: An update parameter.
        in_response: Stripe answers with it.
        immutable: A change forces replacement.
        frozen: Values from which it cannot change any more: leaving one forces replacement.
        add_only: A map whose new keys are updates and whose changed entries force replacement.
        clearable: An update takes "empty" for it.
        neutral: The value that means the same as having none; ABSENT if there is no such value.
        write_only: Sent, and never told again.
        sensitive: Never shown nor stored.
        values: The words an enum takes; empty if it takes any.
        open_values: Further words are accepted.
        words: Alternative literals beside the kind, such as `inf` for a tier's `up_to`, each with
            what the answer holds in its place.
        resolved: Its words are told as what they came to (`now` as a moment), so that a declared
            word is equal to any answer but none.
        reference: Object name that an id in this field names; empty if it is no id.
        fields: Of an object, by name.
        element: Of a list or a map.
        order: Of a list, what its order means.
        key: Of a keyed list, or one with a handle, the field that aligns elements; empty if their
            position does.
        chooser: Of an object, the field whose word names the one of its objects that is there, such
            as `type` beside `redirect`; empty if it has none.
        handle: Of a list of objects, the field by which an update names an element that is there,
            filled from the answer; empty if an update sends the list as it is declared.
        drop: Of a list with a handle, what an update says of an element that goes, beside the
            handle; empty if elements cannot go.
        whole: Of a list with a handle: an update says all of an element, and what it leaves out is
            gone; else an element keeps what is not mentioned.
        source: Where the answer holds the value, if not under the same name; dotted, from the
            object that holds this field.
        twin: Of a number, the field beside it that has the same value in another spelling, such as
            `unit_amount_decimal` of `unit_amount`: one is declared, both are answered.
        source_words: The answer's words and what the parameter says for them.
        currency: The code of a currency.
        currency_keys: Of a map, its keys are codes of currencies.
        fold_case: Upper and lower case mean the same, and Stripe stores lower case.
        lowered: Stripe may store it in lower case, for what the object itself does not tell: what
            is declared as it was is equal to that, and a change of case alone is a change.
        min_length: Of a string or list; 0 if unlimited.
        max_length: Of a string or list; 0 if unlimited.
        pattern: Regular expression the whole string must match; empty if any does.
        says: What the expression asks for, in a sentence; `{value}` stands for what was written.
        least: Smallest number it takes; None if it takes any.
        above: Number it has to be greater than; None if it takes any.
        most: Largest number it takes; None if it takes any.
        money: Path of the currency that an amount in minor units is in; empty if it is no amount.
        declarable: An author may write it.
        needed: Of an object, the fields that a declaration must have.
    """

    kind: Kind
    required: bool = False
    required_in_update: bool = False
    in_create: bool = False
    in_update: bool = False
    in_response: bool = False
    immutable: bool = False
    frozen: tuple[Any, ...] = ()
    add_only: bool = False
    clearable: bool = False
    neutral: Any = ABSENT
    write_only: bool = False
    sensitive: bool = False
    values: tuple[str, ...] = ()
    open_values: bool = False
    words: Mapping[Any, Any] = field(default_factory=lambda: _NO_WORDS)
    resolved: bool = False
    reference: str = ""
    fields: Mapping[str, Attribute] = field(default_factory=lambda: _NO_FIELDS)
    element: Attribute | None = None
    order: ListOrder = ListOrder.ORDERED
    key: str = ""
    chooser: str = ""
    handle: str = ""
    drop: Mapping[Any, Any] = field(default_factory=lambda: _NO_WORDS)
    whole: bool = False
    source: str = ""
    twin: str = ""
    source_words: Mapping[Any, Any] = field(default_factory=lambda: _NO_WORDS)
    currency: bool = False
    currency_keys: bool = False
    fold_case: bool = False
    lowered: bool = False
    min_length: int = 0
    max_length: int = 0
    pattern: str = ""
    says: str = ""
    least: int | None = None
    above: int | None = None
    most: int | None = None
    money: str = ""

    declarable: bool = field(init=False, repr=False, compare=False)
    needed: Mapping[str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked of every field of every declaration.
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

    def at(self, path: Path) -> Attribute | None:
        """The attribute at a path of keys and indexes; None if there is none."""
        found: Attribute | None = self
        for part in path:
            if found is None:
                return None
            found = found.child(part)
        return found


def walk(attribute: Attribute, path: Path = ()) -> Iterator[tuple[Path, Attribute]]:
    """Yield every attribute below one, parents first; elements of lists and maps under `*`."""
    for name, child in attribute.fields.items():
        yield (*path, name), child
        yield from walk(child, (*path, name))
    if attribute.element is not None:
        yield (*path, "*"), attribute.element
        yield from walk(attribute.element, (*path, "*"))
