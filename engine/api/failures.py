"""Texts of what went wrong, without what this process knows is secret.

The command line takes secrets out as it writes; what a program gets, it may log as it is.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

from engine.errors import EngineError, Problem, ProblemsError
from engine.plan.refusal import Refusal
from engine.views.style import printable


@contextlib.contextmanager
def readable_errors() -> Iterator[None]:
    """Take secrets out of the texts of an error of the engine that leaves the block."""
    try:
        yield
    except EngineError as error:
        error.message = printable(error.message)
        error.cause = None if error.cause is None else printable(error.cause)
        error.hint = None if error.hint is None else printable(error.hint)
        error.args = (error.message,)
        if isinstance(error, ProblemsError):
            error.problems = tuple(map(readable_problem, error.problems))
        raise


def readable_problem(problem: Problem) -> Problem:
    """A problem without secrets."""
    return dataclasses.replace(
        problem, message=printable(problem.message), hint=printable(problem.hint)
    )


def readable_refusal(refusal: Refusal) -> Refusal:
    """A refusal without secrets."""
    return Refusal(
        printable(refusal),
        refusal.reference,
        address=refusal.address,
        line=refusal.line,
        policy=refusal.policy,
    )
