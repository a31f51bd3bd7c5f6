"""`engine drift`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_addresses
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option, stacks_argument, variable_options
from engine.errors import UsageError

DRIFT = 2
"""Exit code when something drifted."""


@click.command(cls=EngineCommand)
@stacks_argument
@variable_options
@click.option(
    "--accept",
    metavar="ADDR[.PATH]",
    multiple=True,
    shell_complete=complete_addresses,
    help="Write what Stripe has into the stack's module (again for more).",
)
@click.option(
    "--unmanaged",
    is_flag=True,
    help="List the objects that no stack manages, of the types that stacks manage.",
)
@lock_timeout_option
@pass_invocation
def drift(
    invocation: Invocation,
    /,
    stacks: tuple[str, ...],
    *,
    accept: tuple[str, ...],
    unmanaged: bool,
    lock_timeout: float,
) -> int:
    r"""Show what was changed on Stripe since the last apply.

    Of each managed object that was changed, archived or deleted outside of the code: what the
    code says, what the last apply left and what Stripe has, leaf by leaf, and the ways out. Without
    STACK it is all stacks, those without a module too. Stripe is read and nothing is written, with
    the exception that engine plan has: what an interrupted apply left is finished first.

    Objects that no stack manages, of the types that stacks manage, are counted, as far as one page
    of each type shows them; --unmanaged lists them all, each with the line that takes it over.
    They are no drift. The exit code is 2 if anything drifted, 0 if not.

    With --accept, what Stripe has is written into the module and recorded in the state: one leaf
    of a resource, or all of it that drifted. All that is asked for is written, or nothing is, and
    the exit code is 1; of a value that is computed the line is shown, to be edited by hand. It
    needs stripe-stack-engine[edit].

    \b
    Examples:
      engine drift
      engine drift shop -e live
      engine drift --unmanaged
      engine drift --accept stripe_product.pro.name
      engine drift --json | jq -r '.stacks[].drifted[] | .address + " " + .kind'
    """
    from engine.operations.drift.drift import drift_of_stacks

    if accept and unmanaged:
        raise UsageError("--accept and --unmanaged do not go together", hint="choose one of them")
    if accept:
        return _accept(invocation, stacks, accept, lock_timeout)
    with invocation.opened() as context:
        report = drift_of_stacks(context, stacks, unmanaged=unmanaged, lock_timeout=lock_timeout)
    invocation.write_out(invocation.view.drift(report))
    return DRIFT if report.has_drift else 0


def _accept(
    invocation: Invocation, stacks: tuple[str, ...], accept: tuple[str, ...], lock_timeout: float
) -> int:
    """Write what Stripe has into the modules, and show it."""
    try:
        from engine.operations.drift.accept import accept_drift
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "libcst":
            raise
        raise UsageError(
            "--accept edits stack modules, and libcst, which does that, is not installed",
            hint="pip install 'stripe-stack-engine[edit]'",
        ) from error
    from engine.operations.drift.leaves import parse_asked
    from engine.source.edit.files import line_length

    asked = tuple(parse_asked(text) for text in accept)
    with invocation.opened() as context:
        width = line_length(context.settings.root)
        report = accept_drift(context, stacks, asked, width=width, lock_timeout=lock_timeout)
    invocation.write_out(invocation.view.accepted(report))
    return 0 if report.is_whole else 1
