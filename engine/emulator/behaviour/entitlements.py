"""Features, features of products, and trial offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.products import INACTIVE_PRICE
from engine.emulator.wire.errors import StripeRefusal


class FeatureBehaviour(Behaviour):
    """A feature that customers may be entitled to."""

    filter_paths: ClassVar[Mapping[str, str]] = {"archived": "active"}
    filter_values: ClassVar[Mapping[str, Mapping[Any, Any]]] = {
        "archived": {True: False, False: True}
    }
    # D: lists leave archived features out unless a filter includes them.
    filter_defaults: ClassVar[Mapping[str, Any]] = {"archived": False}
    indexed: ClassVar[Mapping[str, bool]] = {"lookup_key": False}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Require a lookup key that is unique among active features (R; the text is ours, ?)."""
        for other in view.find("entitlements.feature", "lookup_key", params["lookup_key"]):
            if other["active"]:
                raise StripeRefusal(
                    f"An active feature (`{other['id']}`) already uses the lookup key "
                    f"`{document['lookup_key']}`.",
                    param="lookup_key",
                )

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse every change of an archived feature (R; the text is ours, ?)."""
        del view, params, after
        if not before["active"]:
            raise StripeRefusal("An archived feature cannot be updated or unarchived.")


class ProductFeatureBehaviour(Behaviour):
    """A feature of a product."""

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Require an active feature that is not attached yet (D; the texts are ours, ?)."""
        id = params["entitlement_feature"]
        if not view.require("entitlements.feature", id, param="entitlement_feature")["active"]:
            raise StripeRefusal(
                f"The feature `{id}` is archived and cannot be attached to a product.",
                param="entitlement_feature",
            )
        field = view.kind("product_feature").parent_field
        for other in view.find("product_feature", field, document[field]):
            if other["entitlement_feature"] == id:
                raise StripeRefusal(
                    f"The feature `{id}` is already attached to this product.",
                    param="entitlement_feature",
                )


class TrialOfferBehaviour(Behaviour):
    """A trial at its own price."""

    filter_paths: ClassVar[Mapping[str, str]] = {"prices": "price"}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Require an active price (the text is that of other types, ?)."""
        del document
        price = view.require("price", params["price"], param="price")
        if not price["active"]:
            raise StripeRefusal(INACTIVE_PRICE, param="price")
