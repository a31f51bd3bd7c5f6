"""Issuing: cardholders, cards, and their designs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

_CARD = "issuing.card"
_DESIGN = "issuing.personalization_design"
# ? How many years a card is valid.
_YEARS = 3
_LAST_DIGITS = 4
_TEST_RANGE = "400000999"


class CardholderBehaviour(Behaviour):
    """A cardholder."""

    defaults: ClassVar[Mapping[str, Any]] = {"status": "active", "type": "individual"}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Replace a tax id by a flag that it was provided (D)."""
        del view
        _note_tax_id(params, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Replace a tax id by a flag that it was provided (D)."""
        del view, before
        _note_tax_id(params, after)


def _note_tax_id(params: Frozen, document: Document) -> None:
    if (params.get("company") or {}).get("tax_id") is not None:
        document["company"] = {"tax_id_provided": True}


class CardBehaviour(Behaviour):
    """A card."""

    defaults: ClassVar[Mapping[str, Any]] = {"brand": "Visa", "status": "inactive"}
    # D: the number is absent unless expanded.
    hidden: ClassVar[frozenset[str]] = frozenset({"cvc", "number"})

    def check_create(self, view: AccountView, params: Params) -> None:
        """Require a cardholder, and a shipping address for a physical card (D)."""
        del view
        if params.get("cardholder") is None and params.get("replacement_for") is None:
            raise errors.missing_parameter("cardholder")
        if params["type"] == "physical" and params.get("shipping") is None:
            raise errors.missing_parameter("shipping")

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set the number and the dates of the card."""
        number = _TEST_RANGE + view.ids.digits(7)
        today = datetime.fromtimestamp(view.now, UTC)
        document.update(
            number=number,
            last4=number[-_LAST_DIGITS:],
            cvc=view.ids.digits(3),
            exp_month=params.get("exp_month") or today.month,
            exp_year=params.get("exp_year") or today.year + _YEARS,
        )
        replaced = params.get("replacement_for")
        if replaced is None:
            return
        card = view.require(_CARD, replaced, param="replacement_for")
        document["cardholder"] = document["cardholder"] or card["cardholder"]
        view.save({**card, "replaced_by": document["id"]})

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse a change of a canceled card (D; the texts are ours, ?)."""
        del view
        if before["status"] == "canceled" and set(params) - {"metadata"}:
            raise StripeRefusal("This card is canceled and cannot be updated.")
        if params.get("cancellation_reason") is not None and after["status"] != "canceled":
            raise StripeRefusal(
                "`cancellation_reason` can only be set when `status` is `canceled`.",
                param="cancellation_reason",
            )


class DesignBehaviour(Behaviour):
    """The design of a physical card."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "preferences": {"is_default": False, "is_platform_default": None},
        "status": "inactive",
    }
    filter_paths: ClassVar[Mapping[str, str]] = {"lookup_keys": "lookup_key"}
    indexed: ClassVar[Mapping[str, bool]] = {"lookup_key": False}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Claim the lookup key."""
        _claim(view, params, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Claim the lookup key."""
        del before
        _claim(view, params, after)


def _claim(view: AccountView, params: Frozen, document: Frozen) -> None:
    """Require a unique lookup key, or transfer it (D; the text is that of prices, ?)."""
    key = params.get("lookup_key")
    if key is None:
        return
    for holder in view.find(_DESIGN, "lookup_key", key):
        if holder["id"] == document["id"]:
            continue
        if not params.get("transfer_lookup_key"):
            raise StripeRefusal(
                f"A personalization design (`{holder['id']}`) already uses that lookup key.",
                param="lookup_key",
            )
        view.save({**holder, "lookup_key": None})
