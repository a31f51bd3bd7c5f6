"""Boxes in a plane: columns of them, and packing them into a rectangle. All numbers are whole."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

_ROUNDS = 4


class Box(NamedTuple):
    """A rectangle, from its upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> int:
        """Half way down."""
        return self.y + self.height // 2

    def moved(self, x: int, y: int) -> Box:
        """The same rectangle elsewhere."""
        return Box(self.x + x, self.y + y, self.width, self.height)


class Size(NamedTuple):
    """How large something is."""

    width: int
    height: int


class Gaps(NamedTuple):
    """The room between boxes.

    Attributes:
        layer: Between two layers.
        column: Between two columns of one layer.
        row: Between two boxes of a column.
    """

    layer: int
    column: int
    row: int


def rows_for(count: int) -> int:
    """How many rows make a block of so many nodes a little wider than high."""
    return max(6, round(math.sqrt(2.6 * count)))


def wrapped(layer: Sequence[str], rows: int) -> list[list[str]]:
    """A layer in as many columns as it takes, all of nearly the same length."""
    columns = max(1, math.ceil(len(layer) / rows))
    length = math.ceil(len(layer) / columns)
    return [list(layer[at : at + length]) for at in range(0, len(layer), length)]


def in_columns(
    layers: Sequence[Sequence[str]],
    sizes: Mapping[str, Size],
    neighbours: Mapping[str, Collection[str]],
    gaps: Gaps,
) -> dict[str, Box]:
    """Place layers from left to right, each box near what it is connected with."""
    rows = rows_for(sum(map(len, layers)))
    columns: list[list[str]] = []
    x_of: list[int] = []
    x = 0
    for layer in layers:
        parts = wrapped(layer, rows)
        for part in parts:
            columns.append(part)
            x_of.append(x)
            x += max(sizes[node].width for node in part) + gaps.column
        x += gaps.layer - gaps.column
    middle = _heights(columns, sizes, neighbours, gaps.row)
    top = min((middle[node] - sizes[node].height // 2 for node in middle), default=0)
    return {
        node: Box(x, middle[node] - sizes[node].height // 2 - top, *sizes[node])
        for x, column in zip(x_of, columns, strict=True)
        for node in column
    }


def _heights(
    columns: Sequence[Sequence[str]],
    sizes: Mapping[str, Size],
    neighbours: Mapping[str, Collection[str]],
    gap: int,
) -> dict[str, int]:
    """How far down the middle of each box is."""
    middle: dict[str, int] = {}
    for column in columns:
        _stack(column, sizes, gap, dict.fromkeys(column, 0), middle)
    for turn in range(_ROUNDS):
        for column in columns if turn % 2 else reversed(columns):
            own = frozenset(column)
            wanted: dict[str, int] = {}
            for node in column:
                near = [middle[other] for other in neighbours[node] if other not in own]
                wanted[node] = sum(near) // len(near) if near else middle[node]
            _stack(column, sizes, gap, wanted, middle)
    return middle


def _stack(
    column: Sequence[str],
    sizes: Mapping[str, Size],
    gap: int,
    wanted: Mapping[str, int],
    middle: dict[str, int],
) -> None:
    """Put boxes below each other in their order, on the whole as near as possible to a wish."""
    end: int | None = None
    for node in column:
        half = sizes[node].height // 2
        middle[node] = wanted[node] if end is None else max(wanted[node], end + gap + half)
        end = middle[node] - half + sizes[node].height
    off = sum(wanted[node] - middle[node] for node in column) // max(1, len(column))
    for node in column:
        middle[node] += off


def packed(sizes: Mapping[str, Size], gap: Size, ratio: float) -> dict[str, Box]:
    """Put boxes onto shelves, the highest first, with lower ones above each other.

    Args:
        sizes: Their sizes; of equally high ones the first is first.
        gap: The room between two, next to and above each other.
        ratio: How much wider than high the whole is to be.
    """
    area = sum((size.width + gap.width) * (size.height + gap.height) for size in sizes.values())
    limit = max(math.isqrt(int(area * ratio)), *(size.width for size in sizes.values()), 0)
    found: dict[str, Box] = {}
    top = height = x = y = width = 0
    for name, size in sorted(sizes.items(), key=lambda item: -item[1].height):
        if size.width > width or y + size.height > top + height:
            # Not above the one before: next to it, or onto the next shelf.
            x, y, width = x + width + gap.width if width else 0, top, size.width
            if x and x + width // 2 > limit:
                top += height + gap.height
                x, y, height = 0, top, 0
        height = max(height, size.height)
        found[name] = Box(x, y, *size)
        y += size.height + gap.height
    return found
