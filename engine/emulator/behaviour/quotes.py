"""Quotes: drafts that are finalized, then accepted or canceled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.discounts import discounts_of
from engine.emulator.behaviour.first_payment import check_clock
from engine.emulator.behaviour.item_tax_rates import check_rates
from engine.emulator.behaviour.line_items import currency_of, fill_items
from engine.emulator.wire.errors import StripeRefusal

# D: a quote expires after thirty days unless it has another end.
_OPEN_FOR = 30 * 24 * 3600
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "accept": ("open",),
    "cancel": ("draft", "open"),
    "finalize_quote": ("draft",),
}
_WORDS = {"accept": "accepted", "cancel": "canceled", "finalize_quote": "finalized"}
_NO_EXTRAS: Mapping[str, Any] = {
    "amount_discount": 0,
    "amount_shipping": 0,
    "amount_tax": 0,
    "breakdown": None,
}


class QuoteBehaviour(Behaviour):
    """A quote."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "collection_method": "charge_automatically",
        "invoice_settings.issuer.type": "self",
        "status": "draft",
        "subscription_data.billing_mode.type": "flexible",
        "total_details": dict(_NO_EXTRAS),
        "line_items": {"object": "list", "data": [], "has_more": False, "url": ""},
    }

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check when it ends."""
        view.check_future("expires_at", params.get("expires_at"))

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check when it ends."""
        view.check_future("expires_at", params.get("expires_at"))

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Start as a draft."""
        check_clock(view.get("customer", params.get("customer") or ""))
        document["expires_at"] = document["expires_at"] or view.now + _OPEN_FOR
        document["discounts"] = discounts_of(view, params.get("discounts"), document, "discounts")
        _fill(view, params, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Allow changes of metadata only, once it is not a draft (D; the text is ours, ?)."""
        if before["status"] != "draft" and set(params) - {"metadata"}:
            raise StripeRefusal(
                f"This quote is {before['status']}: only draft quotes can be updated."
            )
        after["discounts"] = before["discounts"]
        if "discounts" in params:
            after["discounts"] = discounts_of(view, params["discounts"], after, "discounts")
        if params.get("line_items") is None:
            after["line_items"] = before["line_items"]
        _fill(view, params, after)

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Refuse a verb that its status does not allow (D; the text is ours, ?)."""
        if document["status"] not in _ALLOWED[verb]:
            raise StripeRefusal(
                f"This quote cannot be {_WORDS[verb]} because its status is {document['status']}."
            )
        if verb == "finalize_quote":
            document["number"] = f"QT-{view.ids.promotion_code()}-0001-1"
            document["expires_at"] = params.get("expires_at") or document["expires_at"]


def _fill(view: AccountView, params: Frozen, document: Document) -> None:
    """Fill in the line items and the amounts."""
    items = document["line_items"]["data"]
    if params.get("line_items"):
        _keep_ids(params["line_items"], items)
        sent = [_counted(view, one) for one in params["line_items"]]
        for one, item in zip(sent, items, strict=True):
            item["quantity"] = one.get("quantity")
        prices = fill_items(view, sent, items)
        for one, price in zip(sent, prices, strict=True):
            check_rates(view, price, one.get("tax_rates") or document["default_tax_rates"])
        document["currency"] = currency_of(
            view, None, [price["id"] for price in prices], "line_items[0][price]"
        )
    total = sum(item["amount_total"] for item in items)
    document["amount_subtotal"] = document["amount_total"] = total
    document["computed"]["upfront"] = {
        "amount_subtotal": total,
        "amount_total": total,
        "line_items": None,
        "total_details": dict(_NO_EXTRAS),
    }


def _counted(view: AccountView, sent: Document) -> Document:
    """An item with its quantity: 1, unless the price is metered."""
    price = view.get("price", sent.get("price") or "") or {}
    metered = (price.get("recurring") or {}).get("usage_type") == "metered"
    return sent if metered else {**sent, "quantity": sent.get("quantity", 1)}


def _keep_ids(given: list[Document], items: list[Document]) -> None:
    for sent, item in zip(given, items, strict=True):
        item["id"] = sent.get("id") or ""
