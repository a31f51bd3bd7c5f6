"""The way of an edge between nodes."""

from __future__ import annotations

import pytest

from engine.views.picture.geometry import Box
from engine.views.picture.routes import Columns, Point, Route

SOURCE, TARGET = Box(400, 0, 100, 40), Box(0, 0, 100, 40)


def test_nothing_is_between() -> None:
    """From the left side of the one that refers to the right side of the other."""
    route = Columns([SOURCE, TARGET], 14).route(SOURCE, TARGET)
    assert route == Route((Point(400, 20), Point(100, 20)))
    assert not route.from_left


def test_against_the_order() -> None:
    """A circle was cut: from right to left."""
    route = Columns([SOURCE, TARGET], 14).route(TARGET, SOURCE)
    assert route == Route((Point(100, 20), Point(400, 20)))
    assert route.from_left


def test_one_above_the_other() -> None:
    """Around, on the right side of both."""
    below = TARGET.moved(30, 100)
    route = Columns([TARGET, below], 14).route(TARGET, below)
    assert route == Route((Point(100, 20), Point(130, 120)), around=True)
    assert not route.from_left


@pytest.mark.parametrize(
    ("boxes", "height"),
    [
        ([(0, 40)], 47),  # straight through the middle: below, or above
        ([(10, 50)], 3),
        ([(-10, 30)], 37),
        ([(-44, 0), (40, 84)], 20),  # a free way stays straight
        ([(-44, 14), (28, 72)], 21),
        ([(-60, -16), (-2, 42), (56, 100)], 49),
        ([(18, 58)], 11),
    ],
)
def test_a_column_is_crossed_where_it_is_free(boxes: list[tuple[int, int]], height: int) -> None:
    """As near to the straight line, which is at 20, as possible, and never over a box."""
    between = [Box(200, top, 100, bottom - top) for top, bottom in boxes]
    route = Columns([SOURCE, *between, TARGET], 14).route(SOURCE, TARGET)
    start, *crossing, end = route.points
    assert (start, end) == (Point(400, 20), Point(100, 20))
    assert [abs(point.y - 20) for point in crossing] == [abs(height - 20)] * 2
    assert [point.x for point in crossing] == [300, 200]


def test_a_column_elsewhere_is_not_crossed() -> None:
    """It ends above the edge, or is not between its ends."""
    others = [Box(200, 200, 100, 40), Box(600, 0, 100, 40), Box(350, 0, 100, 40)]
    route = Columns([SOURCE, TARGET, *others[:2]], 14).route(SOURCE, TARGET)
    assert len(route.points) == 2


def test_from_left_to_right_columns_are_crossed_in_that_order() -> None:
    """Enter on the left, leave on the right."""
    between = Box(200, 0, 100, 40)
    route = Columns([SOURCE, TARGET, between], 14).route(TARGET, SOURCE)
    assert [point.x for point in route.points] == [100, 200, 300, 400]
