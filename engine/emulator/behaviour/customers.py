"""Customers, tax ids, and the clocks of a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.emulator.behaviour.base import Behaviour
from engine.emulator.params.queries import Searched
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm

if TYPE_CHECKING:
    from engine.emulator.requests.call import Call

_CLOCK = "test_helpers.test_clock"
# D: a clock is deleted after so long.
_CLOCK_LIFE = 30 * 24 * 3600


class CustomerBehaviour(Behaviour):
    """A customer."""

    id_form: ClassVar[IdForm] = IdForm(length=14, with_account=False)
    leaves_tombstone: ClassVar[bool] = True
    named_when_gone: ClassVar[bool] = True
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
    searched: ClassVar[Mapping[str, Searched]] = {
        "created": Searched.NUMERIC,
        "email": Searched.STRING,
        "metadata": Searched.TOKEN,
        "name": Searched.STRING,
        "phone": Searched.STRING,
    }
    # D: lists of other objects are there only if asked for.
    hidden: ClassVar[frozenset[str]] = frozenset({"sources", "subscriptions", "tax_ids"})
    indexed: ClassVar[Mapping[str, bool]] = {"email": False}

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Fill in what invoices need, and the settings of the cash balance."""
        document["invoice_prefix"] = document["invoice_prefix"] or call.ids.promotion_code()
        _set_source(call, params, document)
        _set_cash_balance(call, params, document)

    def created(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Make the tax ids that came along (D)."""
        kind = call.kind("customer.tax_id")
        for tax_id in params.get("tax_id_data") or ():
            call.create(kind, tax_id, document["id"])

    def updating(
        self,
        call: Call,
        params: dict[str, Any],
        before: Mapping[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Keep the settings of the cash balance as they are told."""
        _set_source(call, params, after)
        after["cash_balance"] = before["cash_balance"]
        _set_cash_balance(call, params, after)

    def deleting(self, call: Call, document: Mapping[str, Any]) -> None:
        """Cancel its subscriptions (D)."""
        for subscription in call.find("subscription", "customer", document["id"]):
            if subscription["status"] != "canceled":
                call.save(
                    {
                        **subscription,
                        "status": "canceled",
                        "canceled_at": call.now,
                        "ended_at": call.now,
                    }
                )


def _set_source(call: Call, params: Mapping[str, Any], document: dict[str, Any]) -> None:
    """Let a token become the card that is paid with (D)."""
    if params.get("source") is not None:
        document["default_source"] = call.ids.object_id("card_", IdForm(), call.caller.account)


def _set_cash_balance(call: Call, params: Mapping[str, Any], document: dict[str, Any]) -> None:
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
        "livemode": call.caller.livemode,
        "settings": {
            # D: the account's own mode is automatic unless somebody changed it.
            "reconciliation_mode": sent if own else "automatic",
            "using_merchant_default": not own,
        },
    }


class TaxIdBehaviour(Behaviour):
    """A tax id, of a customer or of the account itself."""

    sifted: ClassVar[frozenset[str]] = frozenset({"owner"})

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Say whose it is, from where, and that nobody has checked it yet."""
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
        del call

    def passes(self, call: Call, params: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
        """Whether it belongs to the owner asked for; to the account itself unless one was."""
        del call
        wanted = params.get("owner") or {"type": "self"}
        return all(
            document["owner"].get(name) == value
            for name, value in wanted.items()
            if value is not None
        )


class CustomerTaxIdBehaviour(TaxIdBehaviour):
    """A tax id below its customer."""

    title: ClassVar[str] = "tax id"

    def passes(self, call: Call, params: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
        """Take whatever belongs to the customer in the path."""
        del call, params, document
        return True


class TestClockBehaviour(Behaviour):
    """A clock for the objects of a sandbox."""

    # It is no test, whatever its name begins with.
    __test__ = False
    verbs: ClassVar[frozenset[str]] = frozenset({"advance"})
    defaults: ClassVar[Mapping[str, Any]] = {"status": "ready"}

    def check_create(self, call: Call, params: dict[str, Any]) -> None:
        """Refuse clocks in live mode (D; the text is ours, ?)."""
        del params
        if call.caller.livemode:
            raise StripeRefusal("Test clocks can only be used in test mode.")

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Stop the time."""
        document["frozen_time"] = params["frozen_time"]
        document["deletes_after"] = call.now + _CLOCK_LIFE
        document["status_details"] = {}

    def calling(
        self, call: Call, verb: str, params: dict[str, Any], document: dict[str, Any]
    ) -> None:
        """Move the time forward; an emulator is there at once."""
        del call, verb
        if params["frozen_time"] <= document["frozen_time"]:
            # D that it only goes forward.
            raise errors.too_small(
                "frozen_time", document["frozen_time"] + 1, params["frozen_time"]
            )
        document["frozen_time"] = params["frozen_time"]

    def deleting(self, call: Call, document: Mapping[str, Any]) -> None:
        """Take the clock's customers along (D)."""
        kind = call.kind("customer")
        for customer in call.find("customer", "test_clock", document["id"]):
            kind.behaviour.deleting(call, customer)
            call.save({"id": customer["id"], "object": "customer", "deleted": True})
