"""What the commands that write to Stripe share: the yes that they need, and how they end."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from engine.cli.invocation import Invocation
from engine.errors import InterruptedRunError, UsageError
from engine.views.formats import option_of

if TYPE_CHECKING:
    from engine.operations.run.context import Context
    from engine.plan.model import PlanReport
    from engine.ports.outcomes import ApplyReport

_NOT_BEGUN = "interrupted before any operation of the plan was begun"
"""The message of a Ctrl-C before the operations write; after that they report it themselves."""

yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")


@contextlib.contextmanager
def opened(invocation: Invocation) -> Iterator[Context]:
    """Wire the project, and show progress until the work is done."""
    try:
        with invocation.opened() as context:
            yield context
    except KeyboardInterrupt:
        raise InterruptedRunError(_NOT_BEGUN) from None


def need_consent(
    invocation: Invocation, command: str, *, yes: bool, look: str = "engine plan"
) -> None:
    """Refuse before anything is locked or read, if there is no way to ask.

    Args:
        invocation: The command line.
        command: The command.
        yes: It needs no question.
        look: The command that shows what this one would do.
    """
    if yes:
        return
    if not invocation.for_people:
        option = option_of(invocation.format)
        raise UsageError(
            f"engine {command} {option} asks no questions, so it needs --yes",
            hint=f"look at {look} {option} first, then run engine {command} {option} --yes",
        )
    if not sys.stdin.isatty():
        raise UsageError(
            f"engine {command} needs a yes, and there is no terminal to ask on",
            hint=f"look at {look} first, then run engine {command} --yes",
        )


def show_first(invocation: Invocation, report: PlanReport) -> None:
    """Show the plan to people, with an empty line after it."""
    if invocation.for_people:
        invocation.write_plan(report, end="\n\n")


def ask(invocation: Invocation, report: PlanReport, operation: str) -> bool:
    """Ask whether to carry plans out."""
    from engine.views.text.plan import question

    style = invocation.style(sys.stderr)
    return answer(invocation, question(report, style, operation=operation)) == "yes"


def answer(invocation: Invocation, question: str) -> str:
    """Ask a question and read the line that answers it."""
    invocation.write_err(question, end="")
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        invocation.write_err("")
    return line.strip()


@contextlib.contextmanager
def before_writing(invocation: Invocation, report: PlanReport) -> Iterator[None]:
    """Make a Ctrl-C end with the message that nothing was changed."""
    from engine.views.text.plan import untouched

    try:
        yield
    except KeyboardInterrupt:
        invocation.write_err("")  # the terminal has shown ^C
        raise InterruptedRunError(
            "interrupted before the answer", cause=untouched(report)
        ) from None


def conclude(invocation: Invocation, report: ApplyReport, operation: str) -> int:
    """Show what was done, and what failed; returns the exit code."""
    from engine.views.text.applied import failure_text

    if report.plan.has_changes and not report.approved:
        from engine.views.text.plan import untouched

        invocation.write_err(f"{operation} cancelled. {untouched(report.plan)}")
        return 1
    invocation.write_out(invocation.report_view.applied(report, operation))
    if report.is_whole:
        return 0
    text = failure_text(report, invocation.style(sys.stderr), operation=operation)
    invocation.write_err(f"\n{text}")
    failed = [failure.error for failure in report.failures if failure.error is not None]
    invocation.write_where_explained(list(dict.fromkeys(error.reference for error in failed)))
    interrupted = any(result.interrupted for result in report.results)
    return InterruptedRunError.exit_code if interrupted else 1
