"""Parts of prices: amounts in two forms, tiers, and options by currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

NO_AMOUNT = "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."
OWN_CURRENCY_IN_CREATE = (
    "You are specifying a currency option that matches the top-level currency for this price. "
    "Please remove this currency option."
)
OWN_CURRENCY_IN_UPDATE = (
    "You are specifying an update to a currency option that matches the top-level currency for "
    "this price. Please remove this currency option and update the top-level params instead."
)


def both_forms(params: Frozen, name: str) -> tuple[int | None, str | None]:
    """An amount as a whole number and as a decimal, from the one that was sent.

    A decimal with a fraction has no whole number (R).

    Returns:
        Minor units, and the decimal as text.
    """
    whole, decimal = params.get(name), params.get(f"{name}_decimal")
    if whole is not None:
        return whole, str(whole)
    if decimal is None:
        return None, None
    number = Decimal(decimal)
    return (int(number) if number == number.to_integral_value() else None), decimal


def given(params: Frozen, names: Iterable[str]) -> list[str]:
    """Those of some parameters that were sent with a value."""
    return [name for name in names if params.get(name) is not None]


def check_custom_amount(custom: Mapping[str, Any] | None, param: str) -> None:
    """Check an amount that the customer chooses (D: minimum <= preset <= maximum).

    Raises:
        StripeRefusal: It is off, or its bounds are in the wrong order; texts are ours (?).
    """
    if custom is None:
        return
    if not custom["enabled"]:
        raise StripeRefusal(f"Invalid {param}[enabled]: must be true", param=f"{param}[enabled]")
    ordered = [(name, custom.get(name)) for name in ("minimum", "preset", "maximum")]
    known = [(name, value) for name, value in ordered if value is not None]
    for (_, low), (name, high) in pairwise(known):
        if high < low:
            raise errors.too_small(f"{param}[{name}]", low, high)


def check_tiers(tiers: list[Document], param: str) -> None:
    """Check tiers: rising bounds, the last one open, each amount in one form (D).

    Raises:
        StripeRefusal: A tier breaks a rule. The texts are ours (?).
    """
    bound = 0
    for index, tier in enumerate(tiers):
        place = f"{param}[{index}]"
        last = index == len(tiers) - 1
        up_to = tier["up_to"]
        if (up_to == "inf") != last:
            message = (
                "The last tier must have `up_to` set to `inf`."
                if last
                else "Only the last tier can have `up_to` set to `inf`."
            )
            raise StripeRefusal(message, param=f"{place}[up_to]")
        if up_to != "inf":
            if up_to <= bound:
                raise errors.too_small(f"{place}[up_to]", bound + 1, up_to)
            bound = up_to
        _check_tier_amounts(tier, place)


def _check_tier_amounts(tier: Frozen, param: str) -> None:
    found: list[str] = []
    for name in ("unit_amount", "flat_amount"):
        spellings = given(tier, (name, f"{name}_decimal"))
        if len(spellings) > 1:
            raise errors.exclusive(spellings, f"{param}[{name}]")
        found += spellings
    if not found:
        raise StripeRefusal(
            "Each tier requires a `unit_amount`, `unit_amount_decimal`, `flat_amount`, or "
            "`flat_amount_decimal` parameter to be set.",
            param=param,
        )


def spell_out_tiers(tiers: list[Document] | None) -> None:
    """Set both forms of every amount in the tiers of a response."""
    for tier in tiers or ():
        for name in ("unit_amount", "flat_amount"):
            tier[name], tier[f"{name}_decimal"] = both_forms(tier, name)


def spell_out_options(view: AccountView, document: Document) -> None:
    """Set both forms of amounts in the options, and add the price's own currency (R)."""
    own = {
        name: document[name]
        for name in (
            "custom_unit_amount",
            "tax_behavior",
            "tiers",
            "unit_amount",
            "unit_amount_decimal",
        )
    }
    filled = view.kind("price").builder.build_field("currency_options.*", own)
    options = {
        currency: option
        for currency, option in (document["currency_options"] or {}).items()
        if currency != document["currency"]
    }
    for option in options.values():
        pair = both_forms(option, "unit_amount")
        option["unit_amount"], option["unit_amount_decimal"] = pair
        spell_out_tiers(option.get("tiers"))
    options[document["currency"]] = filled
    for option in options.values():
        if not option.get("tiers"):
            option.pop("tiers", None)
    document["currency_options"] = dict(sorted(options.items()))
