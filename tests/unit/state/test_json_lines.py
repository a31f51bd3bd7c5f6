"""Where in a JSON text something stands."""

from __future__ import annotations

import pytest

from engine.state.json_lines import line_of
from engine.values.paths import Path

TEXT = """\
{
  "a": {"b: [,": 1,
    "c": [
      "x\\"]",
      {"d": null},
      [
        7
      ]
    ]
  },
  "e": [], "f": true,
  "a": 2
}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a", "b: [,"), 2),
        (("a", "c"), 3),
        (("a", "c", 0), 4),
        (("a", "c", 1, "d"), 5),
        (("a", "c", 2), 6),
        (("a", "c", 2, 0), 7),
        (("e",), 11),
        (("f",), 11),
        (("a",), 12),
        (("a", "c", 9, "nowhere"), 3),
        (("nowhere",), 1),
    ],
)
def test_line_of(path: Path, line: int) -> None:
    """A key, an element, or the nearest thing around what is not there."""
    assert line_of(TEXT, path) == line


def test_a_text_of_one_line() -> None:
    """Everything is on it."""
    assert line_of('{"a":[1,2,{"b":3}]}', ("a", 2, "b")) == 1
