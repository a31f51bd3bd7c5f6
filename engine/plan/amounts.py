"""The amounts of money in an object, each with its currency and how often it is charged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.frozen import frozen
from engine.plan.compare.field_changes import currency_of
from engine.schema.attribute import Attribute, Kind
from engine.values.paths import Path, get_path, parse_path
from engine.values.tree import leaves


@frozen
class Amount:
    """One amount of money.

    Attributes:
        path: Where it is in the object.
        value: Minor units of the currency; a fraction of one is possible.
        currency: Lower-case code; empty if it is not known.
        interval: How often it is charged, `day`, `week`, `month` or `year`; empty if once, or if
            the object does not say it.
        interval_count: Number of intervals from one charge to the next.
    """

    path: Path
    value: Decimal
    currency: str
    interval: str = ""
    interval_count: int = 1


def amounts_in(root: Attribute, values: Mapping[str, Any]) -> dict[Path, Amount]:
    """Find the amounts in an object or a declaration.

    Args:
        root: The fields of its type.
        values: Its nested values; unknown ones and references are passed over.

    Returns:
        The amounts by path, in the order of the values. An amount in two spellings
        (`unit_amount`, `unit_amount_decimal`) is there once.
    """
    amounts = {path: _amount(root, path, value, values) for path, value in leaves(values)}
    return {path: amount for path, amount in amounts.items() if amount is not None}


def amount_at(root: Attribute, path: Path, values: Mapping[str, Any]) -> Amount | None:
    """The amount at a path, in whichever spelling it is there; None if none is.

    Args:
        root: The fields of its type.
        path: Of the amount.
        values: The object's nested values.
    """
    attribute = root.at(path)
    if attribute is None or not attribute.money:
        return None
    second = (*path[:-1], attribute.twin)
    found = _amount(root, path, get_path(values, path), values)
    return found or _amount(root, second, get_path(values, second), values)


def said_by(root: Attribute, path: Path) -> Iterator[Path]:
    """Yield the paths of an amount, of its other spelling, its currency and its interval."""
    attribute = root.at(path)
    if attribute is None:
        return
    yield path
    if attribute.twin:
        yield (*path[:-1], attribute.twin)
    if attribute.money:
        yield parse_path(attribute.money)
        for length in range(len(path)):
            for name in ("interval", "interval_count"):
                yield (*path[:length], name)
                yield (*path[:length], "recurring", name)


def _amount(root: Attribute, path: Path, value: Any, values: Mapping[str, Any]) -> Amount | None:
    attribute = root.at(path)
    number = _number(value) if attribute is not None and attribute.money else None
    if attribute is None or number is None or _is_second_spelling(attribute, path, values):
        return None
    interval, count = _recurrence(path, values)
    return Amount(
        path=path,
        value=number,
        currency=currency_of(attribute, path, values, {}),
        interval=interval,
        interval_count=count,
    )


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_second_spelling(attribute: Attribute, path: Path, values: Mapping[str, Any]) -> bool:
    """Whether an amount is the decimal spelling of one that is there as a number too."""
    if attribute.kind is not Kind.DECIMAL or not attribute.twin:
        return False
    return get_path(values, (*path[:-1], attribute.twin)) is not None


def _recurrence(path: Path, values: Mapping[str, Any]) -> tuple[str, int]:
    """The interval next to an amount, or next to what holds it.

    Stripe's spelling is `recurring` with `interval` and `interval_count` for prices and wherever
    data of a price is given, and the two without it for plans (S).
    """
    for length in range(len(path) - 1, -1, -1):
        holder = get_path(values, path[:length])
        if not isinstance(holder, Mapping):
            continue
        recurring = holder.get("recurring", holder)
        if isinstance(recurring, Mapping) and isinstance(recurring.get("interval"), str):
            count = recurring.get("interval_count")
            return recurring["interval"], count if isinstance(count, int) else 1
    return "", 1
