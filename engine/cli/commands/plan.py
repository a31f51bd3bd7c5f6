"""`engine plan`."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from engine.cli.command import EngineCommand, compact_option, format_option, options
from engine.cli.fleet.options import (
    fleet_arguments,
    fleet_options,
    refuse_with_fleet,
    refuse_without_fleet,
)
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.plan_files import PlanFile
from engine.cli.planning_options import plan_options, planning_options, stacks_argument
from engine.errors import GuardError
from engine.plan.inputs.options import PlanOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.operations.run.context import Context
    from engine.plan.model import PlanReport

CHANGES = 2
"""Exit code of `--detailed-exitcode` when there is something to do."""


plan_only_options = options(
    click.option(
        "-o",
        "--out",
        metavar="FILE",
        type=click.Path(),
        help="Save the plan to FILE; engine apply FILE applies exactly this plan.",
    ),
    click.option(
        "--detailed-exitcode",
        is_flag=True,
        help="Exit with 2 if there are changes, or, without STACK, states without a module; "
        "else 0.",
    ),
)
"""What plan takes and apply does not."""


@click.command(cls=EngineCommand)
@stacks_argument
@plan_only_options
@planning_options
@fleet_options
@format_option
@compact_option
@pass_invocation
def plan(
    invocation: Invocation,
    /,
    stacks: tuple[str, ...],
    *,
    out: str | None,
    detailed_exitcode: bool,
    fleet: str | None,
    **typed: Any,
) -> int:
    r"""Show what an apply would change.

    Without STACK, all stacks are planned. Stripe is read and nothing is written, with one
    exception: after an interrupted apply, plan first finds out what became of its operations. For
    that it may send requests again that may not have reached Stripe, and it writes the state.

    With --fleet, all accounts of a fleet are planned, and plans that are equal but for ids are
    shown once, with how many accounts have them.

    A plan that a rule refuses ends with exit code 4 and is not saved. A saved plan holds no
    secrets, and is refused once anything that it was made from has changed.

    \b
    Examples:
      engine plan
      engine plan saas --detailed-exitcode
      engine plan --target stripe_price.pro-monthly
      engine plan -o shop.plan && engine apply shop.plan
      engine plan --json | jq '.stacks[].summary'
      engine plan --fleet shops --detailed-exitcode
    """
    accounts = fleet_arguments(typed)
    chosen = plan_options(**typed)
    if fleet is not None:
        refuse_with_fleet(invocation, {"-o": out})
        from engine.cli.fleet.runs import plan as plan_fleet

        return plan_fleet(
            invocation, fleet, stacks, chosen, detailed_exitcode=detailed_exitcode, **accounts
        )
    refuse_without_fleet(accounts)
    file = plan_file(invocation, out)
    with replacing(invocation, file), invocation.opened() as context:
        report = planned(invocation, context, stacks, chosen, file)
    invocation.write_plan(report)
    return conclude(invocation, report, stacks, file, detailed_exitcode=detailed_exitcode)


def plan_file(invocation: Invocation, out: str | None) -> PlanFile | None:
    """The file that a plan is to be saved in; None if it is not.

    Raises:
        UsageError: if it cannot be written there.
    """
    file = None if out is None else PlanFile.named(invocation, out)
    if file is not None:
        file.check()
    return file


@contextlib.contextmanager
def replacing(invocation: Invocation, file: PlanFile | None) -> Iterator[None]:
    """Remove an earlier plan of the file's name if a guard refuses to make the new one.

    Otherwise a pipeline that goes on would apply another plan than the one that it asked for.
    """
    try:
        yield
    except GuardError:
        _discard(invocation, file)
        raise


def _discard(invocation: Invocation, file: PlanFile | None) -> None:
    if file is not None and file.discard():
        invocation.write_err(
            f"The earlier plan in {file.shown} is removed: the one that was to be saved there is "
            "refused."
        )


def conclude(
    invocation: Invocation,
    report: PlanReport,
    stacks: Sequence[str],
    file: PlanFile | None,
    *,
    detailed_exitcode: bool,
) -> int:
    """Say what comes after a plan that was shown, and return the exit code."""
    if file is not None and not report.refusals:
        invocation.write_note(_next_step(invocation, file, report))
    if report.refusals:
        return _refuse(invocation, file, report)
    # A plan of named stacks answers for them; that of all answers for every state.
    differs = report.has_changes or (report.orphans and not stacks)
    return CHANGES if detailed_exitcode and differs else 0


def planned(
    invocation: Invocation,
    context: Context,
    stacks: Sequence[str],
    options: PlanOptions,
    file: PlanFile | None,
) -> PlanReport:
    """Plan stacks, and save the plan if that is asked for and no rule refuses it."""
    if file is None:
        from engine.operations.plan import plan_stacks

        return plan_stacks(context, stacks, options)
    from engine.operations.saved_plan.saved_plan import plan_to_save

    report, saved = plan_to_save(context, stacks, options)
    if report.refusals:
        _discard(invocation, file)
    else:
        file.write(saved)
    return report


def _refuse(invocation: Invocation, file: PlanFile | None, report: PlanReport) -> int:
    """Say on stderr that an apply would refuse this, and end as it would."""
    from engine.plan.checks import refused
    from engine.views.text.problems import error_text

    outcome = "an apply ends like this too" if file is None else f"it is not saved in {file.shown}"
    error = refused(report.refused, outcome)
    invocation.write_err(f"\n{error_text(error, invocation.style(sys.stderr), invocation.read)}")
    return error.exit_code


def _next_step(invocation: Invocation, file: PlanFile, report: PlanReport) -> str:
    saved = f"\nThe plan is saved in {file.shown}."
    if not report.has_changes:
        return saved
    words = ["engine"]
    if invocation.chdir:
        words += ["-C", shlex.quote(invocation.chdir)]
    words.append("apply")
    if invocation.environment:
        words += ["-e", invocation.environment]
    name = file.shown if {".", "/"} & set(file.shown) else f"./{file.shown}"
    return f"{saved} To carry out exactly it: {' '.join(words)} {shlex.quote(name)}"
