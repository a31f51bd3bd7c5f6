"""`engine validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand
from engine.cli.error_boundary import report_error
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import stacks_argument, variable_options
from engine.errors import Problem, StackError

if TYPE_CHECKING:
    from engine.stack.model import Stack


@click.command(cls=EngineCommand)
@stacks_argument
@variable_options
@pass_invocation
def validate(invocation: Invocation, stacks: tuple[str, ...]) -> int:
    r"""Find everything wrong with the stacks, offline.

    All problems are listed at once, each with file, line and a suggestion. Without STACK, all
    stacks are checked. No request is sent and no key is needed.

    In a project with fleets, these and their lists of accounts are checked too, and a stack that
    needs the values of an account is checked for the accounts of its fleets.

    \b
    Examples:
      engine validate
      engine validate saas portals
      engine validate --json | jq '.problems[]'
    """
    from engine.operations.validate import validate_stacks

    context = invocation.open()
    checked: tuple[Stack, ...] = ()
    problems: tuple[Problem, ...] = ()
    try:
        checked = validate_stacks(context, stacks)
    except StackError as error:
        problems = error.problems
    if context.settings.fleets and context.settings.fleet is None:
        from engine.bootstrap.fleet_checks import check_fleets

        fleets = check_fleets(context, stacks, problems)
        checked, problems = checked or fleets.checked, fleets.problems
        for name, fleet in fleets.unchecked:
            invocation.write_note(
                f"Stack {name} was not checked: it needs values of accounts that are not known "
                f"offline. engine plan --fleet {fleet} checks it for each account."
            )
    if problems:
        page = invocation.view.validated((), problems)
        return report_error(StackError(problems), invocation, page)
    invocation.write_out(invocation.view.validated(checked, ()))
    return 0
