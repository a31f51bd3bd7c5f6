"""One mistake is one finding, however often a loop makes it."""

from __future__ import annotations

from engine.errors import Problem, StackError
from engine.stack.repeated import merged


def _problem(message: str, line: int = 3, hint: str = "", reference: str = "enum") -> Problem:
    return Problem("stacks/shop.py", line, message, hint, reference)


def test_findings_of_a_loop_are_one_with_a_count() -> None:
    """Resources, values and numbers differ; the first is told."""
    problems = [
        _problem(
            f"stripe_coupon.c{number}: percent_off is {number}, not 'x{number}'", hint=f"{number}"
        )
        for number in range(50)
    ]
    (found,) = merged(problems)
    assert found.count == 50
    assert str(found) == (
        "stacks/shop.py:3: stripe_coupon.c0: percent_off is 0, not 'x0' "
        "(and 49 more like it at this line)\n    0"
    )
    assert StackError((found,)).message == "1 problem in the stacks"


def test_two_findings_of_a_loop_are_two() -> None:
    """Each with its own count, in the order of the first resource."""
    problems = [
        _problem(f"stripe_coupon.c{number}: {what}")
        for number in range(3)
        for what in ("events[0] cannot be 'a'", "events[1] cannot be 'b'", "unknown parameter x")
    ]
    assert [(found.message, found.count) for found in merged(problems)] == [
        ("stripe_coupon.c0: events[0] cannot be 'a'", 3),
        ("stripe_coupon.c0: events[1] cannot be 'b'", 3),
        ("stripe_coupon.c0: unknown parameter x", 3),
    ]


def test_findings_without_a_resource_are_one_too() -> None:
    """Names that cannot be one, and what two stacks find in a module that they share."""
    problems = [
        *(_problem(f"'P {number}' cannot name a resource") for number in range(4)),
        _problem("NameError: x (from stacks/a.py:1)", 7, reference="exception"),
        _problem("NameError: x (from stacks/b.py:1)", 7, reference="exception"),
    ]
    assert [found.count for found in merged(problems)] == [4, 2]


def test_findings_of_other_lines_words_or_kinds_stay_apart() -> None:
    """Whoever mends one has not mended the other; one that is told twice is told once."""
    problems = [
        _problem("stripe_coupon.a: unknown parameter x"),
        _problem("stripe_coupon.a: unknown parameter x"),
        _problem("stripe_coupon.b: unknown parameter x", 4),
        _problem("stripe_coupon.c: unknown parameter y"),
        _problem("stripe_coupon.d: unknown parameter x", hint="did you mean 'z'?"),
        _problem("stripe_coupon.e: unknown parameter x", reference="other"),
        _problem("stripe_coupon.f: unknown parameter x (from stacks/a.py:1)"),
        _problem("stripe_coupon.g: unknown parameter x (from stacks/a.py:2)"),
        _problem("stripe_coupon.h: unknown parameter x (from stacks/a.py:2)"),
    ]
    assert [found.count for found in merged(problems)] == [1, 1, 1, 1, 1, 1, 2]
