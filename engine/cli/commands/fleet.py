"""`engine fleet`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_fleets
from engine.cli.invocation import Invocation, pass_invocation


@click.command(cls=EngineCommand)
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_fleets)
@pass_invocation
def fleet(invocation: Invocation, name: str | None) -> None:
    r"""List the fleets, or the accounts of one.

    Of each account of the fleet NAME: its id, the variable of its own key and whether that is set,
    the values of the fleet's variables, and of each stack the serial, the number of resources,
    locks, and a run that has not finished. An account that is not in the fleet any more is listed
    as long as it has states.

    Only where the accounts are those that are connected, Stripe is asked, once for each hundred.

    \b
    Examples:
      engine fleet
      engine fleet shops
      engine fleet shops --json | jq -r '.fleets[0].members[] | select(.states == []) | .account'
    """
    from engine.ports.fleet.listing import ListedFleet

    if name is None:
        fleets = invocation.open().settings.fleets.values()
        invocation.write_out(invocation.view.fleets([ListedFleet(fleet=one) for one in fleets]))
        return
    from engine.bootstrap.fleet import open_fleet
    from engine.bootstrap.members import former, members
    from engine.operations.fleet.listing import list_fleet

    with invocation.opening_fleet() as (root, common):
        context, found = open_fleet(root, name, "", **common)
        known = members(context, found)
        listed = list_fleet(context, found, known, former(context, found, known))
    invocation.write_out(invocation.view.fleets([listed]))
