"""The form of a row in the semantics table.

Paths are dotted; `*` stands for every element of a list or entry of a map, and for every field
where it stands in for a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.schema.attribute import Kind
from engine.schema.lifecycle import Life
from engine.schema.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Alias:
    """A parameter that the answer tells under another name, or in other words.

    Attributes:
        source: Dotted path in the answer, from the object that holds the field; empty if it is the
            field's own name.
        words: The answer's words and what the parameter says for them; empty if they agree.
    """

    source: str = ""
    words: Mapping[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Limit:
    """Bounds of a string's or a list's length, and its form.

    Attributes:
        max: Longest allowed; 0 if unlimited.
        min: Shortest allowed.
        pattern: Regular expression the whole string must match.
        says: The same in a sentence, for people; `{value}` stands for what was written.
        currency_keys: The keys of the map are the codes of currencies.
    """

    max: int = 0
    min: int = 0
    pattern: str = ""
    says: str = ""
    currency_keys: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Bounds:
    """Between what a number has to be.

    Attributes:
        min: Smallest allowed; None if any is.
        above: What it has to be greater than; None if it may be anything.
        max: Largest allowed; None if any is.
    """

    min: int | None = None
    above: int | None = None
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Handle:
    """How an update speaks of the elements of a list.

    Attributes:
        by: Field that names an element that is there.
        key: Declared field that tells elements apart; empty if their position does.
        drop: What is said, beside it, of one that goes; empty if none can.
        whole: What is left out of an element is gone; else it stays as it is.
    """

    by: str
    key: str = ""
    drop: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False


# As for the types they are merged into: nobody compares or prints these.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Row:
    """What no machine can know about one type.

    Attributes:
        face: Name of the authoring class.
        title: What people call an object of this type.
        id_prefix: What Stripe's ids of this type begin with.
        life: How its objects begin, are found again, come back and end.
        expand: What must be asked for to be seen.
        hidden: Answer fields that are absent, and not null, unless expanded.
        references: Ids the SDK types as plain strings, and what they name.
        write_only: Sent and never told.
        ignored: Parameters that are not declarations (request directives).
        instead: What to write in the place of a parameter that the type does not take.
        clearable: Fields that an empty string clears although the SDK's types do not say so.
        sensitive: Never shown nor stored.
        immutable: Create-only in practice although the SDK has them in update.
        frozen: Fields that cannot change any more once they hold one of these values.
        add_only: Maps that may gain entries and whose entries may not change.
        choosers: Fields whose word names the one of the objects beside it that is there: to choose
            another takes the first away.
        sets: Lists whose order means nothing.
        keyed: Lists whose elements align by a field.
        aliases: Parameters told under another name.
        words: Literals and what the answer holds in their place.
        resolved: Fields whose literals are told as what they came to.
        forms: Of fields that the SDK types in several forms, the one that a declaration has.
        handles: Lists whose elements an update names.
        neutral: Values that mean the same as having none.
        fold_case: Upper and lower case mean the same.
        lowered: Stripe may store it in lower case, for what the object itself does not tell.
        limits: Lengths and forms.
        bounds: Smallest and largest numbers.
        money: Amounts in minor units, and where their currency is; none is below zero.
        rules: Plan-time checks.
        optional: Parameters that Stripe can do without although the SDK's types cannot.
        unlisted: Enums whose further words are accepted.
        content: Fields that name a local file to be sent.
        include: What a v2 answer holds only if asked for.
        include_once: What only the answer to a v2 create holds, if asked for.
        excused: Fields that cannot be held to convergence, with the reason.
        examples: What the printed example says in fields of which no limit tells a valid value; of
            a reference, the logical name of a resource of its own.
    """

    face: str
    title: str
    id_prefix: str
    life: Life
    expand: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    write_only: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    clearable: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    immutable: tuple[str, ...] = ()
    frozen: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    add_only: tuple[str, ...] = ()
    choosers: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    keyed: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    words: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    resolved: tuple[str, ...] = ()
    forms: Mapping[str, Kind] = field(default_factory=dict)
    handles: Mapping[str, Handle] = field(default_factory=dict)
    neutral: Mapping[str, Any] = field(default_factory=dict)
    fold_case: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    money: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    optional: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    include_once: tuple[str, ...] = ()
    excused: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict)
