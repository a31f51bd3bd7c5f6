"""What a plan for the second environment leaves different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.environments.model import (
    Compared,
    EnvironmentsDifference,
    Found,
    LeafDifference,
    ResourceDifference,
    StackDifference,
)
from engine.plan.environments.remaining import remaining_after
from engine.plan.model import Action, Change
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import ResourceState
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.secret import Sealed
from tests.support import build

PRICE = "stripe_price.month"
AMOUNT = LeafDifference(path=("unit_amount",), values=(2900, 3900), declared=True)
NOTE = LeafDifference(path=("metadata", "note"), values=("x", ABSENT), declared=False)
HERE, THERE = Found("price_A"), Found("price_B")


def left(
    change: Change | None,
    *leaves: LeafDifference,
    found: tuple[Found | None, Found | None] = (HERE, THERE),
    declared: Mapping[str, Any] | None = None,
) -> list[tuple[LeafDifference, ...]]:
    """The fields of what still differs after a change of a price."""
    address = parse_address(PRICE)
    one = ResourceDifference(address=address, type=address.type, found=found, leaves=leaves)
    stack = StackDifference(stack="saas", recorded=(True, True), resources=(one,), compared=1)
    plan = build.plan(*([change] if change is not None else []))
    entry = ResourceState(type=address.type, id=HERE.id, declared=declared or {})
    recorded = {"saas": {PRICE: entry}}
    left_over = remaining_after([stack], [plan], recorded, loader.schemas())
    return [one.leaves for after in left_over for one in after.resources]


def change(action: Action, *fields: Any, **parts: Any) -> Change:
    """A change of the price."""
    return build.change(PRICE, action, fields=fields, **parts)


def test_what_no_plan_is_about_stays() -> None:
    """Whether the plan leaves it out or has nothing to do."""
    assert left(None, AMOUNT) == [(AMOUNT,)]
    assert left(change(Action.NO_OP), AMOUNT) == [(AMOUNT,)]


def test_what_is_set_to_the_same_is_settled() -> None:
    """What is set to another value will differ by that one."""
    same = change(Action.UPDATE, build.field("unit_amount", 3900, 2900))
    assert left(same, AMOUNT, NOTE) == [(NOTE,)]
    other = change(Action.UPDATE, build.field("unit_amount", 3900, 4900))
    [[leaf]] = left(other, AMOUNT)
    assert leaf.values == (2900, 4900)


def test_references_and_parts_of_a_changed_field_are_settled() -> None:
    """The plan has ids in their place, or the field as a whole."""
    product = LeafDifference(
        path=("product",), values=("${stripe_product.pro.id}", "prod_x"), declared=True
    )
    assert left(change(Action.UPDATE, build.field("product", "prod_x", "prod_B")), product) == []
    tier = LeafDifference(path=("tiers", 0, "unit_amount"), values=(1, 2), declared=True)
    assert left(change(Action.UPDATE, build.field("tiers", [], [{}])), tier) == []


def test_a_new_object_has_nothing_that_is_not_declared() -> None:
    """A replacement leaves behind what the old one was given by hand."""
    replaced = change(Action.REPLACE, build.field("unit_amount", 3900, 2900))
    assert left(replaced, AMOUNT, NOTE) == []


@pytest.mark.parametrize(
    ("action", "found", "verb", "stays"),
    [
        (Action.CREATE, (HERE, None), None, False),
        (Action.IMPORT, (HERE, None), None, False),
        (Action.READ, (HERE, None), None, True),
        (Action.DELETE, (None, THERE), Verb.ARCHIVE, False),
        (Action.DELETE, (None, THERE), Verb.KEEP, True),
        (Action.FORGET, (None, THERE), None, False),
        (Action.UPDATE, (None, THERE), None, True),
    ],
)
def test_what_only_one_environment_has(
    action: Action, found: tuple[Found | None, Found | None], verb: Verb | None, *, stays: bool
) -> None:
    """It is settled if the plan makes it, or removes it for good."""
    removal = Removal(verb=verb) if verb is not None else None
    assert bool(left(change(action, removal=removal), found=found)) is stays


def test_a_new_object_that_is_declared_otherwise_differs() -> None:
    """A module may read a variable; ids and secrets differ anyway, spellings do not."""
    made = change(
        Action.CREATE,
        build.field("unit_amount", ABSENT, 3900, currency="usd"),
        build.field("currency", ABSENT, "usd"),
        build.field("nickname", ABSENT, "Month"),
        build.field("product", ABSENT, "prod_B"),
        build.field("lookup_key", ABSENT, "x", sensitive=True),
        build.field("tax_behavior", ABSENT, UNKNOWN),
        build.field("billing_scheme", ABSENT, "per_unit"),
        build.field("no_such_field", ABSENT, "x"),
    )
    declared = {
        "unit_amount": 2900,
        "currency": "USD",
        "product": "${stripe_product.pro.id}",
        "lookup_key": "y",
        "billing_scheme": Sealed("hash"),
    }
    [[amount, nickname]] = left(made, found=(HERE, None), declared=declared)
    assert (amount.values, amount.currencies) == ((2900, 3900), ("usd", "usd"))
    assert (nickname.path, nickname.values) == (("nickname",), (ABSENT, "Month"))


def test_what_counts_in_a_comparison() -> None:
    """Fields that no stack declares count only if everything does."""
    environments = tuple(
        Compared(environment=name, embedded=True, account_id="", livemode=None)
        for name in ("test", "live")
    )
    address = parse_address(PRICE)
    one = ResourceDifference(
        address=address, type=address.type, found=(HERE, THERE), leaves=(NOTE,)
    )
    stack = StackDifference(stack="saas", recorded=(True, True), resources=(one,), compared=1)
    reports = [
        EnvironmentsDifference(
            environments=(environments[0], environments[1]),
            stacks=(stack,),
            refreshed=True,
            everything=everything,
            requests=0,
        )
        for everything in (False, True)
    ]
    assert [report.differs for report in reports] == [False, True]
    assert [report.undeclared for report in reports] == [1, 1]
