"""What a stack declares, as a digest, and where a state records something else."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.graph.build import ResourceGraph, build_graph
from engine.plan.declared import declared_digest, is_as_applied, other_declarations
from engine.stack.model import (
    DEFAULT_LIFECYCLE,
    Declaration,
    Lifecycle,
    Location,
    OutputDeclaration,
    Stack,
)
from engine.state.model import ResourceState, State
from engine.values.secret import Sealed, Sensitive

PRO, MONTH = "stripe_product.pro", "stripe_price.month"
HERE = Location("stacks/shop.py", 1)
ARGUMENTS: dict[str, dict[str, Any]] = {
    PRO: {"name": "Pro"},
    MONTH: {"product": "${stripe_product.pro.id}", "unit_amount": 2900},
}


def graph(
    arguments: dict[str, dict[str, Any]] = ARGUMENTS,
    *,
    line: int = 1,
    lifecycle: Lifecycle = DEFAULT_LIFECYCLE,
    **outputs: Any,
) -> ResourceGraph:
    """The graph of a stack."""
    declarations = {
        address: Declaration(
            address=parse_address(address),
            arguments=given,
            lifecycle=lifecycle,
            location=Location("stacks/shop.py", line),
        )
        for address, given in arguments.items()
    }
    stack = Stack(
        name="shop",
        file="stacks/shop.py",
        declarations=declarations,
        outputs={
            name: OutputDeclaration(name=name, value=value, sensitive=False, location=HERE)
            for name, value in outputs.items()
        },
    )
    return build_graph(stack, loader.schemas())


def state(arguments: dict[str, dict[str, Any]] = ARGUMENTS, **parts: Any) -> State:
    """A state that records these declarations."""
    return State(
        stack="shop",
        environment="test",
        lineage="l",
        resources={
            address: ResourceState(type=address.partition(".")[0], id="x", declared=given)
            for address, given in arguments.items()
        },
        **parts,
    )


def test_the_digest_is_of_what_is_declared_alone() -> None:
    """Not of lines, of the order, of nulls, or of the spelling of numbers."""
    digest = declared_digest(graph())
    assert digest.startswith("sha256:")
    assert declared_digest(graph(dict(reversed(ARGUMENTS.items())), line=9)) == digest
    assert declared_digest(graph({**ARGUMENTS, PRO: {"name": "Pro", "url": None}})) == digest
    amounts = [{MONTH: {"unit_amount_decimal": value}} for value in (Decimal("0.50"), "0.50")]
    assert len({declared_digest(graph(one)) for one in amounts}) == 1


@pytest.mark.parametrize(
    "other",
    [
        graph({**ARGUMENTS, PRO: {"name": "Max"}}),
        graph({PRO: ARGUMENTS[PRO]}),
        graph(lifecycle=Lifecycle(protect=True)),
        graph(lifecycle=Lifecycle(ignore_changes=["name"])),
        graph(price="${stripe_price.month.id}"),
        graph({**ARGUMENTS, PRO: {"name": Sensitive("Pro")}}),
    ],
)
def test_another_declaration_has_another_digest(other: ResourceGraph) -> None:
    """Arguments, resources, lifecycles, outputs, and whether something is a secret."""
    assert declared_digest(other) != declared_digest(graph())


def test_a_lifecycle_that_means_the_default_is_the_default() -> None:
    """So that a field that a later engine adds changes no digest."""
    assert declared_digest(graph(lifecycle=Lifecycle())) == declared_digest(graph())


def test_a_secret_is_in_it_without_its_value() -> None:
    """Another one is no other code, and a digest must not help to guess it."""
    digests = {
        declared_digest(graph({PRO: {"name": secret}}))
        for secret in (Sensitive("a"), Sensitive("b"), Sealed("0123456789abcdef"))
    }
    assert len(digests) == 1


def test_what_a_state_records_else_is_named() -> None:
    """With what is different of it."""
    recorded = state({PRO: {"name": "Max"}, "stripe_coupon.old": {}})
    assert [str(other) for other in other_declarations(graph(), recorded)] == [
        "stripe_coupon.old is not declared any more",
        "stripe_price.month was not applied",
        "stripe_product.pro was applied with other arguments",
    ]


def test_a_state_with_a_digest_is_as_applied_by_that() -> None:
    """Whatever else it records: the last complete apply wrote it."""
    digest = declared_digest(graph())
    assert is_as_applied(graph(), state({}, applied=digest))
    assert not is_as_applied(graph(), state(applied="sha256:0"))


def test_a_state_without_a_digest_is_compared_itself() -> None:
    """Resources, arguments and the names of outputs."""
    assert is_as_applied(graph(), state())
    assert not is_as_applied(graph(), state({PRO: {"name": "Max"}}))
    assert not is_as_applied(graph(price="x"), state())
    assert is_as_applied(graph(price="x"), state(outputs={"price": "x"}))


def test_states_with_the_same_declarations() -> None:
    """What Stripe returned does not matter."""
    one = state()
    seen = dataclasses.replace(one.resources[PRO], attributes={"name": "Pro"})
    assert one.same_declarations(one.with_resource(PRO, seen))
    assert not one.same_declarations(state({PRO: {"name": "Pro"}}))
    assert not one.same_declarations(state({**ARGUMENTS, PRO: {"name": "Max"}}))
