"""How customers pay: links, methods, and the domains that may show them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import (
    ACTIVE_AGAIN,
    AMOUNT,
    COUNT,
    DEACTIVATE,
    DELETE,
    DOMAIN,
    METADATA,
    PERCENT,
    PRODUCT_DATA,
    URL,
    below,
)
from engine.catalog.semantics.shared_rules import (
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
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Life, NaturalKey, Removal, Revival, Verb
from engine.schema.naming import Naming, Words
from engine.schema.rules import Rule, RuleKind

_RECURRING = ("line_items.*.price.recurring", "line_items.*.price_data.recurring")

PAYMENT_LINK = Row(
    face="PaymentLink",
    title="payment link",
    stack="payments",
    id_prefix="plink_",
    naming=Naming(
        fields=("line_items.data.0.price",),
        phrase=(
            Words("{line_items.0.price_data.unit_amount}", zero="free"),
            Words("at {url}"),
        ),
    ),
    life=Life(
        # S: url.
        loses="its URL",
        known_by=("url",),
        removals=(DEACTIVATE,),
        revival=ACTIVE_AGAIN,
    ),
    expand=("line_items",),
    hidden=("line_items",),
    fields={
        **METADATA,
        **below("payment_intent_data", METADATA),
        **below("subscription_data", METADATA),
        **below("line_items.*.price_data", PRODUCT_DATA),
        "active": Field(neutral=True),
        "after_completion": Field(chooser="type"),
        "after_completion.redirect.url": URL,
        "after_completion.type": Field(neutral="hosted_confirmation"),
        "allow_promotion_codes": Field(neutral=False),
        "application_fee_amount": Field(money="currency"),
        "application_fee_percent": PERCENT,
        "automatic_tax.enabled": Field(neutral=False),
        "billing_address_collection": Field(neutral="auto"),
        "consent_collection.promotions": Field(neutral="none"),
        "consent_collection.terms_of_service": Field(neutral="none"),
        "custom_fields": Field(neutral=[], max_length=3),
        "custom_fields.*.dropdown.options": Field(min_length=1, max_length=200),
        "custom_fields.*.dropdown.options.*.value": Field(
            pattern=r"[A-Za-z0-9]+", says="it has letters and digits only"
        ),
        "custom_fields.*.key": Field(
            pattern=r"[A-Za-z0-9]+", says="it has letters and digits only"
        ),
        "custom_fields.*.optional": Field(neutral=False),
        # D: the currency of the first price.
        "currency": Field(copied="line_items.data.0.currency"),
        # L: returned as if_required when it was not sent.
        "customer_creation": Field(neutral="if_required"),
        "invoice_creation.enabled": Field(neutral=False),
        "invoice_creation.invoice_data.custom_fields": Field(max_length=4),
        "invoice_creation.invoice_data.rendering_options.template": Field(
            reference="invoice_rendering_template"
        ),
        # D: an update takes the item's id, quantity and adjustable_quantity, and drops none.
        "line_items": Field(key="price", handle="id", min_length=1, max_length=20),
        "line_items.*.adjustable_quantity.enabled": Field(neutral=False),
        "line_items.*.id": Field(ignored=True),
        # The link makes a price of its own from it; the response holds that price alone.
        "line_items.*.price_data": Field(write_only=True, makes="price"),
        "line_items.*.price_data.product": Field(reference="product"),
        "line_items.*.price_data.recurring.interval_count": COUNT | Field(generated="1"),
        "line_items.*.price_data.tax_behavior": Field(generated="unspecified"),
        "line_items.*.price_data.unit_amount": Field(money="currency"),
        "line_items.*.price_data.unit_amount_decimal": Field(money="currency"),
        # L: a metered price takes no quantity.
        "line_items.*.quantity": AMOUNT | Field(optional=True),
        "managed_payments.enabled": Field(neutral=False),
        "name_collection.business.enabled": Field(neutral=False),
        "name_collection.business.optional": Field(neutral=False),
        "name_collection.individual.enabled": Field(neutral=False),
        "name_collection.individual.optional": Field(neutral=False),
        "optional_items": Field(neutral=[], max_length=10),
        "optional_items.*.price": Field(reference="price"),
        "optional_items.*.quantity": AMOUNT,
        "payment_intent_data.capture_method": Field(neutral="automatic"),
        "payment_method_collection": Field(neutral="always"),
        "payment_method_options.card.restrictions.brands_blocked": Field(order=ListOrder.SET),
        "payment_method_types": Field(order=ListOrder.SET),
        "phone_number_collection.enabled": Field(neutral=False),
        "shipping_address_collection.allowed_countries": Field(order=ListOrder.SET, min_length=1),
        "shipping_options": Field(neutral=[], max_length=5),
        "submit_type": Field(neutral="auto"),
        "subscription_data.invoice_settings.issuer.type": Field(neutral="self"),
        "subscription_data.trial_period_days": COUNT,
        "tax_id_collection.enabled": Field(neutral=False),
        "tax_id_collection.required": Field(neutral="never"),
        "transfer_data.amount": Field(money="currency"),
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
    stack="payments",
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
        # D: a connected account's configuration has one of the platform as its parent.
        named_across_accounts=True,
    ),
    fields={
        "*.display_preference.preference": Field(neutral="none"),
        # D: `none` leaves the method to the parent or the default. What is declared is returned as
        # `preference`; `value` next to it is what follows from it.
        "active": Field(neutral=True),
        # L: accepted and never returned.
        **dict.fromkeys(("apple_pay_later", "fr_meal_voucher_conecs"), Field(write_only=True)),
        "parent": Field(reference="payment_method_configuration"),
    },
)

PAYMENT_METHOD_DOMAIN = Row(
    face="PaymentMethodDomain",
    title="payment method domain",
    stack="payments",
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
    fields={
        "domain_name": DOMAIN | Field(fold_case=True),
        "enabled": Field(neutral=True),
    },
)

APPLE_PAY_DOMAIN = Row(
    face="ApplePayDomain",
    title="Apple Pay domain",
    stack="payments",
    id_prefix="apwc_",
    life=Life(
        removals=(DELETE,),
        natural_keys=(NaturalKey(attribute="domain_name", filter="domain_name", fold_case=True),),
    ),
    fields={
        "domain_name": DOMAIN | Field(fold_case=True),
    },
)

ROWS: Mapping[str, Row] = {
    "apple_pay_domain": APPLE_PAY_DOMAIN,
    "payment_link": PAYMENT_LINK,
    "payment_method_configuration": PAYMENT_METHOD_CONFIGURATION,
    "payment_method_domain": PAYMENT_METHOD_DOMAIN,
}
"""Rows of this area, by object name."""
