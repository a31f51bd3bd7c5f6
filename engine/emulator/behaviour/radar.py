"""Radar's value lists and their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire.errors import StripeRefusal

_ITEM = "radar.value_list_item"
# L: Stripe stores the values of these lists in lower case.
_FOLDED = frozenset({"string", "email", "country"})


class ValueListBehaviour(Behaviour):
    """A list for rules."""

    defaults: ClassVar[Mapping[str, Any]] = {"item_type": "string"}
    custom_filters: ClassVar[frozenset[str]] = frozenset({"contains"})
    indexed: ClassVar[Mapping[str, bool]] = {"alias": False}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Require a unique alias, and set who made it."""
        del params
        _require_free_alias(view, document)
        document["created_by"] = view.caller.shown

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Require a unique alias."""
        del params, before
        _require_free_alias(view, after)

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Delete its items too (L)."""
        for item in view.find(_ITEM, "value_list", document["id"]):
            view.repository.remove(_ITEM, item["id"])

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether the list has the value in the filter."""
        wanted = params.get("contains")
        if wanted is None:
            return True
        items = view.find(_ITEM, "value_list", document["id"])
        return any(item["value"].lower() == wanted.lower() for item in items)


class ValueListItemBehaviour(Behaviour):
    """A value on a list."""

    filters_ignoring_case: ClassVar[frozenset[str]] = frozenset({"value"})
    keeps_case: ClassVar[frozenset[str]] = frozenset({"value"})
    indexed: ClassVar[Mapping[str, bool]] = {"value_list": False}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Store the value in the form of the list, and refuse a duplicate (the text is ours, ?)."""
        value_list = view.require("radar.value_list", params["value_list"], param="value_list")
        if value_list["item_type"] in _FOLDED:
            document["value"] = document["value"].lower()
        document["created_by"] = view.caller.shown
        for item in view.find(_ITEM, "value_list", value_list["id"]):
            if item["value"] == document["value"]:
                raise StripeRefusal(
                    f"The value `{document['value']}` already exists in this value list.",
                    param="value",
                )


def _require_free_alias(view: AccountView, document: Frozen) -> None:
    for other in view.find("radar.value_list", "alias", document["alias"]):
        if other["id"] != document["id"]:
            # L that aliases are unique; the text is ours (?).
            raise StripeRefusal(
                f"A value list with the alias `{document['alias']}` already exists.", param="alias"
            )
