"""What is agreed with one customer: subscriptions, their schedules, and quotes."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Alias, Bounds, Handle, Limit, Row
from engine.catalog.semantics.checks import (
    ONE_CUSTOMER,
    liable,
    longest_intervals,
    one_amount,
    one_currency,
    one_discount,
    one_price,
    recurring_only,
    taxes_agree,
    unmetered_quantity,
)
from engine.catalog.semantics.shared import AMOUNT, COUNT, DELETE, METADATA, PERCENT
from engine.schema.lifecycle import Ending, Life, NaturalKey, Removal, Verb
from engine.schema.rules import Rule, RuleKind
from engine.values.markers import ABSENT

# Expanded, a discount tells its coupon one level down and its promotion code as it is.
_COUPON = Alias(source="source.coupon")
_PROMOTION_CODE = Alias(source="promotion_code")

_BILLED_BY_INVOICE = Rule(
    kind=RuleKind.REQUIRES,
    when={"collection_method": "send_invoice"},
    fields=("days_until_due",),
    message='collection_method="send_invoice" needs days_until_due.',
)

_INVOICED_ONLY = Rule(
    kind=RuleKind.REQUIRES,
    when={"days_until_due": ...},
    fields=("collection_method",),
    value="send_invoice",
    message='days_until_due goes with collection_method="send_invoice" only.',
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


def _bounds(each: str) -> Mapping[str, Bounds]:
    """Bounds of an item's numbers."""
    dot = f"{each}." if each else ""
    return {
        f"{dot}quantity": AMOUNT,
        f"{dot}price_data.unit_amount": AMOUNT,
        f"{dot}price_data.unit_amount_decimal": AMOUNT,
        f"{dot}price_data.recurring.interval_count": COUNT,
    }


SUBSCRIPTION = Row(
    face="Subscription",
    title="subscription",
    id_prefix="sub_",
    life=Life(
        removals=(Removal(verb=Verb.CANCEL, call="cancel"),),
        ending=Ending(
            leaves={"status": ("canceled", "incomplete_expired")},
            spent_if=("cancel_at", "cancel_at_period_end"),
        ),
        protect=True,
    ),
    expand=("discounts", "items.data.discounts"),
    references={
        "discounts.*.coupon": "coupon",
        "discounts.*.promotion_code": "promotion_code",
        "items.*.current_trial.trial_offer": "product_catalog.trial_offer",
        "items.*.discounts.*.coupon": "coupon",
        "items.*.discounts.*.promotion_code": "promotion_code",
        "items.*.price_data.product": "product",
    },
    # Told as what comes of them: a price of its own, a trial's end, a start.
    write_only=("backdate_start_date", "items.*.price_data", "trial_period_days"),
    # Directives of one request, and charges that happen once.
    ignored=(
        "add_invoice_items",
        "discounts.*.discount",
        "items.*.clear_usage",
        "items.*.deleted",
        "items.*.discounts.*.discount",
        "items.*.id",
        "off_session",
        "payment_behavior",
        "proration_behavior",
        "proration_date",
        "trial_from_plan",
    ),
    aliases={
        "discounts.*.coupon": _COUPON,
        "discounts.*.promotion_code": _PROMOTION_CODE,
        "items.*.discounts.*.coupon": _COUPON,
        "items.*.discounts.*.promotion_code": _PROMOTION_CODE,
    },
    # L: an item that an update does not name by its id is a further one.
    handles={"items": Handle(by="id", key="price", drop={"deleted": True})},
    # S: an update takes `now` or `unchanged` in its place, which are directives.
    immutable=("billing_cycle_anchor",),
    resolved=("cancel_at", "trial_end"),
    sets=("default_tax_rates", "items.*.tax_rates", "payment_settings.payment_method_types"),
    neutral={
        "automatic_tax.enabled": False,
        "cancel_at_period_end": False,
        "collection_method": "charge_automatically",
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings.issuer.type": "self",
        "items.*.discounts": [],
        "items.*.quantity": 1,
        "items.*.tax_rates": [],
        "payment_settings.save_default_payment_method": "off",
        "pending_invoice_item_interval.interval_count": 1,
        "trial_settings.end_behavior.missing_payment_method": "create_invoice",
    },
    limits={
        **METADATA,
        "items": Limit(min=1, max=20),
        "invoice_settings.custom_fields": Limit(max=4),
    },
    bounds={"application_fee_percent": PERCENT, **_bounds("items.*")},
    money={"billing_thresholds.amount_gte": "currency"},
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
        _BILLED_BY_INVOICE,
        _INVOICED_ONLY,
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
    # L: without a payment method Stripe charges nobody, and an invoice needs none.
    examples={"collection_method": "send_invoice", "days_until_due": 30},
)

SUBSCRIPTION_ITEM = Row(
    face="SubscriptionItem",
    title="subscription item",
    id_prefix="si_",
    life=Life(
        # D: the last item cannot go; the subscription goes instead.
        removals=(DELETE,),
        # L: a subscription has one item for each price.
        natural_keys=(NaturalKey(attribute="price", scan=True, beside=("subscription",)),),
    ),
    expand=("discounts",),
    references={
        "current_trial.trial_offer": "product_catalog.trial_offer",
        "discounts.*.coupon": "coupon",
        "discounts.*.promotion_code": "promotion_code",
        "price_data.product": "product",
        "subscription": "subscription",
    },
    write_only=("price_data",),
    ignored=(
        "discounts.*.discount",
        "off_session",
        "payment_behavior",
        "proration_behavior",
        "proration_date",
    ),
    aliases={
        "discounts.*.coupon": _COUPON,
        "discounts.*.promotion_code": _PROMOTION_CODE,
    },
    sets=("tax_rates",),
    neutral={"discounts": [], "quantity": 1, "tax_rates": []},
    limits=METADATA,
    bounds=_bounds(""),
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
    # L: a subscription has one item for each price, and begins with another.
    examples={"price": "further"},
)

SUBSCRIPTION_SCHEDULE = Row(
    face="SubscriptionSchedule",
    title="subscription schedule",
    id_prefix="sub_sched_",
    life=Life(
        removals=(
            # D: one that has begun lets its subscription live on; of another nothing is left.
            Removal(verb=Verb.RELEASE, call="release", unless_leaf=("status", "not_started")),
            Removal(verb=Verb.CANCEL, call="cancel"),
        ),
        ending=Ending(
            leaves={"status": ("canceled",)},
            past={"status": ("completed", "released")},
        ),
    ),
    # The ids in phases are told as ids; only their discounts need no expansion.
    references={
        "from_subscription": "subscription",
        "phases.*.add_invoice_items.*.price_data.product": "product",
        "phases.*.items.*.price_data.product": "product",
    },
    # Told as what comes of them: the first phase's start, each phase's end, prices of their own.
    write_only=(
        "from_subscription",
        "pause_schedules.*.pause.pause_at",
        "pause_schedules.*.resume.resume_at",
        "phases.*.add_invoice_items.*.price_data",
        "phases.*.duration",
        "phases.*.items.*.price_data",
        "start_date",
    ),
    ignored=("proration_behavior", "phases.*.start_date"),
    # D: an update repeats when its phases began.
    handles={"phases": Handle(by="start_date", whole=True)},
    resolved=("phases.*.end_date", "phases.*.trial_end"),
    sets=("phases.*.default_tax_rates", "phases.*.items.*.tax_rates"),
    neutral={
        "default_settings.automatic_tax.enabled": False,
        "default_settings.billing_cycle_anchor": "automatic",
        "default_settings.collection_method": "charge_automatically",
        "default_settings.invoice_settings.issuer.type": "self",
        "end_behavior": "release",
        "phases.*.add_invoice_items": [],
        "phases.*.default_tax_rates": [],
        "phases.*.discounts": [],
        "phases.*.items.*.discounts": [],
        "phases.*.items.*.quantity": 1,
        "phases.*.items.*.tax_rates": [],
        "phases.*.proration_behavior": "create_prorations",
    },
    limits={**METADATA, "phases": Limit(max=10), "phases.*.items": Limit(min=1, max=20)},
    bounds={
        "phases.*.application_fee_percent": PERCENT,
        "phases.*.duration.interval_count": COUNT,
        **_bounds("phases.*.items.*"),
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
    id_prefix="qt_",
    life=Life(
        removals=(Removal(verb=Verb.CANCEL, call="cancel"),),
        ending=Ending(leaves={"status": ("canceled",)}, past={"status": ("accepted",)}),
    ),
    expand=("discounts", "line_items"),
    hidden=("line_items",),
    references={
        "discounts.*.coupon": "coupon",
        "discounts.*.promotion_code": "promotion_code",
        "line_items.*.discounts.*.coupon": "coupon",
        "line_items.*.discounts.*.promotion_code": "promotion_code",
        "line_items.*.price_data.product": "product",
        "line_items.*.tax_rates.*": "tax_rate",
    },
    write_only=("line_items.*.price_data", "line_items.*.tax_rates"),
    ignored=(
        "discounts.*.discount",
        "line_items.*.discounts.*.discount",
        "line_items.*.id",
    ),
    aliases={
        "discounts.*.coupon": _COUPON,
        "discounts.*.promotion_code": _PROMOTION_CODE,
        "line_items.*.discounts.*.coupon": Alias(source="discount.source.coupon"),
        "line_items.*.discounts.*.promotion_code": Alias(source="discount.promotion_code"),
    },
    resolved=("subscription_data.effective_date",),
    sets=("default_tax_rates",),
    neutral={
        "application_fee_amount": 0,
        "automatic_tax.enabled": False,
        "collection_method": "charge_automatically",
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings.issuer.type": "self",
        "line_items.*.quantity": 1,
    },
    limits=METADATA,
    money={
        "application_fee_amount": "currency",
        "transfer_data.amount": "currency",
    },
    bounds={"application_fee_percent": PERCENT, **_bounds("line_items.*")},
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
