"""Where each node of a picture is, and the way of each edge.

A stack is a box. In it, nodes that are connected are a block, laid out in layers: what refers to
nothing is on the left. A node that many others hang on, such as a portal that sells all prices,
would make one block of everything, so that it is at the edge of the box instead. What no edge
touches is in a grid below. Edges pass through the gaps between the rows, never over a node.

The work grows with the nodes and edges, and equal pictures have equal layouts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.frozen import frozen
from engine.views.picture.geometry import Box, Gaps, Size, in_columns, packed, rows_for
from engine.views.picture.layers import Needs, components, layered, neighbours_of
from engine.views.picture.model import Edge, Node, Picture
from engine.views.picture.routes import Columns, Route

NODE = Size(204, 44)
HEAD = 40
"""Room for the name of a stack."""
_PADDING = 22
_GAPS = Gaps(layer=56, column=56, row=14)
"""All columns of a stack are equally far from each other, so that no edge meets one askew."""
_BLOCKS = Size(56, 38)
_STACKS = Gaps(layer=96, column=64, row=48)
_RATIO = 1.3
_MANY = 12
"""Edges of a node that is perhaps at the edge of its stack."""
_SMALL = 24
"""Nodes of a block that is never taken apart."""


@frozen
class Layout:
    """A picture with places.

    Attributes:
        size: Of all of it.
        stacks: The box of each stack.
        nodes: The box of each node, by key.
        routes: Each edge with its way.
    """

    size: Size
    stacks: Mapping[str, Box]
    nodes: Mapping[str, Box]
    routes: tuple[tuple[Edge, Route], ...]


def lay_out(picture: Picture) -> Layout:
    """Find a place for all nodes, and a way for all edges."""
    needs: dict[str, list[str]] = {node.key: [] for node in picture.nodes}
    for edge in picture.edges:
        needs[edge.source].append(edge.target)
    touched = {end for edge in picture.edges for end in (edge.source, edge.target)}
    inside = {stack: _stack(nodes, needs, touched) for stack, nodes in picture.stacks.items()}
    sizes = {stack: _around(boxes) for stack, boxes in inside.items()}
    stacks = _side_by_side(picture, sizes)
    nodes = {
        key: box.moved(stacks[stack].x + _PADDING, stacks[stack].y + HEAD)
        for stack, boxes in inside.items()
        for key, box in boxes.items()
    }
    columns = Columns(nodes.values(), _GAPS.row)
    routes = tuple(
        (edge, columns.route(nodes[edge.source], nodes[edge.target])) for edge in picture.edges
    )
    width = max((box.right for box in stacks.values()), default=0)
    height = max((box.bottom for box in stacks.values()), default=0)
    return Layout(size=Size(width, height), stacks=stacks, nodes=nodes, routes=routes)


def _around(boxes: Mapping[str, Box]) -> Size:
    """The size of a stack with such nodes."""
    return Size(
        max(box.right for box in boxes.values()) + 2 * _PADDING,
        max(box.bottom for box in boxes.values()) + HEAD + _PADDING,
    )


def _side_by_side(picture: Picture, sizes: Mapping[str, Size]) -> dict[str, Box]:
    """Place the stacks: those whose outputs are read on the left of their readers."""
    stack_of = {node.key: node.stack for node in picture.nodes}
    needs: dict[str, set[str]] = {stack: set() for stack in sizes}
    for edge in picture.edges:
        needs[stack_of[edge.source]].add(stack_of[edge.target])
    own = {stack: some - {stack} for stack, some in needs.items()}
    return _packed_blocks(list(sizes), own, sizes, _STACKS, Size(_STACKS.column, _STACKS.row))


def _packed_blocks(
    names: Sequence[str],
    needs: Needs,
    sizes: Mapping[str, Size],
    gaps: Gaps,
    gap: Size,
) -> dict[str, Box]:
    """Lay out each set of what hangs together in layers, and pack these blocks."""
    neighbours = neighbours_of(names, needs)
    blocks = {
        block[0]: in_columns(layered(block, needs), sizes, neighbours, gaps)
        for block in components(neighbours)
    }
    outer = {name: _extent(block) for name, block in blocks.items()}
    places = packed(outer, gap, _RATIO)
    return {
        name: box.moved(places[first].x, places[first].y)
        for first, block in blocks.items()
        for name, box in block.items()
    }


def _extent(boxes: Mapping[str, Box]) -> Size:
    return Size(
        max((box.right for box in boxes.values()), default=0),
        max((box.bottom for box in boxes.values()), default=0),
    )


def _stack(nodes: Sequence[Node], needs: Needs, touched: set[str]) -> dict[str, Box]:
    """The nodes of one stack, from its own upper left corner."""
    sizes = {node.key: NODE for node in nodes}
    linked = [node.key for node in nodes if node.key in touched]
    loose = [node for node in nodes if node.key not in touched]
    left, right = _hubs(linked, needs)
    rest = [key for key in linked if key not in left and key not in right]
    boxes = _packed_blocks(rest, needs, sizes, _GAPS, _BLOCKS)
    for hubs, on_left in ((left, True), (right, False)):
        if hubs:
            boxes = _with_hubs(boxes, hubs, sizes, on_left=on_left)
    if loose:
        boxes |= _grid(loose, _extent(boxes))
    return boxes


def _hubs(keys: Sequence[str], needs: Needs) -> tuple[list[str], list[str]]:
    """Nodes that many blocks hang on: those that are referred to, those that refer."""
    neighbours = neighbours_of(keys, needs)
    left: list[str] = []
    right: list[str] = []
    for block in components(neighbours):
        if len(block) <= _SMALL:
            continue
        for key in block:
            near = neighbours[key]
            connected = sum(1 for other in near if len(neighbours[other]) > 1)
            if len(near) > _MANY and connected * 2 >= len(near):
                refers = sum(1 for need in needs[key] if need in near)
                (right if refers * 2 > len(near) else left).append(key)
    return left, right


def _with_hubs(
    boxes: Mapping[str, Box], hubs: Sequence[str], sizes: Mapping[str, Size], *, on_left: bool
) -> dict[str, Box]:
    """Put nodes on one side of all others, half way down."""
    alone: dict[str, list[str]] = {key: [] for key in hubs}
    column = in_columns([hubs], sizes, alone, _GAPS)
    inner, outer = _extent(boxes), _extent(column)
    height = max(inner.height, outer.height)
    between = _GAPS.layer if boxes else 0
    x, x_hubs = (outer.width + between, 0) if on_left else (0, inner.width + between)
    down, down_hubs = (height - inner.height) // 2, (height - outer.height) // 2
    placed = {key: box.moved(x, down) for key, box in boxes.items()}
    return placed | {key: box.moved(x_hubs, down_hubs) for key, box in column.items()}


def _grid(loose: Sequence[Node], above: Size) -> dict[str, Box]:
    """What no edge touches, by type, below all others."""
    step_x, step_y = NODE.width + _GAPS.column, NODE.height + _GAPS.row
    fitting = (above.width + _GAPS.column) // step_x
    columns = max(fitting, -(-len(loose) // rows_for(len(loose))))
    top = above.height + _BLOCKS.height if above.height else 0
    ordered = sorted(loose, key=lambda node: (node.type, node.address))
    return {
        node.key: Box(index % columns * step_x, top + index // columns * step_y, *NODE)
        for index, node in enumerate(ordered)
    }
