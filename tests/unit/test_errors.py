"""The error tree: references, exit codes, and how an error reads."""

from __future__ import annotations

import inspect
import re

import pytest

from engine import errors
from engine.api import ApplyFailedError
from engine.backends.state_commit import StateNotPushedError
from engine.errors import (
    EngineError,
    GraphError,
    GuardError,
    InterruptedRunError,
    LockHeldError,
    Problem,
    ProviderError,
    StackError,
)
from engine.plan.refusal import RefusedError
from engine.ports.ci.code_host import CodeHostError

ELSEWHERE: tuple[type[EngineError], ...] = (
    ApplyFailedError,
    CodeHostError,
    RefusedError,
    StateNotPushedError,
)
"""Errors that are defined where their own data is."""
TREE: list[type[EngineError]] = [
    *(
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, EngineError)
    ),
    *ELSEWHERE,
]
EXIT_CODES = {LockHeldError: 3, GuardError: 4, RefusedError: 4, InterruptedRunError: 130}


@pytest.mark.parametrize("kind", TREE)
def test_exit_codes_are_the_documented_ones(kind: type[EngineError]) -> None:
    """One, but for the three that scripts tell apart."""
    assert kind.exit_code == EXIT_CODES.get(kind, 1)


def test_references_are_unique_and_kebab_case() -> None:
    """One can be searched for; an error that is another one with more data has that one's."""
    references = [kind.reference for kind in TREE if "reference" in vars(kind)]
    assert len(set(references)) == len(references)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", reference) for reference in references)


def test_the_docstring_draws_every_error() -> None:
    """The tree on the page is the tree there is, in the same shape."""
    lines = str(errors.__doc__).splitlines()
    drawn = {
        match[2]: len(match[1])
        for line in lines
        if (match := re.match(r"^( *(?:[│├└─ ]+)?)(\w+Error)\b", line))
    }
    assert set(drawn) == {kind.__name__ for kind in TREE}
    for kind in TREE:
        parent = kind.__mro__[1].__name__
        if parent in drawn:
            assert drawn[parent] < drawn[kind.__name__]


def test_an_error_reads_as_message_cause_and_hint() -> None:
    """One line each, and only those there are."""
    assert str(EngineError("a")) == "a"
    assert str(EngineError("a", hint="c")) == "a\nHint: c"
    assert str(EngineError("a", cause="b", hint="c")) == "a\nb\nHint: c"


def test_a_provider_error_keeps_what_stripe_said() -> None:
    """Status, code, parameter and request id."""
    error = ProviderError("no", status=400, code="c", param="p", request_id="req_1", hint="h")
    assert (error.status, error.code, error.param, error.request_id) == (400, "c", "p", "req_1")
    assert str(error) == "no\nHint: h"


def test_a_cycle_is_named_from_end_to_end() -> None:
    """The first name again at the end."""
    error = GraphError(("a", "b", "a"))
    assert str(error) == "references form a cycle: a -> b -> a"
    assert error.cycle == ("a", "b", "a")


def test_problems_are_sorted_by_file_and_line_number() -> None:
    """Line 10 comes after line 9, whatever order they were found in."""
    problems = (
        Problem("b.py", 1, "x"),
        Problem("a.py", 10, "x"),
        Problem("a.py", 9, "y", "do this"),
        Problem("a.py", 0, "whole file"),
    )
    assert str(StackError(problems)).splitlines() == [
        "4 problems in the stacks:",
        "a.py: whole file",
        "a.py:9: y",
        "    do this",
        "a.py:10: x",
        "b.py:1: x",
    ]


def test_one_problem_is_no_problems() -> None:
    """The count reads well."""
    assert StackError((Problem("a.py", 1, "x"),)).message == "1 problem in the stacks"
