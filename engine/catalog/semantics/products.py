"""What is sold, and what it costs to send it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import (
    ACTIVE_AGAIN,
    ARCHIVE,
    COUNT,
    CURRENCY_KEY,
    METADATA,
    MONEY_BY_KEY,
    TAX_CODE,
    URL,
    below,
)
from engine.catalog.semantics.shared_rules import (
    active_only,
    chosen_amount,
    longest_intervals,
    one_amount,
    other_currencies,
    rising_tiers,
)
from engine.schema.lifecycle import Companion, Life, NaturalKey, Probe, Removal, Verb
from engine.schema.naming import Naming, Words
from engine.schema.rules import Rule, RuleKind

_AMOUNTS = (
    "unit_amount",
    "unit_amount_decimal",
    "custom_unit_amount.maximum",
    "custom_unit_amount.minimum",
    "custom_unit_amount.preset",
)
_TIER_AMOUNTS = (
    "tiers.*.flat_amount",
    "tiers.*.flat_amount_decimal",
    "tiers.*.unit_amount",
    "tiers.*.unit_amount_decimal",
)

PRODUCT = Row(
    face="Product",
    title="product",
    stack="catalog",
    id_prefix="prod_",
    naming=Naming(phrase=(Words("with a price of {default_price_data.unit_amount}"),)),
    life=Life(
        # D: deletable only while no price exists, archived ones included (R); else archive.
        removals=(
            Removal(
                verb=Verb.DELETE,
                unless=Probe(
                    object="price", filter="product", variants=({"active": True}, {"active": False})
                ),
            ),
            Removal(
                verb=Verb.ARCHIVE,
                params={"active": False},
                note="Stripe deletes a product only while it has no price",
            ),
        ),
        revival=ACTIVE_AGAIN,
        natural_keys=(NaturalKey(attribute="id", kept_by_removed=True),),
        companions=(
            Companion(
                by="default_price_data", at="default_price", object="price", parent="product"
            ),
        ),
    ),
    fields={
        **METADATA,
        **below("default_price_data", dict.fromkeys(_AMOUNTS, Field(money="currency"))),
        **below(
            "default_price_data.currency_options.*",
            dict.fromkeys((*_AMOUNTS, *_TIER_AMOUNTS), MONEY_BY_KEY),
        ),
        "active": Field(neutral=True),
        "default_price": Field(reference="price"),
        "default_price_data": Field(write_only=True),
        "default_price_data.currency_options.*.tiers.*.up_to": COUNT,
        "default_price_data.recurring.interval_count": COUNT,
        "description": Field(neutral=None),
        # L: not only lower-case letters and digits, as people choose.
        "id": Field(generated=r"prod_(?=.*[A-Z])[A-Za-z0-9]{14}"),
        "images": Field(neutral=[], max_length=8),
        "images.*": URL,
        "marketing_features": Field(neutral=[], max_length=15),
        "marketing_features.*.name": Field(max_length=80),
        "shippable": Field(neutral=False),
        "statement_descriptor": Field(
            pattern=r"""[^<>\\"']*[A-Za-z][^<>\\"']*""",
            says="it has a Latin letter, and none of < > \\ \" '",
        ),
        "tax_code": TAX_CODE | Field(reference="tax_code"),
        "tax_details.performance_location": Field(reference="tax.location"),
        "tax_details.tax_code": Field(reference="tax_code"),
        # S: a service if nothing is given.
        "type": Field(immutable=True, write_only=True, generated="service"),
        "url": URL,
    },
    rules=(
        one_amount("default_price_data", "custom_unit_amount"),
        one_amount("default_price_data.currency_options.*", "custom_unit_amount", "tiers"),
        other_currencies("default_price_data.currency", "default_price_data.currency_options"),
        *chosen_amount("default_price_data.custom_unit_amount"),
        *chosen_amount("default_price_data.currency_options.*.custom_unit_amount"),
        *longest_intervals("default_price_data.recurring"),
        *rising_tiers("default_price_data.currency_options.*.tiers"),
        active_only("default_price"),
        Rule(
            kind=RuleKind.BELONGS,
            follow=("default_price",),
            fields=("default_price.product",),
            # L.
            message="The price specified does not belong to this product.",
            hint="{one} belongs to another product: choose a price of this one",
        ),
        # D: what is printed and counted belongs to services.
        Rule(
            kind=RuleKind.FORBIDS,
            when={"type": "good"},
            fields=("statement_descriptor", "unit_label"),
            message='statement_descriptor and unit_label go with type="service" only.',
        ),
    ),
)

SHIPPING_RATE = Row(
    face="ShippingRate",
    title="shipping rate",
    stack="catalog",
    id_prefix="shr_",
    naming=Naming(
        apart=("fixed_amount.currency", "fixed_amount.amount"),
        phrase=(Words("{fixed_amount.amount}", zero="free"),),
    ),
    life=Life(removals=(ARCHIVE,), revival=ACTIVE_AGAIN, known_by=("display_name",)),
    expand=("fixed_amount.currency_options",),
    hidden=("fixed_amount.currency_options",),
    fields={
        **METADATA,
        "active": Field(neutral=True),
        "delivery_estimate.*.value": COUNT,
        "fixed_amount.amount": Field(money="fixed_amount.currency"),
        "fixed_amount.currency_options": CURRENCY_KEY,
        "fixed_amount.currency_options.*.amount": Field(money="*"),
        "fixed_amount.currency_options.*.tax_behavior": Field(neutral="unspecified"),
        "tax_behavior": Field(neutral="unspecified"),
        "type": Field(neutral="fixed_amount"),
    },
    rules=(
        other_currencies("fixed_amount.currency", "fixed_amount.currency_options"),
        Rule(
            kind=RuleKind.REQUIRES,
            fields=("fixed_amount",),
            message="A shipping rate needs fixed_amount.",
            hint='add fixed_amount={"amount": 500, "currency": "usd"}',
        ),
    ),
)

ROWS: Mapping[str, Row] = {
    "product": PRODUCT,
    "shipping_rate": SHIPPING_RATE,
}
"""Rows of this area, by object name."""
