"""Pictures, what surrounds a node, and what a plan changes."""

from __future__ import annotations

import pytest

from engine.plan.model import Action
from engine.views.picture.model import Edge, EdgeKind, Picture, around, changing, picture_of
from tests.support.pictures import catalogue, chain, node

A, B, C, D, E = (f"stripe_product.{name}" for name in "abcde")


def keys(picture: Picture) -> list[str]:
    """The nodes of a picture, without their stack."""
    return [one.key.removeprefix("shop:stripe_product.") for one in picture.nodes]


def test_only_edges_between_nodes_are_kept() -> None:
    """Once each, sorted; none from a node to itself, none to what is not there."""
    one, other = node(A), node(B)
    edges = [
        Edge(other.key, one.key),
        Edge(other.key, one.key, EdgeKind.DEPENDS_ON),
        Edge(one.key, one.key),
        Edge(one.key, f"shop:{C}"),
        Edge(f"shop:{C}", one.key),
    ]
    picture = picture_of([one, other, one], edges)
    assert picture == Picture(nodes=(one, other), edges=(Edge(other.key, one.key),))


def test_a_reference_says_more_than_an_order() -> None:
    """Whichever of two edges is named first."""
    one, other = node(A), node(B)
    both = [Edge(other.key, one.key, kind) for kind in EdgeKind]
    assert picture_of([one, other], both).edges == picture_of([one, other], both[::-1]).edges
    assert picture_of([one, other], both).edges[0].kind is EdgeKind.REFERENCE


def test_stacks_in_the_order_of_their_nodes() -> None:
    """Each with its own."""
    nodes = (node(A, "b"), node(A, "a"), node(B, "b"))
    assert picture_of(nodes, ()).stacks == {"b": (nodes[0], nodes[2]), "a": (nodes[1],)}


@pytest.mark.parametrize(
    ("depth", "expected"),
    [(None, "abcde"), (0, "c"), (1, "bcd"), (2, "abcde"), (9, "abcde")],
)
def test_around_goes_both_ways(depth: int | None, expected: str) -> None:
    """What it refers to and what refers to it, so many edges away."""
    assert keys(around(chain(A, B, C, D, E), f"shop:{C}", depth)) == list(expected)


def test_around_does_not_turn() -> None:
    """Another price of the same product is not what a price refers to."""
    nodes = [node(A), node(B), node(C)]
    fork = picture_of(nodes, [Edge(nodes[1].key, nodes[0].key), Edge(nodes[2].key, nodes[0].key)])
    assert keys(around(fork, f"shop:{B}")) == ["a", "b"]
    assert keys(around(fork, f"shop:{A}")) == ["a", "b", "c"]


def test_around_ends_in_a_circle() -> None:
    """A product and its default price refer to each other."""
    nodes = [node(A), node(B)]
    circle = picture_of(nodes, [Edge(nodes[0].key, nodes[1].key), Edge(nodes[1].key, nodes[0].key)])
    assert around(circle, f"shop:{A}") == circle


def test_what_changes_and_what_is_next_to_it() -> None:
    """All else is left out, as it is of a picture without a plan."""
    actions = (Action.NO_OP, Action.UPDATE, *[Action.NO_OP] * 20)
    picture = changing(catalogue(5, prices=1, actions=actions))
    assert [str(one.address) for one in picture.nodes] == [
        "stripe_product.p0",
        "stripe_price.p0-0",
        "stripe_billing_portal_configuration.main",
        "stripe_payment_link.buy0",
    ]
    assert changing(chain(A, B)).nodes == ()
