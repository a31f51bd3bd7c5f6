"""Taxes."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Limit, Row
from engine.catalog.semantics.shared import ACTIVE_AGAIN, ARCHIVE, METADATA

TAX_RATE = Row(
    face="TaxRate",
    title="tax rate",
    id_prefix="txr_",
    removals=(ARCHIVE,),
    revival=ACTIVE_AGAIN,
    neutral={"active": True},
    limits={
        **METADATA,
        "display_name": Limit(min=1, max=50),
        "jurisdiction": Limit(max=50),
        "country": Limit(pattern=r"[A-Z]{2}"),
    },
)

ROWS: Mapping[str, Row] = {
    "tax_rate": TAX_RATE,
}
"""Rows of this area, by object name."""
