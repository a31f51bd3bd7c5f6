"""From graphs and plans to pictures."""

from __future__ import annotations

from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.graph.build import ResourceGraph, build_graph
from engine.plan.model import Action
from engine.stack.model import Declaration, Lifecycle, Location, OutputDeclaration, Stack
from engine.views.picture.model import Edge, EdgeKind, NodeKind
from engine.views.picture.sources import of_graphs, of_report, of_states
from tests.support import build, reports

HERE = Location("stacks/case.py", 1)
PRODUCT, PRICE, LINK = "stripe_product.pro", "stripe_price.month", "stripe_payment_link.buy"


def graph_of(
    name: str,
    declared: dict[str, tuple[dict[str, Any], Lifecycle]],
    outputs: dict[str, Any] | None = None,
    reads: tuple[str, ...] = (),
) -> ResourceGraph:
    """The graph of one stack."""
    stack = Stack(
        name=name,
        file=f"stacks/{name}.py",
        declarations={
            text: Declaration(
                address=parse_address(text), arguments=arguments, lifecycle=life, location=HERE
            )
            for text, (arguments, life) in declared.items()
        },
        outputs={
            key: OutputDeclaration(name=key, value=value, sensitive=False, location=HERE)
            for key, value in (outputs or {}).items()
        },
        reads_outputs_of=dict.fromkeys(reads, HERE),
    )
    return build_graph(stack, loader.schemas())


CATALOG = graph_of(
    "catalog",
    {
        PRICE: ({"product": f"${{{PRODUCT}.id}}"}, Lifecycle(depends_on=["stripe_coupon.c"])),
        PRODUCT: ({"name": "Pro", "default_price": f"${{{PRICE}.id}}"}, Lifecycle()),
        "stripe_coupon.c": ({"percent_off": 5}, Lifecycle()),
        "stripe_promotion_code.c": (
            {"promotion": {"coupon": "${data.stripe_coupon.id-x.id}"}},
            Lifecycle(),
        ),
    },
    {"month": f"${{{PRICE}.id}}", "plain": "text"},
)
SITE = graph_of(
    "site",
    {
        LINK: (
            {
                "line_items": [{"price": "${output.catalog.month}"}],
                "metadata": {"a": "${output.catalog.plain}"},
            },
            Lifecycle(depends_on=["catalog:stripe_coupon.c"]),
        )
    },
    reads=("catalog",),
)


def test_what_a_stack_declares() -> None:
    """In the order of its apply, with what it looks up; each edge says why it is there."""
    picture = of_graphs([CATALOG])
    assert [node.key for node in picture.nodes] == [
        "catalog:stripe_coupon.c",
        f"catalog:{PRODUCT}",
        f"catalog:{PRICE}",
        "catalog:stripe_promotion_code.c",
        "catalog:data.stripe_coupon.id-x",
    ]
    last = picture.nodes[-1]
    assert (last.kind, last.type, last.label) == (NodeKind.LOOKUP, "stripe_coupon", "id-x")
    assert {node.action for node in picture.nodes} == {None}
    assert picture.edges == (
        Edge(f"catalog:{PRICE}", "catalog:stripe_coupon.c", EdgeKind.DEPENDS_ON),
        Edge(f"catalog:{PRICE}", f"catalog:{PRODUCT}"),
        Edge(f"catalog:{PRODUCT}", f"catalog:{PRICE}"),
        Edge("catalog:stripe_promotion_code.c", "catalog:data.stripe_coupon.id-x"),
    )


def test_stacks_that_read_each_other() -> None:
    """Each output is followed to what it is made from."""
    picture = of_graphs([CATALOG, SITE])
    assert [edge for edge in picture.edges if edge.source == f"site:{LINK}"] == [
        Edge(f"site:{LINK}", "catalog:stripe_coupon.c", EdgeKind.DEPENDS_ON),
        Edge(f"site:{LINK}", f"catalog:{PRICE}", EdgeKind.OUTPUT),
    ]


def test_a_stack_whose_producer_is_not_shown() -> None:
    """What it reads is shown by its name, in the stack that has it."""
    picture = of_graphs([SITE])
    assert [(node.key, node.kind, node.type) for node in picture.nodes] == [
        (f"site:{LINK}", NodeKind.RESOURCE, "stripe_payment_link"),
        ("catalog:output.month", NodeKind.OUTPUT, ""),
        ("catalog:output.plain", NodeKind.OUTPUT, ""),
        ("catalog:stripe_coupon.c", NodeKind.RESOURCE, "stripe_coupon"),
    ]
    assert {edge.target: edge.kind.value for edge in picture.edges} == {
        "catalog:output.month": "output",
        "catalog:output.plain": "output",
        "catalog:stripe_coupon.c": "depends_on",
    }


def test_a_resource_on_an_account() -> None:
    """It refers to the account, although none of its arguments does."""
    life = Lifecycle(account="${stripe_account.shop.id}")
    graph = graph_of(
        "shop", {"stripe_account.shop": ({}, Lifecycle()), PRODUCT: ({"name": "Pro"}, life)}
    )
    assert of_graphs([graph]).edges == (Edge(f"shop:{PRODUCT}", "shop:stripe_account.shop"),)


def test_a_plan() -> None:
    """With the action and symbol of each resource, and no edge to what it does not show."""
    gone = ("stripe_product.gone", PRODUCT)
    report = build.report(
        build.plan(
            build.change(PRICE, Action.REPLACE, create_first=True, dependencies=gone),
            build.change(PRODUCT, Action.NO_OP),
            stack="catalog",
        ),
        build.plan(
            build.change(LINK, Action.UPDATE, dependencies=(f"catalog:{PRICE}",)), stack="site"
        ),
    )
    picture = of_report(report)
    assert [(node.key, node.action, node.symbol) for node in picture.nodes] == [
        (f"catalog:{PRICE}", Action.REPLACE, "+/-"),
        (f"catalog:{PRODUCT}", Action.NO_OP, ""),
        (f"site:{LINK}", Action.UPDATE, "~"),
    ]
    assert picture.edges == (
        Edge(f"catalog:{PRICE}", f"catalog:{PRODUCT}"),
        Edge(f"site:{LINK}", f"catalog:{PRICE}", EdgeKind.OUTPUT),
    )


def test_what_states_record() -> None:
    """Each resource, with what it refers to in its stack; nothing is planned."""
    picture = of_states([reports.state()])
    assert [(node.key, node.action) for node in picture.nodes] == [
        ("saas:stripe_price.pro_monthly", None),
        ("saas:stripe_price.team_monthly", None),
        ("saas:stripe_product.pro", None),
    ]
    assert picture.edges == (
        Edge("saas:stripe_price.pro_monthly", "saas:stripe_product.pro"),
        Edge("saas:stripe_price.team_monthly", "saas:stripe_product.pro"),
    )
