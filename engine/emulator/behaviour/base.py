"""What every emulated type does, and the places where one may do more.

A type with ordinary behaviour needs no subclass: shapes, rows and these defaults are enough. What
must not live here: anything about one type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.catalog.rows import Limit
from engine.emulator.ids import IdForm

if TYPE_CHECKING:
    from engine.emulator.call import Call


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

    def check_create(self, call: Call, params: dict[str, Any]) -> None:
        """Refuse parameters of a create that contradict each other."""

    def check_update(self, call: Call, params: dict[str, Any]) -> None:
        """Refuse parameters of an update that contradict each other."""

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Finish a new document before it is stored, and refuse what the account rules out."""

    def created(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Do what follows from a create; changes to the document have to be saved."""

    def told_once(self, call: Call, document: dict[str, Any]) -> Mapping[str, Any]:
        """Fields that only the answer to the create holds."""
        del call, document
        return {}

    def updating(
        self,
        call: Call,
        params: dict[str, Any],
        before: Mapping[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Finish an updated document before it is stored, and refuse what may not change."""

    def deleting(self, call: Call, document: Mapping[str, Any]) -> None:
        """Refuse a delete, or do what follows from it."""

    def shown(self, call: Call, document: dict[str, Any]) -> None:
        """Set fields that follow from the time of reading."""
