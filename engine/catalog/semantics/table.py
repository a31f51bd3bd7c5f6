"""The whole table, area by area: for the generator, which writes down where each row is.

The loader gives a single row, and imports its area alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Row
from engine.catalog.semantics import (
    billing,
    connect,
    customers,
    discounts,
    entitlements,
    files,
    issuing,
    payments,
    portal,
    prices,
    products,
    radar,
    subscriptions,
    tax,
    terminal,
    testing,
    webhooks,
)

AREAS: Mapping[str, Mapping[str, Row]] = {
    "billing": billing.ROWS,
    "connect": connect.ROWS,
    "subscriptions": subscriptions.ROWS,
    "customers": customers.ROWS,
    "discounts": discounts.ROWS,
    "entitlements": entitlements.ROWS,
    "files": files.ROWS,
    "issuing": issuing.ROWS,
    "payments": payments.ROWS,
    "portal": portal.ROWS,
    "prices": prices.ROWS,
    "products": products.ROWS,
    "radar": radar.ROWS,
    "tax": tax.ROWS,
    "terminal": terminal.ROWS,
    "testing": testing.ROWS,
    "webhooks": webhooks.ROWS,
}
"""Rows of the managed types by object name, by the name of their module."""
