"""Prices and plans: two views of one object, of one id, which change together (D)."""

from __future__ import annotations

from typing import Any

from engine.emulator.behaviour import amounts
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen
from engine.emulator.params.older_forms import BASIL, THEN, bracketed, is_before
from engine.emulator.wire.errors import StripeRefusal

_ALIKE = ("active", "billing_scheme", "currency", "metadata", "nickname", "product", "tiers_mode")
_RHYTHM = ("interval", "interval_count", "meter", "trial_period_days", "usage_type")
_STAMPS = ("created", "livemode")
# D: the fields that an update of a plan can change.
_CHANGEABLE = ("active", "metadata", "nickname", "product")
AGGREGATIONS = ("last_during_period", "last_ever", "max", "sum")
"""How metered usage added up before there were meters (D)."""
_AGGREGATION = "aggregate_usage"


def keep_aggregation(
    view: AccountView, path: str, rhythm: Frozen | None, document: Document
) -> None:
    """Keep how metered usage adds up for the versions that return it (D: by sum by default).

    Args:
        view: The request.
        path: Of the parameter that says it.
        rhythm: The parameters that were sent with it.
        document: Of the new price or plan.

    Raises:
        StripeRefusal: It was sent, and usage is not metered.
    """
    given, rhythm = view.gone.get(path), rhythm or {}
    metered = rhythm.get("usage_type") == "metered"
    if given is not None and not metered:
        raise StripeRefusal(  # D that it is for metered ones; the text is ours (?).
            f"`{_AGGREGATION}` can only be set when `usage_type` is `metered`.",
            param=bracketed(path),
        )
    if metered and rhythm.get("meter") is None and is_before(view.asked, BASIL):
        document[THEN] = {_AGGREGATION: given or "sum"}


def price_of(view: AccountView, plan: Frozen) -> Document:
    """A plan as a price; fields that only prices have stay as they are."""
    held = view.repository.get("price", plan["id"])
    if held is not None and "deleted" not in held:
        trial = {"trial_period_days": plan["trial_period_days"]}
        changed = {name: plan[name] for name in _CHANGEABLE}
        return {**held, **changed, "recurring": {**held["recurring"], **trial}}
    fields = {
        **{name: plan[name] for name in (*_ALIKE, "tiers")},
        "recurring": {name: plan[name] for name in _RHYTHM},
        "transform_quantity": plan["transform_usage"],
        "type": "recurring",
        "unit_amount": plan["amount"],
        "unit_amount_decimal": plan["amount_decimal"],
    }
    filled: dict[str, Any] = view.kind("price").builder.build(fields)
    filled.update({name: plan[name] for name in ("id", *_STAMPS)})
    filled["object"] = "price"
    if THEN in plan:
        filled[THEN] = plan[THEN]
    amounts.spell_out_options(view, filled)
    return filled


def plan_of(price: Frozen) -> Document:
    """A recurring price as a plan."""
    fields = {
        **{name: price[name] for name in (*_ALIKE, *_STAMPS, "tiers")},
        **{name: price["recurring"].get(name) for name in _RHYTHM},
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "transform_usage": price["transform_quantity"],
    }
    kept = {THEN: price[THEN]} if THEN in price else {}
    return {"id": price["id"], "object": "plan", **dict(sorted(fields.items())), **kept}
