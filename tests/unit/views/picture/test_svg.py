"""Pictures as SVG: well-formed, self-contained, complete."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from engine.plan.model import Action
from engine.views.picture.model import Edge, EdgeKind, Picture, picture_of
from engine.views.picture.svg import svg, svg_in_page
from tests.support.pictures import EVERY_ACTION, catalogue, chain, hostile, node

SVG = "{http://www.w3.org/2000/svg}"
TEXTS = {f"{SVG}text", f"{SVG}title", f"{SVG}style"}


def parsed(picture: Picture) -> ET.Element:
    """The elements of a drawing."""
    return ET.fromstring(svg(picture))  # noqa: S314 - our own


def groups(root: ET.Element, name: str) -> list[ET.Element]:
    """The groups of a class."""
    return [
        group for group in root.iter(f"{SVG}g") if name in group.attrib.get("class", "").split()
    ]


def test_every_node_and_edge_is_drawn() -> None:
    """Found by their addresses."""
    picture = catalogue(12, actions=EVERY_ACTION)
    root = parsed(picture)
    nodes = groups(root, "node")
    assert [(one.attrib["data-stack"], one.attrib["data-address"]) for one in nodes] == [
        (one.stack, one.address) for one in picture.nodes
    ]
    edges = [one for one in groups(root, "edge") if "data-from" in one.attrib]
    assert [(one.attrib["data-from"], one.attrib["data-to"]) for one in edges] == [
        (edge.source, edge.target) for edge in picture.edges
    ]
    assert [one.attrib["data-stack"] for one in groups(root, "stack")] == ["shop", "site"]


def test_a_node_of_a_plan() -> None:
    """Its class says what happens, and so does its symbol, and its title says it in words."""
    one = node("stripe_price.pro", action=Action.REPLACE, symbol="-/+")
    (group,) = groups(parsed(picture_of([one], [])), "node")
    assert group.attrib["class"] == "node replace"
    assert [text.text for text in group.iter(f"{SVG}text")] == ["-/+", "price", "pro"]
    assert group.findtext(f"{SVG}title") == (
        "shop:stripe_price.pro: remove, then create the replacement"
    )


def test_a_node_without_a_plan() -> None:
    """No symbol."""
    (group,) = groups(parsed(chain("stripe_price.pro")), "node")
    assert group.attrib["class"] == "node"
    assert [text.text for text in group.iter(f"{SVG}text")] == ["price", "pro"]


def test_a_long_name_fits_and_is_in_the_title() -> None:
    """Its middle is left out in the box alone."""
    name = "a-very-long-name-of-a-price-that-sells-nothing-at-all"
    (group,) = groups(parsed(chain(f"stripe_price.{name}")), "node")
    *_, label = [text.text or "" for text in group.iter(f"{SVG}text")]
    assert label == "a-very-long…hing-at-all"
    assert name in (group.findtext(f"{SVG}title") or "")


def test_the_whole_can_be_scaled_and_is_named() -> None:
    """As an image with a name."""
    root = parsed(catalogue(1))
    width, height = root.attrib["width"], root.attrib["height"]
    assert root.attrib["viewBox"] == f"0 0 {width} {height}"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "8 resources, 6 edges, 2 stacks, 0 changes"


@pytest.mark.parametrize("picture", [catalogue(20, actions=EVERY_ACTION), hostile()])
def test_nothing_is_loaded_and_nothing_runs(picture: Picture) -> None:
    """No link, no script, no handler, no entity, no font from elsewhere."""
    root = parsed(picture)
    tags = {one.tag for one in root.iter()}
    assert tags <= {f"{SVG}{tag}" for tag in ("svg", "g", "rect", "path")} | TEXTS
    attributes = {name for one in root.iter() for name in one.attrib}
    assert not {name for name in attributes if name.startswith("on") or "href" in name}
    text = svg(picture)
    assert text.count("http") == 1  # the namespace
    assert "<!" not in text
    assert "url(" not in text


def test_hostile_names_are_text() -> None:
    """All of them are there, as what they are."""
    root = parsed(hostile())
    assert len(groups(root, "node")) == len(hostile().nodes)
    labels = [one.text for one in root.iter(f"{SVG}text")]
    assert '"&gt;&lt;script' not in labels
    assert any("<script>" in (one.text or "") for one in root.iter(f"{SVG}title"))


def test_equal_pictures_are_equal_bytes() -> None:
    """And no identifier is in them that another drawing on the same page could have too."""
    text = svg(catalogue(30, actions=EVERY_ACTION))
    assert text == svg(catalogue(30, actions=EVERY_ACTION))
    assert " id=" not in text


def test_a_legend_says_what_the_lines_mean() -> None:
    """In several rows if it has to."""
    one, other = node("stripe_product.a"), node("stripe_price.b")
    edges = [Edge(other.key, one.key, EdgeKind.DEPENDS_ON)]
    (entry,) = groups(parsed(picture_of([one, other], edges)), "legend")
    assert entry.findtext(f"{SVG}text") == "depends on"
    assert groups(parsed(picture_of([one], [])), "legend") == []
    entries = groups(parsed(catalogue(2, actions=EVERY_ACTION)), "legend")
    assert len({entry.attrib["transform"].split(" ")[1] for entry in entries}) > 1


def test_nothing() -> None:
    """An empty stack makes an empty drawing."""
    assert groups(parsed(picture_of([], [])), "node") == []


def test_the_edges_of_a_node_with_many_are_thin() -> None:
    """They would run together; those of other nodes are as they are."""
    edges = groups(parsed(catalogue(10)), "edge")
    thin = {one.attrib["data-from"] for one in edges if "many" in one.attrib["class"].split()}
    assert thin == {"shop:stripe_billing_portal_configuration.main"}


def test_a_circle_is_drawn_on_both_sides() -> None:
    """A product with a default price: one arrow ends at the left side of the price."""
    product, price = node("stripe_product.a"), node("stripe_price.b")
    both = [Edge(product.key, price.key), Edge(price.key, product.key)]
    edges = groups(parsed(picture_of([product, price], both)), "edge")[:2]
    arrows = [one.findall(f"{SVG}path")[1].attrib["d"] for one in edges]
    assert sorted(arrow.partition("l")[2] for arrow in arrows) == ["-7 -4v8z", "7 -4v8z"]


def test_in_a_page_a_node_leads_where_it_is_said() -> None:
    """The page has the style, and the nodes are links that a keyboard reaches."""
    picture = picture_of([node("stripe_price.pro"), node("stripe_price.max")], [])
    drawn = svg_in_page(picture, lambda one: "#to-pro" if one.label == "pro" else "")
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    (link,) = root.iter(f"{SVG}a")
    assert link.attrib["href"] == "#to-pro"
    assert link.attrib["data-address"] == "stripe_price.pro"
    assert [one.attrib["data-address"] for one in groups(root, "node")] == ["stripe_price.max"]
    assert root.attrib["role"] == "group"  # an image has no links in it
    assert "<style>" not in drawn
