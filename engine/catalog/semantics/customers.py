"""Customers, and what hangs on them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Limit, Row
from engine.catalog.semantics.shared import DELETE, METADATA
from engine.schema.lifecycle import Life, NaturalKey

CUSTOMER = Row(
    face="Customer",
    title="customer",
    id_prefix="cus_",
    life=Life(
        # D: for good, and its subscriptions are canceled with it.
        removals=(DELETE,),
        protect=True,
    ),
    expand=("cash_balance", "tax"),
    hidden=("cash_balance", "tax"),
    references={
        "invoice_settings.rendering_options.template": "invoice_rendering_template",
    },
    # Directives of one request; what else they make is declared as its own (a tax id), moves
    # with every invoice (balance, next number) or is the customer's alone (a card).
    ignored=(
        "balance",
        "next_invoice_sequence",
        "payment_method",
        "source",
        "tax.validate_location",
        "tax_id_data",
        "validate",
    ),
    instead={
        "balance": "it follows from what the customer is charged, and is nothing to declare",
        "payment_method": "the application attaches it; it is nothing to declare",
        "source": "the application attaches it; it is nothing to declare",
        "tax_id_data": (
            "declare the tax id by itself: "
            'CustomerTaxId("a-name", customer=CUSTOMER.id, type=..., value=...)'
        ),
    },
    # L: a blank unsets them.
    clearable=(
        "address.city",
        "address.country",
        "address.line1",
        "address.line2",
        "address.postal_code",
        "address.state",
        "description",
        "email",
        "invoice_settings.default_payment_method",
        "invoice_settings.footer",
        "name",
        "phone",
        "shipping.address.city",
        "shipping.address.country",
        "shipping.address.line1",
        "shipping.address.line2",
        "shipping.address.postal_code",
        "shipping.address.state",
        "shipping.phone",
    ),
    # D: the account's own mode is told as what it is at the moment.
    words={
        "cash_balance.settings.reconciliation_mode": {"merchant_default": "merchant_default"},
    },
    resolved=("cash_balance.settings.reconciliation_mode",),
    neutral={
        "invoice_settings.custom_fields": [],
        "preferred_locales": [],
        "tax_exempt": "none",
    },
    limits={
        **METADATA,
        "description": Limit(max=350),
        "invoice_prefix": Limit(
            min=3, max=12, pattern=r"[A-Z0-9]+", says="it has capital letters and digits only"
        ),
        "invoice_settings.custom_fields": Limit(max=4),
    },
)

CUSTOMER_TAX_ID = Row(
    face="CustomerTaxId",
    title="customer's tax id",
    id_prefix="txi_",
    life=Life(
        removals=(DELETE,),
        natural_keys=(
            NaturalKey(attribute="value", scan=True, beside=("customer", "type"), unique=False),
        ),
    ),
)

ROWS: Mapping[str, Row] = {
    "customer": CUSTOMER,
    "customer.tax_id": CUSTOMER_TAX_ID,
}
"""Rows of this area, by object name."""
