"""Cards, who holds them and what they look like."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import COUNTRY, METADATA, below
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Ending, Life, NaturalKey, Removal, Revival, Verb
from engine.schema.naming import Naming
from engine.schema.rules import Rule, RuleKind

# S: null where nothing was declared, an empty list where it was cleared (R: an empty text does that
# in the requests of Stripe's own Terraform provider).
_CONTROLS = below(
    "spending_controls",
    dict.fromkeys(
        (
            "allowed_card_presences",
            "allowed_categories",
            "allowed_merchant_countries",
            "blocked_card_presences",
            "blocked_categories",
            "blocked_merchant_countries",
            "spending_limits",
            "spending_limits.*.categories",
        ),
        Field(clearable=True, neutral=[], order=ListOrder.SET),
    ),
)

CARDHOLDER = Row(
    face="Cardholder",
    events="issuing_cardholder",  # S
    title="cardholder",
    stack="issuing",
    on_request=True,
    id_prefix="ich_",
    life=Life(
        # D: a card keeps its cardholder.
        loses="its cards",
        removals=(Removal(verb=Verb.DEACTIVATE, params={"status": "inactive"}),),
        revival=Revival(live={"status": "active"}, params={"status": "active"}),
        natural_keys=(NaturalKey(attribute="email", filter="email", unique=False),),
        protect=True,
    ),
    fields={
        **METADATA,
        **_CONTROLS,
        "billing.address.country": COUNTRY,
        "company.tax_id": Field(write_only=True, sensitive=True),
        # D: what is embossed on a card: 24 characters, no digits.
        "name": Field(max_length=24),
        "preferred_locales": Field(neutral=[], order=ListOrder.SET),
        # S: limits are in the currency of the account's cards, which the response names.
        "spending_controls.spending_limits.*.amount": Field(
            money="spending_controls.spending_limits_currency"
        ),
        "status": Field(neutral="active"),
        "type": Field(neutral="individual"),
    },
)

CARD = Row(
    face="Card",
    events="issuing_card",  # S
    title="card",
    stack="issuing",
    on_request=True,
    id_prefix="ic_",
    naming=Naming(under="cardholder", fields=(), apart=("last4",)),
    life=Life(
        # D: each card has a number of its own.
        loses="its number",
        # D: for good.
        removals=(Removal(verb=Verb.CANCEL, params={"status": "canceled"}),),
        ending=Ending(
            leaves={"status": ("canceled",)},
            explained_by=("status", "lifecycle_controls", "exp_month", "exp_year"),
        ),
        protect=True,
    ),
    fields={
        **METADATA,
        **_CONTROLS,
        "cancellation_reason": Field(
            excused="taken only along with the status canceled, which is final"
        ),
        # Returned only when expanded, which this program never does.
        **dict.fromkeys(("cvc", "number"), Field(ignored=True)),
        "financial_account": Field(reference="treasury.financial_account"),
        "pin": Field(write_only=True),
        "pin.encrypted_number": Field(sensitive=True),
        "second_line": Field(max_length=24),
        "shipping.address.country": COUNTRY,
        "spending_controls.spending_limits.*.amount": Field(money="currency"),
        "status": Field(neutral="inactive"),
    },
    # D.
    rules=(
        Rule(
            kind=RuleKind.AT_LEAST_ONE,
            fields=("cardholder", "replacement_for"),
            message="A card has a cardholder, or is a replacement for one that has.",
            hint="add cardholder=...",
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"type": "physical"},
            fields=("shipping",),
            message="A physical card says where it is sent.",
        ),
    ),
)

PERSONALIZATION_DESIGN = Row(
    face="PersonalizationDesign",
    events="issuing_personalization_design",  # S
    title="personalization design",
    stack="issuing",
    id_prefix="pd_",
    life=Life(
        removals=(Removal(verb=Verb.KEEP, note="Stripe cannot delete a design"),),
        natural_keys=(
            NaturalKey(
                attribute="lookup_key",
                filter="lookup_keys",
                many=True,
                transfer="transfer_lookup_key",
                kept_by_removed=True,
            ),
        ),
    ),
    fields={
        **METADATA,
        "preferences.is_default": Field(neutral=False),
        "transfer_lookup_key": Field(
            ignored=True,
            instead="leave it out: the engine itself moves a lookup key from the old design to the "
            "new one",
        ),
    },
)

ROWS: Mapping[str, Row] = {
    "issuing.card": CARD,
    "issuing.cardholder": CARDHOLDER,
    "issuing.personalization_design": PERSONALIZATION_DESIGN,
}
"""Rows of this area, by object name."""
