"""Customers, and what hangs on them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import DELETE, METADATA
from engine.schema.lifecycle import Life, NaturalKey
from engine.schema.naming import Naming

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
# L: a blank unsets them.
_UNSET_BY_BLANK = dict.fromkeys(
    (
        *(f"address.{name}" for name in _ADDRESS),
        "email",
        "invoice_settings.default_payment_method",
        "invoice_settings.footer",
        "name",
        "phone",
        *(f"shipping.address.{name}" for name in _ADDRESS),
        "shipping.phone",
    ),
    Field(clearable=True),
)
# Directives of one request. What other parameters make is declared by itself (a tax id), changes
# with every invoice (the balance) or belongs to the customer alone (a card).
_DIRECTIVES = dict.fromkeys(
    ("next_invoice_sequence", "tax.validate_location", "validate"), Field(ignored=True)
)

CUSTOMER = Row(
    face="Customer",
    title="customer",
    stack="customers",
    on_request=True,
    id_prefix="cus_",
    naming=Naming(fields=("name", "business_name", "individual_name", "email"), apart=("email",)),
    life=Life(
        # D: the subscriptions of a deleted customer are canceled.
        loses="its balance, its payment methods and its subscriptions",
        # D: for good, and its subscriptions are canceled with it.
        removals=(DELETE,),
        # D: several customers may have one address.
        natural_keys=(NaturalKey(attribute="email", filter="email", unique=False),),
        protect=True,
    ),
    expand=("cash_balance", "tax"),
    hidden=("cash_balance", "tax"),
    fields={
        **METADATA,
        **_DIRECTIVES,
        **_UNSET_BY_BLANK,
        "balance": Field(
            ignored=True,
            instead="it follows from what the customer is charged, and is nothing to declare",
        ),
        # D: the account's own mode is returned as what it is at the moment.
        "cash_balance.settings.reconciliation_mode": Field(
            words={"merchant_default": "merchant_default"},
            resolved=True,
            follows_from="using_merchant_default",
        ),
        "description": Field(max_length=350, clearable=True),
        "invoice_prefix": Field(
            min_length=3,
            max_length=12,
            pattern=r"[A-Z0-9]+",
            says="it has capital letters and digits only",
            generated=r"[0-9A-F]{8}",  # L
        ),
        "invoice_settings.custom_fields": Field(neutral=[], max_length=4),
        "invoice_settings.rendering_options.template": Field(
            reference="invoice_rendering_template"
        ),
        "payment_method": Field(
            ignored=True, instead="the application attaches it; it is nothing to declare"
        ),
        "preferred_locales": Field(neutral=[]),
        "source": Field(
            ignored=True, instead="the application attaches it; it is nothing to declare"
        ),
        "tax_exempt": Field(neutral="none"),
        "tax_id_data": Field(
            ignored=True,
            instead=(
                "declare the tax id by itself: "
                'CustomerTaxId("a-name", customer=CUSTOMER.id, type=..., value=...)'
            ),
        ),
    },
)

CUSTOMER_TAX_ID = Row(
    face="CustomerTaxId",
    title="customer's tax id",
    stack="customers",
    on_request=True,
    id_prefix="txi_",
    naming=Naming(under="customer", fields=("type",)),
    life=Life(
        # D: each is verified anew.
        loses="its verification",
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
