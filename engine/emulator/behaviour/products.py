"""Products: the price made together with them, the default price, and when they can be deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.catalog.rows import Field
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.params.older_forms import MARKETING, OlderForm
from engine.emulator.params.queries import SearchOperators
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm

INACTIVE_PRICE = "The price specified is inactive. This field only accepts active prices."
ONE_TIME_PRICE = (
    "The price specified is set to `type=one_time` but this field only accepts prices with "
    "`type=recurring`."
)
HAS_PRICES = "This product cannot be deleted because it has one or more user-created prices."
_FORBIDDEN_IN_DESCRIPTORS = "<>\\\"'"


class ProductBehaviour(Behaviour):
    """A product: a service or a good."""

    id_form: ClassVar[IdForm] = IdForm(length=14, with_account=False)
    expanded_when_deleted: ClassVar[bool] = True
    defaults: ClassVar[Mapping[str, Any]] = {
        "description": None,
        "shippable": None,
        "type": "service",
    }
    search_fields: ClassVar[Mapping[str, SearchOperators]] = {
        "active": SearchOperators.TOKEN,
        "description": SearchOperators.STRING,
        "metadata": SearchOperators.TOKEN,
        "name": SearchOperators.STRING,
        "shippable": SearchOperators.TOKEN,
        "url": SearchOperators.STRING,
    }
    # R: Stripe's own Terraform provider reads it back.
    returned: ClassVar[frozenset[str]] = frozenset({"type"})
    older_forms: ClassVar[tuple[OlderForm, ...]] = (
        OlderForm(
            until=MARKETING,
            params={"features": "marketing_features"},
            fields={"features": "marketing_features"},
            newer=frozenset({"marketing_features"}),
        ),
    )
    # L for the default price, R for shippable.
    clearable: ClassVar[frozenset[str]] = frozenset({"default_price", "shippable"})
    # The form is checked below, with Stripe's own texts.
    limits: ClassVar[Mapping[str, Field]] = {"statement_descriptor": Field(max_length=22)}

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the statement descriptor, which goods cannot have."""
        del view
        _check_descriptor(params)

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check the statement descriptor."""
        del view
        _check_descriptor(params)

    def created(self, view: AccountView, params: Params, document: Document) -> None:
        """Make the default price in the parameters (D)."""
        price_params = params.get("default_price_data")
        if price_params is None:
            return
        price = view.create_inside(
            "price", {**price_params, "product": document["id"]}, "default_price_data"
        )
        document["default_price"] = price["id"]
        view.save(document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Require an active price of this product as its default."""
        chosen = params.get("default_price")
        if chosen is None or chosen == before["default_price"]:
            return
        price = view.require("price", chosen, param="default_price")
        if price["product"] != after["id"]:
            # ? The text is ours.
            raise StripeRefusal(
                f"The price specified (`{chosen}`) does not belong to this product "
                f"(`{after['id']}`).",
                param="default_price",
            )
        if not price["active"]:
            raise StripeRefusal(INACTIVE_PRICE, param="default_price")

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Refuse to delete a product that has a price, archived or not (R)."""
        if view.find("price", "product", document["id"]):
            raise StripeRefusal(HAS_PRICES)


def _check_descriptor(params: Frozen) -> None:
    """Check the statement descriptor (R, L for the texts)."""
    if params.get("type") == "good":
        for name in ("statement_descriptor", "unit_label"):
            if params.get(name) is not None:
                # D that it goes with services only; the text is ours (?).
                raise StripeRefusal(
                    f"`{name}` can only be set when `type` is `service`.", param=name
                )
    descriptor = params.get("statement_descriptor")
    if descriptor is None:
        return
    for character in _FORBIDDEN_IN_DESCRIPTORS:
        if character in descriptor:
            raise StripeRefusal(
                f"The statement descriptor cannot include {character}.",
                param="statement_descriptor",
            )
    if not any(character.isascii() and character.isalpha() for character in descriptor):
        raise StripeRefusal(
            "The statement descriptor must contain at least one Latin character.",
            param="statement_descriptor",
        )
