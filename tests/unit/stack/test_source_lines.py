"""Finding the exact line of an argument."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from engine.stack.model import Location
from engine.stack.source_lines import line_of
from engine.values.paths import Path as LeafPath

MODULE = textwrap.dedent(
    """\
    Price(
        "month",
        product=pro,
        recurring={
            "interval": "month",
            "usage_type": (
                "licensed"
            ),
        },
        tiers=[
            {"up_to": 1},
            {
                "up_to": 2,
                "unit_amount": 5,
            },
        ],
        nickname=
            "n",
        metadata=dict(
            a="1",
        ),
        **extra,
    )
    made = [Price("x",
        product=p), Price("y", product=q,
        nickname="z")]
    things.append(Price("w",
        product=(
            r
        )))
    output("o", Price("v",
        value=1,
        product=s).id)
    Price("one", product=a, nickname="b")
    """
)


@pytest.mark.parametrize(
    ("call", "path", "line"),
    [
        (1, (), 1),
        (1, ("product",), 3),
        (1, ("recurring",), 4),
        (1, ("recurring", "interval"), 5),
        (1, ("recurring", "usage_type"), 6),
        (1, ("recurring", "missing"), 4),
        (1, ("tiers",), 10),
        (1, ("tiers", 0, "up_to"), 11),
        (1, ("tiers", 1), 12),
        (1, ("tiers", 1, "unit_amount"), 14),
        (1, ("tiers", 7), 10),
        (1, ("nickname",), 17),
        (1, ("metadata", "a"), 19),
        (1, ("from_extra",), 1),
        (24, ("product",), 25),
        (27, ("product",), 28),
        (31, ("product",), 33),
        (34, ("nickname",), 34),
        (99, ("product",), 99),
    ],
)
def test_the_line_of_an_argument(tmp_path: Path, call: int, path: LeafPath, line: int) -> None:
    """The keyword's or key's own line where it is written out, else the nearest one around it."""
    (tmp_path / "stack.py").write_text(MODULE)
    assert line_of(Location("stack.py", call), path, tmp_path) == line


@pytest.mark.parametrize("text", [None, "x = (", "\0"])
def test_a_file_that_cannot_be_read_gives_the_calls_own_line(
    tmp_path: Path, text: str | None
) -> None:
    """It may have changed, or gone, since it was evaluated."""
    if text is not None:
        (tmp_path / "stack.py").write_text(text)
    assert line_of(Location("stack.py", 7), ("name",), tmp_path) == 7
