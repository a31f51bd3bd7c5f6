"""A picture: resources as nodes, what they refer to as edges, and parts of it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable

from engine.frozen import frozen
from engine.graph.dag import reversed_edges
from engine.plan.model import Action


class EdgeKind(enum.StrEnum):
    """Why a resource comes after another one, what says most first."""

    REFERENCE = "reference"
    """One of its arguments refers to it."""
    DEPENDS_ON = "depends_on"
    """Its lifecycle or its type says so."""
    OUTPUT = "output"
    """It reads an output of the other one's stack."""


class NodeKind(enum.StrEnum):
    """What a node is."""

    RESOURCE = "resource"
    LOOKUP = "lookup"
    """An object that is read, and managed elsewhere if at all."""
    OUTPUT = "output"
    """An output of a stack that is not in the picture."""


@frozen
class Node:
    """One resource.

    Attributes:
        address: Its address in its stack.
        stack: The stack.
        label: What it is called.
        type: Its resource type; empty for an output.
        action: What a plan does to it; None if there is no plan.
        symbol: How the plan writes that; empty if there is no plan.
        kind: What it is.
    """

    address: str
    stack: str
    label: str
    type: str
    action: Action | None = None
    symbol: str = ""
    kind: NodeKind = NodeKind.RESOURCE

    @property
    def key(self) -> str:
        """Its name among those of all stacks, `shop:stripe_product.pro`."""
        return f"{self.stack}:{self.address}"


@frozen(kw_only=False)
class Edge:
    """One node comes after another one.

    Attributes:
        source: Key of the node that refers.
        target: Key of the node it refers to.
        kind: Why.
    """

    source: str
    target: str
    kind: EdgeKind = EdgeKind.REFERENCE


@frozen
class Picture:
    """Nodes and the edges between them.

    Attributes:
        nodes: Stack by stack.
        edges: Each between two of the nodes, once, sorted.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def stacks(self) -> dict[str, tuple[Node, ...]]:
        """The nodes of each stack."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.stack, []).append(node)
        return {stack: tuple(nodes) for stack, nodes in found.items()}


_RANK = {kind: rank for rank, kind in enumerate(EdgeKind)}
"""Of two edges between the same nodes, the first is kept."""


def picture_of(nodes: Iterable[Node], edges: Iterable[Edge]) -> Picture:
    """A picture of nodes, and of those edges that are between two of them."""
    known = {node.key: node for node in nodes}
    kept: dict[tuple[str, str], Edge] = {}
    for edge in sorted(edges, key=lambda edge: _RANK[edge.kind]):
        if edge.source in known and edge.target in known and edge.source != edge.target:
            kept.setdefault((edge.source, edge.target), edge)
    return Picture(nodes=tuple(known.values()), edges=tuple(kept[pair] for pair in sorted(kept)))


def around(picture: Picture, key: str, depth: int | None = None) -> Picture:
    """One node and what surrounds it: what it refers to, and what refers to it.

    Args:
        picture: All nodes.
        key: Key of the node.
        depth: How many edges away a node may be, in each of the two directions; None for any.
    """
    needs: dict[str, set[str]] = {node.key: set() for node in picture.nodes}
    for edge in picture.edges:
        needs[edge.source].add(edge.target)
    found = {key}
    for edges in (needs, reversed_edges(needs)):
        reached, step = {key}, 0
        border = {key}
        while border and (depth is None or step < depth):
            border = {after for one in border for after in edges[one]} - reached
            reached |= border
            step += 1
        found |= reached
    return _part(picture, lambda node: node.key in found)


def changing(picture: Picture) -> Picture:
    """What a plan changes, and what that refers to or is referred to by."""
    pending = {node.key for node in picture.nodes if node.action not in (None, Action.NO_OP)}
    near = {
        end
        for edge in picture.edges
        if edge.source in pending or edge.target in pending
        for end in (edge.source, edge.target)
    }
    shown = pending | near
    return _part(picture, lambda node: node.key in shown)


def _part(picture: Picture, wanted: Callable[[Node], bool]) -> Picture:
    return picture_of((node for node in picture.nodes if wanted(node)), picture.edges)
