"""`engine validate`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.error_boundary import report_error
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import stacks_argument, variable_options
from engine.errors import StackError


@click.command(cls=EngineCommand)
@stacks_argument
@variable_options
@pass_invocation
def validate(invocation: Invocation, stacks: tuple[str, ...]) -> int:
    r"""Find everything wrong with the stacks, offline.

    All problems are listed at once, each with file, line and a suggestion. Without STACK, all
    stacks are checked. No request is sent and no key is needed.

    \b
    Examples:
      engine validate
      engine validate saas portals
      engine validate --json | jq '.problems[]'
    """
    from engine.operations.validate import validate_stacks

    context = invocation.open()
    try:
        checked = validate_stacks(context, stacks)
    except StackError as error:
        page = invocation.view.validated((), error.problems)
        return report_error(error, invocation, page)
    invocation.write_out(invocation.view.validated(checked, ()))
    return 0
