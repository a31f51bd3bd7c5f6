"""Payment links: line items, and parameters for one-time or for recurring prices only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.line_items import currency_of, fill_items
from engine.emulator.wire.errors import StripeRefusal, resource_missing

_ONE_TIME_ONLY = ("application_fee_amount", "payment_intent_data", "invoice_creation")
_RECURRING_ONLY = ("subscription_data", "application_fee_percent", "payment_method_collection")
_NO_INVOICE: Mapping[str, Any] = {
    "enabled": False,
    "invoice_data": {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": None,
        "metadata": {},
        "rendering_options": None,
    },
}
_PLAIN_SUBSCRIPTION: Mapping[str, Any] = {
    "description": None,
    "invoice_settings": {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": {"account": None, "type": "self"},
    },
    "metadata": {},
    "trial_period_days": None,
    "trial_settings": None,
}


class PaymentLinkBehaviour(Behaviour):
    """A payment link."""

    title: ClassVar[str] = "payment_link"
    defaults: ClassVar[Mapping[str, Any]] = {
        "after_completion.type": "hosted_confirmation",
        "customer_creation": "if_required",
        "payment_method_collection": "always",
        "tax_id_collection.required": "never",
    }

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Fill in the line items, and set the URL."""
        prices = fill_items(view, params["line_items"], document["line_items"]["data"])
        recurring = any(price["recurring"] is not None for price in prices)
        document["_recurring"] = recurring
        document["currency"] = currency_of(
            view, params.get("currency"), [one["id"] for one in prices], "line_items[0][price]"
        )
        _check_modes(params, recurring=recurring)
        if recurring and document["subscription_data"] is None:
            document["subscription_data"] = dict(_PLAIN_SUBSCRIPTION)
        if not recurring and document["invoice_creation"] is None:
            document["invoice_creation"] = dict(_NO_INVOICE)
        _fill_derived(view, document)
        mode = "" if view.caller.livemode else "test_"
        document["url"] = f"https://buy.stripe.com/{mode}{document['id'][-18:]}"

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Change quantities of the existing items, and nothing else (D)."""
        _check_modes(params, recurring=before["_recurring"])
        after["line_items"] = before["line_items"]
        if params.get("line_items") is not None:
            items = [dict(item) for item in before["line_items"]["data"]]
            after["line_items"] = {**before["line_items"], "data": items}
            _change_quantities(items, params["line_items"])
        _fill_derived(view, after)


def _change_quantities(items: list[Document], changes: list[Document]) -> None:
    held = {item["id"]: item for item in items}
    for index, change in enumerate(changes):
        item = held.get(change["id"])
        if item is None:
            raise resource_missing("line item", change["id"], param=f"line_items[{index}][id]")
        if change.get("quantity") is not None:
            amount = item["amount_total"] // (item["quantity"] or 1)
            item["quantity"] = change["quantity"]
            for name in ("amount_subtotal", "amount_total"):
                item[name] = amount * change["quantity"]
        if "adjustable_quantity" in change:
            adjustable = change["adjustable_quantity"]
            item["adjustable_quantity"] = {"maximum": None, "minimum": None, **(adjustable or {})}


def _check_modes(params: Frozen, *, recurring: bool) -> None:
    """Refuse parameters for the other kind of prices (D; the texts are ours, ?)."""
    for name in _ONE_TIME_ONLY if recurring else _RECURRING_ONLY:
        given = params.get(name)
        if given is None or (name == "invoice_creation" and not given["enabled"]):
            continue
        needed = "one-time prices only" if recurring else "at least one recurring price"
        raise StripeRefusal(f"You can only pass `{name}` with {needed}.", param=name)


def _fill_derived(view: AccountView, document: Document) -> None:
    """Fill in fields that follow from others."""
    done = document["after_completion"]
    if done["type"] == "hosted_confirmation":
        done["redirect"] = None
        if done["hosted_confirmation"] is None:
            done["hosted_confirmation"] = {"custom_message": None}
    else:
        done["hosted_confirmation"] = None
    for option in document["shipping_options"]:
        rate = view.get("shipping_rate", option["shipping_rate"])
        amount = (rate or {}).get("fixed_amount") or {"amount": 0}
        option["shipping_amount"] = amount["amount"]
