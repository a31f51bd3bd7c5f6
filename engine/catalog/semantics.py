"""The semantics table: what no machine can know about Stripe's types, as data.

A row for each managed type; a further type needs a row here and nothing elsewhere. Sources:
S = Stripe's published API description, D = Stripe's documentation, L = seen in a live answer,
R = reported by others, not shown as a live answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Alias, Limit, Row
from engine.provider.schema import (
    Detach,
    NaturalKey,
    Probe,
    Removal,
    Revival,
    Rule,
    RuleKind,
    Verb,
)
from engine.values import ABSENT

ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})
DEACTIVATE = Removal(verb=Verb.DEACTIVATE, params={"active": False})
DELETE = Removal(verb=Verb.DELETE)
ACTIVE_AGAIN = Revival(live={"active": True}, params={"active": True})

CURRENCY = Limit(min=3, max=3, pattern=r"[A-Za-z]{3}")
CURRENCY_KEY = Limit(min=3, max=3, pattern=r"[a-z]{3}")
# D: metadata holds 50 keys, of 40 characters without brackets, with values of 500.
METADATA_KEYS = Limit(max=50, pattern=r"[^\[\]]{1,40}")
METADATA_VALUE = Limit(max=500)
METADATA = {"metadata": METADATA_KEYS, "metadata.*": METADATA_VALUE}
URL = Limit(pattern=r"https?://\S+")

_UPDATES_ON = {"features.subscription_update.enabled": True}

PRODUCT = Row(
    face="Product",
    title="product",
    id_prefix="prod_",
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
    references={"tax_code": "tax_code", "default_price": "price"},
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
        "name": Limit(min=1),
        "description": Limit(max=40000),
        "images": Limit(max=8),
        "images.*": URL,
        "marketing_features": Limit(max=15),
        "marketing_features.*.name": Limit(max=80),
        "statement_descriptor": Limit(max=22, pattern=r"""[^<>\\"']*[A-Za-z][^<>\\"']*"""),
        "unit_label": Limit(max=12),
        "tax_code": Limit(pattern=r"txcd_\d{8}"),
        "url": URL,
    },
)

PRICE = Row(
    face="Price",
    title="price",
    id_prefix="price_",
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
    expand=("tiers", "currency_options"),
    hidden=("tiers", "currency_options"),
    references={"recurring.meter": "billing.meter"},
    # L: accepted and never told.
    write_only=(
        "product_data",
        "recurring.trial_period_days",
        "custom_unit_amount.enabled",
        "currency_options.*.custom_unit_amount.enabled",
    ),
    ignored=("transfer_lookup_key",),
    # D: what is inclusive or exclusive once stays so.
    frozen={
        "tax_behavior": ("inclusive", "exclusive"),
        "currency_options.*.tax_behavior": ("inclusive", "exclusive"),
    },
    words={
        "tiers.*.up_to": {"inf": None},
        "currency_options.*.tiers.*.up_to": {"inf": None},
    },
    neutral={
        "active": True,
        "billing_scheme": "per_unit",
        "tax_behavior": "unspecified",
        "recurring.interval_count": 1,
        "recurring.usage_type": "licensed",
        "currency_options.*.tax_behavior": "unspecified",
        # R: a tier with a flat amount and a zero unit amount reads back without the zero.
        "tiers.*.unit_amount": 0,
        "tiers.*.flat_amount": 0,
        "nickname": None,
    },
    fold_case=("currency",),
    limits={
        **METADATA,
        "currency": CURRENCY,
        "currency_options": CURRENCY_KEY,
        "lookup_key": Limit(max=200),
    },
    money={
        "unit_amount": "currency",
        "unit_amount_decimal": "currency",
        "tiers.*.unit_amount": "currency",
        "tiers.*.unit_amount_decimal": "currency",
        "tiers.*.flat_amount": "currency",
        "tiers.*.flat_amount_decimal": "currency",
        "currency_options.*.unit_amount": "*",
        "currency_options.*.unit_amount_decimal": "*",
        "custom_unit_amount.minimum": "currency",
        "custom_unit_amount.maximum": "currency",
        "custom_unit_amount.preset": "currency",
    },
    rules=(
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
        Rule(
            kind=RuleKind.LAST_ELEMENT,
            fields=("tiers",),
            value=("up_to", "inf"),
            message="The last tier has no upper bound.",
            hint='end the list with a tier of "up_to": "inf"',
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

COUPON = Row(
    face="Coupon",
    title="coupon",
    id_prefix="",
    removals=(DELETE,),
    natural_keys=(NaturalKey(attribute="id"),),
    expand=("applies_to", "currency_options"),
    hidden=("applies_to", "currency_options"),
    references={"applies_to.products.*": "product"},
    # L: a currency can be added, the amount of one that is there cannot change.
    add_only=("currency_options",),
    sets=("applies_to.products",),
    neutral={"duration": "once"},
    fold_case=("currency",),
    limits={
        **METADATA,
        "name": Limit(max=40),
        "currency": CURRENCY,
        "currency_options": CURRENCY_KEY,
    },
    money={"amount_off": "currency", "currency_options.*.amount_off": "*"},
    rules=(
        Rule(
            kind=RuleKind.ONE_OF,
            fields=("percent_off", "amount_off"),
            message="A coupon takes exactly one of percent_off, amount_off.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"amount_off": ...},
            fields=("currency",),
            message="amount_off needs a currency.",
        ),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"percent_off": ...},
            fields=("currency", "currency_options"),
            message="percent_off takes no currency.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"duration": "repeating"},
            fields=("duration_in_months",),
            message='duration="repeating" needs duration_in_months.',
        ),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"duration": "once"},
            fields=("duration_in_months",),
            message='duration_in_months goes with duration="repeating" only.',
        ),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"duration": "forever"},
            fields=("duration_in_months",),
            message='duration_in_months goes with duration="repeating" only.',
        ),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"duration": ABSENT},
            fields=("duration_in_months",),
            message='duration_in_months goes with duration="repeating" only.',
        ),
    ),
)

PROMOTION_CODE = Row(
    face="PromotionCode",
    title="promotion code",
    id_prefix="promo_",
    removals=(DEACTIVATE,),
    # A code also ends by itself: expired, or redeemed as often as it may be.
    revival=Revival(
        live={"active": True},
        params={"active": True},
        spent_if=("expires_at", "max_redemptions"),
    ),
    natural_keys=(
        NaturalKey(attribute="code", filter="code", variants=({"active": True},), fold_case=True),
    ),
    expand=("restrictions.currency_options",),
    hidden=("restrictions.currency_options",),
    references={"promotion.coupon": "coupon", "customer": "customer"},
    neutral={"active": True, "restrictions.first_time_transaction": False},
    fold_case=("restrictions.minimum_amount_currency",),
    limits={
        **METADATA,
        "code": Limit(min=1, max=500, pattern=r"[A-Za-z0-9_-]+"),
        "restrictions.currency_options": CURRENCY_KEY,
        "restrictions.minimum_amount_currency": CURRENCY,
    },
    money={
        "restrictions.minimum_amount": "restrictions.minimum_amount_currency",
        "restrictions.currency_options.*.minimum_amount": "*",
    },
    rules=(
        Rule(
            kind=RuleKind.REQUIRES,
            when={"restrictions.minimum_amount": ...},
            fields=("restrictions.minimum_amount_currency",),
            message="minimum_amount and minimum_amount_currency go together.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"restrictions.minimum_amount_currency": ...},
            fields=("restrictions.minimum_amount",),
            message="minimum_amount and minimum_amount_currency go together.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"promotion.type": "coupon"},
            fields=("promotion.coupon",),
            message='A promotion of type "coupon" names its coupon.',
        ),
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("customer", "customer_account"),
            message="Give customer or customer_account, not both.",
        ),
    ),
)

TAX_RATE = Row(
    face="TaxRate",
    title="tax rate",
    id_prefix="txr_",
    removals=(ARCHIVE,),
    revival=ACTIVE_AGAIN,
    neutral={"active": True},
    limits={
        **METADATA,
        "display_name": Limit(min=1, max=50),
        "jurisdiction": Limit(max=50),
        "country": Limit(pattern=r"[A-Z]{2}"),
    },
)

SHIPPING_RATE = Row(
    face="ShippingRate",
    title="shipping rate",
    id_prefix="shr_",
    removals=(ARCHIVE,),
    revival=ACTIVE_AGAIN,
    expand=("fixed_amount.currency_options",),
    hidden=("fixed_amount.currency_options",),
    neutral={
        "active": True,
        "type": "fixed_amount",
        "tax_behavior": "unspecified",
        "fixed_amount.currency_options.*.tax_behavior": "unspecified",
    },
    fold_case=("fixed_amount.currency",),
    limits={
        **METADATA,
        "display_name": Limit(min=1, max=100),
        "fixed_amount.currency": CURRENCY,
        "fixed_amount.currency_options": CURRENCY_KEY,
    },
    money={
        "fixed_amount.amount": "fixed_amount.currency",
        "fixed_amount.currency_options.*.amount": "*",
    },
    rules=(
        Rule(
            kind=RuleKind.REQUIRES,
            fields=("fixed_amount",),
            message="A shipping rate needs fixed_amount.",
            hint='add fixed_amount={"amount": 500, "currency": "usd"}',
        ),
    ),
)

PORTAL_CONFIGURATION = Row(
    face="PortalConfiguration",
    title="customer portal configuration",
    id_prefix="bpc_",
    removals=(
        Removal(verb=Verb.DEACTIVATE, params={"active": False}, unless_leaf=("is_default", True)),
        # L: "You cannot set `active: false` on your default PortalConfiguration."
        Removal(
            verb=Verb.KEEP,
            note="it is the account's default portal, which Stripe cannot deactivate",
        ),
    ),
    revival=ACTIVE_AGAIN,
    expand=("features.subscription_update.products",),
    references={
        "features.subscription_update.products.*.product": "product",
        "features.subscription_update.products.*.prices.*": "price",
        "features.payment_method_update.payment_method_configuration": (
            "payment_method_configuration"
        ),
        "features.subscription_cancel.cancellation_reason.feedback_options.*": (
            "billing.feedback_option"
        ),
    },
    sets=(
        "features.customer_update.allowed_updates",
        "features.subscription_cancel.cancellation_reason.options",
        "features.subscription_cancel.cancellation_reason.feedback_options",
        "features.subscription_update.default_allowed_updates",
        "features.subscription_update.products.*.prices",
    ),
    keyed={
        "features.subscription_update.products": "product",
        "features.subscription_update.schedule_at_period_end.conditions": "type",
    },
    # D: an absent feature is off; the rest are the defaults Stripe fills in.
    neutral={
        "active": True,
        "login_page.enabled": False,
        "features.customer_update.enabled": False,
        "features.customer_update.allowed_updates": [],
        "features.invoice_history.enabled": False,
        "features.payment_method_update.enabled": False,
        "features.subscription_cancel.enabled": False,
        "features.subscription_cancel.mode": "at_period_end",
        "features.subscription_cancel.proration_behavior": "none",
        "features.subscription_cancel.cancellation_reason.enabled": False,
        "features.subscription_pause.enabled": False,
        "features.subscription_update.enabled": False,
        "features.subscription_update.billing_cycle_anchor": "unchanged",
        "features.subscription_update.default_allowed_updates": [],
        "features.subscription_update.products": [],
        "features.subscription_update.proration_behavior": "none",
        "features.subscription_update.trial_update_behavior": "end_trial",
        "features.subscription_update.schedule_at_period_end.conditions": [],
    },
    limits={
        **METADATA,
        "business_profile.headline": Limit(max=60),
        "business_profile.privacy_policy_url": URL,
        "business_profile.terms_of_service_url": URL,
        "default_return_url": URL,
        "features.subscription_update.products": Limit(max=10),
        "features.subscription_update.products.*.prices": Limit(min=1),
    },
    rules=(
        Rule(
            kind=RuleKind.REQUIRES,
            when=_UPDATES_ON,
            fields=("features.payment_method_update.enabled",),
            value=True,
            message=("Cannot enable subscription updates while payment method update is disabled."),
            hint='add "payment_method_update": {"enabled": True} to features',
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when=_UPDATES_ON,
            fields=("features.subscription_update.products",),
            message="Missing required param: features[subscription_update][products]",
            hint='add "products": [{"product": pro.id, "prices": [monthly.id]}]',
        ),
        Rule(
            kind=RuleKind.UNIQUE_ELEMENTS,
            fields=("features.subscription_update.products",),
            value="product",
            message="A product stands in features[subscription_update][products] once.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"features.subscription_cancel.proration_behavior": "create_prorations"},
            fields=("features.subscription_cancel.mode",),
            value="immediately",
            message="Prorations on cancellation need mode immediately.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"features.subscription_cancel.proration_behavior": "always_invoice"},
            fields=("features.subscription_cancel.mode",),
            value="immediately",
            message="Prorations on cancellation need mode immediately.",
        ),
    ),
)

WEBHOOK_ENDPOINT = Row(
    face="WebhookEndpoint",
    title="webhook endpoint",
    id_prefix="we_",
    removals=(DELETE,),
    # Stripe disables an endpoint that keeps failing; that is drift worth seeing.
    revival=Revival(live={"status": "enabled"}, params={"disabled": False}),
    sensitive=("secret",),
    # The answer tells only whether an application owns it.
    write_only=("connect",),
    sets=("enabled_events",),
    aliases={"disabled": Alias(source="status", words={"enabled": False, "disabled": True})},
    neutral={"disabled": False, "connect": False},
    limits={
        **METADATA,
        "enabled_events": Limit(min=1),
        # L: loopback addresses are refused, since Stripe could never reach them.
        "url": Limit(pattern=r"https?://(?!localhost\b|127\.|\[::1\])\S+"),
    },
    # L: Stripe knows newer versions than any release of the SDK.
    unlisted=("api_version",),
)

SEMANTICS: Mapping[str, Row] = {
    "billing_portal.configuration": PORTAL_CONFIGURATION,
    "coupon": COUPON,
    "price": PRICE,
    "product": PRODUCT,
    "promotion_code": PROMOTION_CODE,
    "shipping_rate": SHIPPING_RATE,
    "tax_rate": TAX_RATE,
    "webhook_endpoint": WEBHOOK_ENDPOINT,
}
"""Rows of the managed types, by object name."""
