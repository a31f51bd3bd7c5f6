"""Pictures as documents."""

from __future__ import annotations

from engine.plan.model import Action
from engine.views.json.picture import picture_document
from engine.views.picture.model import Edge, EdgeKind, NodeKind, picture_of
from tests.support.documents import misfits
from tests.support.pictures import catalogue, node


def test_nodes_and_edges() -> None:
    """Both ends of an edge with their stack."""
    one = node("stripe_price.a", action=Action.UPDATE, symbol="~")
    other = node("output.month", "base", type="", kind=NodeKind.OUTPUT)
    document = picture_document(
        picture_of([one, other], [Edge(one.key, other.key, EdgeKind.OUTPUT)])
    )
    assert document == {
        "format_version": "1",
        "nodes": [
            {
                "stack": "shop",
                "address": "stripe_price.a",
                "type": "stripe_price",
                "name": "a",
                "kind": "resource",
                "action": "update",
            },
            {
                "stack": "base",
                "address": "output.month",
                "type": None,
                "name": "month",
                "kind": "output",
                "action": None,
            },
        ],
        "edges": [
            {
                "from": {"stack": "shop", "address": "stripe_price.a"},
                "to": {"stack": "base", "address": "output.month"},
                "kind": "output",
            }
        ],
    }
    assert misfits("graph", document) == []


def test_each_picture_is_what_the_schema_says() -> None:
    """Of a plan too."""
    assert misfits("graph", picture_document(catalogue(3))) == []
