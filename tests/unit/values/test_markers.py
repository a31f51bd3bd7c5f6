"""Values that stand for the absence of one."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine.values.markers import ABSENT, CLEAR, UNKNOWN


@pytest.mark.parametrize("marker", [UNKNOWN, CLEAR, ABSENT])
def test_markers_are_one_of_a_kind(marker: Any) -> None:
    """Copies are the marker itself, so that `is` works everywhere."""
    assert copy.deepcopy({"a": marker})["a"] is marker
    assert copy.copy(marker) is marker
    assert repr(marker) in {"UNKNOWN", "CLEAR", "ABSENT"}
