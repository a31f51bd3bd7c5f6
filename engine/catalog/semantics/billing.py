"""Metered billing, and what invoices and cancellations look like."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import COUNT, METADATA
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Ending, Life, NaturalKey, Removal, Revival, Verb
from engine.schema.naming import Naming, Words
from engine.schema.rules import Rule, RuleKind

METER = Row(
    face="Meter",
    title="meter",
    stack="billing",
    id_prefix="mtr_",
    life=Life(
        # D: reported usage is counted by one meter.
        loses="the usage that was reported to it",
        removals=(Removal(verb=Verb.DEACTIVATE, call="deactivate"),),
        revival=Revival(live={"status": "active"}, params={}, call="reactivate"),
        natural_keys=(
            NaturalKey(
                attribute="event_name",
                scan=True,
                variants=({"status": "active"}, {"status": "inactive"}),
                # R: an inactive meter keeps its name for ever.
                kept_by_removed=True,
            ),
        ),
    ),
    fields={
        # L: filled in when unsent, for `count` as well.
        "customer_mapping.event_payload_key": Field(neutral="stripe_customer_id"),
        "customer_mapping.type": Field(neutral="by_id"),
        "value_settings.event_payload_key": Field(neutral="value"),
    },
)

ALERT = Row(
    face="Alert",
    title="alert",
    stack="billing",
    id_prefix="alrt_",
    life=Life(
        # D: it cannot be undone, and an archived alert is in no list.
        removals=(Removal(verb=Verb.ARCHIVE, call="archive"),),
        revival=Revival(live={"status": "active"}, params={}, call="activate"),
        ending=Ending(leaves={"status": ("archived",)}),
        natural_keys=(
            NaturalKey(
                attribute="title", scan=True, with_fields=("usage_threshold.meter",), unique=False
            ),
        ),
    ),
    fields={
        "usage_threshold.filters": Field(order=ListOrder.SET),
        "usage_threshold.gte": COUNT,
    },
    rules=(
        Rule(
            kind=RuleKind.REQUIRES,
            when={"alert_type": "usage_threshold"},
            fields=("usage_threshold",),
            message="An alert of type usage_threshold needs usage_threshold.",
        ),
    ),
)

CREDIT_GRANT = Row(
    face="CreditGrant",
    title="credit grant",
    stack="billing",
    on_request=True,
    id_prefix="credgr_",
    naming=Naming(under="customer", phrase=(Words("{amount.monetary.value}"),)),
    life=Life(
        # D: a grant begins with its whole amount.
        loses="its record of what was used, so that the customer has the whole amount again",
        removals=(
            Removal(
                verb=Verb.VOID,
                call="void_grant",
                # R: only a grant of which nothing was used.
                fallback=True,
                note="what was used of it already is expired instead",
            ),
            Removal(verb=Verb.EXPIRE, call="expire"),
        ),
        ending=Ending(leaves={"voided_at": (...,)}),
        natural_keys=(
            NaturalKey(attribute="name", scan=True, with_fields=("customer",), unique=False),
        ),
        protect=True,
    ),
    fields={
        **METADATA,
        "amount.monetary.value": COUNT | Field(money="amount.monetary.currency"),
        "applicability_config.scope.prices": Field(order=ListOrder.SET),
        "applicability_config.scope.prices.*.id": Field(reference="price"),
        # S: paid, from now on, if nothing else is given.
        "category": Field(neutral="paid"),
        "effective_at": Field(copied="created"),
        # D: 0 is used up first. S: 50 if not given.
        "priority": Field(neutral=50, least=0, most=100),
    },
    rules=(
        Rule(
            kind=RuleKind.ONE_OF,
            fields=("customer", "customer_account"),
            message="A credit grant belongs to a customer.",
        ),
        Rule(
            kind=RuleKind.ONE_OF,
            fields=(
                "applicability_config.scope.price_type",
                "applicability_config.scope.prices",
            ),
            message="The scope is exactly one of price_type, prices.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            follow=("applicability_config.scope.prices.*.id",),
            fields=("applicability_config.scope.prices.*.id.recurring.usage_type",),
            value="metered",
            # D.
            message="A credit grant applies to metered prices only.",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"amount.type": "monetary"},
            fields=("amount.monetary",),
            message='An amount of type "monetary" needs monetary.',
        ),
    ),
)

FEEDBACK_OPTION = Row(
    face="FeedbackOption",
    title="feedback option",
    stack="billing",
    # The documentation shows no id.
    id_prefix="",
    life=Life(
        removals=(Removal(verb=Verb.DEACTIVATE, call="deactivate"),),
        # S: there is no call that brings one back.
        ending=Ending(leaves={"status": ("inactive",)}),
        natural_keys=(NaturalKey(attribute="description", scan=True, unique=False),),
    ),
)

INVOICE_RENDERING_TEMPLATE = Row(
    face="InvoiceRenderingTemplate",
    title="invoice rendering template",
    stack="billing",
    id_prefix="inrtem_",
    life=Life(
        removals=(Removal(verb=Verb.ARCHIVE, call="archive"),),
        revival=Revival(live={"status": "active"}, params={}, call="unarchive"),
    ),
)

ROWS: Mapping[str, Row] = {
    "billing.alert": ALERT,
    "billing.credit_grant": CREDIT_GRANT,
    "billing.feedback_option": FEEDBACK_OPTION,
    "billing.meter": METER,
    "invoice_rendering_template": INVOICE_RENDERING_TEMPLATE,
}
"""Rows of this area, by object name."""
