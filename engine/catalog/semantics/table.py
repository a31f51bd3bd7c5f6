"""The whole table, put together from its areas."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Row
from engine.catalog.semantics import (
    billing,
    catalogue,
    connect,
    contracts,
    customers,
    discounts,
    entitlements,
    files,
    issuing,
    payments,
    portal,
    prices,
    radar,
    tax,
    terminal,
    testing,
    webhooks,
)

SEMANTICS: Mapping[str, Row] = {
    **billing.ROWS,
    **catalogue.ROWS,
    **connect.ROWS,
    **contracts.ROWS,
    **customers.ROWS,
    **discounts.ROWS,
    **entitlements.ROWS,
    **files.ROWS,
    **issuing.ROWS,
    **payments.ROWS,
    **portal.ROWS,
    **prices.ROWS,
    **radar.ROWS,
    **tax.ROWS,
    **terminal.ROWS,
    **testing.ROWS,
    **webhooks.ROWS,
}
"""Rows of the managed types, by object name."""
