"""Moves between stacks as a person sees them: plan, apply, a saved plan, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write

COUPON = """
from engine import moved
from engine.stripe import Coupon

c10 = Coupon("c10", id="C10", percent_off=10)
"""
MOVED = 'moved("shop:stripe_coupon.c10", c10)\n'


@pytest.fixture
def apart(engine: Engine, write: Write) -> Engine:
    """A coupon that was applied in one stack and is declared in another one now."""
    write("shop", COUPON)
    write("other", "")
    assert engine("apply", "--yes").code == 0
    write("shop", "")
    write("other", COUPON + MOVED)
    return engine


def test_a_plan_and_an_apply(apart: Engine) -> None:
    """Both sides are shown: what comes, and what is left to whom."""
    ended = apart("plan")
    assert "# stripe_coupon.c10 will be moved (was shop:stripe_coupon.c10)" in ended.out
    assert "# stripe_coupon.c10 will be forgotten: it stays on Stripe\n" in ended.out
    assert "! other:stripe_coupon.c10 has it from now on" in ended.out
    assert ended.out.endswith("0 to remove, 1 to move, 1 to forget.\n")
    other, shop = json.loads(apart("plan", "--json").out)["stacks"]
    assert other["changes"][0]["moved_from"] == "shop:stripe_coupon.c10"
    assert shop["changes"][0]["reasons"] == ["released"]
    assert shop["changes"][0]["notes"] == ["other:stripe_coupon.c10 has it from now on"]
    ended = apart("apply", "--yes")
    assert "Apply complete: 0 created, 0 updated, 0 replaced, 0 removed, 1 moved" in ended.out
    assert "No changes." in apart("plan").out
    assert apart("state", "verify").code == 0


def test_a_saved_plan_is_bound_to_both_states(apart: Engine, write: Write) -> None:
    """It is carried out as it was shown, or refused once either state has changed."""
    assert apart("plan", "-o", "move.plan").code == 0
    write("shop", 'from engine.stripe import Product\nProduct("pro", name="Pro")\n')
    assert apart("apply", "shop", "other", "--target", "stripe_product.pro", "--yes").code == 0
    ended = apart("apply", "move.plan", "--yes")
    assert ended.code == 4
    assert "local/shop: the saved plan was made from serial" in ended.err
    assert apart("plan", "-o", "move.plan").code == 0
    assert apart("apply", "move.plan", "--yes").code == 0
    assert "stripe_coupon.c10" in apart("state", "list", "other").out
    assert "stripe_coupon.c10" not in apart("state", "list", "shop").out
    assert "was applied already" in apart("apply", "move.plan", "--yes").err


def test_a_saved_plan_from_a_stack_without_a_module(apart: Engine, root: Path) -> None:
    """Its state is part of the plan, and gone after it."""
    (root / "stacks" / "shop.py").unlink()
    assert apart("plan", "-o", "move.plan").code == 0
    assert apart("apply", "move.plan", "--yes").code == 0
    assert not (root / "state" / "local" / "shop.json").exists()
    assert "No changes." in apart("plan").out


@pytest.mark.parametrize(
    ("shop", "other", "finding"),
    [
        (
            COUPON,
            COUPON + MOVED,
            "stacks/other.py:6: moved: shop:stripe_coupon.c10 is still declared (stacks/shop.py:5)",
        ),
        (
            "",
            COUPON + MOVED.replace("shop", "shpo"),
            "stacks/other.py:6: moved: there is no stack 'shpo'\n    did you mean 'shop'?",
        ),
        (
            "",
            COUPON + 'moved("shop:stripe_price.c10", c10)\n',
            "moved: stripe_price.c10 and stripe_coupon.c10 are of different types",
        ),
        (
            "",
            'from engine import moved\nmoved("shop:stripe_coupon.c10", "stripe_coupon.c10")\n',
            "stacks/other.py:2: moved: stripe_coupon.c10 is not declared",
        ),
        (
            "",
            COUPON + 'moved("shop:coupon.c10", c10)\n',
            "stacks/other.py:6: 'coupon.c10' is not an address",
        ),
    ],
)
def test_findings(apart: Engine, write: Write, shop: str, other: str, finding: str) -> None:
    """With file and line, before anything is asked of Stripe."""
    write("shop", shop)
    write("other", other)
    ended = apart("validate")
    assert ended.code == 1
    assert finding in ended.err


def test_one_address_moves_once(apart: Engine, write: Write) -> None:
    """An object has one owner."""
    write("third", COUPON.replace("C10", "C11") + MOVED)
    ended = apart("validate")
    assert ended.code == 1
    assert (
        "stacks/third.py:6: moved: shop:stripe_coupon.c10 moves to stripe_coupon.c10 already "
        "(stacks/other.py:6)"
    ) in ended.err


def test_a_move_within_a_stack_may_name_it(engine: Engine, write: Write) -> None:
    """It is a move as without the name."""
    write("shop", COUPON)
    assert engine("apply", "--yes").code == 0
    write("shop", COUPON.replace('"c10"', '"ten"') + MOVED)
    assert "(was stripe_coupon.c10)" in engine("plan").out
    assert engine("apply", "--yes").code == 0
    assert "No changes." in engine("plan").out


def test_names_of_stacks_that_never_were(engine: Engine, write: Write) -> None:
    """A slip is a finding; a stack that is gone for good is none, so that its line may stay."""
    write("shop", "")
    write("other", COUPON + MOVED.replace("shop", "shpo"))
    ended = engine("validate")
    assert "stacks/other.py:6: moved: there is no stack 'shpo'" in ended.err
    assert "did you mean 'shop'?" in ended.err
    write("other", COUPON + MOVED.replace("shop", "billing"))
    assert engine("validate").code == 0


def test_an_object_in_two_states(apart: Engine, root: Path) -> None:
    """Each of the two files has a problem, with the line and the way to settle it."""
    before = (root / "state" / "local" / "shop.json").read_bytes()
    assert apart("apply", "--yes").code == 0
    (root / "state" / "local" / "shop.json").write_bytes(before)  # as a bad merge leaves it
    ended = apart("state", "verify")
    assert ended.code == 1
    assert "state/local/shop.json:" in ended.err
    assert (
        "stripe_coupon.c10 and local/shop:stripe_coupon.c10 are the same object, C10" in ended.err
    )
    assert "declare it in one of them and run engine apply other shop -e local" in ended.err
    assert apart("apply", "--yes").code == 0
    assert apart("state", "verify").code == 0


def test_a_saved_plan_ends_nothing_that_another_stack_has_by_now(
    engine: Engine, write: Write, root: Path
) -> None:
    """Its own state is as it was, so only the other state shows it; and the other way round."""
    write("shop", COUPON)
    write("other", COUPON.replace("C10", "C20").replace('"c10"', '"c20"'))
    assert engine("apply", "--yes").code == 0
    other = root / "state" / "local" / "other.json"
    without = other.read_bytes()
    write("shop", "")
    moved = ("shop:stripe_coupon.c10", "other:stripe_coupon.x", "--force")
    assert engine("state", "mv", *moved).code == 0
    both = other.read_bytes()
    other.write_bytes(without)
    write("shop", COUPON)
    assert engine("import", "stripe_coupon.c10", "C10").code == 0
    write("shop", "")
    assert engine("plan", "shop", "-o", "end.plan").code == 0
    other.write_bytes(both)
    ended = engine("apply", "end.plan", "--yes")
    assert ended.code == 4
    why = "C10, which remove stripe_coupon.c10 would end, is other:stripe_coupon.x now"
    assert why in ended.err
    assert engine("plan", "shop", "-o", "leave.plan").code == 0
    other.write_bytes(without)
    ended = engine("apply", "leave.plan", "--yes")
    assert ended.code == 4
    why = "C10, which is left to other:stripe_coupon.x, is not recorded there any more"
    assert why in ended.err
