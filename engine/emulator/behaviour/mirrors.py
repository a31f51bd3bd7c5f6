"""Prices and plans: two views of one object, of one id, which change together (D).

What must not live here: what either of them refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.emulator.behaviour import amounts

if TYPE_CHECKING:
    from engine.emulator.requests.call import Call

_ALIKE = ("active", "billing_scheme", "currency", "metadata", "nickname", "product", "tiers_mode")
_RHYTHM = ("interval", "interval_count", "meter", "trial_period_days", "usage_type")
_STAMPS = ("created", "livemode")
# D: all that an update of a plan can change.
_CHANGEABLE = ("active", "metadata", "nickname", "product")


def price_of(call: Call, plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan in the words of prices; what only a price has stays as it is."""
    held = call.tables.get("price", plan["id"])
    if held is not None and "deleted" not in held:
        trial = {"trial_period_days": plan["trial_period_days"]}
        changed = {name: plan[name] for name in _CHANGEABLE}
        return {**held, **changed, "recurring": {**held["recurring"], **trial}}
    told = {
        **{name: plan[name] for name in (*_ALIKE, "tiers")},
        "recurring": {name: plan[name] for name in _RHYTHM},
        "transform_quantity": plan["transform_usage"],
        "type": "recurring",
        "unit_amount": plan["amount"],
        "unit_amount_decimal": plan["amount_decimal"],
    }
    filled: dict[str, Any] = call.kind("price").filling.complete(told)
    filled.update({name: plan[name] for name in ("id", *_STAMPS)})
    filled["object"] = "price"
    amounts.spell_out_options(call, filled)
    return filled


def plan_of(price: Mapping[str, Any]) -> dict[str, Any]:
    """A recurring price in the words of plans."""
    told = {
        **{name: price[name] for name in (*_ALIKE, *_STAMPS, "tiers")},
        **{name: price["recurring"].get(name) for name in _RHYTHM},
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "transform_usage": price["transform_quantity"],
    }
    return {"id": price["id"], "object": "plan", **dict(sorted(told.items()))}
