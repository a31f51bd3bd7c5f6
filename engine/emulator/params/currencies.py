"""The refusal of currencies that Stripe does not know."""

from __future__ import annotations

from engine.catalog.currencies import CURRENCIES
from engine.emulator.wire.errors import StripeRefusal

_KNOWN = frozenset(CURRENCIES)


def is_currency(code: str) -> bool:
    """Whether Stripe knows a currency, in lower case."""
    return code in _KNOWN


def unknown_currency(code: str, param: str) -> StripeRefusal:
    """A currency that Stripe does not know."""
    return StripeRefusal(
        f"Invalid currency: {code}. Stripe currently supports these currencies: "
        f"{', '.join(CURRENCIES)}",
        param=param,
    )
