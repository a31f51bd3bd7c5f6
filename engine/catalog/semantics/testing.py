"""What only a sandbox has."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import DELETE
from engine.schema.lifecycle import Life, NaturalKey

TEST_CLOCK = Row(
    face="TestClock",
    title="test clock",
    stack="testing",
    on_request=True,
    id_prefix="clock_",
    life=Life(
        # D: its customers are deleted with it.
        loses="its time and the customers on it",
        # D: its customers go with it, and their subscriptions end.
        removals=(DELETE,),
        natural_keys=(NaturalKey(attribute="name", scan=True, unique=False),),
        sandbox_only=True,
    ),
    fields={
        "customer": Field(write_only=True, reference="customer"),
        # The time is where the clock starts: a clock that has advanced has not drifted.
        "frozen_time": Field(write_only=True),
    },
)

ROWS: Mapping[str, Row] = {
    "test_helpers.test_clock": TEST_CLOCK,
}
"""Rows of this area, by object name."""
