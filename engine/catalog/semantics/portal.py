"""What customers may do by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import ACTIVE_AGAIN, METADATA, URL
from engine.catalog.semantics.shared_rules import active_only, recurring_only
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Life, Removal, Verb
from engine.schema.naming import Naming, Words
from engine.schema.rules import Rule, RuleKind

_PRODUCTS = "features.subscription_update.products.*"
_PRICES = f"{_PRODUCTS}.prices.*"
_UPDATES_ON = {"features.subscription_update.enabled": True}

PORTAL_CONFIGURATION = Row(
    face="PortalConfiguration",
    title="customer portal configuration",
    stack="portal",
    id_prefix="bpc_",
    naming=Naming(
        phrase=(
            Words("customers may change to {features.subscription_update.products:product}"),
            Words(", with a login page", when={"login_page.enabled": True}),
        )
    ),
    life=Life(
        # S: login_page.url.
        loses="the URL of its login page",
        known_by=("name",),
        removals=(
            Removal(
                verb=Verb.DEACTIVATE, params={"active": False}, unless_leaf=("is_default", True)
            ),
            # L: "You cannot set `active: false` on your default PortalConfiguration."
            Removal(
                verb=Verb.KEEP,
                note="it is the account's default portal, which Stripe cannot deactivate",
            ),
        ),
        revival=ACTIVE_AGAIN,
        # D: the configuration of sessions that name none, made in the Dashboard or the first.
        default_filters={"is_default": True},
    ),
    expand=("features.subscription_update.products",),
    fields={
        **METADATA,
        "active": Field(neutral=True),
        "business_profile.privacy_policy_url": URL,
        "business_profile.terms_of_service_url": URL,
        "default_return_url": URL,
        # D: an absent feature is off; the rest are the defaults Stripe fills in.
        "features.customer_update.allowed_updates": Field(neutral=[], order=ListOrder.SET),
        "features.customer_update.enabled": Field(neutral=False),
        "features.invoice_history.enabled": Field(neutral=False),
        "features.payment_method_update.enabled": Field(neutral=False),
        "features.payment_method_update.payment_method_configuration": Field(
            reference="payment_method_configuration"
        ),
        "features.subscription_cancel.cancellation_reason.enabled": Field(neutral=False),
        "features.subscription_cancel.cancellation_reason.feedback_options": Field(
            order=ListOrder.SET
        ),
        "features.subscription_cancel.cancellation_reason.feedback_options.*": Field(
            reference="billing.feedback_option"
        ),
        # R: refused where it is sent and empty. D: sample responses list these of a feature that is
        # off.
        "features.subscription_cancel.cancellation_reason.options": Field(
            neutral=[
                "too_expensive",
                "missing_features",
                "switched_service",
                "unused",
                "other",
            ],
            order=ListOrder.SET,
            min_length=1,
        ),
        "features.subscription_cancel.enabled": Field(neutral=False),
        "features.subscription_cancel.mode": Field(neutral="at_period_end"),
        "features.subscription_cancel.proration_behavior": Field(neutral="none"),
        # S: a single option of one month.
        "features.subscription_pause.duration.interval_options": Field(
            neutral=[{"interval": "month", "interval_count": 1}]
        ),
        "features.subscription_pause.duration.interval_options.*.interval_count": Field(neutral=1),
        "features.subscription_pause.duration.type": Field(neutral="interval_options"),
        "features.subscription_pause.enabled": Field(neutral=False),
        "features.subscription_update.billing_cycle_anchor": Field(neutral="unchanged"),
        "features.subscription_update.default_allowed_updates": Field(
            neutral=[], order=ListOrder.SET
        ),
        "features.subscription_update.enabled": Field(neutral=False),
        "features.subscription_update.products": Field(
            neutral=[], order=ListOrder.KEYED, key="product", max_length=10
        ),
        # R: quantity changes are on for a product that does not set them.
        "features.subscription_update.products.*.adjustable_quantity.enabled": Field(neutral=True),
        "features.subscription_update.products.*.adjustable_quantity.minimum": Field(neutral=1),
        "features.subscription_update.products.*.prices": Field(order=ListOrder.SET, min_length=1),
        "features.subscription_update.products.*.prices.*": Field(reference="price"),
        "features.subscription_update.products.*.product": Field(reference="product"),
        "features.subscription_update.proration_behavior": Field(neutral="none"),
        "features.subscription_update.schedule_at_period_end.conditions": Field(
            neutral=[], order=ListOrder.KEYED, key="type"
        ),
        "features.subscription_update.trial_update_behavior": Field(neutral="end_trial"),
        "login_page.enabled": Field(neutral=False),
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
            value=("product",),
            message="A product is in features[subscription_update][products] only once.",
        ),
        # D: customers choose by interval, so each is there once; in each currency (R).
        Rule(
            kind=RuleKind.UNIQUE_ELEMENTS,
            each=_PRODUCTS,
            follow=(_PRICES,),
            fields=(f"{_PRODUCTS}.prices",),
            value=("recurring.interval", "recurring.interval_count", "currency"),
            message=(
                "The product has multiple prices with the same `recurring[interval]`. Only one "
                "price for each interval is allowed."
            ),
            hint="{twin} and {one} of {place.product} have the same interval: leave one out, or "
            "give it a product of its own",
        ),
        Rule(
            kind=RuleKind.BELONGS,
            each=_PRODUCTS,
            follow=(_PRICES,),
            fields=(f"{_PRICES}.product",),
            value=f"{_PRODUCTS}.product",
            message="The price specified does not belong to this product.",
            hint="{one} belongs to another product than {place.product}: put it under its own",
        ),
        recurring_only(_PRICES),
        active_only(_PRICES),
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

ROWS: Mapping[str, Row] = {
    "billing_portal.configuration": PORTAL_CONFIGURATION,
}
"""Rows of this area, by object name."""
