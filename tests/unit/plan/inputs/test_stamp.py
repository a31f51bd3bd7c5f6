"""The ownership stamp that an object carries in its metadata."""

from __future__ import annotations

from typing import Any

import pytest

from engine.plan.inputs.stamp import read_stamp, stamp
from engine.schema.remote import STAMP_KEY


@pytest.mark.parametrize(
    "text", [None, 7, "", "no colon", ":stripe_price.x", "lineage:", "lineage:nonsense"]
)
def test_what_is_no_stamp(text: Any) -> None:
    """Somebody else's metadata may have our key."""
    assert read_stamp({"id": "x", "metadata": {STAMP_KEY: text}}) is None


def test_a_stamp_reads_as_it_was_written() -> None:
    """Lineage and address; objects without metadata have none."""
    found = {"metadata": {STAMP_KEY: stamp("abc", "stripe_price.pro-monthly")}}
    assert read_stamp(found) == ("abc", "stripe_price.pro-monthly")
    assert read_stamp({"id": "x"}) is None
