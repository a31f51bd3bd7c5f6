"""Comparing what references name: which object another belongs to, and in which currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.values.markers import ABSENT
from engine.values.paths import Path
from engine.values.targets import AttributeTarget
from engine.values.templates import has_reference, is_reference, targets_in


def of_another(owners: Iterable[tuple[Path, Any]], expected: Any) -> Path | None:
    """The first place that certainly names another object than the expected one.

    Args:
        owners: Places of ids and references.
        expected: The id of the object, or a reference to it.
    """
    wanted = _identity(expected)
    for path, found in owners:
        own = _identity(found)
        # An id and a reference may name one object.
        if wanted is not None and own is not None and type(own) is type(wanted) and own != wanted:
            return path
    return None


def _identity(value: Any) -> str | AttributeTarget | None:
    """What names an object: its id, or its declaration; None if it is not known."""
    if not isinstance(value, str):
        return None
    if not has_reference(value):
        return value
    target = next(targets_in(value))
    if not is_reference(value) or not isinstance(target, AttributeTarget):
        return None
    return target if target.attribute == "id" and not target.address.lookup else None


def not_sold_in(prices: Iterable[tuple[Path, Any]], currency: Any) -> Path | None:
    """The place of the first price that has no currency in common with the ones before it.

    Args:
        prices: Places of prices, followed.
        currency: What everything is sold in; ABSENT if any currency will do.
    """
    common = None if currency is ABSENT else _codes(currency)
    for path, price in prices:
        own = _currencies(price)
        if own is None:
            continue
        common = own if common is None else common & own
        if not common:
            return path
    return None


def _currencies(price: Any) -> frozenset[str] | None:
    """The currencies that a price has an amount in; None if they are not known."""
    if not isinstance(price, Mapping):
        return None
    options = price.get("currency_options") or {}
    own = _codes(price.get("currency"))
    if own is None or not isinstance(options, Mapping):
        return None
    return own | {str(code).lower() for code in options}


def _codes(currency: Any) -> frozenset[str] | None:
    known = isinstance(currency, str) and not has_reference(currency)
    return frozenset({currency.lower()}) if known else None
