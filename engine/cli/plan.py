"""`engine plan`."""

from __future__ import annotations

from typing import Any

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning import Wishes, planning_options, stacks_argument

CHANGES = 2
"""Exit code of `--detailed-exitcode` when there is something to do."""


@click.command(cls=EngineCommand)
@stacks_argument
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 if there are changes, 0 if there are none.",
)
@planning_options
@pass_invocation
def plan(
    invocation: Invocation, /, stacks: tuple[str, ...], *, detailed_exitcode: bool, **wishes: Any
) -> int:
    r"""Show what an apply would change, and change nothing.

    Without STACK, all stacks are planned. Stripe is read, the state file is not written.

    \b
    Examples:
      engine plan
      engine plan saas --detailed-exitcode
      engine plan --target stripe_price.pro-monthly
      engine plan --json | jq '.stacks[].summary'
    """
    wanted = Wishes(**wishes)
    wanted.check()
    from engine.operations.plan import plan_stacks  # noqa: PLC0415 - help does not need it

    progress = invocation.progress()
    try:
        context = invocation.open(
            variables=wanted.values(), parallelism=wanted.parallelism, hook=progress
        )
        report = plan_stacks(context, stacks, wanted.options())
    finally:
        progress.close()
    if invocation.json:
        from engine.views.document import plan_document  # noqa: PLC0415 - the same

        invocation.answer(plan_document(report))
    else:
        from engine.views.human import plan_text  # noqa: PLC0415 - the same

        style = invocation.style()
        invocation.say(plan_text(report, context.schemas, style, verbose=invocation.verbose))
    return CHANGES if detailed_exitcode and report.has_changes else 0
