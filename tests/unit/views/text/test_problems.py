"""Errors as text, and what must not be in them."""

from __future__ import annotations

from engine.errors import (
    GuardError,
    LockHeldError,
    Problem,
    ProviderError,
    StackError,
)
from engine.plan.checks import refused
from engine.plan.refusal import PlanRule, Refusal
from engine.stack.model import Stack
from engine.values.secret import Sensitive
from engine.views.json.problems import error_document
from engine.views.style import PLAIN, Style, printable
from engine.views.text.problems import error_text, success_text


def test_keys_and_control_characters_never_reach_a_terminal() -> None:
    """Secrets go, whatever would play with the terminal is a question mark, lines stay."""
    assert printable("sk_live_51Habc \x1b[31m \x07") == "sk_live_(redacted) ?[31m ?"
    assert printable("two\nlines\tand a tab") == "two\nlines\tand a tab"


def test_an_error_is_message_cause_request_and_hint() -> None:
    """One thing a line."""
    error = ProviderError("no such price", cause="why", hint="do this", request_id="req_1")
    assert error_text(error, PLAIN) == ("Error: no such price\nwhy\nRequest: req_1\nHint: do this")


def test_an_error_may_be_a_message_alone() -> None:
    """What there is nothing to say about is left out."""
    assert error_text(GuardError("no"), PLAIN) == "Error: no"
    assert error_text(ProviderError("no"), PLAIN) == "Error: no"


def test_refusals_that_say_the_same_are_said_once() -> None:
    """All of a plan's are in the message, and the plan above it has them too."""
    protected = [
        ("shop", Refusal(f"stripe_coupon.c{n} is protected", PlanRule.PROTECTED)) for n in range(4)
    ]
    error = refused([*protected, ("shop", Refusal("too many", PlanRule.MASS_CHANGE))], "stop")
    assert error_text(error, PLAIN) == (
        "Error: the plan is refused: stripe_coupon.c0 is protected\n"
        "    The same of 3 more: stripe_coupon.c1, stripe_coupon.c2, stripe_coupon.c3\n"
        "too many\n"
        "Hint: stop"
    )
    assert error_text(error, PLAIN, [str(refusal) for _, refusal in error.refused]) == (
        "Error: the plan is refused, for the 5 reasons above\nHint: stop"
    )
    assert error_text(error, PLAIN, ["too many"]) == error_text(error, PLAIN)


def test_all_problems_of_the_stacks_are_listed() -> None:
    """Place, message, suggestion; in file and line order."""
    error = StackError(
        (
            Problem("stacks/b.py", 9, "unknown parameter nam", "did you mean name?"),
            Problem("stacks/a.py", 0, "sk_live_51 in it"),
        )
    )
    assert error_text(error, PLAIN) == (
        "Error: 2 problems in the stacks\n"
        "\n"
        "stacks/a.py: sk_live_(redacted) in it\n"
        "stacks/b.py:9: unknown parameter nam\n"
        "    did you mean name?"
    )


def test_colours_mark_the_words_error_and_hint() -> None:
    """And nothing else."""
    error = LockHeldError("held", hint="wait")
    assert error_text(error, Style(colour=True)) == (
        "\x1b[1;31mError:\x1b[0m held\n\x1b[1mHint:\x1b[0m wait"
    )


def test_success_counts_stacks_and_resources() -> None:
    """In plain English, one or many."""
    one = Stack(name="a", file="a.py")
    assert success_text([one]) == "Success: 1 stack, 0 resources, no problems."
    assert success_text([one, one]) == "Success: 2 stacks, 0 resources, no problems."


def test_a_document_of_an_error_is_as_clean_as_its_text() -> None:
    """Every field that Stripe, an author or a person had a say in."""
    Sensitive("open-sesame")
    said = "open-sesame and sk_live_1"
    error = ProviderError(said, code=said, param=said, request_id=said, cause=said, hint=said)
    document = error_document(error)
    clean = "(sensitive) and sk_live_(redacted)"
    assert document == {
        "reference": "stripe",
        "message": clean,
        "cause": clean,
        "hint": clean,
        "status": None,
        "code": clean,
        "param": clean,
        "request_id": clean,
    }
