"""What resources refer to in other stacks: through outputs, however nested, and by name."""

from __future__ import annotations

from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.graph.across import dependencies_elsewhere, read_by_resource, resources_behind
from engine.graph.build import ResourceGraph, build_graph
from engine.stack.model import Declaration, Lifecycle, Location, OutputDeclaration, Stack
from engine.values.secret import Sensitive
from engine.values.targets import elsewhere

HERE = Location("stacks/case.py", 1)


def stack_with(name: str, outputs: dict[str, Any]) -> Stack:
    """A stack that offers some outputs."""
    return Stack(
        name=name,
        file=f"stacks/{name}.py",
        outputs={
            key: OutputDeclaration(name=key, value=value, sensitive=False, location=HERE)
            for key, value in outputs.items()
        },
    )


STACKS = {
    "catalog": stack_with(
        "catalog",
        {
            "month": "${stripe_price.month.id}",
            "prices": {"month": "${stripe_price.month.id}", "year": "${stripe_price.year.id}"},
            "secret": Sensitive("${stripe_webhook_endpoint.hook.secret}"),
            "found": "${data.stripe_product.old.id}",
            "plain": "prod_1",
        },
    ),
    "base": stack_with("base", {"again": ["${output.catalog.month}", "${stripe_coupon.c.id}"]}),
}


@pytest.mark.parametrize(
    ("target", "behind"),
    [
        ("output.catalog.month", {"catalog:stripe_price.month"}),
        ("output.catalog.prices.year", {"catalog:stripe_price.year"}),
        ("output.catalog.prices", {"catalog:stripe_price.month", "catalog:stripe_price.year"}),
        ("output.catalog.prices.week", set()),
        ("output.catalog.secret", {"catalog:stripe_webhook_endpoint.hook"}),
        ("output.catalog.found", set()),
        ("output.catalog.plain", set()),
        ("output.catalog.typo", set()),
        ("output.elsewhere.month", set()),
        ("output.base.again[0]", {"catalog:stripe_price.month"}),
        ("output.base.again", {"catalog:stripe_price.month", "base:stripe_coupon.c"}),
        ("elsewhere:stripe_price.month", {"elsewhere:stripe_price.month"}),
    ],
)
def test_an_output_is_followed_to_its_resources(target: str, behind: set[str]) -> None:
    """Through other outputs too; what is not known is left out."""
    assert resources_behind(elsewhere(target), STACKS) == behind


def graph_of(**reads: Location) -> ResourceGraph:
    """A stack whose resources read others, each in a way of its own."""
    given: dict[str, tuple[dict[str, Any], Lifecycle]] = {
        "stripe_product.a": ({"name": "A"}, Lifecycle()),
        "stripe_product.b": ({"name": "${output.base.name}"}, Lifecycle()),
        "stripe_product.c": ({"metadata": {"of": "${output.catalog.month}"}}, Lifecycle()),
        "stripe_product.d": ({}, Lifecycle(depends_on=["catalog:stripe_coupon.c"])),
        "stripe_product.e": ({}, Lifecycle(account="${output.catalog.month}")),
        "stripe_product.f": ({"name": "${stripe_product.a.name}"}, Lifecycle()),
    }
    declarations = {
        text: Declaration(
            address=parse_address(text), arguments=arguments, lifecycle=lifecycle, location=HERE
        )
        for text, (arguments, lifecycle) in given.items()
    }
    stack = Stack(
        name="case", file="stacks/case.py", declarations=declarations, reads_outputs_of=reads
    )
    return build_graph(stack, loader.schemas())


def test_each_resource_with_what_it_reads() -> None:
    """In its arguments, in its lifecycle, as its account."""
    graph = graph_of(base=HERE, catalog=HERE)
    read = {address: list(map(str, found)) for address, found in read_by_resource(graph).items()}
    assert read == {
        "stripe_product.b": ["output.base.name"],
        "stripe_product.c": ["output.catalog.month"],
        "stripe_product.d": ["catalog:stripe_coupon.c"],
        "stripe_product.e": ["output.catalog.month"],
    }
    assert dependencies_elsewhere(graph, STACKS) == {
        "stripe_product.c": {"catalog:stripe_price.month"},
        "stripe_product.d": {"catalog:stripe_coupon.c"},
        "stripe_product.e": {"catalog:stripe_price.month"},
    }


def test_a_stack_that_reads_no_other_is_not_searched() -> None:
    """Ten thousand resources have nothing to follow then."""
    assert read_by_resource(graph_of()) == {}
    assert dependencies_elsewhere(graph_of(), STACKS) == {}
