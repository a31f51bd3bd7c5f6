"""Customers, and what hangs on them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
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
    fields={
        **METADATA,
        # L: a blank unsets them.
        "address.city": Field(clearable=True),
        "address.country": Field(clearable=True),
        "address.line1": Field(clearable=True),
        "address.line2": Field(clearable=True),
        "address.postal_code": Field(clearable=True),
        "address.state": Field(clearable=True),
        # Directives of one request; what else they make is declared as its own (a tax id), moves
        # with every invoice (balance, next number) or is the customer's alone (a card).
        "balance": Field(
            ignored=True,
            instead=("it follows from what the customer is charged, and is nothing to declare"),
        ),
        # D: the account's own mode is returned as what it is at the moment.
        "cash_balance.settings.reconciliation_mode": Field(
            words={"merchant_default": "merchant_default"}, resolved=True
        ),
        "description": Field(clearable=True, max_length=350),
        "email": Field(clearable=True),
        "invoice_prefix": Field(
            min_length=3,
            max_length=12,
            pattern=r"[A-Z0-9]+",
            says="it has capital letters and digits only",
        ),
        "invoice_settings.custom_fields": Field(neutral=[], max_length=4),
        "invoice_settings.default_payment_method": Field(clearable=True),
        "invoice_settings.footer": Field(clearable=True),
        "invoice_settings.rendering_options.template": Field(
            reference="invoice_rendering_template"
        ),
        "name": Field(clearable=True),
        "next_invoice_sequence": Field(ignored=True),
        "payment_method": Field(
            ignored=True, instead="the application attaches it; it is nothing to declare"
        ),
        "phone": Field(clearable=True),
        "preferred_locales": Field(neutral=[]),
        "shipping.address.city": Field(clearable=True),
        "shipping.address.country": Field(clearable=True),
        "shipping.address.line1": Field(clearable=True),
        "shipping.address.line2": Field(clearable=True),
        "shipping.address.postal_code": Field(clearable=True),
        "shipping.address.state": Field(clearable=True),
        "shipping.phone": Field(clearable=True),
        "source": Field(
            ignored=True, instead="the application attaches it; it is nothing to declare"
        ),
        "tax.validate_location": Field(ignored=True),
        "tax_exempt": Field(neutral="none"),
        "tax_id_data": Field(
            ignored=True,
            instead=(
                "declare the tax id by itself: "
                'CustomerTaxId("a-name", customer=CUSTOMER.id, type=..., value=...)'
            ),
        ),
        "validate": Field(ignored=True),
    },
)

CUSTOMER_TAX_ID = Row(
    face="CustomerTaxId",
    title="customer's tax id",
    id_prefix="txi_",
    life=Life(
        removals=(DELETE,),
        natural_keys=(
            NaturalKey(
                attribute="value", scan=True, with_fields=("customer", "type"), unique=False
            ),
        ),
    ),
)

ROWS: Mapping[str, Row] = {
    "customer": CUSTOMER,
    "customer.tax_id": CUSTOMER_TAX_ID,
}
"""Rows of this area, by object name."""
