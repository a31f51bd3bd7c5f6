"""The whole table, put together from its areas."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Row
from engine.catalog.semantics import catalogue, discounts, portal, tax, webhooks

SEMANTICS: Mapping[str, Row] = {
    **catalogue.ROWS,
    **discounts.ROWS,
    **portal.ROWS,
    **tax.ROWS,
    **webhooks.ROWS,
}
"""Rows of the managed types, by object name."""
