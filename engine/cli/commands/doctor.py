"""`engine doctor`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_fleets
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import variable_options


@click.command(cls=EngineCommand)
@click.option("--offline", is_flag=True, help="Ask Stripe nothing.")
@click.option(
    "--fleet",
    metavar="NAME",
    default="",
    shell_complete=complete_fleets,
    help="Also check the keys of the accounts of the fleet NAME.",
)
@variable_options
@pass_invocation
def doctor(invocation: Invocation, *, offline: bool, fleet: str) -> int:
    r"""Check everything that an apply needs, and say what to do.

    The installation, the configuration, which environment is used and why, the key, the account,
    API versions, the clock, what the key may do, the stacks, the states and their locks, git, and
    where secrets go: a line each. Nothing is changed anywhere: permissions are asked about with
    reads, and with writes to objects that do not exist. No key and no secret is shown.

    Each line begins with a word: ok; note, which is good to know; warning, which stops nothing;
    problem, which would stop an apply; unknown, which could not be found out. The exit code is 1
    if there is a problem.

    \b
    Examples:
      engine doctor
      engine doctor -e live
      engine doctor --offline
      engine doctor --fleet shops
      engine doctor --json | jq -r '.checks[] | select(.result == "problem") | .text'
    """
    from engine.operations.doctor.doctor import examine

    with invocation.examined(offline=offline, fleet=fleet) as around:
        found = examine(around)
    invocation.write_out(invocation.view.diagnosis(found))
    return 1 if found.stops else 0
