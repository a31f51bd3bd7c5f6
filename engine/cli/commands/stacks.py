"""`engine stacks`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.error_boundary import report_error
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import variable_options
from engine.errors import StackError


@click.command(cls=EngineCommand)
@variable_options
@pass_invocation
def stacks(invocation: Invocation) -> int:
    r"""List the stacks in the order of an apply, and who reads whom.

    Of each stack: its module, its outputs, the stacks whose outputs it reads and those that read
    its own, and in each environment the serial, the number of resources, the account, locks, and
    a run that has not finished; with -e in that environment alone. Stacks of one wave do not read
    each other. A stack without a module is listed with the ways on, a state that cannot be read
    with what is wrong.

    No request is sent and no key is needed. If the order is not known, since a module cannot be
    evaluated or stacks read each other in a circle, the exit code is 1.

    \b
    Examples:
      engine stacks
      engine stacks -e live
      engine stacks --json | jq -c '.waves[]'
      engine stacks --json | jq -r '.stacks[] | select(.file == null) | .stack'
    """
    from engine.operations.stacks import overview

    context = invocation.open()
    found = overview(context, everywhere=invocation.environment is None)
    page = invocation.view.stacks(found)
    if found.problems:
        return report_error(StackError(found.problems), invocation, page)
    invocation.write_out(page)
    return 0
