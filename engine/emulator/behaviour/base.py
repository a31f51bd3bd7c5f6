"""What every emulated type does, and the methods that a type overrides to do more.

A type with ordinary behaviour needs no subclass: shapes, rows and these defaults are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from engine.catalog.rows import Field
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.recipient import Recipient
from engine.emulator.params.older_forms import OlderForm
from engine.emulator.params.queries import SearchOperators
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm


class Behaviour:
    """The behaviour of a type.

    Refusals of the `check` methods are given before execution begins, so no idempotency key
    remembers them; those of the other methods are remembered (D).

    Attributes:
        title: What errors call the type; empty for its object name with spaces.
        id_form: How its ids look.
        defaults: What Stripe fills in, by dotted path of the response.
        filter_paths: Field of the response that a list filter compares, if not its namesake.
        filters_ignoring_case: List filters that take upper and lower case for the same.
        computed_filters: List filters by fields that `showing` sets, so that the store has none.
        filter_defaults: Filters that are on unless a request sets them.
        indexed: Dotted paths that objects are found by, and whether case is folded.
        clearable: Parameters that an empty string clears although the SDK does not declare it.
        limits: Bounds that Stripe words in its own way, in place of the semantics table's.
        filter_values: The value in the response for a list filter's value, where they differ.
        custom_filters: List filters that `matches_filters` decides.
        hidden: Dotted paths that are absent unless expanded, in addition to the semantics table's.
        omitted: Dotted paths that requests take and responses leave out, in addition to those that
            are write-only.
        returned: Write-only parameters that the response holds all the same.
        verbs: Verbs that do nothing but what `calling` does.
        leaves_tombstone: A deleted object is still returned, as deleted.
        expanded_when_deleted: An expanded id of a deleted object becomes an object that is marked
            as deleted; of other types it stays an id (S).
        kept_when_deleted: Fields of its own that the response to a delete holds (S).
        lists_oldest_first: Lists begin with the oldest.
        keeps_case: Parameters that are not lower-cased, whatever the semantics table says.
        unlisted: Enums that take further values, in addition to the semantics table's.
        search_fields: Fields that searches find its objects by, and their operators (D); none if it
            has no search.
        called_as_param: Refusals of an id in a parameter call it what the parameter is called.
        platforms_only: Operations that connected accounts are refused, and the refusals.
        older_forms: What it was before some API versions.
        permission_name: What permissions of restricted keys call the type; empty for its object
            name.
        receives_events: Its objects are sent events.
        event_words: What the events of verbs say, if not the verb.
        parts_with_events: What the events of its parts begin with, by the field that lists them.
    """

    title: ClassVar[str] = ""
    id_form: ClassVar[IdForm] = IdForm()
    defaults: ClassVar[Mapping[str, Any]] = {}
    filter_paths: ClassVar[Mapping[str, str]] = {}
    filters_ignoring_case: ClassVar[frozenset[str]] = frozenset()
    computed_filters: ClassVar[frozenset[str]] = frozenset()
    filter_defaults: ClassVar[Mapping[str, Any]] = {}
    indexed: ClassVar[Mapping[str, bool]] = {}
    clearable: ClassVar[frozenset[str]] = frozenset()
    limits: ClassVar[Mapping[str, Field]] = {}
    filter_values: ClassVar[Mapping[str, Mapping[Any, Any]]] = {}
    custom_filters: ClassVar[frozenset[str]] = frozenset()
    hidden: ClassVar[frozenset[str]] = frozenset()
    omitted: ClassVar[frozenset[str]] = frozenset()
    returned: ClassVar[frozenset[str]] = frozenset()
    verbs: ClassVar[frozenset[str]] = frozenset()
    leaves_tombstone: ClassVar[bool] = False
    expanded_when_deleted: ClassVar[bool] = False
    kept_when_deleted: ClassVar[tuple[str, ...]] = ()
    lists_oldest_first: ClassVar[bool] = False
    keeps_case: ClassVar[frozenset[str]] = frozenset()
    unlisted: ClassVar[frozenset[str]] = frozenset()
    search_fields: ClassVar[Mapping[str, SearchOperators]] = {}
    called_as_param: ClassVar[bool] = False
    platforms_only: ClassVar[Mapping[str, Callable[[], StripeRefusal]]] = {}
    older_forms: ClassVar[tuple[OlderForm, ...]] = ()
    permission_name: ClassVar[str] = ""
    receives_events: ClassVar[bool] = False
    event_words: ClassVar[Mapping[str, str]] = {}
    parts_with_events: ClassVar[Mapping[str, str]] = {}

    def check_create(self, view: AccountView, params: Params) -> None:
        """Refuse parameters of a create that contradict each other."""

    def check_update(self, view: AccountView, params: Params) -> None:
        """Refuse parameters of an update that contradict each other."""

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Finish a new document before it is stored, and refuse it if other objects exclude it."""

    def created(self, view: AccountView, params: Params, document: Document) -> None:
        """Do what follows from a create; save the document if it changes."""

    def stored(self, view: AccountView, document: Frozen) -> None:
        """Update what is another view of an object, whenever that is stored."""

    def creation_only(self, view: AccountView, document: Document) -> Frozen:
        """Fields that only the response to the create holds."""
        del view, document
        return {}

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Finish an updated document before it is stored, and refuse what may not change."""

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Refuse a verb, or do what it does in addition to setting a status, before that is set."""

    def called(self, view: AccountView, verb: str, document: Document) -> Frozen | None:
        """Do what follows from a verb, and return its response if that is not the object."""
        del view, verb, document
        return None

    def find_target(self, view: AccountView, verb: str, params: Frozen) -> Document:
        """The object of a verb that has no id in its path."""
        raise NotImplementedError

    def object_to_replace(self, view: AccountView, document: Frozen) -> Document | None:
        """The object that a create replaces; None for types where it makes a new one."""
        del view, document
        return None

    def not_found(self, view: AccountView, id: str) -> StripeRefusal | None:
        """The refusal of an id that names nothing; None for the usual one."""
        del view, id
        return None

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether an object matches the custom filters that were sent."""
        del view, params, document
        return True

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Refuse a delete, or do what follows from it."""

    def showing(self, view: AccountView, document: Document) -> None:
        """Set fields that depend on when the object is returned."""

    def recipient(self, document: Frozen, now: int) -> Recipient | None:
        """What events an object is sent, and how they are signed; None if it is sent none."""
        del document, now
        return None


def require_one(params: Frozen, *names: str, inside: str = "") -> str:
    """The one of several parameters that was sent.

    Args:
        params: Parameters, or those inside another one.
        names: The alternatives; the first is named if none was sent.
        inside: Parameter that holds them; empty for the request itself.

    Raises:
        StripeRefusal: None was sent, or several.
    """
    sent = [name for name in names if params.get(name) is not None]
    first = sent[0] if sent else names[0]
    param = f"{inside}[{first}]" if inside else first
    if not sent:
        raise errors.missing_parameter(param)
    if len(sent) > 1:
        raise errors.exclusive(sent, param)
    return first
