"""`engine state stamp`: show and write the ownership stamps that are not right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import (
    lock_timeout_option,
    parallelism_option,
    stacks_argument,
    variable_options,
)
from engine.cli.writing import (
    ask,
    before_writing,
    conclude,
    need_consent,
    opened,
    show_first,
    yes_option,
)

if TYPE_CHECKING:
    from engine.plan.model import PlanReport

NOT_RIGHT = 2
"""Exit code of `--check` when a stamp is missing or another resource's."""


@click.command("stamp", cls=EngineCommand)
@stacks_argument
@click.option(
    "--check", is_flag=True, help="Only show them; exit with 2 if there are any, 0 if not."
)
@yes_option
@variable_options
@parallelism_option
@lock_timeout_option
@pass_invocation
def stamp(
    invocation: Invocation,
    stacks: tuple[str, ...],
    *,
    check: bool,
    yes: bool,
    lock_timeout: float,
) -> int:
    r"""Write the ownership stamps that are missing or another resource's.

    The stamp is the metadata value `engine` that says which state and which address own an object;
    engine state rebuild finds objects by it. An object that was adopted, imported or moved gets it
    with its next update; this command writes it at once, and changes nothing else. Without STACK,
    the objects of every state are looked at, also of stacks without a module.

    Without a terminal, --yes is needed.

    \b
    Examples:
      engine state stamp --check
      engine state stamp
      engine state stamp shop -e live --yes
    """
    from engine.operations.stamps import plan_stamps, write_stamps

    if check:
        with invocation.opened() as context:
            found = plan_stamps(context, stacks, lock_timeout=lock_timeout)
        if invocation.for_people and not found.has_changes:
            _say_all_right(invocation, found)
        else:
            invocation.write_out(invocation.view.plan(found))
        return NOT_RIGHT if found.has_changes else 0
    need_consent(invocation, "state stamp", yes=yes, look="engine state stamp --check")

    def approve(report: PlanReport) -> bool:
        with before_writing(invocation, report):
            show_first(invocation, report)
            return yes or ask(invocation, report, "Apply")

    with opened(invocation) as context:
        done = write_stamps(context, stacks, approve, lock_timeout=lock_timeout)
    if invocation.for_people and not done.plan.has_changes:
        _say_all_right(invocation, done.plan)
        return 0
    return conclude(invocation, done, "State stamp")


def _say_all_right(invocation: Invocation, report: PlanReport) -> None:
    warnings = [warning for plan in report.plans for warning in plan.warnings]
    lines = [*(f"Warning: {warning}" for warning in warnings), "", "No further stamp is missing."]
    invocation.write_out("\n".join(lines) if warnings else "No stamp is missing.")
