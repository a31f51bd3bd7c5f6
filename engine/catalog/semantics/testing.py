"""What only a sandbox has."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import DELETE
from engine.schema.lifecycle import Life, NaturalKey

TEST_CLOCK = Row(
    face="TestClock",
    title="test clock",
    id_prefix="clock_",
    life=Life(
        # D: its customers go with it, and their subscriptions end.
        removals=(DELETE,),
        natural_keys=(NaturalKey(attribute="name", scan=True, unique=False),),
        sandbox_only=True,
    ),
    fields={
        # The time is where the clock starts: advancing it is what it is for, and no drift.
        "customer": Field(write_only=True, reference="customer"),
        "frozen_time": Field(write_only=True),
    },
)

ROWS: Mapping[str, Row] = {
    "test_helpers.test_clock": TEST_CLOCK,
}
"""Rows of this area, by object name."""
