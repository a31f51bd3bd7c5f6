"""A stable topological order that names the cycle. Knows nothing of resources.

Guarantees:

1. Every node comes after all it depends on.
2. Among nodes that are free, the smallest comes first: the order depends on the graph alone,
   never on how it was put together.
3. A cycle is refused, and one whole cycle is named.

Example: with ``{"b": {"a"}, "c": {"a"}, "a": set()}`` the order is ``a, b, c``.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Hashable, Mapping
from typing import Any, Protocol, TypeVar

from engine.errors import GraphError


class _Ordered(Hashable, Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


Node = TypeVar("Node", bound=_Ordered)


def topological_order(dependencies: Mapping[Node, Collection[Node]]) -> tuple[Node, ...]:
    """Order nodes after what they depend on.

    Args:
        dependencies: For each node what it depends on; names outside the mapping are ignored.

    Raises:
        GraphError: naming one cycle, if there is one.
    """
    waiting = {
        node: {need for need in needs if need in dependencies}
        for node, needs in dependencies.items()
    }
    dependents: dict[Node, list[Node]] = {node: [] for node in dependencies}
    for node, needs in waiting.items():
        for need in needs:
            dependents[need].append(node)
    free = [node for node, needs in waiting.items() if not needs]
    heapq.heapify(free)
    order: list[Node] = []
    while free:
        node = heapq.heappop(free)
        order.append(node)
        for dependent in dependents[node]:
            waiting[dependent].discard(node)
            if not waiting[dependent]:
                heapq.heappush(free, dependent)
    if len(order) < len(waiting):
        raise GraphError(_a_cycle({node: needs for node, needs in waiting.items() if needs}))
    return tuple(order)


def _a_cycle(stuck: Mapping[Node, Collection[Node]]) -> tuple[str, ...]:
    """Walk from the smallest stuck node along unmet needs until one comes round again."""
    node = min(stuck)
    trail: list[Node] = []
    while node not in trail:
        trail.append(node)
        node = min(need for need in stuck[node] if need in stuck)
    cycle = trail[trail.index(node) :]
    first = cycle.index(min(cycle))
    turned = [*cycle[first:], *cycle[:first]]
    return tuple(str(entry) for entry in (*turned, turned[0]))


def closure(start: Collection[Node], edges: Mapping[Node, Collection[Node]]) -> frozenset[Node]:
    """Everything reachable from `start` along `edges`, `start` itself included."""
    seen = set(start)
    stack = list(start)
    while stack:
        for after in edges.get(stack.pop(), ()):
            if after not in seen:
                seen.add(after)
                stack.append(after)
    return frozenset(seen)


def reversed_edges(
    edges: Mapping[Node, Collection[Node]],
) -> dict[Node, frozenset[Node]]:
    """The same edges the other way round."""
    found: dict[Node, set[Node]] = {node: set() for node in edges}
    for node, needs in edges.items():
        for need in needs:
            found.setdefault(need, set()).add(node)
    return {node: frozenset(after) for node, after in found.items()}
