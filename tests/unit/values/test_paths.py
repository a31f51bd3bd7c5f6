"""Paths in nested documents."""

from __future__ import annotations

from typing import Any

import pytest

from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import dotted, get_path, parse_path, reach


def test_paths_are_printed_as_people_write_them() -> None:
    """Dots and brackets."""
    assert dotted(("features", "products", 0, "prices", 12)) == "features.products[0].prices[12]"
    assert dotted(()) == ""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", 0, "b"), 1),
        (("a",), [{"b": 1}]),
        ((), {"a": [{"b": 1}], "t": "text"}),
        (("a", 1), "none"),
        (("a", "b"), "none"),
        (("x", "y"), "none"),
        (("t", 0), "none"),
        (("a", 0, "b", "c"), "none"),
    ],
)
def test_a_path_is_followed_as_far_as_it_goes(path: Any, found: Any) -> None:
    """A step that is missing gives the default, and a text is no list of letters."""
    assert get_path({"a": [{"b": 1}], "t": "text"}, path, "none") == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a",), {"b": None}),
        (("a", "b"), None),
        (("a", "b", "c"), None),
        (("a", "x"), ABSENT),
        (("u", "b"), UNKNOWN),
    ],
)
def test_reach(path: tuple[str, ...], found: object) -> None:
    """What is below a null is null, what is below an unknown is unknown."""
    assert reach({"a": {"b": None}, "u": UNKNOWN}, path, ABSENT) == found


def test_a_dotted_path_has_parts() -> None:
    """An empty one has none."""
    assert parse_path("recurring.interval") == ("recurring", "interval")
    assert parse_path("") == ()
