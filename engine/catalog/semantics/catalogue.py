"""What is sold, and what it costs to send it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Limit, Row
from engine.catalog.semantics.checks import (
    active_only,
    chosen_amount,
    longest_intervals,
    one_amount,
    other_currencies,
    rising_tiers,
)
from engine.catalog.semantics.shared import (
    ACTIVE_AGAIN,
    AMOUNT,
    ARCHIVE,
    COUNT,
    CURRENCY_KEY,
    METADATA,
    TAX_CODE,
    URL,
)
from engine.schema.lifecycle import Brought, Life, NaturalKey, Probe, Removal, Verb
from engine.schema.rules import Rule, RuleKind

PRODUCT = Row(
    face="Product",
    title="product",
    id_prefix="prod_",
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
        brings=(
            Brought(by="default_price_data", at="default_price", object="price", parent="product"),
        ),
    ),
    references={
        "default_price": "price",
        "tax_code": "tax_code",
        "tax_details.performance_location": "tax.location",
        "tax_details.tax_code": "tax_code",
    },
    write_only=("default_price_data", "type"),
    immutable=("type",),
    neutral={
        "active": True,
        "shippable": False,
        "description": None,
        "images": [],
        "marketing_features": [],
    },
    limits={
        **METADATA,
        "images": Limit(max=8),
        "images.*": URL,
        "marketing_features": Limit(max=15),
        "marketing_features.*.name": Limit(max=80),
        "statement_descriptor": Limit(
            pattern=r"""[^<>\\"']*[A-Za-z][^<>\\"']*""",
            says="it has a Latin letter, and none of < > \\ \" '",
        ),
        "tax_code": TAX_CODE,
        "url": URL,
    },
    bounds={
        "default_price_data.recurring.interval_count": COUNT,
        "default_price_data.currency_options.*.tiers.*.up_to": COUNT,
        **{
            f"default_price_data.{where}{name}": AMOUNT
            for where in ("", "currency_options.*.")
            for name in (
                "unit_amount",
                "unit_amount_decimal",
                "custom_unit_amount.maximum",
                "custom_unit_amount.minimum",
                "custom_unit_amount.preset",
            )
        },
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
    id_prefix="shr_",
    life=Life(
        removals=(ARCHIVE,),
        revival=ACTIVE_AGAIN,
    ),
    expand=("fixed_amount.currency_options",),
    hidden=("fixed_amount.currency_options",),
    neutral={
        "active": True,
        "type": "fixed_amount",
        "tax_behavior": "unspecified",
        "fixed_amount.currency_options.*.tax_behavior": "unspecified",
    },
    limits={
        **METADATA,
        "fixed_amount.currency_options": CURRENCY_KEY,
    },
    bounds={"delivery_estimate.*.value": COUNT},
    money={
        "fixed_amount.amount": "fixed_amount.currency",
        "fixed_amount.currency_options.*.amount": "*",
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
