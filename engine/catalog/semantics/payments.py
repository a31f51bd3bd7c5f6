"""How customers pay: links, methods, and the domains that may show them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Handle, Limit, Row
from engine.catalog.semantics.checks import (
    active_only,
    liable,
    licensed_quantity,
    longest_intervals,
    one_amount,
    one_currency,
    one_price,
    only_when,
    unmetered_quantity,
)
from engine.catalog.semantics.shared import (
    ACTIVE_AGAIN,
    AMOUNT,
    COUNT,
    DEACTIVATE,
    DELETE,
    DOMAIN,
    METADATA,
    METADATA_KEYS,
    METADATA_VALUE,
    PERCENT,
    URL,
)
from engine.schema.lifecycle import Life, NaturalKey, Removal, Revival, Verb
from engine.schema.rules import Rule, RuleKind

_RECURRING = ("line_items.*.price.recurring", "line_items.*.price_data.recurring")

PAYMENT_LINK = Row(
    face="PaymentLink",
    title="payment link",
    id_prefix="plink_",
    life=Life(
        removals=(DEACTIVATE,),
        revival=ACTIVE_AGAIN,
    ),
    expand=("line_items",),
    hidden=("line_items",),
    references={
        "line_items.*.price_data.product": "product",
        "line_items.*.price_data.product_data.tax_code": "tax_code",
        "line_items.*.price_data.product_data.tax_details.performance_location": "tax.location",
        "line_items.*.price_data.product_data.tax_details.tax_code": "tax_code",
        "optional_items.*.price": "price",
        "invoice_creation.invoice_data.rendering_options.template": "invoice_rendering_template",
    },
    # L: a metered price takes no quantity.
    optional=("line_items.*.quantity",),
    # The link makes a price of its own from it; the answer tells that price alone.
    write_only=("line_items.*.price_data",),
    ignored=("line_items.*.id",),
    # D: an update takes the item's id, quantity and adjustable_quantity, and drops none.
    handles={"line_items": Handle(by="id", key="price")},
    choosers=("after_completion.type",),
    sets=(
        "payment_method_types",
        "payment_method_options.card.restrictions.brands_blocked",
        "shipping_address_collection.allowed_countries",
    ),
    neutral={
        "active": True,
        "after_completion.type": "hosted_confirmation",
        "allow_promotion_codes": False,
        "automatic_tax.enabled": False,
        "billing_address_collection": "auto",
        "consent_collection.promotions": "none",
        "consent_collection.terms_of_service": "none",
        "custom_fields": [],
        "custom_fields.*.optional": False,
        # L: told as if_required when unsent.
        "customer_creation": "if_required",
        "invoice_creation.enabled": False,
        "line_items.*.adjustable_quantity.enabled": False,
        "managed_payments.enabled": False,
        "name_collection.business.enabled": False,
        "name_collection.business.optional": False,
        "name_collection.individual.enabled": False,
        "name_collection.individual.optional": False,
        "optional_items": [],
        "payment_intent_data.capture_method": "automatic",
        "payment_method_collection": "always",
        "phone_number_collection.enabled": False,
        "shipping_options": [],
        "submit_type": "auto",
        "tax_id_collection.enabled": False,
        "tax_id_collection.required": "never",
    },
    limits={
        **METADATA,
        "payment_intent_data.metadata": METADATA_KEYS,
        "payment_intent_data.metadata.*": METADATA_VALUE,
        "subscription_data.metadata": METADATA_KEYS,
        "subscription_data.metadata.*": METADATA_VALUE,
        "after_completion.redirect.url": URL,
        "custom_fields": Limit(max=3),
        "custom_fields.*.key": Limit(
            pattern=r"[A-Za-z0-9]+", says="it has letters and digits only"
        ),
        "custom_fields.*.dropdown.options": Limit(min=1, max=200),
        "custom_fields.*.dropdown.options.*.value": Limit(
            pattern=r"[A-Za-z0-9]+", says="it has letters and digits only"
        ),
        "invoice_creation.invoice_data.custom_fields": Limit(max=4),
        "line_items": Limit(min=1, max=20),
        "optional_items": Limit(max=10),
        "shipping_address_collection.allowed_countries": Limit(min=1),
        "shipping_options": Limit(max=5),
    },
    money={
        "application_fee_amount": "currency",
        "transfer_data.amount": "currency",
        "line_items.*.price_data.unit_amount": "currency",
        "line_items.*.price_data.unit_amount_decimal": "currency",
    },
    bounds={
        "application_fee_percent": PERCENT,
        "line_items.*.price_data.recurring.interval_count": COUNT,
        "line_items.*.quantity": AMOUNT,
        "optional_items.*.quantity": AMOUNT,
        "subscription_data.trial_period_days": COUNT,
    },
    rules=(
        one_price("line_items.*"),
        one_amount("line_items.*.price_data"),
        Rule(
            kind=RuleKind.ONE_OF,
            each="line_items.*.price_data",
            fields=("line_items.*.price_data.product", "line_items.*.price_data.product_data"),
            message="A price belongs to one product: give exactly one of product, product_data.",
        ),
        *longest_intervals("line_items.*.price_data.recurring"),
        one_currency("line_items.*", named="currency"),
        active_only("line_items.*.price"),
        active_only("optional_items.*.price"),
        unmetered_quantity("line_items.*"),
        *licensed_quantity("line_items.*"),
        *(
            Rule(
                kind=RuleKind.AT_LEAST_ONE,
                follow=("line_items.*.price",),
                when={name: ...},
                fields=_RECURRING,
                message=f"You can only pass `{name}` with at least one recurring price.",
            )
            for name in (
                "subscription_data",
                "application_fee_percent",
                "payment_method_collection",
            )
        ),
        *(
            Rule(
                kind=RuleKind.FORBIDS,
                follow=("line_items.*.price",),
                when={recurring: ...},
                fields=(name,),
                value=value,
                message=f"You can only pass `{name}` with one-time prices only.",
            )
            for recurring in _RECURRING
            for name, value in (
                ("application_fee_amount", ...),
                ("payment_intent_data", ...),
                ("invoice_creation.enabled", True),
            )
        ),
        *only_when("after_completion.type", "redirect", "after_completion.redirect"),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"after_completion.hosted_confirmation": ...},
            fields=("after_completion.redirect",),
            message="after_completion is a redirect or a hosted confirmation, not both.",
        ),
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("application_fee_amount", "application_fee_percent"),
            message="Give application_fee_amount or application_fee_percent, not both.",
        ),
        Rule(
            kind=RuleKind.UNIQUE_ELEMENTS,
            fields=("custom_fields",),
            value=("key",),
            message="The keys of custom_fields are unique.",
        ),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"subscription_data": ...},
            fields=("payment_intent_data", "invoice_creation"),
            message="A link to a subscription takes no payment_intent_data or invoice_creation.",
        ),
        liable("automatic_tax.liability"),
        liable("invoice_creation.invoice_data.issuer"),
        liable("subscription_data.invoice_settings.issuer"),
    ),
)

PAYMENT_METHOD_CONFIGURATION = Row(
    face="PaymentMethodConfiguration",
    title="payment method configuration",
    id_prefix="pmc_",
    life=Life(
        removals=(
            Removal(
                verb=Verb.DEACTIVATE, params={"active": False}, unless_leaf=("is_default", True)
            ),
            Removal(
                verb=Verb.KEEP,
                note="it is the account's default configuration, which Stripe cannot deactivate",
            ),
        ),
        revival=ACTIVE_AGAIN,
        # Names are free; without metadata the name is all there is to find it again by.
        natural_keys=(NaturalKey(attribute="name", scan=True, unique=False),),
    ),
    references={"parent": "payment_method_configuration"},
    # L: accepted and never told.
    write_only=("apple_pay_later", "fr_meal_voucher_conecs"),
    # D: `none` hands the method back to the parent or the default. What is declared is told as
    # `preference`; `value` beside it is what comes of it.
    neutral={"active": True, "*.display_preference.preference": "none"},
)

PAYMENT_METHOD_DOMAIN = Row(
    face="PaymentMethodDomain",
    title="payment method domain",
    id_prefix="pmd_",
    life=Life(
        removals=(Removal(verb=Verb.DEACTIVATE, params={"enabled": False}),),
        revival=Revival(live={"enabled": True}, params={"enabled": True}),
        natural_keys=(
            NaturalKey(
                attribute="domain_name",
                filter="domain_name",
                variants=({"enabled": True}, {"enabled": False}),
                # R: a disabled domain still occupies its name.
                kept_by_removed=True,
                fold_case=True,
            ),
        ),
        # D: payment methods are shown on the domain only after it was validated.
        after_create=("validate",),
    ),
    neutral={"enabled": True},
    fold_case=("domain_name",),
    limits={"domain_name": DOMAIN},
)

APPLE_PAY_DOMAIN = Row(
    face="ApplePayDomain",
    title="Apple Pay domain",
    id_prefix="apwc_",
    life=Life(
        removals=(DELETE,),
        natural_keys=(NaturalKey(attribute="domain_name", filter="domain_name", fold_case=True),),
    ),
    fold_case=("domain_name",),
    limits={"domain_name": DOMAIN},
)

ROWS: Mapping[str, Row] = {
    "apple_pay_domain": APPLE_PAY_DOMAIN,
    "payment_link": PAYMENT_LINK,
    "payment_method_configuration": PAYMENT_METHOD_CONFIGURATION,
    "payment_method_domain": PAYMENT_METHOD_DOMAIN,
}
"""Rows of this area, by object name."""
