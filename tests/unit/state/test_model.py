"""State as a value, and the holder of a lock."""

from __future__ import annotations

import dataclasses

import pytest

from engine.address import parse_address
from engine.ports.run_locks import LockOwner
from engine.state.model import Delta, Draft, RemovedObject, ResourceState, State, new_state

PRO = "stripe_product.pro"
PRICE = "stripe_price.pro"


@pytest.fixture
def state() -> State:
    """A product and a price that depends on it."""
    return State(
        stack="saas",
        environment="test",
        lineage="l",
        resources={
            PRO: ResourceState(type="stripe_product", id="prod_1"),
            PRICE: ResourceState(
                type="stripe_price", id="price_1", dependencies=("stripe_coupon.x", PRO)
            ),
        },
    )


def test_new_states_are_unrelated() -> None:
    """Each new state has a lineage of its own, unless it is given one."""
    first, second = new_state("saas", "test"), new_state("saas", "test")
    assert (first.stack, first.environment, first.serial) == ("saas", "test", 0)
    assert len(first.lineage) == 32
    assert first.lineage != second.lineage
    assert new_state("saas", "test", "given").lineage == "given"


def test_at_takes_text_and_addresses(state: State) -> None:
    """A resource is found by either form of its address."""
    assert state.at(PRO) is state.at(parse_address(PRO)) is state.resources[PRO]
    assert state.at("stripe_product.none") is None


def test_same_content_looks_past_serial_and_version(state: State) -> None:
    """Only what a person would call a change is one."""
    assert state.same_content(dataclasses.replace(state, serial=9, engine_version="9"))
    assert not state.same_content(state.with_outputs({"a": 1}))
    assert not state.same_content(dataclasses.replace(state, api_version="new"))


def test_a_resource_is_set(state: State) -> None:
    """A new state has it, and the old one is left alone."""
    coupon = ResourceState(type="stripe_coupon", id="SALE")
    assert state.with_resource("stripe_coupon.sale", coupon).at("stripe_coupon.sale") is coupon
    assert "stripe_coupon.sale" not in state.resources


def test_a_draft_takes_changes_in(state: State) -> None:
    """Resources and archived objects come and go, and the state it began as stays the same."""
    coupon = ResourceState(type="stripe_coupon", id="SALE")
    gone = RemovedObject(type="stripe_price", id="price_0")
    draft = Draft(state)
    draft.change(Delta(resources={"stripe_coupon.sale": coupon}, removed={PRICE: gone}))
    assert draft.at("stripe_coupon.sale") is coupon
    assert draft.state().removed == {PRICE: gone}
    draft.change(
        Delta(
            resources={"stripe_coupon.sale": None, "stripe_coupon.none": None},
            removed={PRICE: None},
        )
    )
    assert draft.state() == state
    assert draft.lineage == state.lineage


def test_a_move_renames_for_dependents_too(state: State) -> None:
    """Whoever depends on a moved resource depends on its new address, sorted as ever."""
    moved = state.with_move(PRO, "stripe_billing_portal_configuration.a")
    assert moved.at(PRO) is None
    assert moved.at("stripe_billing_portal_configuration.a") == state.at(PRO)
    price = moved.at(PRICE)
    assert price is not None
    assert price.dependencies == ("stripe_billing_portal_configuration.a", "stripe_coupon.x")


def test_outputs_are_replaced_whole(state: State) -> None:
    """New outputs take the place of all earlier ones."""
    assert state.with_outputs({"a": 1}).with_outputs({"b": 2}).outputs == {"b": 2}


def test_holder_tells_who_and_since_when() -> None:
    """Whoever waits reads who holds the lock, for what, and which lock it is."""
    holder = LockOwner(
        id="7f3a", operation="apply", who="ann@host", pid=12, since="2026-01-02T03:04Z"
    )
    assert str(holder) == "ann@host (apply, pid 12, since 2026-01-02T03:04Z, lock 7f3a)"
