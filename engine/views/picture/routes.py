"""The way of an edge: through the gaps between the nodes that lie in it."""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from engine.views.picture.geometry import Box


class Point(NamedTuple):
    """A place in the plane."""

    x: int
    y: int


class Route(NamedTuple):
    """The way of an edge.

    Attributes:
        points: Its ends, and where it enters and leaves each column between them.
        around: It leaves the one node and reaches the other on the right side of both.
    """

    points: tuple[Point, ...]
    around: bool = False

    @property
    def from_left(self) -> bool:
        """Whether it reaches the other node on its left side."""
        return not self.around and self.points[-2].x < self.points[-1].x


class _Column(NamedTuple):
    """Boxes below each other, from the top."""

    left: int
    right: int
    tops: list[int]
    bottoms: list[int]

    def crossing(self, y: int, room: int) -> int:
        """The height nearest to `y` at which no box is."""
        if not self.tops[0] - room < y < self.bottoms[-1] + room:
            return y
        at = bisect(self.tops, y)
        near = [self.tops[at] - room] if at < len(self.tops) else []
        if at:
            near += (self.bottoms[at - 1] + room, self.tops[at - 1] - room)
            if self.bottoms[at - 1] + room <= y <= near[0]:
                return y
        return min(near, key=lambda height: (abs(height - y), height))


class Columns:
    """All nodes, as columns that edges cross."""

    def __init__(self, boxes: Iterable[Box], gap: int) -> None:
        """Sort boxes by the column they are in.

        Args:
            boxes: They overlap nowhere; those of a column begin at the same place.
            gap: The least room between two of a column.
        """
        self._room = gap // 2
        found: dict[tuple[int, int], _Column] = {}
        for box in sorted(boxes):
            column = found.setdefault((box.x, box.right), _Column(box.x, box.right, [], []))
            column.tops.append(box.y)
            column.bottoms.append(box.bottom)
        self._columns = [found[sides] for sides in sorted(found)]
        self._lefts = [column.left for column in self._columns]

    def route(self, source: Box, target: Box) -> Route:
        """The way from a node to another one."""
        if target.right <= source.x:
            start, end = Point(source.x, source.middle), Point(target.right, target.middle)
        elif source.right <= target.x:
            start, end = Point(source.right, source.middle), Point(target.x, target.middle)
        else:
            # One is above the other.
            start, end = Point(source.right, source.middle), Point(target.right, target.middle)
            return Route((start, end), around=True)
        return Route((start, *self._through(start, end), end))

    def _through(self, start: Point, end: Point) -> list[Point]:
        to_right = start.x < end.x
        low, high = (start.x, end.x) if to_right else (end.x, start.x)
        top, bottom = min(start.y, end.y) - self._room, max(start.y, end.y) + self._room
        first, last = bisect_left(self._lefts, low), bisect_left(self._lefts, high)
        crossed = [
            column
            for column in self._columns[first:last]
            if column.right <= high and column.tops[0] < bottom and column.bottoms[-1] > top
        ]
        points: list[Point] = []
        for column in crossed if to_right else reversed(crossed):
            middle = (column.left + column.right) // 2
            straight = start.y + (end.y - start.y) * (middle - start.x) // (end.x - start.x)
            height = column.crossing(straight, self._room)
            sides = (Point(column.left, height), Point(column.right, height))
            points += sides if to_right else reversed(sides)
        return points
