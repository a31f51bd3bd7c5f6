"""What people want to know of a price, small enough to be in a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from engine.frozen import frozen
from engine.plan.subscribers.amounts import is_metered, rhythm, unit_amount


@frozen
class PriceFacts:
    """One price.

    Attributes:
        id: Its id.
        stack: The stack that has, or had, its resource; empty if none has.
        address: The resource; empty if there is none.
        currency: Its own currency.
        unit: What one costs, in minor units; empty where that depends on the quantity or the usage.
        interval: How often it is charged.
        interval_count: Number of intervals from one charge to the next.
        metered: It is charged by reported usage.
        tiered: It has tiers.
        archived: It cannot be subscribed to, so that who is moved back to it needs it to be active
            for as long as that takes.
        terms: A fingerprint of all that decides what customers pay: Stripe lets the amounts in
            other currencies and the tax behavior of a price be changed.
    """

    id: str
    stack: str = ""
    address: str = ""
    currency: str
    unit: str = ""
    interval: str
    interval_count: int = 1
    metered: bool = False
    tiered: bool = False
    archived: bool = False
    terms: str = ""


_TERMS = (
    "billing_scheme",
    "currency",
    "currency_options",
    "custom_unit_amount",
    "recurring",
    "tax_behavior",
    "tiers",
    "tiers_mode",
    "transform_quantity",
    "unit_amount",
    "unit_amount_decimal",
)
_SHORT = 12


def facts_of(price: Mapping[str, Any], stack: str = "", address: str = "") -> PriceFacts:
    """The facts of a price as Stripe returns it."""
    interval, count = rhythm(price)
    unit = unit_amount(price, price["currency"])
    return PriceFacts(
        id=price["id"],
        stack=stack,
        address=address,
        currency=price["currency"],
        unit="" if unit is None else f"{unit.value:f}",
        interval=interval,
        interval_count=count,
        metered=is_metered(price),
        tiered=price.get("billing_scheme") == "tiered",
        archived=not price["active"],
        terms=_fingerprint({name: price.get(name) for name in _TERMS}),
    )


def _fingerprint(terms: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()[:_SHORT]
