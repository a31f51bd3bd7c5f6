"""`engine show`: what the state records, or a saved plan."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand, compact_option, format_option
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.plan_files import plan_file_among
from engine.cli.planning_options import stacks_or_plan_argument
from engine.cli.subscribers.file import moves_file


@click.command(cls=EngineCommand)
@stacks_or_plan_argument
@format_option
@compact_option
@pass_invocation
def show(invocation: Invocation, stacks: tuple[str, ...]) -> None:
    r"""Show what the state records, or a saved plan.

    The state is every resource with its id, and the outputs; without STACK, those of all stacks.
    With PLANFILE, the plan that engine plan -o saved there is shown as engine plan showed it, or
    the moves that engine subscribers -o did.
    No request is sent to Stripe.

    \b
    Examples:
      engine show
      engine show saas -e live
      engine show shop.plan
      engine show --json | jq '.stacks[].resources[] | {address, id}'
    """
    file = plan_file_among(invocation, stacks)
    context = invocation.open()
    moves = moves_file(invocation, file)
    if moves is not None:
        invocation.write_out(invocation.report_view.moves(moves.read(context.schemas)[1]))
        return
    if file is not None:
        invocation.write_out(invocation.report_view.saved_plan(file.read(context.schemas)))
        return
    from engine.operations.show import states

    invocation.write_out(
        invocation.report_view.states(context.environment, states(context, stacks))
    )
