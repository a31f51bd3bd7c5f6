"""Merging two states resource by resource: what is certain, and what a person has to decide."""

from __future__ import annotations

from typing import Any

from engine.state.codec import decode, encode
from engine.state.merge import Conflict, Merged, merge
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State

A, B, C = "stripe_price.a", "stripe_price.b", "stripe_price.c"


def price(id: str = "price_1", **parts: Any) -> ResourceState:
    """A price; leaves are declared and returned."""
    fields = {name: parts.pop(name) for name in list(parts) if name in LEAVES}
    parts.setdefault("declared", fields)
    parts.setdefault("attributes", fields)
    return ResourceState(type="stripe_price", id=id, **parts)


LEAVES = ("nickname", "metadata", "lookup_key")


def state(serial: int = 5, **parts: Any) -> State:
    """A state of one stack."""
    about: dict[str, Any] = {
        "stack": "shop",
        "environment": "live",
        "lineage": "a" * 32,
        "account_id": "acct_1",
        "livemode": True,
        **parts,
    }
    return State(serial=serial, **about)


def resources(**entries: ResourceState) -> State:
    """A state of resources, by the last part of their addresses."""
    return state(resources={f"stripe_price.{name}": entry for name, entry in entries.items()})


def merged(base: State | None, ours: State, theirs: State) -> State:
    """The merged state; there is no conflict, whichever side is ours."""
    found, other = merge(base, ours, theirs), merge(base, theirs, ours)
    assert (found.conflicts, other.conflicts) == ((), ())
    assert found.state is not None
    assert other.state is not None
    assert found.state.resources.keys() == other.state.resources.keys()
    assert decode(encode(found.state, engine_version="1"), path="x").merged
    return found.state


def conflicts(base: State | None, ours: State, theirs: State) -> list[str]:
    """What is in conflict, and why."""
    found = merge(base, ours, theirs)
    assert found.state is None
    return [f"{conflict.what}: {conflict.why}" for conflict in found.conflicts]


def test_each_side_changed_another_resource() -> None:
    """Both changes are in it; the serial is after both, and it says that it was merged."""
    base = resources(a=price(), b=price("price_2"))
    ours = resources(a=price(nickname="x"), b=price("price_2"))
    theirs = resources(a=price(), b=price("price_2", nickname="y"))
    found = merged(base, ours, state(9, resources=theirs.resources))
    assert found.resources == {A: price(nickname="x"), B: price("price_2", nickname="y")}
    assert (found.serial, found.merged, found.lineage) == (10, True, "a" * 32)


def test_both_sides_did_the_same() -> None:
    """A change, a creation, a removal."""
    base = resources(a=price(), c=price("price_3"))
    side = resources(a=price(nickname="x"), b=price("price_2"))
    assert merged(base, side, side).resources == side.resources


def test_one_side_created_and_the_other_removed() -> None:
    """Different resources."""
    base = resources(a=price())
    found = merged(base, resources(a=price(), b=price("price_2")), state(resources={}))
    assert found.resources == {B: price("price_2")}


def test_without_a_base_both_sides_are_additions() -> None:
    """Two branches that applied a stack for the first time, from one lineage."""
    found = merged(None, resources(a=price()), resources(b=price("price_2")))
    assert found.resources.keys() == {A, B}


def test_one_object_that_both_changed_is_merged_by_field() -> None:
    """What Stripe has of it is read with the next plan."""
    base = price(nickname="n", superseded=("old_1", "old_2"), former=("f_1",))
    ours = price(nickname="x", superseded=("old_2",), former=("f_2", "f_1"), dependencies=(B,))
    theirs = price(
        nickname="n",
        metadata={"k": "v"},
        superseded=("old_1", "old_2", "new_1"),
        former=("f_1",),
        removal_policy=RemovalPolicy(protect=True),
        triggers={"t": "1"},
    )
    other = price("price_2")
    found = merged(
        resources(a=base, b=other), resources(a=ours, b=other), resources(a=theirs, b=other)
    ).resources[A]
    assert found.declared == {"nickname": "x", "metadata": {"k": "v"}}
    assert found.attributes == {"nickname": "x", "metadata": {"k": "v"}}
    assert found.superseded == ("old_2", "new_1")
    assert found.former == ("f_2", "f_1")
    assert (found.removal_policy.protect, found.triggers) == (True, {"t": "1"})
    assert found.dependencies == (B,)


def test_a_field_that_one_side_no_longer_declares_goes() -> None:
    """And a trigger."""
    base = price(nickname="n", metadata={}, triggers={"t": "1"})
    ours = price(metadata={}, triggers={})
    theirs = price(nickname="n", metadata={"k": "v"}, triggers={"t": "1"})
    found = merged(resources(a=base), resources(a=ours), resources(a=theirs)).resources[A]
    assert (found.declared, found.triggers) == ({"metadata": {"k": "v"}}, {})


def test_one_object_that_both_imported_or_created_is_one() -> None:
    """It was not made from here if neither side made it."""
    ours, theirs = resources(a=price(nickname="x", imported=True)), resources(a=price(nickname="x"))
    assert not merged(None, ours, theirs).resources[A].imported


def test_both_changed_one_field_of_one_object() -> None:
    """A person has to decide."""
    base, ours, theirs = (resources(a=price(nickname=name)) for name in "nxy")
    assert conflicts(base, ours, theirs) == [f"{A}: both sides changed nickname of price_1"]
    ours, theirs = (
        resources(a=price(removal_policy=policy))
        for policy in (RemovalPolicy(protect=True), RemovalPolicy(keep=True))
    )
    assert conflicts(resources(a=price()), ours, theirs) == [
        f"{A}: both sides changed the lifecycle of price_1"
    ]


def test_both_created_one_resource() -> None:
    """Both ids are named, since both objects exist, and how to keep both."""
    found = merge(None, resources(a=price()), resources(a=price("price_2")))
    assert found == Merged(
        state=None,
        conflicts=(
            Conflict(
                A,
                "both sides created it: ours price_1, theirs price_2",
                "keep one side's, and bring the other's object under another address: "
                "engine import ADDR price_1 or price_2",
            ),
        ),
    )
    assert str(found.conflicts[0]).startswith(f"{A}: both sides created it")
    assert "\n    keep one side's" in str(found.conflicts[0])
    replaced = merge(resources(a=price("price_0")), resources(a=price()), resources(a=price("p_2")))
    assert "both sides have another object in it" in str(replaced.conflicts[0])


def test_one_side_removed_what_the_other_changed() -> None:
    """Whether the object exists is to be looked up."""
    base, changed, gone = (
        resources(a=price()),
        resources(a=price(nickname="x")),
        state(resources={}),
    )
    assert conflicts(base, changed, gone) == [f"{A}: ours changed it (price_1), theirs removed it"]
    assert conflicts(base, gone, changed) == [f"{A}: theirs changed it (price_1), ours removed it"]


def test_each_side_moved_one_resource_elsewhere() -> None:
    """One object has one address."""
    base, ours, theirs = resources(a=price()), resources(b=price()), resources(c=price())
    assert conflicts(base, ours, theirs) == [
        f"{C}: it is price_1, and so is {B}: each side moved it elsewhere"
    ]


def test_what_one_side_removed_and_the_other_now_refers_to() -> None:
    """The state would not be valid."""
    base = resources(a=price())
    theirs = resources(a=price(), b=price("price_2", dependencies=(A,)))
    assert conflicts(base, state(resources={}), theirs) == [
        f"{B}: it depends on {A}, which the other side removed"
    ]


def test_outputs_are_merged_by_name() -> None:
    """One that both changed is a conflict; one that a side removed is gone."""
    base = state(outputs={"a": 1, "b": 1, "c": 1})
    ours, theirs = state(outputs={"a": 2, "b": 1}), state(outputs={"a": 1, "b": 1, "c": 1, "d": 4})
    assert merged(base, ours, theirs).outputs == {"a": 2, "b": 1, "d": 4}
    ours, theirs = state(outputs={"a": 2}), state(outputs={"a": 3})
    assert conflicts(state(outputs={"a": 1}), ours, theirs) == ["output a: both sides changed it"]


def test_what_is_remembered_as_archived_is_merged() -> None:
    """Unless it is a resource again; of two objects under one address one is remembered."""
    one, other = (RemovedObject(type="stripe_price", id=id) for id in ("price_8", "price_9"))
    base = state(removed={A: one, C: one})
    ours = state(removed={A: one, B: other})
    theirs = state(removed={C: one}, resources={A: price("price_8")})
    assert merged(base, ours, theirs).removed == {B: other}
    assert merged(state(), state(removed={A: one}), state(removed={A: other})).removed[A].type
    assert merged(base, state(), state(removed={A: other})).removed == {A: other}


def test_what_is_read_of_other_stacks_is_kept() -> None:
    """What both changed is what either reads."""
    base = state(reads={"x": ("a",), "y": ("a",), "z": ("a",)})
    ours = state(reads={"x": ("a", "b"), "y": ("a",)})
    theirs = state(reads={"x": ("a", "c"), "y": ("b",), "z": ("a",)})
    assert merged(base, ours, theirs).reads == {"x": ("a", "b", "c"), "y": ("b",)}


def test_no_complete_apply_declared_what_is_merged() -> None:
    """Whatever each side says."""
    side = state(applied="sha256:1")
    assert merged(side, side, side).applied == ""


def test_states_of_something_else_are_not_merged() -> None:
    """Another lineage, account or mode; what one of them does not know yet is no difference."""
    assert conflicts(None, state(), state(lineage="b" * 32)) == [
        f"lineage: ours is {'a' * 32}, theirs is {'b' * 32}: they manage different objects"
    ]
    assert [
        one.partition(":")[0]
        for one in conflicts(
            None, state(), state(stack="x", environment="y", account_id="acct_2", livemode=False)
        )
    ] == ["stack", "environment", "account", "mode"]
    new = state(account_id="", livemode=None)
    assert merged(None, new, state()).account_id == "acct_1"
    assert merged(None, new, state()).livemode is True
