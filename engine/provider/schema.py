"""What a resource type is, as the planner and the validator need to know it.

Pure data. What Stripe's types look like is said in the catalogue, never here.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from engine.provider.calls import Call, Composite
from engine.provider.life import Brought, Detach, Ending, Inheritance, NaturalKey, Removal, Revival
from engine.provider.rules import Rule
from engine.values import ABSENT, Path


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


# Nobody compares or prints these, and every start of the program would pay for it.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ResourceType:
    """One type of resource: its fields, and how its objects live.

    Attributes:
        name: As in addresses, `stripe_billing_portal_configuration`.
        object: Stripe's object name, `billing_portal.configuration`.
        title: What people call it, `customer portal configuration`.
        face: Name of the authoring class, `PortalConfiguration`.
        root: An object attribute whose fields are the type's.
        required: Create refuses without these.
        collection: Path of create and list, with `{parent}` for a child's parent id.
        item: Path of one object, with `{id}` and perhaps `{parent}`.
        parent: Field that holds the parent's id, which goes into the path and not into the
            request; empty if the type is no child.
        filters: Names of the list filters.
        list_needs: Filters without which Stripe refuses to list; each is named like the declared
            field that holds its value.
        expand: What must be asked for to be seen.
        instead: What to write in the place of a parameter that it does not take, by its dotted path
            with `*` for every element.
        has_metadata: Create takes metadata, so an ownership stamp fits on it.
        removals: Ways an object ends, best first; the first that is not ruled out is taken.
        revival: How it comes back; None if it is either there or gone.
        ending: When it is gone although Stripe still answers it; None if a 404 alone says so.
        natural_keys: How it is found without its id, best first.
        id_prefix: What Stripe's ids of this type begin with; empty if authors choose them.
        standing: List filters that find the one object that an account has by default, which
            `adopt` takes over; empty if it has none.
        detach: What must let go of it before it is removed.
        brings: Objects that Stripe makes with it, and that outlive it.
        inherits: What a successor takes over, unless its declaration says otherwise.
        follows: Object names of types that come first in a stack, although nothing refers to them.
        protect: Protected unless the author says otherwise.
        charged: Customers are charged by it, so on a live account its replacement has to be named.
        rules: Plan-time checks.
        creatable: Stripe lets an API key make one; else it can only be imported.
        updatable: Stripe lets an object be changed.
        singleton: There is one, always: it is changed, never made nor removed.
        calls: Further calls, by name.
        composite: How it is addressed without a path of its own; None if it has one.
        after_create: Names of the calls that follow a create.
        content: Fields that name a local file to be sent.
        base: Host that creates go to: `api` or `files`.
        include: What a v2 answer holds only if asked for.
        told_once: Where an answer may hold a secret that Stripe made up, told on creation alone.
        include_once: What only the answer to a v2 create holds, if asked for.
        sandbox_only: Live mode refuses it.
        cap: How many of it Stripe lets an account hold in each mode; 0 if it does not count.
        examples: What the printed example says in fields of which nothing else tells a valid value,
            by dotted path; of a reference, the logical name of a resource of its own.
    """

    name: str
    object: str
    title: str
    face: str
    root: Attribute
    required: tuple[str, ...] = ()
    collection: str = ""
    item: str = ""
    parent: str = ""
    filters: tuple[str, ...] = ()
    list_needs: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    has_metadata: bool = False
    removals: tuple[Removal, ...] = ()
    revival: Revival | None = None
    ending: Ending | None = None
    natural_keys: tuple[NaturalKey, ...] = ()
    id_prefix: str = ""
    standing: Mapping[str, Any] = field(default_factory=dict)
    detach: tuple[Detach, ...] = ()
    brings: tuple[Brought, ...] = ()
    inherits: tuple[Inheritance, ...] = ()
    follows: tuple[str, ...] = ()
    protect: bool = False
    charged: bool = False
    rules: tuple[Rule, ...] = ()
    creatable: bool = True
    updatable: bool = True
    singleton: bool = False
    calls: Mapping[str, Call] = field(default_factory=dict)
    composite: Composite | None = None
    after_create: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    base: str = "api"
    include: tuple[str, ...] = ()
    include_once: tuple[str, ...] = ()
    told_once: tuple[Path, ...] = ()
    sandbox_only: bool = False
    cap: int = 0
    examples: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_v2(self) -> bool:
        """Whether it speaks v2: JSON bodies, nulls that clear, page tokens."""
        return self.collection.startswith("/v2/") or self.item.startswith("/v2/")

    @property
    def chosen_id(self) -> bool:
        """Whether the author may choose the id."""
        identity = self.root.fields.get("id")
        return identity is not None and identity.in_create

    @property
    def lists(self) -> tuple[Mapping[str, Any], ...]:
        """Filters of the lists that together hold every object, archived ones too."""
        several = [key.variants for key in self.natural_keys if len(key.variants) > 1]
        return several[0] if several else ({},)

    @property
    def lookup_keys(self) -> Mapping[str, NaturalKey]:
        """Natural keys that a list filter finds, by the field that holds them."""
        return {key.attribute: key for key in self.natural_keys if key.filter}


Schemas: TypeAlias = Mapping[str, ResourceType]
"""Resource types by the name that addresses use."""
