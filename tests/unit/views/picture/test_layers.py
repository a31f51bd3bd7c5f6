"""The order of a drawing in layers."""

from __future__ import annotations

import itertools

from engine.views.picture.layers import components, layered, neighbours_of


def test_what_needs_nothing_is_first() -> None:
    """Each other one is behind all that it needs."""
    needs = {"price": ["product"], "portal": ["product", "price"], "product": []}
    assert layered(sorted(needs), needs) == [["product"], ["price"], ["portal"]]


def test_what_needs_nothing_is_next_to_its_first_reader() -> None:
    """A coupon that only the last one takes makes no long edge."""
    needs = {"a": [], "b": ["a"], "c": ["b", "coupon"], "coupon": []}
    assert layered(sorted(needs), needs) == [["a"], ["b", "coupon"], ["c"]]


def test_a_circle_is_cut_at_what_many_need() -> None:
    """A product comes before its prices, although one is its default price."""
    needs = {"product": ["year"], "month": ["product"], "year": ["product"]}
    assert layered(sorted(needs), needs) == [["product"], ["month", "year"]]


def test_a_circle_of_equals_is_cut_somewhere() -> None:
    """Always at the same place, and each of them has a layer of its own."""
    needs = {"a": ["b"], "b": ["c"], "c": ["a"]}
    assert layered(["a", "b", "c"], needs) == [["c"], ["b"], ["a"]]


def test_crossings_are_avoided() -> None:
    """The second layer follows the order of the first."""
    needs = {"a": [], "b": [], "c": [], "x": ["c"], "y": ["b"], "z": ["a"]}
    left, right = layered(["a", "b", "c", "x", "y", "z"], needs)
    assert [needs[node] for node in right] == [[node] for node in left]


def test_what_is_connected() -> None:
    """In the order of the nodes; a node without edges is alone."""
    needs = {"a": ["c"], "b": [], "c": ["elsewhere"], "d": ["a"]}
    near = neighbours_of(["a", "b", "c", "d"], needs)
    assert near == {"a": {"c", "d"}, "b": set(), "c": {"a"}, "d": {"a"}}
    assert components(near) == [["a", "c", "d"], ["b"]]


def test_a_long_chain_needs_no_recursion() -> None:
    """Ten thousand layers are as good as two."""
    nodes = [f"n{number:05}" for number in range(10_000)]
    needs = {node: [before] for before, node in itertools.pairwise(nodes)}
    assert layered(nodes, needs) == [[node] for node in nodes]


def test_nothing() -> None:
    """No nodes make no layers."""
    assert layered([], {}) == []
