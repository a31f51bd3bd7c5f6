"""Amounts in minor units as people read them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from engine.plan.amounts import Amount

# Source: Stripe's documentation on currencies. ISK and UGX have no minor unit in life and two
# decimals in the API, so they are not among these.
_NO_DECIMALS = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905 - a table
)
_THREE_DECIMALS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
# Only signs of one currency; currencies that share a sign are written with their code.
_SIGNS = {"eur": "€", "gbp": "£", "inr": "₹", "jpy": "¥", "usd": "$"}


def decimals(currency: str) -> int:
    """How many decimals an amount in minor units of a currency has."""
    code = currency.lower()
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2


def money(amount: object, currency: str) -> str:
    """Write an amount in minor units as money: `$29.00`, `¥2,900`, `1.500 KWD`.

    Args:
        amount: Minor units; a number, or a decimal number as text.
        currency: Three-letter code, in either case.

    Returns:
        The text, with more decimals than usual where the amount has them; empty if `amount` is
        no number.
    """
    if isinstance(amount, bool) or not isinstance(amount, (int, float, str, Decimal)):
        return ""
    try:
        minor = Decimal(str(amount))
    except InvalidOperation:
        return ""
    if not minor.is_finite():
        return ""
    places = decimals(currency)
    exact = minor.scaleb(-places).normalize()
    exponent = exact.as_tuple().exponent
    needed = -exponent if isinstance(exponent, int) else 0
    text = f"{abs(exact):,.{max(places, needed, 0)}f}"
    sign = "-" if exact < 0 else ""
    mark = _SIGNS.get(currency.lower())
    return f"{sign}{mark}{text}" if mark else f"{sign}{text} {currency.upper()}"


def amount_words(amount: Amount) -> str:
    """Write an amount with how often it is charged: `$24.00 a month`, `$60.00 every 3 months`."""
    text = amount_alone(amount)
    if not amount.interval:
        return text
    if amount.interval_count == 1:
        return f"{text} a {amount.interval}"
    return f"{text} every {amount.interval_count} {amount.interval}s"


def amount_alone(amount: Amount) -> str:
    """Write an amount without its interval; as a plain number if its currency is not known."""
    if not amount.currency:
        return f"{amount.value} minor units"
    return money(amount.value, amount.currency)
