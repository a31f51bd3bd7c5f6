"""`engine drift`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option, stacks_argument, variable_options

DRIFT = 2
"""Exit code when something drifted."""


@click.command(cls=EngineCommand)
@stacks_argument
@variable_options
@lock_timeout_option
@pass_invocation
def drift(invocation: Invocation, /, stacks: tuple[str, ...], *, lock_timeout: float) -> int:
    r"""Show what was changed on Stripe since the last apply.

    Of each managed object that was changed, archived or deleted outside of the code: what the
    code says, what the last apply left and what Stripe has, leaf by leaf, and the ways out. Without
    STACK it is all stacks, those without a module too. Stripe is read and nothing is written, with
    the exception that engine plan has: what an interrupted apply left is finished first.

    The exit code is 2 if anything drifted, 0 if not.

    \b
    Examples:
      engine drift
      engine drift shop -e live
      engine drift --json | jq -r '.stacks[].drifted[] | .address + " " + .kind'
    """
    from engine.operations.drift.drift import drift_of_stacks

    with invocation.opened() as context:
        report = drift_of_stacks(context, stacks, lock_timeout=lock_timeout)
    invocation.write_out(invocation.view.drift(report))
    return DRIFT if report.has_drift else 0
