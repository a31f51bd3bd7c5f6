"""Whether an object that nothing names can be what is declared."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.compare.likeness import is_like
from engine.values.markers import UNKNOWN

PRICE = loader.resource_type("stripe_price")
FOUND: dict[str, Any] = {
    "id": "price_1",
    "active": True,
    "currency": "usd",
    "unit_amount": 2900,
    "unit_amount_decimal": "2900",
    "product": "prod_1",
    "nickname": "Month",
    "recurring": None,
    "metadata": {"engine": "l:stripe_price.old"},
}
MONTHLY = {"interval": "month", "interval_count": 1, "usage_type": "licensed", "meter": None}
DECLARED: dict[str, Any] = {"product": "prod_1", "currency": "USD", "unit_amount": 2900}


@pytest.mark.parametrize(
    ("declared", "found", "like"),
    [
        pytest.param(DECLARED, FOUND, True, id="what is not declared does not matter"),
        pytest.param({**DECLARED, "nickname": None}, FOUND, True, id="nor what is null"),
        pytest.param({**DECLARED, "unit_amount": 100}, FOUND, False, id="another amount"),
        pytest.param({**DECLARED, "product": UNKNOWN}, FOUND, False, id="not known yet"),
        pytest.param(DECLARED, {**FOUND, "recurring": MONTHLY}, False, id="not declared, monthly"),
        pytest.param(
            {**DECLARED, "recurring": {"interval": "month"}},
            {**FOUND, "recurring": MONTHLY},
            True,
            id="declared, monthly",
        ),
        pytest.param({}, FOUND, False, id="nothing is declared"),
        pytest.param(DECLARED, {**FOUND, "active": False}, False, id="archived"),
        pytest.param(
            {**DECLARED, "active": False}, {**FOUND, "active": False}, True, id="declared archived"
        ),
    ],
)
def test_what_is_like_a_declaration(
    declared: dict[str, Any], found: dict[str, Any], *, like: bool
) -> None:
    """It is alive and has every declared leaf, by what it means."""
    assert is_like(PRICE, declared, found) is like


def test_what_has_ended_is_like_nothing() -> None:
    """An alert that was archived stays archived."""
    kind = loader.resource_type("stripe_billing_alert")
    assert is_like(kind, {"title": "A"}, {"id": "alrt_1", "title": "A", "status": "active"})
    assert not is_like(kind, {"title": "A"}, {"id": "alrt_1", "title": "A", "status": "archived"})


def test_what_stripe_never_returns_does_not_matter() -> None:
    """The data of a first price: what became of it is another object."""
    kind = loader.resource_type("stripe_product")
    declared = {"name": "Pro", "default_price_data": {"currency": "usd", "unit_amount": 5}}
    assert is_like(kind, declared, {"id": "prod_1", "name": "Pro", "active": True})
