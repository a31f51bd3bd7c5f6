"""What makes it cheaper."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import COUNT, CURRENCY_KEY, DEACTIVATE, DELETE, METADATA
from engine.catalog.semantics.shared_rules import (
    ONE_CUSTOMER,
    ahead,
    other_currencies,
    within_five_years,
)
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Life, NaturalKey, Revival
from engine.schema.naming import Naming, Words
from engine.schema.rules import Rule, RuleKind
from engine.values.markers import ABSENT

COUPON = Row(
    face="Coupon",
    title="coupon",
    stack="discounts",
    id_prefix="",
    naming=Naming(
        phrase=(
            Words("{percent_off} % off"),
            Words("{amount_off} off"),
            Words("once", when={"duration": "once"}),
            Words("forever", when={"duration": "forever"}),
            Words("for {duration_in_months:month}"),
        )
    ),
    life=Life(
        # S: times_redeemed.
        loses="its count of redemptions",
        removals=(DELETE,),
        natural_keys=(NaturalKey(attribute="id"),),
    ),
    expand=("applies_to", "currency_options"),
    hidden=("applies_to", "currency_options"),
    fields={
        **METADATA,
        "amount_off": COUNT | Field(money="currency"),
        "applies_to.products": Field(order=ListOrder.SET),
        "applies_to.products.*": Field(reference="product"),
        # L: a currency can be added, the amount of one that is there cannot change.
        "currency_options": CURRENCY_KEY | Field(add_only=True),
        "currency_options.*.amount_off": COUNT | Field(money="*"),
        "duration": Field(neutral="once"),
        # L: eight letters and digits. People choose words, with a number behind them.
        "id": Field(generated=r"(?![A-Z]*\d*$|[A-Z]?[a-z]*\d*$)[A-Za-z0-9]{8}"),
        "duration_in_months": COUNT,
        "max_redemptions": COUNT,
        "percent_off": Field(above=0, most=100),
    },
    rules=(
        other_currencies("currency", "currency_options"),
        within_five_years("redeem_by"),
        ahead("redeem_by"),
        Rule(
            kind=RuleKind.UNIQUE_ELEMENTS,
            fields=("applies_to.products",),
            value=(),
            message="A product is in applies_to[products] only once.",
        ),
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


def _within_coupon(field: str, limit: str) -> Rule:
    """Check that a code stays within its coupon (D)."""
    return Rule(
        kind=RuleKind.RISING,
        follow=("promotion.coupon",),
        fields=(field, f"promotion.coupon.{limit}"),
        value=0,
        message=f"A promotion code's {field} cannot be beyond the {limit} of its coupon.",
    )


PROMOTION_CODE = Row(
    face="PromotionCode",
    title="promotion code",
    stack="discounts",
    id_prefix="promo_",
    naming=Naming(
        under="promotion.coupon",
        fields=(),
        phrase=(
            Words("for purchases from {restrictions.minimum_amount}"),
            Words(", at most {max_redemptions:redemption}"),
        ),
    ),
    life=Life(
        # S: times_redeemed.
        loses="its count of redemptions",
        removals=(DEACTIVATE,),
        # A code also ends by itself: expired, or redeemed as often as it may be.
        revival=Revival(
            live={"active": True},
            params={"active": True},
            explained_by=("expires_at", "max_redemptions"),
        ),
        natural_keys=(
            # D: a code is unique among the active ones that a customer may use, in whatever case.
            NaturalKey(
                attribute="code",
                filter="code",
                scoped_by=("customer", "customer_account"),
                variants=({"active": True},),
                fold_case=True,
            ),
        ),
    ),
    expand=("restrictions.currency_options",),
    hidden=("restrictions.currency_options",),
    fields={
        **METADATA,
        "active": Field(neutral=True),
        "code": Field(pattern=r"[A-Za-z0-9_-]+", says="it has letters, digits, - and _ only"),
        "customer": Field(reference="customer"),
        "max_redemptions": COUNT,
        "promotion.coupon": Field(reference="coupon"),
        "restrictions.currency_options": CURRENCY_KEY,
        # R: a zero minimum is refused.
        "restrictions.currency_options.*.minimum_amount": COUNT | Field(money="*"),
        "restrictions.first_time_transaction": Field(neutral=False),
        "restrictions.minimum_amount": COUNT | Field(money="restrictions.minimum_amount_currency"),
    },
    rules=(
        other_currencies("restrictions.minimum_amount_currency", "restrictions.currency_options"),
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
        ONE_CUSTOMER,
        within_five_years("expires_at"),
        ahead("expires_at"),
        _within_coupon("expires_at", "redeem_by"),
        _within_coupon("max_redemptions", "max_redemptions"),
    ),
)

ROWS: Mapping[str, Row] = {
    "coupon": COUPON,
    "promotion_code": PROMOTION_CODE,
}
"""Rows of this area, by object name."""
