"""How the objects of a type begin, are found again, come back and end, as data.

`Life` is the whole of it: a row of the semantics table writes it down, a resource type has it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from engine.schema.calls import Composite


class Verb(enum.StrEnum):
    """What removing an object really does to it."""

    DELETE = "delete"
    ARCHIVE = "archive"
    DEACTIVATE = "deactivate"
    EXPIRE = "expire"
    CANCEL = "cancel"
    CLOSE = "close"
    RELEASE = "release"
    VOID = "void"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A question to Stripe that decides how an object can be removed.

    Attributes:
        object: Object name of what to look for.
        filter: List filter that takes the id of the object to be removed.
        variants: Further filters; the answer is yes if any of these lists has an entry.
    """

    object: str
    filter: str
    variants: tuple[Mapping[str, Any], ...] = (MappingProxyType({}),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One way an object ends.

    Attributes:
        verb: What it does, in the plan's words.
        params: Update that does it; empty for a DELETE.
        call: Name of the call that does it instead, `archive`, sent with `params`.
        unless: A question whose yes rules this way out, so that the next one is taken.
        unless_leaf: Path and value in the object that rule this way out.
        fallback: Stripe may refuse it for what no read tells; then the next way is taken.
        note: Why nothing better exists; shown in the plan.
    """

    verb: Verb
    params: Mapping[str, Any] = field(default_factory=dict)
    call: str = ""
    unless: Probe | None = None
    unless_leaf: tuple[str, Any] | None = None
    fallback: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CaseCounts:
    """When upper and lower case tell the keys of some objects of a type apart after all.

    Attributes:
        via: Declared field that refers to the object that decides it.
        field: Field of that object.
        words: What the field holds where case counts.
    """

    via: str
    field: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NaturalKey:
    """How an object is found without its id.

    Attributes:
        attribute: Declared field that holds the key; dotted.
        filter: List filter that takes it; empty if the key is the id and GET finds it, or if
            `scan` is set.
        scan: No filter takes it: the list (of a composite type, its own read) is gone through and
            the field compared.
        beside: Further declared fields that make up the key with it; dotted, `*` for whatever is
            there. All of them agree, an object by its declared leaves; those that are list filters
            go along as such.
        apart: Declared fields that say for whom the key is. Two objects may hold it for different
            ones; an object that declares none of the fields holds it for everyone.
        many: The filter takes a list of keys.
        variants: Further filters; the holder is whatever any of these lists has.
        transfer: Create or update parameter that takes the key from its holder; empty if the
            key has to be free.
        kept_by_removed: A removed object still holds the key.
        fold_case: Keys that differ only in case collide.
        case_counts: When they do not collide although `fold_case` says so; None if they always do.
        unique: Stripe refuses a second object with it; else it only helps to find one.
    """

    attribute: str
    filter: str = ""
    scan: bool = False
    beside: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    many: bool = False
    variants: tuple[Mapping[str, Any], ...] = (MappingProxyType({}),)
    transfer: str = ""
    kept_by_removed: bool = False
    fold_case: bool = False
    case_counts: CaseCounts | None = None
    unique: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """The declared fields that make it up; what tells it from a type's other keys."""
        return (self.attribute, *self.beside, *self.apart)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Inheritance:
    """A standing among its like that the successor of an object has to take over.

    Stripe refuses to remove the object while it has it.

    Attributes:
        field: Flag that says so, in answers and as a create parameter.
        beside: Declared fields and the answer's that have to agree, so that the successor stands
            among the same; dotted.
    """

    field: str
    beside: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Revival:
    """How an object that ended, or was ended by hand, comes back.

    Attributes:
        live: Leaves of the answer that say it is alive.
        params: Update that brings it back; None if nothing does.
        call: Name of the call that brings it back instead, `reactivate`; empty for the update.
        spent_if: Answer leaves that explain why it ended by itself: with any of them set, an
            object that is not alive is not drift.
    """

    live: Mapping[str, Any]
    params: Mapping[str, Any] | None
    call: str = ""
    spent_if: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Ending:
    """When an object that Stripe still answers is gone for good.

    Attributes:
        leaves: Leaves of the answer with the values that say so, any of them; `...` for any value
            but null.
        spent_if: Declared fields that explain it: with any of them declared, the object came to
            the end it was made for and is left alone.
        past: Leaves, in the same form, with which an object has done its work: it is not gone,
            nothing about it can change any more, and no difference is a reason to act.
    """

    leaves: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    spent_if: tuple[str, ...] = ()
    past: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Brought:
    """Another object that Stripe makes with one of this type, and that nothing manages.

    Attributes:
        by: Declared field that asks for it; it holds the parameters that make it.
        at: Field of the answer that holds its id. An update can set and clear it.
        object: Its object name.
        parent: Parameter of its create that names the object it belongs to.
    """

    by: str
    at: str
    object: str
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Detach:
    """An object of another type that must let go before one of this type is removed.

    Attributes:
        object: Object name of the holder.
        via: Field of the removed object that holds the holder's id.
        attribute: Field of the holder that holds the removed object's id.
    """

    object: str
    via: str
    attribute: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Life:
    """How the objects of one type begin, are found again, come back and end.

    Attributes:
        removals: Ways an object ends, best first; the first that is not ruled out is taken.
        revival: How it comes back; None if it is either live or gone.
        ending: When it is gone although Stripe still returns it; None if a 404 alone says so.
        natural_keys: How it is found without its id, best first.
        composite: How it is addressed without a path of its own; None if it has one.
        standing: List filters that find the one object that an account has by default, which
            `adopt` takes over; empty if it has none.
        detach: Objects whose reference to it has to be cleared before it is removed.
        brings: Objects that Stripe makes with it, and that outlive it.
        inherits: What a successor takes over, unless its declaration says otherwise.
        follows: Object names of types that come first in a stack, although nothing refers to them.
        after_create: Names of the calls that follow a create.
        singleton: There is one, always: it is changed, never made nor removed.
        protect: Protected unless the author says otherwise.
        charged: Customers are charged by it, so on a live account its replacement has to be named.
        sandbox_only: Live mode refuses it.
        cap: How many of it Stripe lets an account hold in each mode; 0 if it does not count.
    """

    removals: tuple[Removal, ...] = ()
    revival: Revival | None = None
    ending: Ending | None = None
    natural_keys: tuple[NaturalKey, ...] = ()
    composite: Composite | None = None
    standing: Mapping[str, Any] = field(default_factory=dict)
    detach: tuple[Detach, ...] = ()
    brings: tuple[Brought, ...] = ()
    inherits: tuple[Inheritance, ...] = ()
    follows: tuple[str, ...] = ()
    after_create: tuple[str, ...] = ()
    singleton: bool = False
    protect: bool = False
    charged: bool = False
    sandbox_only: bool = False
    cap: int = 0
