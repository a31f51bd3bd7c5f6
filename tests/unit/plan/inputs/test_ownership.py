"""Owners of objects: which stack's state records which object."""

from __future__ import annotations

import dataclasses

from engine.plan.inputs.ownership import ObjectKey, Owner, Ownership, ownership_of
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State, new_state


def state(stack: str, environment: str = "test", **resources: ResourceState) -> State:
    """A state with products."""
    named = {f"stripe_product.{name}": entry for name, entry in resources.items()}
    begun = new_state(stack, environment)
    for address, entry in named.items():
        begun = begun.with_resource(address, entry)
    return begun


def product(id: str, *superseded: str, account: str = "") -> ResourceState:
    """A product in a state."""
    return ResourceState(
        type="stripe_product",
        id=id,
        superseded=superseded,
        removal_policy=RemovalPolicy(account=account),
    )


def key(id: str, account: str = "") -> ObjectKey:
    """The key of a product."""
    return ObjectKey("stripe_product", account, id)


def test_the_owner_outside_of_a_stack() -> None:
    """A stack's own resources are none of another stack."""
    owners = ownership_of([state("shop", a=product("prod_1")), state("other")], "test")
    assert owners.elsewhere("other", key("prod_1")) == Owner("shop", "stripe_product.a")
    assert owners.elsewhere("shop", key("prod_1")) is None
    assert owners.elsewhere("other", key("prod_2")) is None


def test_the_account_is_part_of_identity() -> None:
    """The same id on a connected account is another object."""
    owners = ownership_of([state("shop", a=product("pro", account="acct_1")), state("b")], "test")
    assert owners.elsewhere("b", key("pro")) is None
    assert owners.elsewhere("b", key("pro", "acct_1")) == Owner("shop", "stripe_product.a")


def test_an_object_that_was_replaced_still_has_its_owner() -> None:
    """It is still to be removed there."""
    owners = ownership_of([state("shop", a=product("prod_2", "prod_1")), state("b")], "test")
    assert owners.elsewhere("b", key("prod_1")) == Owner("shop", "stripe_product.a")
    assert list(owners.duplicates()) == []


def test_two_owners_of_one_object() -> None:
    """Each is the other's, and both are named."""
    states = [state("shop", a=product("prod_1")), state("b", x=product("prod_1"))]
    owners = ownership_of(states, "test")
    shop, other = Owner("shop", "stripe_product.a"), Owner("b", "stripe_product.x")
    assert list(owners.duplicates()) == [(key("prod_1"), (shop, other))]
    assert owners.elsewhere("shop", key("prod_1")) == other
    assert owners.elsewhere("b", key("prod_1")) == shop


def test_the_same_stack_in_another_environment_is_another_owner() -> None:
    """Two environments may be one account: the owner is named with its environment."""
    states = [state("shop"), state("shop", "live", a=product("prod_1"))]
    found = ownership_of(states, "test").elsewhere("shop", key("prod_1"))
    assert str(found) == "live/shop:stripe_product.a"
    assert str(Owner("shop", "stripe_product.a")) == "shop:stripe_product.a"


def test_a_single_state_is_searched_only_if_ids_repeat() -> None:
    """With one state alone every object is its own."""
    assert ownership_of([state("shop", a=product("prod_1"))], "test") == Ownership()


def test_an_owner_is_read_from_its_text() -> None:
    """As steps and plan files have it."""
    for owner in (Owner("shop", "stripe_product.a"), Owner("shop", "stripe_product.a", "live")):
        assert Owner.of(str(owner)) == owner


def test_a_state_without_what_is_another_stacks_by_now() -> None:
    """What was replaced or archived here and is a resource there is neither removed nor revived."""
    gone = {
        "stripe_product.old": RemovedObject(type="stripe_product", id="prod_3"),
        "stripe_product.kept": RemovedObject(type="stripe_product", id="prod_4"),
    }
    shop = dataclasses.replace(
        state("shop", a=product("prod_2", "prod_0", "prod_1"), b=product("prod_5")), removed=gone
    )
    other = state("other", x=product("prod_1"), y=product("prod_3"))
    found = ownership_of([shop, other], "test").own(shop)
    assert found.resources["stripe_product.a"].superseded == ("prod_0",)
    assert found.resources["stripe_product.b"] == shop.resources["stripe_product.b"]
    assert set(found.removed) == {"stripe_product.kept"}


def test_what_another_stack_leaves_is_still_to_be_removed() -> None:
    """A move was killed after its object had been replaced: the old one is this stack's to end."""
    shop = state("shop", a=product("prod_2", "prod_1"))
    other = state("other", x=product("prod_1"))
    owners = ownership_of([shop, other], "test")
    leaving = {Owner("other", "stripe_product.x")}
    assert owners.own(shop, leaving).resources == shop.resources
    assert owners.own(shop).resources["stripe_product.a"].superseded == ()


def test_a_single_state_with_twins() -> None:
    """A bad merge within a file."""
    owners = ownership_of([state("shop", a=product("prod_1"), b=product("prod_1"))], "test")
    pair = (Owner("shop", "stripe_product.a"), Owner("shop", "stripe_product.b"))
    assert list(owners.duplicates()) == [(key("prod_1"), pair)]
    assert Ownership().own(state("shop")).stack == "shop"
