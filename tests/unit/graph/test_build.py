"""From a stack to its graph: which references are edges, and which can wait."""

from __future__ import annotations

from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.errors import StackError
from engine.graph.build import ResourceGraph, build_graph, references_of
from engine.stack.model import Declaration, Import, Lifecycle, Location, Stack
from engine.values.secret import Sensitive
from engine.values.targets import OutputTarget

PRODUCT = "stripe_product.pro"
PRICE = "stripe_price.monthly"


def graph_of(
    arguments: dict[str, dict[str, Any]], lifecycles: dict[str, Lifecycle] | None = None
) -> ResourceGraph:
    """Build the graph of declarations, each on a line of its own."""
    declarations = {
        text: Declaration(
            address=parse_address(text),
            arguments=given,
            lifecycle=(lifecycles or {}).get(text, Lifecycle()),
            location=Location("stacks/case.py", line),
        )
        for line, (text, given) in enumerate(arguments.items(), start=1)
    }
    stack = Stack(name="case", file="stacks/case.py", declarations=declarations)
    return build_graph(stack, loader.schemas())


def test_references_are_edges_wherever_they_stand() -> None:
    """Nested, inside a longer text, inside a secret: each is an edge."""
    graph = graph_of(
        {
            "stripe_product.a": {"name": "A"},
            "stripe_product.b": {"name": "B"},
            "stripe_product.c": {"name": "C"},
            "stripe_product.d": {
                "name": "like ${stripe_product.a.name}",
                "marketing_features": [{"name": "${stripe_product.b.name}"}],
                "metadata": {"key": Sensitive("${stripe_product.c.id}")},
            },
        }
    )
    assert graph.edges["stripe_product.d"] == {
        "stripe_product.a",
        "stripe_product.b",
        "stripe_product.c",
    }
    assert graph.order[-1] == "stripe_product.d"
    assert set(graph.declarations) == set(graph.order)


def test_an_account_is_an_edge() -> None:
    """What is on an account comes after it; one that is read or made elsewhere exists already."""
    accounts = {
        "stripe_product.a": "${stripe_account.shop.id}",
        "stripe_product.b": "acct_2",
        "stripe_product.c": "${data.stripe_account.id-acct_3.id}",
        "stripe_product.d": "${output.platform.account}",
        "stripe_product.e": "",
    }
    graph = graph_of(
        {"stripe_account.shop": {}, **{address: {} for address in accounts}},
        {address: Lifecycle(account=account) for address, account in accounts.items()},
    )
    assert {address for address, needs in graph.edges.items() if needs} == {"stripe_product.a"}
    assert graph.needs("stripe_product.a") == ("stripe_account.shop",)
    assert {address: len(named) for address, named in graph.accounts.items()} == {
        "stripe_product.a": 1,
        "stripe_product.b": 0,
        "stripe_product.c": 1,
        "stripe_product.d": 1,
    }
    assert [str(target) for target in graph.named()] == [
        "stripe_account.shop.id",
        "data.stripe_account.id-acct_3.id",
        "output.platform.account",
    ]


def test_an_account_on_itself_is_a_circle() -> None:
    """Named with its place."""
    with pytest.raises(StackError) as caught:
        graph_of(
            {"stripe_account.shop": {}},
            {"stripe_account.shop": Lifecycle(account="${stripe_account.shop.id}")},
        )
    assert [problem.reference for problem in caught.value.problems] == ["cycle"]


def test_references_of_arguments_alone() -> None:
    """What an update can add later is told apart; a lookup is there already."""
    arguments = {
        "default_price": f"${{{PRICE}.id}}",
        "name": "${stripe_product.a.name}",
        "description": "${data.stripe_product.old.name}",
    }
    hard, soft = references_of(arguments, loader.resource_type("stripe_product"))
    assert hard == {"stripe_product.a"}
    assert soft == {PRICE}


def test_what_an_update_adds_is_deferred() -> None:
    """A product and its default price are no cycle: the product's reference can wait."""
    graph = graph_of(
        {
            PRICE: {"product": f"${{{PRODUCT}.id}}"},
            PRODUCT: {"name": "Pro", "default_price": f"${{{PRICE}.id}}"},
        }
    )
    assert graph.order == (PRODUCT, PRICE)
    assert graph.edges == {PRODUCT: frozenset(), PRICE: {PRODUCT}}
    assert graph.deferred == {PRODUCT: {PRICE}, PRICE: frozenset()}


def test_a_reference_that_cannot_wait_is_not_deferred() -> None:
    """The same target in a field that create takes has to be there first."""
    graph = graph_of(
        {
            PRICE: {"product": "prod_1"},
            PRODUCT: {"name": f"for ${{{PRICE}.id}}", "default_price": f"${{{PRICE}.id}}"},
        }
    )
    assert graph.edges[PRODUCT] == {PRICE}
    assert graph.deferred[PRODUCT] == frozenset()


def test_lookups_and_outputs_are_no_edges() -> None:
    """What is read, here or from another stack's state, is there already."""
    graph = graph_of({PRICE: {"product": "${data.stripe_product.x.id}${output.base.name}"}})
    assert graph.edges[PRICE] == graph.deferred[PRICE] == frozenset()


def test_lifecycles_are_edges() -> None:
    """depends_on and replace_triggered_by order, and the triggers are kept apart."""
    graph = graph_of(
        {"stripe_product.a": {"name": "A"}, "stripe_product.b": {}, "stripe_product.c": {}},
        {
            "stripe_product.a": Lifecycle(
                depends_on=("stripe_product.b",), replace_triggered_by=["stripe_product.c"]
            )
        },
    )
    assert graph.edges["stripe_product.a"] == {"stripe_product.b", "stripe_product.c"}
    assert graph.triggers["stripe_product.a"] == {"stripe_product.c"}
    assert graph.order == ("stripe_product.b", "stripe_product.c", "stripe_product.a")


def test_a_type_may_follow_another() -> None:
    """A tax registration comes after the tax settings, although it does not name them."""
    registration = {"country": "DE", "active_from": "now"}
    graph = graph_of(
        {
            "stripe_product.pro": {"name": "Pro"},
            "stripe_tax_registration.de": registration,
            "stripe_tax_settings.own": {"defaults": {"tax_behavior": "exclusive"}},
        }
    )
    assert graph.edges["stripe_tax_registration.de"] == {"stripe_tax_settings.own"}
    assert graph.edges["stripe_tax_settings.own"] == set()
    alone = graph_of({"stripe_tax_registration.de": registration})
    assert alone.edges["stripe_tax_registration.de"] == set()


def test_a_cycle_is_a_problem_with_every_place() -> None:
    """The problem names the cycle, the first declaration's line, and where each link stands."""
    with pytest.raises(StackError) as caught:
        graph_of(
            {
                "stripe_product.b": {"name": "${stripe_product.a.name}"},
                "stripe_product.a": {"name": "${stripe_product.b.name}"},
            }
        )
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.reference) == ("stacks/case.py", 2, "cycle")
    assert "stripe_product.a -> stripe_product.b -> stripe_product.a" in problem.message
    assert "stripe_product.a at stacks/case.py:2" in problem.hint
    assert "stripe_product.b at stacks/case.py:1" in problem.hint


def test_an_id_to_import_is_read_once() -> None:
    """It is no reading that lasts: once imported, the object is the stack's own."""
    stack = Stack(
        name="shop",
        file="stacks/shop.py",
        imports={
            "stripe_product.pro": Import(
                address=parse_address("stripe_product.pro"),
                id="${output.ids.pro} ${data.stripe_price.x.product}",
                location=Location("stacks/shop.py", 1),
            )
        },
    )
    graph = build_graph(stack, loader.schemas())
    assert list(graph.read_once()) == [OutputTarget("ids", "pro")]
    assert list(graph.read()) == []
