"""The picture of resources in a page."""

from __future__ import annotations

from engine.plan.model import Action
from engine.views.html.graph import graph
from engine.views.picture.model import Edge, Picture, picture_of
from tests.support.pictures import node


def fan(number: int, changing: int) -> Picture:
    """So many prices of one product, of which some change."""
    prices = [
        node(f"stripe_price.p{at}", action=Action.UPDATE if at < changing else Action.NO_OP)
        for at in range(number)
    ]
    product = node("stripe_product.pro", action=Action.NO_OP)
    return picture_of([product, *prices], [Edge(one.key, product.key) for one in prices])


def text_of(picture: Picture, *rows: str) -> str:
    """The section of a page."""
    section = graph(picture, rows)
    assert section is not None
    return str(section.content)


def drawn(picture: Picture) -> list[str]:
    """What each picture in the page is said to be, and whether it is open."""
    parts = text_of(picture).split("<details")[1:]
    return [
        ("open: " if part.startswith(" open") else "")
        + part.partition("<summary>")[2].partition("<")[0]
        for part in parts
    ]


def test_a_small_picture_is_shown_and_a_larger_one_opens_on_request() -> None:
    """Sixty nodes can be seen at once."""
    assert drawn(fan(5, 1)) == ["open: 6 resources, 5 edges, 1 change"]
    assert drawn(fan(200, 1)) == ["201 resources, 200 edges, 1 change"]


def test_of_many_resources_what_changes_has_a_picture_of_its_own() -> None:
    """With its neighbours; all of it is next to that, or drawn by a command if it is too large."""
    assert drawn(fan(400, 3)) == [
        "open: 4 resources, 3 edges, 3 changes",
        "401 resources, 400 edges, 3 changes",
    ]
    assert drawn(fan(2500, 3)) == ["open: 4 resources, 3 edges, 3 changes"]
    assert "is drawn by engine graph" in text_of(fan(2500, 3))


def test_nodes_lead_to_the_rows_that_there_are() -> None:
    """What does not change has no row."""
    text = text_of(fan(2, 1), "shop:stripe_price.p0")
    assert text.count("<a ") == 1
    assert 'href="#shop:stripe_price.p0"' in text


def test_resources_without_references_need_no_picture() -> None:
    """A list says the same."""
    assert graph(picture_of([node("stripe_price.pro")], []), ()) is None
