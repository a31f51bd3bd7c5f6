"""What a resource that one environment alone has may be in the other one."""

from __future__ import annotations

from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.environments.hints import with_hints
from engine.plan.environments.model import Found, ResourceDifference, StackDifference
from engine.state.model import ResourceState, State

PRICE = "stripe_price.month"


def state(stack: str, **entries: dict[str, Any]) -> State:
    """A state with prices, by logical name."""
    return State(
        stack=stack,
        environment="test",
        lineage="l",
        resources={
            f"stripe_price.{name}": ResourceState(
                type="stripe_price", id="price_1", declared=given, attributes=given
            )
            for name, given in entries.items()
        },
    )


def hint(here: list[State], there: list[State], *, in_both: bool = False) -> str:
    """The hint for the price of the shop that only the first environment has."""
    address = parse_address(PRICE)
    found = (Found("price_1"), Found("price_2") if in_both else None)
    one = ResourceDifference(address=address, type=address.type, found=found)
    stack = StackDifference(stack="shop", recorded=(True, True), resources=(one,), compared=1)
    states = ({one.stack: one for one in here}, {one.stack: one for one in there})
    [after] = with_hints([stack], states, ("test", "live"), loader.schemas())
    return after.resources[0].hint


def test_the_same_address_in_another_stack() -> None:
    """It was moved in one environment only."""
    here = [state("shop", month={})]
    assert hint(here, [state("catalogue", month={}), state("shop")]) == (
        "live has it as catalogue:stripe_price.month"
    )


def test_another_address_with_the_same_natural_key() -> None:
    """It was renamed in one environment only."""
    here = [state("shop", month={"lookup_key": "pro"}, year={"lookup_key": "year"})]
    there = [state("shop", year={"lookup_key": "pro"}, monthly={"lookup_key": "pro"}, odd={})]
    assert hint(here, there) == "live has it as stripe_price.monthly"


def test_nothing_is_known_of_others() -> None:
    """Nor asked where both have it."""
    here = [state("shop", month={"lookup_key": "pro"})]
    assert hint(here, [state("shop", other={"lookup_key": "max"})]) == ""
    assert hint(here, []) == ""
    assert hint(here, [state("other", month={})], in_both=True) == ""
