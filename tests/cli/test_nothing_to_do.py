"""What is said where there is nothing to do is true of what was looked at."""

from __future__ import annotations

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
