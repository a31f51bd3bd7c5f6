"""Cards, who holds them and what they look like."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Limit, Row
from engine.catalog.semantics.shared import COUNTRY, METADATA
from engine.schema.lifecycle import Ending, Life, NaturalKey, Removal, Revival, Verb
from engine.schema.rules import Rule, RuleKind

_CONTROLS = (
    "allowed_card_presences",
    "allowed_categories",
    "allowed_merchant_countries",
    "blocked_card_presences",
    "blocked_categories",
    "blocked_merchant_countries",
)
_CONTROL_SETS = (
    *(f"spending_controls.{name}" for name in _CONTROLS),
    "spending_controls.spending_limits",
    "spending_controls.spending_limits.*.categories",
)
# S: null where nothing was said, a list of none where it was taken back (R: an empty text does that
# in the requests of Stripe's own Terraform provider).
_CONTROLS_OFF: Mapping[str, list[str]] = {
    **{f"spending_controls.{name}": [] for name in _CONTROLS},
    "spending_controls.spending_limits": [],
    "spending_controls.spending_limits.*.categories": [],
}

CARDHOLDER = Row(
    face="Cardholder",
    title="cardholder",
    id_prefix="ich_",
    life=Life(
        removals=(Removal(verb=Verb.DEACTIVATE, params={"status": "inactive"}),),
        revival=Revival(live={"status": "active"}, params={"status": "active"}),
        protect=True,
    ),
    write_only=("company.tax_id",),
    sensitive=("company.tax_id",),
    sets=("preferred_locales", *_CONTROL_SETS),
    clearable=_CONTROL_SETS,
    neutral={
        "status": "active",
        "type": "individual",
        "preferred_locales": [],
        **_CONTROLS_OFF,
    },
    limits={
        **METADATA,
        # D: what is embossed on a card: 24 characters, no digits.
        "name": Limit(max=24),
        "billing.address.country": COUNTRY,
    },
    # S: limits are in the currency of the account's cards, which the answer names.
    money={
        "spending_controls.spending_limits.*.amount": "spending_controls.spending_limits_currency"
    },
)

CARD = Row(
    face="Card",
    title="card",
    id_prefix="ic_",
    life=Life(
        # D: for good.
        removals=(Removal(verb=Verb.CANCEL, params={"status": "canceled"}),),
        ending=Ending(
            leaves={"status": ("canceled",)},
            spent_if=("status", "lifecycle_controls", "exp_month", "exp_year"),
        ),
        protect=True,
    ),
    references={"financial_account": "treasury.financial_account"},
    # Answered to nobody who does not ask for them, and this program never does.
    ignored=("cvc", "number"),
    write_only=("pin",),
    sensitive=("pin.encrypted_number",),
    sets=_CONTROL_SETS,
    clearable=_CONTROL_SETS,
    neutral={"status": "inactive", **_CONTROLS_OFF},
    limits={
        **METADATA,
        "second_line": Limit(max=24),
        "shipping.address.country": COUNTRY,
    },
    money={"spending_controls.spending_limits.*.amount": "currency"},
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
    excused={"cancellation_reason": "taken only along with the status canceled, which is final"},
)

PERSONALIZATION_DESIGN = Row(
    face="PersonalizationDesign",
    title="personalization design",
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
    ignored=("transfer_lookup_key",),
    instead={
        "transfer_lookup_key": (
            "leave it out: the engine itself moves a lookup key from the old design to the new one"
        ),
    },
    neutral={"preferences.is_default": False},
    limits=METADATA,
)

ROWS: Mapping[str, Row] = {
    "issuing.card": CARD,
    "issuing.cardholder": CARDHOLDER,
    "issuing.personalization_design": PERSONALIZATION_DESIGN,
}
"""Rows of this area, by object name."""
