"""`engine diff`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_environments
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import stacks_argument
from engine.errors import UsageError

DIFFERENT = 2
"""Exit code when the environments differ."""


def refuse_environment_option(invocation: Invocation, command: str) -> None:
    """Refuse `-e` where both environments are arguments.

    Raises:
        UsageError: if it was given.
    """
    if invocation.environment is not None:
        raise UsageError(
            f"-e does not go with engine {command}, which takes two environments",
            hint=f"engine {command} ENV1 ENV2 [STACK]...",
        )


@click.command(cls=EngineCommand)
@click.argument("first", metavar="ENV1", shell_complete=complete_environments)
@click.argument("second", metavar="ENV2", shell_complete=complete_environments)
@stacks_argument
@click.option(
    "--no-refresh",
    is_flag=True,
    help="Compare what the states record; do not read what Stripe has.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Show and count fields, too, that no stack declares.",
)
@pass_invocation
def diff(
    invocation: Invocation,
    /,
    first: str,
    second: str,
    stacks: tuple[str, ...],
    *,
    no_refresh: bool,
    everything: bool,
) -> int:
    r"""Compare the objects of the same stacks in two environments.

    Objects are compared by address, field by field, as Stripe has them now. References are equal
    if they name the same resource, whatever id it has in each account. Ids, keys, modes, secrets
    and what Stripe computes are left aside. What one environment alone has is listed.

    Fields that no stack declares are counted in one line; --all shows them. No module is
    evaluated and nothing is written. The exit code is 2 if the environments differ.

    \b
    Examples:
      engine diff test live
      engine diff test live shop
      engine diff test live --no-refresh
      engine diff test live --json | jq -r '.stacks[].resources[].address'
    """
    from engine.operations.environments.diff import diff_environments

    refuse_environment_option(invocation, "diff")
    with invocation.opened_side_by_side(first, second) as contexts:
        report = diff_environments(
            contexts[0], contexts[1], stacks, refresh=not no_refresh, everything=everything
        )
    invocation.write_out(invocation.view.differences(report))
    return DIFFERENT if report.differs else 0
