"""What a price costs for a quantity and a currency, before discounts and taxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from engine.plan.amounts import Amount

METERED = "metered"
"""The usage type of a price that is charged by reported usage."""
_MONTHS = {
    "day": Fraction(12, 365),
    "week": Fraction(84, 365),
    "month": Fraction(1),
    "year": Fraction(12),
}
"""How many months an interval has, with 365 days a year."""


def is_metered(price: Mapping[str, Any]) -> bool:
    """Whether a price is charged by reported usage, so that an item has no quantity."""
    return bool(_recurring(price).get("usage_type") == METERED)


def rhythm(price: Mapping[str, Any]) -> tuple[str, int]:
    """How often a price is charged: the interval, and how many of it; empty if it is paid once."""
    recurring = _recurring(price)
    return str(recurring.get("interval", "")), int(recurring.get("interval_count", 1))


def currencies(price: Mapping[str, Any]) -> tuple[str, ...]:
    """The currencies in which a price can be paid, its own first."""
    return tuple(dict.fromkeys((price["currency"], *(price.get("currency_options") or ()))))


def period_amount(price: Mapping[str, Any], currency: str, quantity: int | None) -> Decimal | None:
    """What a quantity costs each period, in minor units; None if the price does not say that.

    That is so for what is metered, and for what the customer chooses.
    """
    option = _option(price, currency)
    if option is None or is_metered(price) or quantity is None:
        return None
    charged = _divided(price.get("transform_quantity"), quantity)
    tiers = option.get("tiers")
    if price.get("billing_scheme") == "tiered":
        return _tiered(tiers, charged, price.get("tiers_mode")) if tiers else None
    unit = _number(option, "unit_amount")
    return None if unit is None else unit * charged


def unit_amount(price: Mapping[str, Any], currency: str) -> Amount | None:
    """What one costs, with how often; None where that depends on the quantity or the usage."""
    option = _option(price, currency)
    unit = _number(option, "unit_amount") if option is not None else None
    if unit is None:
        return None
    interval, count = rhythm(price)
    return Amount(path=(), value=unit, currency=currency, interval=interval, interval_count=count)


def monthly(amount: Decimal, interval: str, count: int) -> Fraction:
    """An amount of each period as one of each month."""
    return Fraction(amount) / (_MONTHS.get(interval, Fraction(1)) * count)


def _recurring(price: Mapping[str, Any]) -> Mapping[str, Any]:
    return price.get("recurring") or {}


def _option(price: Mapping[str, Any], currency: str) -> Mapping[str, Any] | None:
    if currency == price["currency"]:
        return price
    found: Mapping[str, Any] | None = (price.get("currency_options") or {}).get(currency)
    return found


def _number(holder: Mapping[str, Any], name: str) -> Decimal | None:
    value = holder.get(f"{name}_decimal")
    value = holder.get(name) if value is None else value
    return None if value is None else Decimal(str(value))


def _divided(rule: Mapping[str, Any] | None, quantity: int) -> Decimal:
    if not rule:
        return Decimal(quantity)
    rounding = ROUND_CEILING if rule["round"] == "up" else ROUND_FLOOR
    packages = Decimal(quantity) / Decimal(rule["divide_by"])
    return packages.to_integral_value(rounding=rounding)


def _tiered(tiers: Sequence[Mapping[str, Any]], quantity: Decimal, mode: str | None) -> Decimal:
    """The amount in tiers: each for its part of the quantity, or one of them for all of it."""
    total, below = Decimal(0), Decimal(0)
    for tier in tiers:
        end = tier["up_to"]
        last = end is None or quantity <= end
        part = quantity if last else Decimal(end)
        if mode == "graduated":
            total += _of_tier(tier, part - below)
            below = part
        elif last:
            return _of_tier(tier, quantity)
        if last:
            break
    return total


def _of_tier(tier: Mapping[str, Any], quantity: Decimal) -> Decimal:
    unit, flat = _number(tier, "unit_amount"), _number(tier, "flat_amount")
    return (unit or Decimal(0)) * quantity + (flat or Decimal(0))
