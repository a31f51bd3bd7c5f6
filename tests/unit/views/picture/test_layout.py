"""Where nodes are: none on another, all in their stack, no edge over one."""

from __future__ import annotations

import itertools
import random
from functools import partial

import pytest

from engine.views.picture.geometry import Box
from engine.views.picture.layout import HEAD, NODE, Layout, lay_out
from engine.views.picture.model import Edge, EdgeKind, Picture, picture_of
from tests.support.pictures import catalogue, chain, node


def at_random(seed: int, count: int) -> Picture:
    """Nodes of three stacks that refer to each other without any order."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    nodes = [node(f"stripe_price.n{n}", chance.choice(["a", "b", "c"])) for n in range(count)]
    edges = [
        Edge(chance.choice(nodes).key, chance.choice(nodes).key, chance.choice(list(EdgeKind)))
        for _ in range(count * 2)
    ]
    return picture_of(nodes, edges)


PICTURES = {
    "nothing": picture_of([], []),
    "one": chain("stripe_product.a"),
    "five": catalogue(1),
    "sixty": catalogue(17),
    "star": catalogue(1, prices=40),
    "thousand": catalogue(300),
    "alone": catalogue(0, loose=50),
    **{f"chance {seed}": at_random(seed, 10 + 20 * seed) for seed in range(6)},
}


def crossed(layout: Layout) -> list[tuple[Edge, Box]]:
    """Nodes that an edge goes over where it is level, but for its own two."""
    columns: dict[int, list[Box]] = {}
    for box in layout.nodes.values():
        columns.setdefault(box.x, []).append(box)
    found = []
    for edge, route in layout.routes:
        own = (layout.nodes[edge.source], layout.nodes[edge.target])
        inner = route.points[1:-1]
        for one, other in zip(inner[::2], inner[1::2], strict=True):
            left, right = sorted((one.x, other.x))
            met = [x for x in columns if x < right and left < x + NODE.width]
            boxes = (box for x in met for box in columns[x] if box not in own)
            found += [(edge, box) for box in boxes if box.y < one.y < box.bottom]
    return found


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share a place."""
    return (
        one.x < other.right
        and other.x < one.right
        and one.y < other.bottom
        and other.y < one.bottom
    )


def begins_before(end: int, box: Box) -> bool:
    """Whether a box begins on the left of a place."""
    return box.x < end


@pytest.mark.parametrize("name", PICTURES)
def test_no_node_is_on_another(name: str) -> None:
    """Nor is a stack."""
    layout = lay_out(PICTURES[name])
    assert layout.nodes.keys() == {one.key for one in PICTURES[name].nodes}
    boxes = sorted(layout.nodes.values())
    for index, box in enumerate(boxes):
        near = itertools.takewhile(partial(begins_before, box.right), boxes[index + 1 :])
        assert not any(overlap(box, other) for other in near)
    for one, other in itertools.combinations(layout.stacks.values(), 2):
        assert not overlap(one, other)


@pytest.mark.parametrize("name", PICTURES)
def test_all_is_in_its_stack(name: str) -> None:
    """With room for the name of the stack, and all stacks are in the picture."""
    layout = lay_out(PICTURES[name])
    for one in PICTURES[name].nodes:
        box, stack = layout.nodes[one.key], layout.stacks[one.stack]
        assert (box.width, box.height) == NODE
        assert stack.x < box.x
        assert box.right < stack.right
        assert stack.y + HEAD <= box.y
        assert box.bottom < stack.bottom
    for stack in layout.stacks.values():
        assert stack.x >= 0
        assert stack.y >= 0
        assert stack.right <= layout.size.width
        assert stack.bottom <= layout.size.height


@pytest.mark.parametrize("name", PICTURES)
def test_no_edge_goes_over_a_node(name: str) -> None:
    """It takes the gap between two rows."""
    layout = lay_out(PICTURES[name])
    assert [edge for edge, _ in layout.routes] == list(PICTURES[name].edges)
    assert crossed(layout) == []


def test_what_is_referred_to_is_on_the_left() -> None:
    """A product, its prices, the portal; and the stack that is read on the left of its reader."""
    layout = lay_out(catalogue(2))
    x = {key.partition(":")[2].partition(".")[0]: box.x for key, box in layout.nodes.items()}
    assert x["stripe_product"] < x["stripe_price"] < x["stripe_billing_portal_configuration"]
    assert layout.stacks["shop"].right < layout.stacks["site"].x


def test_a_portal_of_all_prices_does_not_make_one_block_of_all() -> None:
    """Each product is next to its prices, and the portal is on the right of them all."""
    layout = lay_out(catalogue(40, prices=3))
    portal = layout.nodes["shop:stripe_billing_portal_configuration.main"]
    for number in range(40):
        product = layout.nodes[f"shop:stripe_product.p{number}"]
        prices = [layout.nodes[f"shop:stripe_price.p{number}-{each}"] for each in range(3)]
        assert {box.x - product.right for box in prices} == {56}
        assert product.middle == prices[1].middle
        assert portal.x > prices[0].right


def test_an_account_of_all_is_on_the_left() -> None:
    """What most refer to is on the other side than what refers to most."""
    account = node("stripe_account.a")
    nodes, edges = [account], []
    for number in range(20):
        product, price = node(f"stripe_product.p{number}"), node(f"stripe_price.p{number}")
        nodes += [product, price]
        edges += [Edge(product.key, account.key), Edge(price.key, product.key)]
    layout = lay_out(picture_of(nodes, edges))
    assert all(
        layout.nodes[account.key].right < box.x
        for key, box in layout.nodes.items()
        if key != account.key
    )


def test_what_no_edge_touches_is_a_grid() -> None:
    """By type and name, below all others, no higher than wide."""
    layout = lay_out(catalogue(4, loose=8))
    loose = [layout.nodes[f"shop:stripe_tax_rate.t{number}"] for number in range(8)]
    others = [box for key, box in layout.nodes.items() if "tax" not in key and key[:4] == "shop"]
    assert min(box.y for box in loose) > max(box.bottom for box in others)
    assert [(box.y, box.x) for box in loose] == sorted((box.y, box.x) for box in loose)
    alone = lay_out(PICTURES["alone"]).size
    assert alone.width > alone.height


@pytest.mark.parametrize(("name", "least", "most"), [("sixty", 0.8, 2.5), ("thousand", 0.8, 2)])
def test_the_shape_of_a_screen(name: str, least: float, most: float) -> None:
    """A picture is no ribbon."""
    size = lay_out(PICTURES[name]).size
    assert least < size.width / size.height < most


def test_many_stacks_make_no_ribbon() -> None:
    """Those that do not read each other are packed as blocks are."""
    chains = [
        chain(*(f"stripe_price.n{each}" for each in range(5)), stack=f"s{number}")
        for number in range(50)
    ]
    picture = picture_of(
        (one for each in chains for one in each.nodes),
        (edge for each in chains for edge in each.edges),
    )
    size = lay_out(picture).size
    assert 0.8 < size.width / size.height < 2.5


def test_equal_pictures_have_equal_layouts() -> None:
    """Nothing depends on chance, or on the hashes of names."""
    assert lay_out(catalogue(30)) == lay_out(catalogue(30))
