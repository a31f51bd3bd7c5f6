"""How the objects of a type begin, are found again, come back and end, as data.

`Life` is the whole of it. A row of the catalog gives it, and its resource type has it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from engine.frozen import frozen
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


@frozen
class Probe:
    """A question to Stripe that decides how an object can be removed.

    Attributes:
        object: Object name of what to look for.
        filter: List filter that takes the id of the object to be removed, e.g. `product`.
        variants: Further filters, e.g. `active` with both values where a list leaves out archived
            objects; the answer is yes if any of these lists has an entry.
    """

    object: str
    filter: str
    variants: tuple[Mapping[str, Any], ...] = (MappingProxyType({}),)


@frozen
class Removal:
    """One way an object ends.

    Attributes:
        verb: What it does, in the plan's words.
        params: Update that does it, e.g. `active: False`; empty for a DELETE.
        call: Name of the call that does it instead, sent with `params`, e.g. `archive`.
        unless: A question whose yes rules this way out, so that the next one is taken, e.g. whether
            a product has prices.
        unless_leaf: Path and value in the object that rule this way out, e.g. `is_default`, True.
        fallback: Stripe may refuse it for a reason that no read returns, e.g. a credit grant that
            was used; then the next way is taken.
        note: Why nothing better exists; shown in the plan.
    """

    verb: Verb
    params: Mapping[str, Any] = field(default_factory=dict)
    call: str = ""
    unless: Probe | None = None
    unless_leaf: tuple[str, Any] | None = None
    fallback: bool = False
    note: str = ""


@frozen
class CaseCounts:
    """When keys of a type whose case is folded differ in case after all.

    Attributes:
        via: Declared field that refers to the object that decides it, e.g. `value_list`.
        field: Field of that object, e.g. `item_type`.
        words: Values of the field with which case counts, e.g. `case_sensitive_string`.
    """

    via: str
    field: str
    words: tuple[str, ...]


@frozen
class NaturalKey:
    """How an object is found without its id.

    Attributes:
        attribute: Declared field that holds the key, dotted, e.g. `lookup_key`.
        filter: List filter that takes it, e.g. `lookup_keys`; empty if the key is the id and GET
            finds it, or if `scan` is set.
        scan: No filter takes it: the objects of the list (of a composite type, its own read) are
            compared one by one.
        with_fields: Further declared fields that make up the key with it, e.g. `customer` and
            `type` of a tax id; dotted, `*` for every name. All have to agree, an object in its
            declared leaves. Those that are list filters are sent as such.
        scoped_by: Declared fields that limit for whom the key holds, e.g. `customer` of a promotion
            code. Objects with different values may have the same key; an object that declares none
            of the fields has it for everyone.
        many: The filter takes a list of keys.
        variants: Further filters, e.g. `active` with both values; the holder of the key is the
            object in any of these lists.
        transfer: Create or update parameter that takes the key from its holder, e.g.
            `transfer_lookup_key`; empty if the key has to be free.
        kept_by_removed: A removed object still holds the key.
        fold_case: Keys that differ only in case collide.
        case_counts: When they do not collide although `fold_case` is set; None if they always do.
        unique: Stripe refuses a second object with it; otherwise it only helps to find one.
    """

    attribute: str
    filter: str = ""
    scan: bool = False
    with_fields: tuple[str, ...] = ()
    scoped_by: tuple[str, ...] = ()
    many: bool = False
    variants: tuple[Mapping[str, Any], ...] = (MappingProxyType({}),)
    transfer: str = ""
    kept_by_removed: bool = False
    fold_case: bool = False
    case_counts: CaseCounts | None = None
    unique: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """The declared fields that make it up; no two keys of a type have the same."""
        return (self.attribute, *self.with_fields, *self.scoped_by)


@frozen
class Inheritance:
    """A flag that one object of a group has, and that its replacement has to take over.

    Stripe refuses to remove the object while it has the flag.

    Attributes:
        field: The flag, in responses and as a create parameter, e.g. `default_for_currency`.
        among: What makes up the group: declared fields with the fields of the response that have
            the same value, dotted, e.g. the account and the currency.
    """

    field: str
    among: Mapping[str, str]


@frozen
class Revival:
    """How an object that ended, or was ended by hand, comes back.

    Attributes:
        live: Leaves of the response that a live object has, e.g. `active: True`.
        params: Update that brings it back; None if nothing does.
        call: Name of the call that brings it back instead, e.g. `reactivate`; empty for the update.
        explained_by: Leaves of the response that explain why it ended by itself, e.g. `expires_at`
            of a promotion code: with any of them set, an object that is not live is not drift.
    """

    live: Mapping[str, Any]
    params: Mapping[str, Any] | None
    call: str = ""
    explained_by: tuple[str, ...] = ()


@frozen
class Ending:
    """When an object that Stripe still returns has ended for good.

    Attributes:
        leaves: Leaves of the response with the values of an ended object, any of them, e.g.
            `status: canceled`; `...` for any value but null.
        explained_by: Declared fields that explain it, e.g. `cancel_at` of a subscription: with any
            of them declared, the object came to the end it was made for and is left alone.
        finished: Leaves, in the same form, with which an object has done its work, e.g.
            `status: accepted` of a quote: it has not ended, but nothing about it can change, and no
            difference is a reason to act.
    """

    leaves: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    explained_by: tuple[str, ...] = ()
    finished: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@frozen
class Companion:
    """Another object that Stripe makes together with one of this type, and that nothing manages.

    Attributes:
        by: Declared field that asks for it and holds the parameters that make it, e.g.
            `default_price_data` of a product.
        at: Field of the response that holds its id, e.g. `default_price`. An update can set and
            clear it.
        object: Its object name, e.g. `price`.
        parent: Parameter of its create that names the object it belongs to, e.g. `product`.
    """

    by: str
    at: str
    object: str
    parent: str


@frozen
class Detach:
    """A reference to an object that has to be cleared before the object is removed.

    Attributes:
        object: Object name of what refers to it, e.g. `product`, whose default price it may be.
        via: Field of the removed object that holds the id of what refers to it, e.g. `product`.
        attribute: Field that refers to the removed object, e.g. `default_price`.
    """

    object: str
    via: str
    attribute: str


@frozen
class Life:
    """How the objects of one type begin, are found again, come back and end.

    Attributes:
        removals: Ways an object ends, best first; the first that is not ruled out is taken.
        revival: How it comes back; None if it is live or does not exist.
        ending: When it has ended although Stripe still returns it; None if Stripe returns 404 then.
        natural_keys: How it is found without its id, best first.
        known_by: Fields of the response that find it in a lookup in addition to its keys, e.g. the
            `url` of a payment link.
        composite: How it is addressed without a path of its own; None if it has one.
        default_filters: List filters that find the one object that an account has by default, which
            `adopt` takes over; empty if it has none.
        detach: References to it that have to be cleared before it is removed.
        companions: Objects that Stripe makes together with it.
        inherits: Flags that its replacement takes over, unless it declares them itself.
        follows: Object names of types that come first in a stack, although nothing refers to them,
            e.g. `tax.settings` before a registration.
        after_create: Names of the calls that follow a create, e.g. `validate`.
        singleton: There is one, always: it is changed, never made nor removed.
        protect: Protected unless its declaration says otherwise.
        charged: Customers are charged by it, so policies compare its amounts.
        sandbox_only: Live mode refuses it.
        loses: What an object loses that is removed and made anew with the same declaration, e.g.
            `its signing secret`; empty if nothing but its id. On a live account a replacement that
            loses something has to be named.
        is_account: Its objects are accounts: a lifecycle's `account` takes their ids, and every
            account may name them.
        named_across_accounts: Objects of other accounts may name it.
        own_account_only: What to do instead, where Stripe lets no connected account have one; empty
            if one can.
        cap: How many of it Stripe lets an account hold in each mode; 0 if it does not count.
    """

    removals: tuple[Removal, ...] = ()
    revival: Revival | None = None
    ending: Ending | None = None
    natural_keys: tuple[NaturalKey, ...] = ()
    known_by: tuple[str, ...] = ()
    composite: Composite | None = None
    default_filters: Mapping[str, Any] = field(default_factory=dict)
    detach: tuple[Detach, ...] = ()
    companions: tuple[Companion, ...] = ()
    inherits: tuple[Inheritance, ...] = ()
    follows: tuple[str, ...] = ()
    after_create: tuple[str, ...] = ()
    singleton: bool = False
    protect: bool = False
    charged: bool = False
    sandbox_only: bool = False
    loses: str = ""
    is_account: bool = False
    named_across_accounts: bool = False
    own_account_only: str = ""
    cap: int = 0
