"""Prices and plans: two views of one object, of one id, which change together (D)."""

from __future__ import annotations

from typing import Any

from engine.emulator.behaviour import amounts
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen

_ALIKE = ("active", "billing_scheme", "currency", "metadata", "nickname", "product", "tiers_mode")
_RHYTHM = ("interval", "interval_count", "meter", "trial_period_days", "usage_type")
_STAMPS = ("created", "livemode")
# D: the fields that an update of a plan can change.
_CHANGEABLE = ("active", "metadata", "nickname", "product")


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
    return {"id": price["id"], "object": "plan", **dict(sorted(fields.items()))}
