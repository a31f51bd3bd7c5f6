"""At what price things are sold."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import (
    ACTIVE_AGAIN,
    ARCHIVE,
    COUNT,
    CURRENCY_KEY,
    DELETE,
    METADATA,
    MONEY_BY_KEY,
    PRODUCT_DATA,
    below,
)
from engine.catalog.semantics.shared_rules import (
    chosen_amount,
    longest_intervals,
    one_amount,
    other_currencies,
    rising_tiers,
)
from engine.schema.attribute import Kind
from engine.schema.lifecycle import Detach, Life, NaturalKey
from engine.schema.naming import Naming, Words
from engine.schema.rules import Rule, RuleKind

# What the entries of currency_options repeat.
_EACH_CURRENCY = {
    # L: accepted and never returned.
    "custom_unit_amount.enabled": Field(write_only=True, implied=True),
    # D: what is inclusive or exclusive once stays so.
    "tax_behavior": Field(frozen=("inclusive", "exclusive"), neutral="unspecified"),
    "tiers.*.up_to": COUNT | Field(words={"inf": None}),
}
_AMOUNTS = (
    "custom_unit_amount.maximum",
    "custom_unit_amount.minimum",
    "custom_unit_amount.preset",
    "tiers.*.flat_amount",
    "tiers.*.flat_amount_decimal",
    "tiers.*.unit_amount",
    "tiers.*.unit_amount_decimal",
)
_TIER = (
    Words("{unit_amount:alone} a unit"),
    Words("{flat_amount:alone} flat"),
    Words("up to {up_to}"),
    Words("beyond", when={"up_to": None}),
)

PRICE = Row(
    face="Price",
    title="price",
    stack="catalog",
    id_prefix="price_",
    naming=Naming(
        under="product",
        with_fields=("recurring.interval",),
        apart=("currency", "unit_amount"),
        phrase=(
            Words("{unit_amount}", zero="free"),
            Words("{tiers:tier}"),
            Words("the customer chooses", when={"custom_unit_amount.enabled": True}),
            Words("from {custom_unit_amount.minimum}"),
            Words("up to {custom_unit_amount.maximum}"),
            Words(", metered", when={"recurring.usage_type": "metered"}),
        ),
        parts={"tiers": _TIER},
    ),
    life=Life(
        # D: subscriptions stay on the price that they were made with.
        loses="the subscriptions that are on it",
        charged=True,
        removals=(ARCHIVE,),
        revival=ACTIVE_AGAIN,
        natural_keys=(
            NaturalKey(
                attribute="lookup_key",
                filter="lookup_keys",
                many=True,
                # D: the list shows active prices unless it is asked for the others.
                variants=({"active": True}, {"active": False}),
                transfer="transfer_lookup_key",
                kept_by_removed=True,
            ),
        ),
        # S: "This price cannot be archived because it is the default price of its product."
        detach=(Detach(object="product", via="product", attribute="default_price"),),
    ),
    expand=("tiers", "currency_options"),
    hidden=("tiers", "currency_options"),
    fields={
        **METADATA,
        **PRODUCT_DATA,
        **_EACH_CURRENCY,
        **below("currency_options.*", {**_EACH_CURRENCY, **dict.fromkeys(_AMOUNTS, MONEY_BY_KEY)}),
        "active": Field(neutral=True),
        "billing_scheme": Field(neutral="per_unit"),
        "currency_options": CURRENCY_KEY,
        # R: as for the tiers of the price itself.
        "currency_options.*.tiers.*.flat_amount": MONEY_BY_KEY | Field(neutral=0),
        "currency_options.*.tiers.*.unit_amount": MONEY_BY_KEY | Field(neutral=0),
        "currency_options.*.unit_amount": MONEY_BY_KEY,
        "currency_options.*.unit_amount_decimal": MONEY_BY_KEY,
        "custom_unit_amount.maximum": Field(money="currency"),
        "custom_unit_amount.minimum": Field(money="currency"),
        "custom_unit_amount.preset": Field(money="currency"),
        "nickname": Field(neutral=None),
        # L: accepted and never returned.
        "product_data": Field(write_only=True),
        "recurring.interval_count": COUNT | Field(neutral=1),
        "recurring.meter": Field(reference="billing.meter"),
        # L: accepted and never returned.
        "recurring.trial_period_days": Field(write_only=True),
        "recurring.usage_type": Field(neutral="licensed"),
        "tiers.*.flat_amount": Field(neutral=0, money="currency"),
        "tiers.*.flat_amount_decimal": Field(money="currency"),
        # R: a tier with a flat amount and a zero unit amount reads back without the zero.
        "tiers.*.unit_amount": Field(neutral=0, money="currency"),
        "tiers.*.unit_amount_decimal": Field(money="currency"),
        "transfer_lookup_key": Field(
            ignored=True,
            instead="leave it out: the engine itself moves a lookup key from the old price to the "
            "new one",
        ),
        "transform_quantity.divide_by": COUNT,
        "type": Field(
            instead="leave it out: a price with recurring={...} is recurring, one without is "
            "one_time",
        ),
        "unit_amount": Field(money="currency"),
        "unit_amount_decimal": Field(money="currency"),
    },
    rules=(
        other_currencies("currency", "currency_options"),
        Rule(
            kind=RuleKind.ONE_OF,
            fields=("product", "product_data"),
            message="A price belongs to one product: give exactly one of product, product_data.",
        ),
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("unit_amount", "unit_amount_decimal"),
            message=(
                "You may only specify one of these parameters: unit_amount, unit_amount_decimal."
            ),
        ),
        Rule(
            kind=RuleKind.ONE_OF,
            fields=("unit_amount", "unit_amount_decimal", "custom_unit_amount", "tiers"),
            message="Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
            hint="give exactly one of unit_amount, unit_amount_decimal, custom_unit_amount, tiers",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"tiers": ...},
            fields=("billing_scheme",),
            value="tiered",
            message='Tiers need billing_scheme="tiered".',
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"billing_scheme": "tiered"},
            fields=("tiers", "tiers_mode"),
            message="A tiered price needs tiers and tiers_mode.",
        ),
        *rising_tiers("tiers"),
        *rising_tiers("currency_options.*.tiers"),
        *chosen_amount("custom_unit_amount"),
        *chosen_amount("currency_options.*.custom_unit_amount"),
        *longest_intervals("recurring"),
        one_amount("currency_options.*", "custom_unit_amount", "tiers"),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"custom_unit_amount": ...},
            fields=("recurring",),
            message="Prices with `custom_unit_amount` are only supported with `type=one_time`.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"tiers_mode": ...},
            fields=("tiers",),
            message="`tiers_mode` can only be set when `billing_scheme` is `tiered`.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"tiers": ...},
            fields=("recurring",),
            message="Prices with `type=one_time` are not supported with tiered billing.",
            hint='add recurring={"interval": "month"}',
        ),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"tiers": ...},
            fields=("transform_quantity",),
            message="A tiered price takes no transform_quantity.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"recurring.usage_type": "metered"},
            fields=("recurring.meter",),
            message=(
                "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed "
                "by meters."
            ),
            hint='make a meter, meter = Meter("a-name", event_name=..., display_name=..., '
            'default_aggregation={"formula": "sum"}), and add "meter": meter.id to recurring',
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"recurring.meter": ...},
            fields=("recurring.usage_type",),
            value="metered",
            message='A price with a meter needs usage_type="metered".',
        ),
    ),
)

PLAN = Row(
    face="Plan",
    title="plan",
    stack="catalog",
    on_request=True,
    id_prefix="plan_",
    naming=Naming(
        under="product",
        with_fields=("interval",),
        apart=("currency", "amount"),
        phrase=(
            Words("{amount}", zero="free"),
            Words("{tiers:tier}"),
            Words(", metered", when={"usage_type": "metered"}),
        ),
        parts={"tiers": _TIER},
    ),
    life=Life(
        # D: subscriptions stay on the plan that they were made with.
        loses="the subscriptions that are on it",
        charged=True,
        # D: new subscribers cannot have it any more, those who have it keep it.
        removals=(DELETE,),
        revival=ACTIVE_AGAIN,
        natural_keys=(NaturalKey(attribute="id"),),
    ),
    expand=("tiers",),
    hidden=("tiers",),
    fields={
        **METADATA,
        "active": Field(neutral=True),
        "amount": Field(money="currency"),
        "amount_decimal": Field(money="currency"),
        "id": Field(generated=r"(plan|price)_[A-Za-z0-9]{14,}"),  # L
        "billing_scheme": Field(neutral="per_unit"),
        "interval_count": COUNT | Field(neutral=1),
        "meter": Field(reference="billing.meter"),
        # An inline product is a product of its own: declare it as such.
        "product": Field(kind=Kind.STRING, reference="product"),
        "tiers.*.flat_amount": Field(neutral=0, money="currency"),
        "tiers.*.flat_amount_decimal": Field(money="currency"),
        "tiers.*.unit_amount": Field(neutral=0, money="currency"),
        "tiers.*.unit_amount_decimal": Field(money="currency"),
        "tiers.*.up_to": COUNT | Field(words={"inf": None}),
        "transform_usage.divide_by": COUNT,
        "usage_type": Field(neutral="licensed"),
    },
    rules=(
        Rule(
            kind=RuleKind.REQUIRES,
            fields=("product",),
            message="A plan belongs to a product.",
        ),
        Rule(
            kind=RuleKind.ONE_OF,
            fields=("amount", "amount_decimal", "tiers"),
            message="A plan takes exactly one of amount, amount_decimal, tiers.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"billing_scheme": "tiered"},
            fields=("tiers", "tiers_mode"),
            message="A tiered plan needs tiers and tiers_mode.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"tiers": ...},
            fields=("billing_scheme",),
            value="tiered",
            message='Tiers need billing_scheme="tiered".',
        ),
        *rising_tiers("tiers"),
        *longest_intervals(""),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"usage_type": "metered"},
            fields=("meter",),
            message="A metered plan must be backed by a meter.",
            hint='make a meter, meter = Meter("a-name", event_name=..., display_name=..., '
            'default_aggregation={"formula": "sum"}), and add meter=meter.id',
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"meter": ...},
            fields=("usage_type",),
            value="metered",
            message='A plan with a meter needs usage_type="metered".',
        ),
    ),
)

ROWS: Mapping[str, Row] = {
    "plan": PLAN,
    "price": PRICE,
}
"""Rows of this area, by object name."""
