"""What is agreed with one customer: subscriptions, their schedules, and quotes."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import AMOUNT, COUNT, DELETE, METADATA, PERCENT, below
from engine.catalog.semantics.shared_rules import (
    ONE_CUSTOMER,
    liable,
    longest_intervals,
    one_amount,
    one_currency,
    one_discount,
    one_price,
    only_when,
    recurring_only,
    taxes_agree,
    unmetered_quantity,
)
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Ending, Life, NaturalKey, Removal, Verb
from engine.schema.naming import Naming
from engine.schema.rules import Rule, RuleKind
from engine.values.markers import ABSENT

_DISCOUNTS = {
    "discounts": Field(neutral=[]),
    # An expanded discount holds its coupon one level down and its promotion code under its name.
    "discounts.*.coupon": Field(
        reference="coupon", source="source.coupon", follows_from="promotion_code"
    ),
    "discounts.*.promotion_code": Field(reference="promotion_code", source="promotion_code"),
    "discounts.*.discount": Field(ignored=True),
}
_ITEM = {
    "quantity": AMOUNT | Field(neutral=1),
    # Returned as the price that is made from it.
    "price_data": Field(write_only=True, makes="price"),
    "price_data.product": Field(reference="product"),
    "price_data.unit_amount": Field(money="currency"),
    "price_data.unit_amount_decimal": Field(money="currency"),
    "price_data.recurring.interval_count": COUNT | Field(generated="1"),
    "price_data.tax_behavior": Field(generated="unspecified"),
}
_PLAN = Field(follows_from="price")  # S: what a price was called before
_BILLING_MODE = Field(neutral="flexible")  # S: if no value is passed
_SUBSCRIPTION_ITEM = {
    **_ITEM,
    **_DISCOUNTS,
    "plan": _PLAN,
    "current_trial.trial_offer": Field(reference="product_catalog.trial_offer"),
    "tax_rates": Field(neutral=[], order=ListOrder.SET),
}
# Directives of one request.
_DIRECTIVES = dict.fromkeys(
    ("off_session", "payment_behavior", "proration_behavior", "proration_date"), Field(ignored=True)
)


def _priced(each: str, *further: str) -> tuple[Rule, ...]:
    """Checks of an item: one price, which is recurring; quantity, and amounts of its own."""
    dot = f"{each}." if each else ""
    return (
        one_price(each, *further),
        one_amount(f"{dot}price_data"),
        *longest_intervals(f"{dot}price_data.recurring"),
        unmetered_quantity(each),
    )


SUBSCRIPTION = Row(
    face="Subscription",
    events="customer.subscription",  # S
    title="subscription",
    stack="customers",
    on_request=True,
    id_prefix="sub_",
    naming=Naming(under="customer", fields=()),
    life=Life(
        # D: the first period begins with it.
        loses="its billing period, so that the customer is charged again",
        removals=(Removal(verb=Verb.CANCEL, call="cancel"),),
        ending=Ending(
            leaves={"status": ("canceled", "incomplete_expired")},
            explained_by=("cancel_at", "cancel_at_period_end"),
        ),
        protect=True,
    ),
    expand=("discounts", "items.data.discounts"),
    fields={
        **METADATA,
        **_DIRECTIVES,
        **_DISCOUNTS,
        **below("items.*", _SUBSCRIPTION_ITEM),
        # Charges that happen once.
        "add_invoice_items": Field(ignored=True),
        "application_fee_percent": PERCENT,
        "automatic_tax.enabled": Field(neutral=False),
        # Returned as the start that follows from it.
        "backdate_start_date": Field(write_only=True),
        # S: an update takes `now` or `unchanged` in its place, which are directives.
        "billing_cycle_anchor": Field(immutable=True, copied="start_date"),
        "billing_mode.type": _BILLING_MODE,
        "billing_thresholds.amount_gte": Field(money="currency"),
        "cancel_at": Field(resolved=True),
        "cancel_at_period_end": Field(neutral=False),
        # D: the currency of its first price.
        "currency": Field(copied="items.data.0.price.currency"),
        # L: Stripe charges only payment methods, and an invoice needs none.
        "collection_method": Field(neutral="charge_automatically", example="send_invoice"),
        "days_until_due": Field(example=30),
        "default_tax_rates": Field(neutral=[], order=ListOrder.SET),
        "invoice_settings.custom_fields": Field(max_length=4),
        "invoice_settings.issuer.type": Field(neutral="self"),
        # L: an item that an update does not name by its id is a further one.
        "items": Field(
            key="price", handle="id", drop={"deleted": True}, min_length=1, max_length=20
        ),
        "items.*.clear_usage": Field(ignored=True),
        "items.*.deleted": Field(ignored=True),
        "items.*.id": Field(ignored=True),
        "payment_settings.payment_method_options.*.mandate_options.amount": Field(money="currency"),
        "payment_settings.payment_method_types": Field(order=ListOrder.SET),
        "payment_settings.save_default_payment_method": Field(neutral="off"),
        "pending_invoice_item_interval.interval_count": Field(neutral=1),
        "trial_end": Field(resolved=True),
        "trial_from_plan": Field(ignored=True),
        # Returned as the end that follows from it.
        "trial_period_days": Field(write_only=True),
        "trial_settings.end_behavior.missing_payment_method": Field(neutral="create_invoice"),
    },
    rules=(
        *one_discount("discounts", "items.*.discounts"),
        one_currency("items.*", named="currency"),
        # R: refused together, whatever they say.
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("cancel_at", "cancel_at_period_end"),
            message="Received both cancel_at and cancel_at_period_end parameters. Please pass in "
            "only one.",
        ),
        Rule(
            kind=RuleKind.ONE_OF,
            fields=("customer", "customer_account"),
            message="A subscription belongs to a customer.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            fields=("items",),
            message="A subscription needs at least one item.",
        ),
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("trial_end", "trial_period_days"),
            message="Give trial_end or trial_period_days, not both.",
        ),
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("billing_cycle_anchor", "billing_cycle_anchor_config"),
            message="Give billing_cycle_anchor or billing_cycle_anchor_config, not both.",
        ),
        *only_when("collection_method", "send_invoice", "days_until_due"),
        Rule(
            kind=RuleKind.UNIQUE_ELEMENTS,
            fields=("items",),
            value=("price",),
            # L.
            message="Cannot add multiple subscription items with the same plan.",
            hint="give the item of that price a quantity",
        ),
        *_priced("items.*", "plan"),
        recurring_only("items.*.price"),
        *taxes_agree("items.*", "items.*.tax_rates"),
        *taxes_agree("items.*", "default_tax_rates", unless="items.*.tax_rates"),
        liable("automatic_tax.liability"),
        liable("invoice_settings.issuer"),
    ),
)

SUBSCRIPTION_ITEM = Row(
    face="SubscriptionItem",
    title="subscription item",
    stack="customers",
    on_request=True,
    id_prefix="si_",
    naming=Naming(under="subscription", fields=("price",)),
    life=Life(
        # D: the last item cannot go; the subscription goes instead.
        removals=(DELETE,),
        # L: a subscription has one item for each price.
        natural_keys=(NaturalKey(attribute="price", scan=True, with_fields=("subscription",)),),
    ),
    expand=("discounts",),
    fields={
        **METADATA,
        **_DIRECTIVES,
        **_SUBSCRIPTION_ITEM,
        # L: a subscription has one item for each price, and begins with another.
        "price": Field(example="further"),
        "subscription": Field(reference="subscription"),
    },
    rules=(
        *one_discount("discounts"),
        *_priced("", "plan"),
        recurring_only("price"),
        *taxes_agree("", "tax_rates"),
        Rule(
            kind=RuleKind.FORBIDS,
            follow=("subscription",),
            fields=("subscription.items",),
            message="Its subscription declares its items itself: the two would undo each other.",
            hint='declare it there, or give that one lifecycle=Lifecycle(ignore_changes=["items"])',
        ),
    ),
)

SUBSCRIPTION_SCHEDULE = Row(
    face="SubscriptionSchedule",
    title="subscription schedule",
    stack="customers",
    on_request=True,
    id_prefix="sub_sched_",
    naming=Naming(under="customer", fields=()),
    life=Life(
        # S: current_phase.
        loses="the phase that it is in",
        removals=(
            # D: one that has begun lets its subscription live on; of another nothing is left.
            Removal(verb=Verb.RELEASE, call="release", unless_leaf=("status", "not_started")),
            Removal(verb=Verb.CANCEL, call="cancel"),
        ),
        ending=Ending(
            leaves={"status": ("canceled",)}, finished={"status": ("completed", "released")}
        ),
    ),
    fields={
        **METADATA,
        **below("phases.*.items.*", _ITEM),
        "billing_mode.type": _BILLING_MODE,
        "default_settings.automatic_tax.enabled": Field(neutral=False),
        "default_settings.billing_cycle_anchor": Field(neutral="automatic"),
        "default_settings.collection_method": Field(neutral="charge_automatically"),
        "default_settings.invoice_settings.issuer.type": Field(neutral="self"),
        "end_behavior": Field(neutral="release"),
        "from_subscription": Field(write_only=True, reference="subscription"),
        "pause_schedules.*.pause.pause_at": Field(write_only=True),
        "pause_schedules.*.resume.resume_at": Field(write_only=True),
        # D: an update repeats when its phases began.
        "phases": Field(handle="start_date", whole=True, max_length=10),
        "phases.*.add_invoice_items": Field(neutral=[]),
        "phases.*.add_invoice_items.*.price_data": Field(write_only=True),
        "phases.*.add_invoice_items.*.price_data.product": Field(reference="product"),
        # S: a negative amount is a credit.
        "phases.*.add_invoice_items.*.price_data.unit_amount": Field(money="currency", signed=True),
        "phases.*.application_fee_percent": PERCENT,
        "phases.*.billing_thresholds.amount_gte": Field(money="currency"),
        "phases.*.default_tax_rates": Field(neutral=[], order=ListOrder.SET),
        "phases.*.discounts": Field(neutral=[]),
        # Returned as the end that follows from it.
        "phases.*.duration": Field(write_only=True),
        "phases.*.duration.interval_count": COUNT,
        "phases.*.end_date": Field(resolved=True),
        "phases.*.items": Field(min_length=1, max_length=20),
        "phases.*.items.*.discounts": Field(neutral=[]),
        "phases.*.items.*.plan": _PLAN,
        "phases.*.items.*.tax_rates": Field(neutral=[], order=ListOrder.SET),
        "phases.*.proration_behavior": Field(neutral="create_prorations"),
        "phases.*.start_date": Field(ignored=True),
        "phases.*.trial_end": Field(resolved=True),
        "proration_behavior": Field(ignored=True),
        # Returned as the start of the first phase.
        "start_date": Field(write_only=True),
    },
    rules=(
        *one_discount(
            "phases.*.add_invoice_items.*.discounts",
            "phases.*.discounts",
            "phases.*.items.*.discounts",
        ),
        Rule(
            kind=RuleKind.ONE_OF,
            when={"from_subscription": ABSENT},
            fields=("customer", "customer_account"),
            message="A schedule belongs to a customer.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"from_subscription": ABSENT},
            fields=("phases",),
            message="A schedule has phases, or is made from a subscription.",
        ),
        *_priced("phases.*.items.*", "plan"),
        one_currency("phases.*.items.*", named="phases.*.currency", each="phases.*"),
        recurring_only("phases.*.items.*.price"),
        *taxes_agree("phases.*.items.*", "phases.*.items.*.tax_rates"),
        *taxes_agree(
            "phases.*.items.*", "phases.*.default_tax_rates", unless="phases.*.items.*.tax_rates"
        ),
        one_price("phases.*.add_invoice_items.*"),
        one_amount("phases.*.add_invoice_items.*.price_data"),
        Rule(
            kind=RuleKind.FORBIDS,
            when={"from_subscription": ...},
            fields=("customer", "customer_account", "phases", "start_date"),
            message="A schedule made from a subscription takes everything else from it.",
        ),
        liable("default_settings.automatic_tax.liability"),
        liable("default_settings.invoice_settings.issuer"),
    ),
)

QUOTE = Row(
    face="Quote",
    title="quote",
    stack="customers",
    on_request=True,
    id_prefix="qt_",
    naming=Naming(under="customer", fields=()),
    life=Life(
        removals=(Removal(verb=Verb.CANCEL, call="cancel"),),
        ending=Ending(leaves={"status": ("canceled",)}, finished={"status": ("accepted",)}),
    ),
    expand=("discounts", "line_items"),
    hidden=("line_items",),
    fields={
        **METADATA,
        **_DISCOUNTS,
        **below("line_items.*", _ITEM),
        "application_fee_amount": Field(neutral=0, money="currency"),
        "application_fee_percent": PERCENT,
        "automatic_tax.enabled": Field(neutral=False),
        "collection_method": Field(neutral="charge_automatically"),
        "default_tax_rates": Field(neutral=[], order=ListOrder.SET),
        "from_quote.is_revision": Field(neutral=False),
        "invoice_settings.issuer.type": Field(neutral="self"),
        "line_items.*.discounts.*.coupon": Field(
            reference="coupon",
            source="discount.source.coupon",
            follows_from="promotion_code",
        ),
        "line_items.*.discounts.*.discount": Field(ignored=True),
        "line_items.*.discounts.*.promotion_code": Field(
            reference="promotion_code", source="discount.promotion_code"
        ),
        "line_items.*.id": Field(ignored=True),
        "line_items.*.tax_rates": Field(write_only=True),
        "line_items.*.tax_rates.*": Field(reference="tax_rate"),
        "subscription_data.billing_mode.type": _BILLING_MODE,
        "subscription_data.effective_date": Field(resolved=True),
        "transfer_data.amount": Field(money="currency"),
    },
    rules=(
        *one_discount("discounts", "line_items.*.discounts"),
        ONE_CUSTOMER,
        *_priced("line_items.*"),
        one_currency("line_items.*"),
        *taxes_agree("line_items.*", "line_items.*.tax_rates"),
        *taxes_agree("line_items.*", "default_tax_rates", unless="line_items.*.tax_rates"),
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("application_fee_amount", "application_fee_percent"),
            message="Give application_fee_amount or application_fee_percent, not both.",
        ),
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("transfer_data.amount", "transfer_data.amount_percent"),
            message="Give transfer_data.amount or transfer_data.amount_percent, not both.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"collection_method": "send_invoice"},
            fields=("invoice_settings.days_until_due",),
            message='collection_method="send_invoice" needs invoice_settings.days_until_due.',
        ),
        liable("automatic_tax.liability"),
        liable("invoice_settings.issuer"),
    ),
)

ROWS: Mapping[str, Row] = {
    "quote": QUOTE,
    "subscription": SUBSCRIPTION,
    "subscription_item": SUBSCRIPTION_ITEM,
    "subscription_schedule": SUBSCRIPTION_SCHEDULE,
}
"""Rows of this area, by object name."""
