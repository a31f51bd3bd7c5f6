"""What every emulated type does, and the places where one may do more.

A type with ordinary behaviour needs no subclass: shapes, rows and these defaults are enough. What
must not live here: anything about one type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.catalog.rows import Limit
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.params.queries import Searched
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm


class Behaviour:
    """The ordinary ways of a type.

    Refusals of the `check` methods are given before execution begins, so no idempotency key
    remembers them; those of the other methods are remembered (D).

    Attributes:
        title: What errors call the type; empty for its object name with spaces.
        id_form: How its ids look.
        defaults: What Stripe fills in, by dotted path of the answer.
        filter_paths: Where a list filter looks in the answer, if not under its own name.
        filter_folded: List filters that take upper and lower case for the same.
        volatile: List filters by fields that `shown` sets, so that the store cannot tell.
        list_defaults: Filters that are on unless a request says otherwise.
        indexed: Dotted paths that objects are found by, and whether case is folded.
        emptyable: Parameters that an empty string clears although the SDK does not say so.
        limits: Bounds that Stripe words in its own way, in place of the semantics table's.
        filter_words: What a list filter's value means in the answer, where it is not the same.
        sifted: List filters that `passes` decides.
        hidden: Dotted paths that are absent unless expanded, beside those of the semantics table.
        unseen: Dotted paths that are accepted and never told, beside those that are write-only.
        returned: Write-only parameters that the answer holds all the same.
        verbs: Verbs that do nothing but what `calling` does.
        leaves_tombstone: A deleted object is still answered, as deleted.
        named_when_gone: An expanded id of a deleted object is told as deleted; of other types it
            stays an id (S).
        kept_when_gone: Fields of its own that the answer to a delete holds (S).
        lists_oldest_first: Lists begin with the oldest.
        keeps_case: Parameters of which upper case is not folded, whatever the semantics table says.
        unlisted: Enums that take further words, beside those of the semantics table.
        searched: Fields that searches find its objects by, and how (D); none if it has no search.
        permission: What permissions of restricted keys call the type; empty for its object name.
    """

    title: ClassVar[str] = ""
    id_form: ClassVar[IdForm] = IdForm()
    defaults: ClassVar[Mapping[str, Any]] = {}
    filter_paths: ClassVar[Mapping[str, str]] = {}
    filter_folded: ClassVar[frozenset[str]] = frozenset()
    volatile: ClassVar[frozenset[str]] = frozenset()
    list_defaults: ClassVar[Mapping[str, Any]] = {}
    indexed: ClassVar[Mapping[str, bool]] = {}
    emptyable: ClassVar[frozenset[str]] = frozenset()
    limits: ClassVar[Mapping[str, Limit]] = {}
    filter_words: ClassVar[Mapping[str, Mapping[Any, Any]]] = {}
    sifted: ClassVar[frozenset[str]] = frozenset()
    hidden: ClassVar[frozenset[str]] = frozenset()
    unseen: ClassVar[frozenset[str]] = frozenset()
    returned: ClassVar[frozenset[str]] = frozenset()
    verbs: ClassVar[frozenset[str]] = frozenset()
    leaves_tombstone: ClassVar[bool] = False
    named_when_gone: ClassVar[bool] = False
    kept_when_gone: ClassVar[tuple[str, ...]] = ()
    lists_oldest_first: ClassVar[bool] = False
    keeps_case: ClassVar[frozenset[str]] = frozenset()
    unlisted: ClassVar[frozenset[str]] = frozenset()
    searched: ClassVar[Mapping[str, Searched]] = {}
    permission: ClassVar[str] = ""

    def check_create(self, view: AccountView, params: Params) -> None:
        """Refuse parameters of a create that contradict each other."""

    def check_update(self, view: AccountView, params: Params) -> None:
        """Refuse parameters of an update that contradict each other."""

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Finish a new document before it is stored, and refuse what the account rules out."""

    def created(self, view: AccountView, params: Params, document: Document) -> None:
        """Do what follows from a create; changes to the document have to be saved."""

    def stored(self, view: AccountView, document: Frozen) -> None:
        """Keep what is another view of an object up to date, whenever that is stored."""

    def creation_only(self, view: AccountView, document: Document) -> Frozen:
        """Fields that only the answer to the create holds."""
        del view, document
        return {}

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Finish an updated document before it is stored, and refuse what may not change."""

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Refuse a verb, or do what it does beyond the status it leads to, before that is set."""

    def called(self, view: AccountView, verb: str, document: Document) -> Frozen | None:
        """Do what follows from a verb, and give its answer if that is not the object."""
        del view, verb, document
        return None

    def addressed(self, view: AccountView, verb: str, params: Frozen) -> Document:
        """The object that a verb without an id in its path is about."""
        raise NotImplementedError

    def overwrites(self, view: AccountView, document: Frozen) -> Document | None:
        """The object that a create writes over, for types where it does."""
        del view, document
        return None

    def missing(self, view: AccountView, id: str) -> StripeRefusal | None:
        """How an id is refused that names nothing, if not in the usual way."""
        del view, id
        return None

    def passes(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether an object meets the sifted filters that were sent."""
        del view, params, document
        return True

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Refuse a delete, or do what follows from it."""

    def shown(self, view: AccountView, document: Document) -> None:
        """Set fields that follow from the time of reading."""
