"""The generic order: its three guarantees, numbered as in the module, and its two small tools."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import GraphError
from engine.graph.dag import closure, reversed_edges, topological_order

# A slow machine is no failure.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
Edges = dict[int, set[int]]


@st.composite
def acyclic(draw: st.DrawFn) -> Edges:
    """Any graph whose nodes depend on nodes before them in a hidden order."""
    hidden = draw(st.permutations(range(draw(st.integers(0, 9)))))
    return {
        node: draw(st.sets(st.sampled_from(hidden[:place]))) if place else set()
        for place, node in enumerate(hidden)
    }


@PATIENT
@given(acyclic())
def test_guarantee_1_every_node_after_its_needs(edges: Edges) -> None:
    """Every node comes once, after all it depends on."""
    order = topological_order(edges)
    assert sorted(order) == sorted(edges)
    place = {node: index for index, node in enumerate(order)}
    assert all(place[need] < place[node] for node in edges for need in edges[node])


@PATIENT
@given(acyclic(), st.randoms(use_true_random=False))
def test_guarantee_2_independent_of_insertion(edges: Edges, chance: object) -> None:
    """The order depends on the graph alone, never on how it was put together."""
    nodes = list(edges)
    chance.shuffle(nodes)  # type: ignore[attr-defined] # hypothesis types its randoms as object
    assert topological_order({node: list(edges[node]) for node in nodes}) == topological_order(
        edges
    )


@PATIENT
@given(acyclic())
def test_guarantee_2_the_smallest_free_node_first(edges: Edges) -> None:
    """At each place stands the smallest of the nodes that are free by then."""
    order = topological_order(edges)
    for index, node in enumerate(order):
        done = set(order[:index])
        free = [other for other in edges if other not in done and edges[other] <= done]
        assert node == min(free)


def test_worked_example() -> None:
    """The example of the module's docstring."""
    assert topological_order({"b": {"a"}, "c": {"a"}, "a": set()}) == ("a", "b", "c")


def test_nothing_has_an_order() -> None:
    """No nodes, no order."""
    assert topological_order({}) == ()


def test_names_outside_are_ignored() -> None:
    """A need that is no node holds nothing up."""
    assert topological_order({"b": {"elsewhere"}, "a": {"b"}}) == ("b", "a")


@pytest.mark.parametrize(
    ("edges", "cycle"),
    [
        ({"a": {"a"}}, ("a", "a")),
        ({"b": {"a"}, "a": {"b"}}, ("a", "b", "a")),
        ({"c": {"a"}, "a": {"b"}, "b": {"c"}, "z": {"c"}, "free": set()}, ("a", "b", "c", "a")),
        # The walk begins outside of the cycle and enters it later.
        ({"a": {"c"}, "b": {"c"}, "c": {"b"}}, ("b", "c", "b")),
        # Two cycles: one whole one is named.
        ({"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c"}}, ("a", "b", "a")),
    ],
)
def test_guarantee_3_one_whole_cycle_is_named(
    edges: dict[str, set[str]], cycle: tuple[str, ...]
) -> None:
    """A cycle is refused and named from its smallest node round to it again."""
    with pytest.raises(GraphError) as caught:
        topological_order(edges)
    assert caught.value.cycle == cycle
    assert caught.value.message == "references form a cycle: " + " -> ".join(cycle)


@PATIENT
@given(acyclic(), st.integers(0, 8), st.integers(0, 8))
def test_guarantee_3_whatever_closes_a_circle(edges: Edges, low: int, high: int) -> None:
    """An edge back makes a cycle, and the one that is named is really there."""
    order = topological_order(edges)
    if not order:
        return
    first, last = sorted((low % len(order), high % len(order)))
    circle = {node: set(needs) for node, needs in edges.items()}
    for before, after in zip(order[first:last], order[first + 1 : last + 1], strict=True):
        circle[after].add(before)
    circle[order[first]].add(order[last])
    with pytest.raises(GraphError) as caught:
        topological_order(circle)
    cycle = [int(name) for name in caught.value.cycle]
    assert cycle[0] == cycle[-1] == min(cycle)
    assert len(set(cycle)) == len(cycle) - 1
    assert all(need in circle[node] for node, need in itertools.pairwise(cycle))


def test_closure_reaches_everything_along_the_edges() -> None:
    """What is reachable, the start included, whether the start has edges or not."""
    edges = {"a": {"b"}, "b": {"c", "a"}, "x": {"y"}}
    assert closure(["a"], edges) == {"a", "b", "c"}
    assert closure(["lonely", "x"], edges) == {"lonely", "x", "y"}
    assert closure([], edges) == frozenset()


def test_reversed_edges_turn_round() -> None:
    """The same edges the other way round, of targets outside the mapping too."""
    assert reversed_edges({"a": {"b", "c"}, "b": {"c"}}) == {
        "a": frozenset(),
        "b": frozenset({"a"}),
        "c": frozenset({"a", "b"}),
    }
