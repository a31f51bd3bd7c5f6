"""Boxes in columns and on shelves."""

from __future__ import annotations

import itertools

import pytest

from engine.views.picture.geometry import Box, Gaps, Size, in_columns, packed, rows_for, wrapped

GAPS = Gaps(layer=60, column=20, row=10)
SIZE = Size(100, 40)


def overlapping(boxes: list[Box]) -> list[tuple[Box, Box]]:
    """The pairs of boxes that share a place."""
    return [
        (one, other)
        for one, other in itertools.combinations(boxes, 2)
        if one.x < other.right
        and other.x < one.right
        and one.y < other.bottom
        and other.y < one.bottom
    ]


def test_a_box() -> None:
    """Its edges, and the same one elsewhere."""
    box = Box(10, 20, 100, 41)
    assert (box.right, box.bottom, box.middle) == (110, 61, 40)
    assert box.moved(1, 2) == Box(11, 22, 100, 41)


def test_a_node_is_half_way_between_its_neighbours() -> None:
    """A product is next to the middle one of its prices."""
    near = {"product": {"a", "b", "c"}, **{price: {"product"} for price in "abc"}}
    boxes = in_columns([["product"], ["a", "b", "c"]], dict.fromkeys(near, SIZE), near, GAPS)
    assert boxes == {
        "product": Box(0, 50, 100, 40),
        "a": Box(160, 0, 100, 40),
        "b": Box(160, 50, 100, 40),
        "c": Box(160, 100, 100, 40),
    }


def test_a_long_layer_has_several_columns() -> None:
    """So that a block is a little wider than high, and no box is on another."""
    names = [f"n{number}" for number in range(40)]
    boxes = in_columns([names], dict.fromkeys(names, SIZE), {name: set() for name in names}, GAPS)
    assert len({box.x for box in boxes.values()}) == 4
    assert overlapping(list(boxes.values())) == []


def test_columns_of_a_layer_are_equally_long() -> None:
    """Nearly, and in order."""
    assert wrapped(list("abcdefg"), 6) == [["a", "b", "c", "d"], ["e", "f", "g"]]
    assert wrapped(["a"], 6) == [["a"]]
    assert [rows_for(count) for count in (1, 40, 1000)] == [6, 10, 51]


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_shelves(count: int) -> None:
    """No box is on another, and the whole has about the shape that was asked for."""
    sizes = {f"n{n}": Size(50 + n % 3 * 40, 30 + n * 7 % 5 * 25) for n in range(count)}
    boxes = packed(sizes, Size(12, 12), 1.5)
    assert {name: Size(box.width, box.height) for name, box in boxes.items()} == sizes
    assert overlapping(list(boxes.values())) == []
    if count == 100:
        width, height = (
            max(side) for side in zip(*((b.right, b.bottom) for b in boxes.values()), strict=True)
        )
        assert 1 < width / height < 2.2


def test_low_boxes_share_a_shelf_with_a_high_one() -> None:
    """Above each other, as far as they fit."""
    sizes = {"high": Size(50, 100), "a": Size(50, 40), "b": Size(50, 40), "c": Size(50, 40)}
    boxes = packed(sizes, Size(10, 10), 100)
    assert {name: (box.x, box.y) for name, box in boxes.items()} == {
        "high": (0, 0),
        "a": (60, 0),
        "b": (60, 50),
        "c": (120, 0),
    }
