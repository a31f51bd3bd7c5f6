"""What is said of a stack without a module."""

from __future__ import annotations

from engine.address import parse_address
from engine.plan.orphan import Orphan, named

ADDRESSES = tuple(
    map(parse_address, ("stripe_coupon.c", "stripe_price.m", "stripe_price.y", "stripe_product.p"))
)


def test_what_it_holds_is_counted_by_type_and_named() -> None:
    """A few addresses are enough to know it by."""
    orphan = Orphan(stack="old", environment="live", addresses=ADDRESSES)
    assert orphan.types == {"stripe_coupon": 1, "stripe_price": 2, "stripe_product": 1}
    assert orphan.held == (
        "4 resources (1 stripe_coupon, 2 stripe_price, 1 stripe_product): "
        "stripe_coupon.c, stripe_price.m, stripe_price.y and 1 more"
    )
    one = Orphan(stack="old", environment="live", addresses=ADDRESSES[:1])
    assert one.held == "1 resource (1 stripe_coupon): stripe_coupon.c"
    assert named(ADDRESSES[:3]) == "stripe_coupon.c, stripe_price.m, stripe_price.y"


def test_the_three_ways_on_are_commands_for_its_environment() -> None:
    """A command that is pasted must not act on the account of another environment."""
    orphan = Orphan(stack="old", environment="live", addresses=ADDRESSES)
    assert orphan.ways == {
        "move": "engine state mv old: NEW: -e live",
        "destroy": "engine destroy old -e live",
        "forget": "engine state rm old: -e live",
    }
    assert [line.rpartition(": engine")[0] for line in orphan.lines] == [
        "its module is stacks/NEW.py now",
        "what it manages is to be removed",
        "what it manages stays on Stripe, and nothing manages it",
    ]
    renamed = Orphan(stack="old", environment="live", addresses=ADDRESSES, renamed="new")
    assert renamed.ways["move"] == "engine state mv old: new: -e live"
    assert renamed.lines[0].startswith("its module is stacks/new.py now: ")


def test_an_unfinished_run_is_recovered_first() -> None:
    """What it made is known after that."""
    orphan = Orphan(stack="old", environment="live", addresses=ADDRESSES, unfinished=True)
    assert list(orphan.ways) == ["recover", "move", "destroy", "forget"]
    assert orphan.lines[0] == (
        "first, since a run of it has not finished: engine plan --destroy old -e live"
    )


def test_what_cannot_be_read_is_neither_moved_nor_destroyed() -> None:
    """What is wrong with it comes first."""
    orphan = Orphan(stack="old", environment="live", problem="torn", advice="bring it back")
    assert orphan.ways == {}
    assert orphan.held == "torn"
    assert orphan.lines == (
        "bring it back",
        "what is wrong with it: engine state verify old -e live",
    )
