"""`engine apply` and `engine destroy`: the commands that write."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.plan_files import PlanFile, plan_file_among
from engine.cli.planning_options import (
    confirm_option,
    plan_options,
    planning_options,
    refuse_with_plan_file,
    removal_options,
    stacks_argument,
    stacks_or_plan_argument,
)
from engine.errors import InterruptedRunError, UsageError
from engine.plan.inputs.options import PlanOptions

if TYPE_CHECKING:
    from engine.address import ResourceAddress
    from engine.operations.run.context import Context
    from engine.plan.model import PlanReport
    from engine.ports.outcomes import ApplyReport

_MOST_NAMES = 5
"""More removals than this are confirmed by their number."""

_NOT_BEGUN = "interrupted before any operation of the plan was begun"
"""The message of a Ctrl-C before the operations write; after that they report it themselves."""

_yes = click.option("--yes", is_flag=True, help="Do it without asking.")


@click.command(cls=EngineCommand)
@stacks_or_plan_argument
@_yes
@confirm_option
@planning_options
@pass_invocation
def apply(
    invocation: Invocation,
    /,
    stacks: tuple[str, ...],
    *,
    yes: bool,
    **typed: Any,
) -> int:
    r"""Plan, ask, and apply the plan.

    Without STACK, all stacks are applied, in the order of what they read from each other. Each
    operation is recorded before it is sent, so that the next run finishes an interrupted one.
    Without a terminal, --yes is needed. On a live account each resource that is removed, and each
    price that is replaced, must be named: at the terminal, or with --confirm-removal.

    With PLANFILE, exactly the plan that engine plan -o saved there is applied, without a question;
    it is refused if anything that it was made from has changed.

    \b
    Examples:
      engine apply
      engine apply saas --yes
      engine plan -o shop.plan && engine apply shop.plan
      engine apply --var trial_days=14 --lock-timeout 60
      engine apply --refresh-only
      engine apply -e live --yes --confirm-removal stripe_price.pro-monthly
    """
    file = plan_file_among(invocation, stacks)
    if file is not None:
        options = PlanOptions(**typed)
        refuse_with_plan_file(invocation, options)
        return _run_saved(invocation, file, options)
    return _run(invocation, stacks, plan_options(**typed), "Apply", yes=yes)


@click.command(cls=EngineCommand)
@stacks_argument
@_yes
@confirm_option
@removal_options
@pass_invocation
def destroy(
    invocation: Invocation,
    /,
    stacks: tuple[str, ...],
    *,
    yes: bool,
    **typed: Any,
) -> int:
    r"""Remove everything that was applied, as far as Stripe allows.

    Where Stripe cannot delete, objects are archived, deactivated or left; the plan says which. By
    its name, a stack is destroyed from its state alone once its module is gone. Without a terminal,
    --yes is needed, and on a live account --confirm-removal for each resource.

    \b
    Examples:
      engine destroy saas
      engine destroy --target stripe_webhook_endpoint.events
      engine destroy -e test --yes
    """
    options = plan_options(destroy=True, **typed)
    return _run(invocation, stacks, options, "Destroy", yes=yes)


def _run(
    invocation: Invocation,
    stacks: tuple[str, ...],
    options: PlanOptions,
    operation: str,
    *,
    yes: bool,
) -> int:
    _need_consent(invocation, operation.lower(), yes=yes)
    from engine.operations.apply import apply_stacks
    from engine.plan.checks import unconfirmed

    with _opened(invocation) as context:

        def approve(report: PlanReport) -> bool:
            with _before_writing(invocation, report):
                _show_first(invocation, report)
                # A refused plan needs no yes: the error that follows names the rules.
                return not report.refusals and (yes or _ask(invocation, report, operation))

        def confirm(report: PlanReport, addresses: Sequence[ResourceAddress]) -> bool:
            if yes:
                raise unconfirmed(addresses, context.environment, _naming(invocation, addresses))
            with _before_writing(invocation, report):
                return _ask_for_names(invocation, addresses)

        report = apply_stacks(context, stacks, options, approve, confirm=confirm)
    return _conclude(invocation, report, operation)


def _run_saved(invocation: Invocation, file: PlanFile, options: PlanOptions) -> int:
    from engine.operations.saved_plan.saved_plan import apply_saved

    with _opened(invocation) as context:
        saved = file.read(context.schemas)

        def approve(report: PlanReport) -> bool:
            _show_first(invocation, report)
            return True  # a saved plan was reviewed before

        report = apply_saved(context, saved, approve, lock_timeout=options.lock_timeout)
    return _conclude(invocation, report, "Apply")


@contextlib.contextmanager
def _opened(invocation: Invocation) -> Iterator[Context]:
    try:
        with invocation.opened() as context:
            yield context
    except KeyboardInterrupt:
        raise InterruptedRunError(_NOT_BEGUN) from None


def _need_consent(invocation: Invocation, command: str, *, yes: bool) -> None:
    """Refuse before anything is locked or read, if there is no way to ask."""
    if yes:
        return
    if not invocation.for_people:
        option = f"--{invocation.format}"
        raise UsageError(
            f"engine {command} {option} asks no questions, so it needs --yes",
            hint=f"look at engine plan {option} first, then run engine {command} {option} --yes",
        )
    if not sys.stdin.isatty():
        raise UsageError(
            f"engine {command} needs a yes, and there is no terminal to ask on",
            hint=f"look at engine plan first, then run engine {command} --yes",
        )


def _show_first(invocation: Invocation, report: PlanReport) -> None:
    """Show the plan to people, with an empty line after it."""
    if invocation.for_people:
        invocation.write_out(invocation.view.plan(report), end="\n\n")


def _ask(invocation: Invocation, report: PlanReport, operation: str) -> bool:
    from engine.views.text.plan import question

    style = invocation.style(sys.stderr)
    return _answer(invocation, question(report, style, operation=operation)) == "yes"


def _answer(invocation: Invocation, question: str) -> str:
    """Ask a question and read the line that answers it."""
    invocation.write_err(question, end="")
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        invocation.write_err("")
    return answer.strip()


@contextlib.contextmanager
def _before_writing(invocation: Invocation, report: PlanReport) -> Iterator[None]:
    """Make a Ctrl-C end with the message that nothing was changed."""
    from engine.views.text.plan import untouched

    try:
        yield
    except KeyboardInterrupt:
        invocation.write_err("")  # the terminal has shown ^C
        raise InterruptedRunError(
            "interrupted before the answer", cause=untouched(report)
        ) from None


def _naming(invocation: Invocation, addresses: Sequence[ResourceAddress]) -> str:
    """The command line as typed, with each removal named."""
    from engine.plan.checks import CONFIRM

    words = invocation.words
    end = words.index("--") if "--" in words else len(words)
    named = [word for address in addresses for word in (CONFIRM, str(address))]
    return shlex.join(["engine", *words[:end], *named, *words[end:]])


def _ask_for_names(invocation: Invocation, addresses: Sequence[ResourceAddress]) -> bool:
    """Make a person type what a live account loses, or its number if it is a lot."""
    from engine.views.text.plan import removal_question

    style = invocation.style(sys.stderr)
    wanted = [str(address) for address in addresses]
    if len(wanted) > _MOST_NAMES:
        invocation.write_err("\n".join(["", *(f"  {address}" for address in wanted)]))
        wanted = [str(len(wanted))]
    return all(_answer(invocation, removal_question(word, style)) == word for word in wanted)


def _conclude(invocation: Invocation, report: ApplyReport, operation: str) -> int:
    from engine.views.text.applied import failure_text

    if report.plan.has_changes and not report.approved:
        from engine.views.text.plan import untouched

        invocation.write_err(f"{operation} cancelled. {untouched(report.plan)}")
        return 1
    invocation.write_out(invocation.view.applied(report, operation))
    if report.is_whole:
        return 0
    text = failure_text(report, invocation.style(sys.stderr), operation=operation)
    invocation.write_err(f"\n{text}")
    interrupted = any(result.interrupted for result in report.results)
    return InterruptedRunError.exit_code if interrupted else 1
