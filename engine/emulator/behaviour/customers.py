"""Customers, tax ids, and the clocks of a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.params.queries import SearchOperators
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm

# D: a clock is deleted after this time.
_CLOCK_LIFE = 30 * 24 * 3600


class CustomerBehaviour(Behaviour):
    """A customer."""

    id_form: ClassVar[IdForm] = IdForm(length=14, with_account=False)
    leaves_tombstone: ClassVar[bool] = True
    expanded_when_deleted: ClassVar[bool] = True
    defaults: ClassVar[Mapping[str, Any]] = {
        "balance": 0,
        "delinquent": False,
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        "tax.automatic_tax": "unrecognized_location",
        "tax.provider": "stripe",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "tax": {
            "automatic_tax": "unrecognized_location",
            "ip_address": None,
            "location": None,
            "provider": "stripe",
        },
    }
    search_fields: ClassVar[Mapping[str, SearchOperators]] = {
        "created": SearchOperators.NUMERIC,
        "email": SearchOperators.STRING,
        "metadata": SearchOperators.TOKEN,
        "name": SearchOperators.STRING,
        "phone": SearchOperators.STRING,
    }
    # D: lists of other objects are absent unless expanded.
    hidden: ClassVar[frozenset[str]] = frozenset({"sources", "subscriptions", "tax_ids"})
    indexed: ClassVar[Mapping[str, bool]] = {"email": False}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Fill in what invoices need, and the settings of the cash balance."""
        document["invoice_prefix"] = document["invoice_prefix"] or view.ids.invoice_prefix()
        _set_source(view, params, document)
        _set_cash_balance(view, params, document)

    def created(self, view: AccountView, params: Params, document: Document) -> None:
        """Make the tax ids in the parameters (D)."""
        for tax_id in params.get("tax_id_data") or ():
            view.create("customer.tax_id", tax_id, document["id"])

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Update the settings of the cash balance."""
        _set_source(view, params, after)
        after["cash_balance"] = before["cash_balance"]
        _set_cash_balance(view, params, after)

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Cancel its subscriptions (D)."""
        _cancel_subscriptions(view, document["id"])


def _cancel_subscriptions(view: AccountView, customer: str) -> None:
    for subscription in view.find("subscription", "customer", customer):
        if subscription["status"] != "canceled":
            ended = {"canceled_at": view.now, "ended_at": view.now}
            view.save({**subscription, "status": "canceled", **ended}, word="deleted")


def _set_source(view: AccountView, params: Frozen, document: Document) -> None:
    """Turn a token into the default card (D)."""
    if params.get("source") is not None:
        document["default_source"] = view.ids.object_id("card_", IdForm(), view.caller.account)


def _set_cash_balance(view: AccountView, params: Frozen, document: Document) -> None:
    sent = ((params.get("cash_balance") or {}).get("settings") or {}).get("reconciliation_mode")
    held = document.get("cash_balance") or {}
    if sent is None and held.get("object") == "cash_balance":
        return
    own = sent is not None and sent != "merchant_default"
    document["cash_balance"] = {
        "object": "cash_balance",
        "available": None,
        "customer": document["id"],
        "customer_account": None,
        "livemode": view.caller.livemode,
        "settings": {
            # D: the account's own mode is automatic unless it was changed.
            "reconciliation_mode": sent if own else "automatic",
            "using_merchant_default": not own,
        },
    }


class TaxIdBehaviour(Behaviour):
    """A tax id, of a customer or of the account itself."""

    custom_filters: ClassVar[frozenset[str]] = frozenset({"owner"})

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set its owner and country, and that it is not verified yet."""
        owner = params.get("owner") or {}
        customer = owner.get("customer") or document.get("customer")
        document["customer"] = customer
        document["owner"] = {
            "account": owner.get("account"),
            "application": None,
            "customer": customer,
            "customer_account": owner.get("customer_account"),
            "type": owner.get("type") or ("customer" if customer else "self"),
        }
        country = document["type"].partition("_")[0].upper()
        document["country"] = None if country == "EU" else country
        checked = {"status": "pending", "verified_address": None, "verified_name": None}
        document["verification"] = checked if customer else None
        del view

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether it belongs to the owner in the filter; without one, to the account itself."""
        del view
        wanted = params.get("owner") or {"type": "self"}
        return all(
            document["owner"].get(name) == value
            for name, value in wanted.items()
            if value is not None
        )


class CustomerTaxIdBehaviour(TaxIdBehaviour):
    """A tax id below its customer."""

    title: ClassVar[str] = "tax id"

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Accept every tax id of the customer in the path."""
        del view, params, document
        return True


class TestClockBehaviour(Behaviour):
    """A clock for the objects of a sandbox."""

    # pytest takes it for a test because of its name.
    __test__ = False
    verbs: ClassVar[frozenset[str]] = frozenset({"advance"})
    event_words: ClassVar[Mapping[str, str]] = {"advance": "ready"}  # it arrives at once
    defaults: ClassVar[Mapping[str, Any]] = {"status": "ready"}

    def check_create(self, view: AccountView, params: Params) -> None:
        """Refuse clocks in live mode (D; the text is ours, ?)."""
        del params
        if view.caller.livemode:
            raise StripeRefusal("Test clocks can only be used in test mode.")

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set the frozen time."""
        document["frozen_time"] = params["frozen_time"]
        document["deletes_after"] = view.now + _CLOCK_LIFE
        document["status_details"] = {}

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Move the time forward, at once."""
        del view, verb
        if params["frozen_time"] <= document["frozen_time"]:
            # D that it only moves forward.
            raise errors.too_small(
                "frozen_time", document["frozen_time"] + 1, params["frozen_time"]
            )
        document["frozen_time"] = params["frozen_time"]

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Delete the clock's customers too (D)."""
        for customer in view.find("customer", "test_clock", document["id"]):
            _cancel_subscriptions(view, customer["id"])
            view.save({"id": customer["id"], "object": "customer", "deleted": True})
