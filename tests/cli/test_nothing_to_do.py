"""What is said where there is nothing to do is true of what was looked at."""

from __future__ import annotations

from pathlib import Path

from tests.support.command_line import Ended, Engine, Write

CONCLUSION = "\nNo changes.\n"


def _conclusion(ended: Ended) -> str:
    assert ended.code == 0, ended.err
    head, found, text = ended.out.partition(CONCLUSION)
    assert found, head
    return str(text.rstrip("\n"))


def test_a_destroy_of_what_was_never_applied(engine: Engine) -> None:
    """Nothing was compared with the code."""
    wanted = "The state has no resource: there is nothing to remove."
    assert _conclusion(engine("destroy", "--yes")) == wanted
    assert _conclusion(engine("plan", "--destroy")) == wanted


def test_a_stack_that_declares_nothing(engine: Engine, write: Write) -> None:
    """Neither does its state."""
    write("shop", "")
    wanted = "Nothing is declared in stack shop, and nothing of it is in the state."
    assert _conclusion(engine("plan")) == wanted
    assert _conclusion(engine("apply", "--yes")) == wanted


def test_a_refresh_of_what_has_not_moved(engine: Engine) -> None:
    """The code is not asked."""
    assert engine("apply", "--yes").code == 0
    wanted = "The state is what Stripe has."
    assert _conclusion(engine("apply", "--refresh-only", "--yes")) == wanted


def test_a_stack_without_a_module_is_not_claimed_to_be_right(
    engine: Engine, root: Path, write: Write
) -> None:
    """No plan looks at what it manages; by its name, or alone, the way to remove it is told."""
    assert engine("apply", "--yes").code == 0
    (root / "stacks" / "shop.py").unlink()
    lost = (
        "Hint: local/shop has a state: put its module back, or, to remove what it manages, an "
        "empty stacks/shop.py\n"
    )
    assert engine("plan").err == f"Error: no stacks: stacks has no modules\n{lost}"
    write("other", 'from engine.stripe import Coupon\n\nCoupon("launch", percent_off=5)\n')
    assert engine("apply", "other", "--yes").code == 0
    ended = engine("plan")
    assert _conclusion(ended) == (
        "What is on Stripe is what the code says, apart from what has a state and no module: shop."
    )
    assert "Warning: local/shop has a state and no module stacks/shop.py" in ended.out
    assert engine("plan", "shop").err == f"Error: there is no stack 'shop' in stacks\n{lost}"
    assert "did you mean 'other'?" in engine("plan", "othr").err
    write("shop", "")
    assert engine("apply", "shop", "--yes").code == 0
    (root / "stacks" / "shop.py").unlink()
    ended = engine("plan")
    assert "no module" not in ended.out
    assert _conclusion(ended) == "What is on Stripe is what the code says."


def test_a_state_without_a_module_that_cannot_be_read_may_manage_something(
    engine: Engine, root: Path, write: Write
) -> None:
    """It is named, and does not keep the others from being planned."""
    assert engine("apply", "--yes").code == 0
    (root / "stacks" / "shop.py").unlink()
    (root / "state" / "local" / "shop.json").write_text("{", encoding="utf-8")
    write("other", "")
    assert _conclusion(engine("plan")).endswith("apart from what has a state and no module: shop.")
