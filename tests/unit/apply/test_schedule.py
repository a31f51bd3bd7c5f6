"""Which operation is next: guarantees of the schedule, one each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.address import parse_address
from engine.apply.schedule import Schedule, endings
from engine.plan.model import Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterable


def step(name: str, *after: str, kind: StepKind = StepKind.CREATE) -> Step:
    """An operation called `name` that comes after others."""
    address = parse_address(f"stripe_product.{name}")
    return Step(key=name, kind=kind, address=address, type="stripe_product", after=after)


def keys(steps: Iterable[Step]) -> list[str]:
    """The operations by name."""
    return [entry.key for entry in steps]


def ready(schedule: Schedule) -> list[str]:
    """Everything that may begin now."""
    return keys(iter(schedule.next, None))


def test_each_is_given_out_once_when_all_it_comes_after_is_done() -> None:
    """An operation with two needs waits for both; order in the plan does not matter."""
    a, b, c = step("a"), step("b"), step("c", "a", "b")
    schedule = Schedule([c, a, b])
    assert ready(schedule) == ["a", "b"]
    schedule.done(a)
    assert ready(schedule) == []
    schedule.done(b)
    assert ready(schedule) == ["c"]
    assert ready(schedule) == []


def test_the_longest_chain_comes_first() -> None:
    """What many wait for in a row begins before what nobody waits for; ties by the plan."""
    chain = [step("x"), step("y", "x"), step("z", "y")]
    schedule = Schedule([step("a"), step("b"), *chain])
    assert ready(schedule) == ["x", "a", "b"]


def test_one_at_a_time_keeps_the_order_of_the_plan() -> None:
    """Nothing is gained by another order there."""
    schedule = Schedule([step("a"), step("x"), step("y", "x")], in_order=True)
    assert ready(schedule) == ["a", "x"]


def test_a_failure_takes_out_what_waits_for_it() -> None:
    """Near and far, once each, in plan order; others go on."""
    a, b = step("a"), step("b")
    schedule = Schedule([a, b, step("c", "a"), step("d", "c"), step("e", "b"), step("f", "c", "e")])
    assert ready(schedule) == ["a", "b"]
    assert keys(schedule.without(a)) == ["c", "d", "f"]
    schedule.done(b)
    assert ready(schedule) == ["e"]
    assert keys(schedule.without(b)) == []
    assert keys(schedule.rest()) == []


def test_the_rest_is_what_was_not_begun() -> None:
    """A run that stops names all that it leaves, in plan order, and gives nothing out then."""
    schedule = Schedule([step("a"), step("c", "a"), step("b")])
    first = schedule.next()
    assert first is not None
    assert keys(schedule.rest()) == ["c", "b"]
    assert ready(schedule) == []


def test_what_is_held_back_comes_after_its_release() -> None:
    """Also where all that it waits for was done before."""
    a, b, c = step("a"), step("b", "a"), step("c", "b")
    schedule = Schedule([a, b, c], hold={"b", "c"})
    assert schedule.left == 3
    assert ready(schedule) == ["a"]
    schedule.done(a)
    assert ready(schedule) == []
    assert schedule.left == 2
    schedule.release()
    assert ready(schedule) == ["b"]
    schedule.done(b)
    assert ready(schedule) == ["c"]


def test_what_is_held_back_can_be_taken_out() -> None:
    """What waits for a failure is not released, and the rest is whatever is left."""
    a = step("a")
    schedule = Schedule([a, step("b", "a"), step("c")], hold={"b", "c"})
    assert ready(schedule) == ["a"]
    assert keys(schedule.without(a)) == ["b"]
    schedule.release()
    assert ready(schedule) == ["c"]
    assert keys(schedule.rest()) == []


def test_endings_are_removals_that_only_removals_wait_for() -> None:
    """A removal that a create waits for has to come first, and so has what it waits for."""
    steps = [
        step("old-child", kind=StepKind.REMOVE),
        step("old", "old-child", kind=StepKind.REMOVE),
        step("new", "old"),
        step("part", "new", kind=StepKind.REMOVE),
        step("whole", "part", kind=StepKind.REMOVE),
    ]
    assert endings(steps) == {"part", "whole"}
