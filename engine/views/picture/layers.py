"""The order of a drawing in layers: what refers to nothing first, with few crossings.

Generic: nodes are keys, and each needs others. The order depends on the keys and the edges alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

Needs = Mapping[str, Collection[str]]
"""For each node those it needs."""

_SWEEPS = 4


def neighbours_of(nodes: Iterable[str], needs: Needs) -> dict[str, set[str]]:
    """For each of some nodes those among them that it needs or that need it."""
    found: dict[str, set[str]] = {node: set() for node in nodes}
    for node, near in found.items():
        for need in needs.get(node, ()):
            if need in found:
                near.add(need)
                found[need].add(node)
    return found


def components(neighbours: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Nodes that are connected, in the order of the mapping."""
    order = {node: index for index, node in enumerate(neighbours)}
    seen: set[str] = set()
    found: list[list[str]] = []
    for start in neighbours:
        if start in seen:
            continue
        seen.add(start)
        reached = [start]
        for node in reached:
            new = [other for other in neighbours[node] if other not in seen]
            seen.update(new)
            reached += new
        found.append(sorted(reached, key=order.__getitem__))
    return found


def layered(nodes: Sequence[str], needs: Needs) -> list[list[str]]:
    """Put nodes into layers, each behind all that it needs; a circle is cut where it closes."""
    inside = frozenset(nodes)
    known = {node: sorted(inside.intersection(needs.get(node, ()))) for node in nodes}
    level = _pulled(_Levels(known))
    layers: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node in nodes:
        layers[level[node]].append(node)
    _sort(layers, neighbours_of(nodes, known))
    return layers


class _Levels:
    """The longest path from each node to one that needs nothing."""

    def __init__(self, needs: Mapping[str, Sequence[str]]) -> None:
        """Find the level of each node.

        Args:
            needs: For each node those it needs. Those in a circle are cut until there is none.
        """
        self.needs = {node: set(some) for node, some in needs.items()}
        self.of: dict[str, int] = {}
        self._waiting = {node: set(some) for node, some in needs.items()}
        self._dependents: dict[str, list[str]] = {node: [] for node in needs}
        for node, some in needs.items():
            for need in some:
                self._dependents[need].append(node)
        self._settle([node for node in needs if not needs[node]])
        for node in needs:
            while node not in self.of:
                self._settle(self._cut(node))

    def _settle(self, free: list[str]) -> None:
        """Give nodes a level whose needs all have one, and all that this makes free."""
        while free:
            node = free.pop()
            self.of[node] = max((self.of[need] + 1 for need in self.needs[node]), default=0)
            for dependent in self._dependents[node]:
                waiting = self._waiting[dependent]
                if node in waiting:
                    waiting.remove(node)
                    free += () if waiting else (dependent,)

    def _cut(self, node: str) -> list[str]:
        """Open a circle that a node waits for, where most others need what it makes free.

        A product that has a default price is then still before all its prices.
        """
        trail: dict[str, str] = {}
        while node not in trail:
            trail[node] = min(self._waiting[node])
            node = trail[node]
        circle = [node]
        while trail[circle[-1]] != node:
            circle.append(trail[circle[-1]])
        freed = max(circle, key=lambda one: (len(self._dependents[one]), one))
        self._waiting[freed].remove(trail[freed])
        self.needs[freed].remove(trail[freed])
        return [] if self._waiting[freed] else [freed]


def _pulled(levels: _Levels) -> dict[str, int]:
    """The level of each node; what needs nothing is next to the first that needs it."""
    nearest: dict[str, int] = {}
    for node, some in levels.needs.items():
        for need in some:
            nearest[need] = min(nearest.get(need, levels.of[node]), levels.of[node])
    return {
        node: nearest[node] - 1 if not levels.needs[node] and node in nearest else level
        for node, level in levels.of.items()
    }


def _sort(layers: list[list[str]], neighbours: Mapping[str, Collection[str]]) -> None:
    """Move each node to the mean of what it is connected with, a few times to and fro."""
    place: dict[str, float] = {}

    def spread(layer: list[str]) -> None:
        for index, node in enumerate(layer):
            place[node] = (index + 0.5) / len(layer)

    for layer in layers:
        spread(layer)
    depth = {node: index for index, layer in enumerate(layers) for node in layer}
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for layer in layers if forth else reversed(layers):
            mean: dict[str, float] = {}
            for node in layer:
                near = [
                    place[other]
                    for other in sorted(neighbours[node])
                    if (depth[other] < depth[node]) is forth and depth[other] != depth[node]
                ]
                mean[node] = sum(near) / len(near) if near else place[node]
            layer.sort(key=mean.__getitem__)
            spread(layer)
