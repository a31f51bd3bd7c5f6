"""`engine upgrade`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import variable_options

AFFECTED = 2
"""Exit code if something that is declared would be refused, or would mean something else."""


@click.command(cls=EngineCommand)
@click.option(
    "--sdk",
    metavar="DIR",
    help="Compare with the Stripe SDK in DIR, where pip install --target DIR stripe==X put it.",
)
@click.option(
    "--from",
    "older",
    metavar="DIR",
    help="Begin with the Stripe SDK in DIR, and not with what this engine is made for.",
)
@click.option("--no-refresh", is_flag=True, help="Ask Stripe nothing.")
@variable_options
@pass_invocation
def upgrade(invocation: Invocation, *, sdk: str | None, older: str | None, no_refresh: bool) -> int:
    r"""Show what another API version of Stripe would change, in advance.

    For the types that the stacks declare: the parameters that appear, vanish or change, first those
    that are declared, with file and line; the next plan, as Stripe answers in that version; and the
    webhook endpoints that get events of another one. Nothing is changed on Stripe or in a state.

    Without --sdk it is compared with the installed SDK, where that is another one than the catalog
    is made from. The other SDK runs in a process of its own, without a key. The exit code is 2 if
    something that is declared would be refused or would mean something else.

    \b
    Examples:
      engine upgrade --sdk /tmp/sdk    after pip install --target /tmp/sdk stripe==17.0.0
      engine upgrade -e live --no-refresh
      engine upgrade --from /tmp/sdk
      engine upgrade --sdk /tmp/sdk --json | jq '.types[].declared'
    """
    from engine.operations.upgrade.upgrade import upgrade as compared

    with invocation.opened_upgrade(sdk, older) as (before, after):
        report = compared(before, after, refresh=not no_refresh)
    invocation.write_out(invocation.view.upgrade(report))
    return AFFECTED if report.breaks else 0
