"""`engine state history` and `engine state restore`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_stacks
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option, variable_options
from engine.cli.writing import answer, need_consent, opened, show_first, yes_option
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.operations.state_keep.restore import Restoring

_VERSION = re.compile(r"([^@:]+)@([0-9]{1,18})(?::(.+))?")


def version_in(text: str) -> tuple[str, int, str] | None:
    """Read `STACK@SERIAL` or `STACK@SERIAL:ADDR`: stack, serial, address; None if it is neither."""
    match = _VERSION.fullmatch(text)
    return None if match is None else (match[1], int(match[2]), match[3] or "")


@click.command("history", cls=EngineCommand)
@click.argument("stack", metavar="STACK", shell_complete=complete_stacks)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    metavar="N",
    help="Show the N newest; 20 if not given.",
)
@pass_invocation
def history(invocation: Invocation, stack: str, *, limit: int) -> None:
    r"""List the versions of a stack's state, the newest first.

    Of state files these are the commits that changed them. No request is sent to Stripe.

    \b
    Examples:
      engine state history saas -e live
      engine state history saas --limit 100 --json | jq '.versions[].serial'
    """
    from engine.operations.state_keep.versions import history_of

    context = invocation.open()
    found = history_of(context, stack, limit)
    invocation.write_out(invocation.view.versions(context.environment, stack, found))


@click.command("restore", cls=EngineCommand)
@click.argument("version", metavar="STACK@SERIAL", shell_complete=complete_stacks)
@click.option(
    "--forget",
    is_flag=True,
    help="Also if it does not know objects that the stored state records.",
)
@yes_option
@variable_options
@lock_timeout_option
@pass_invocation
def restore(
    invocation: Invocation, version: str, *, forget: bool, yes: bool, lock_timeout: float
) -> int:
    r"""Store what an earlier state of a stack says, under a new serial.

    Shows the plan that would follow and asks. Nothing on Stripe is changed: a state only says what
    is there, so what was changed since is drift to the next plan. Objects that the stored state
    records and the earlier one does not know are named, and need --forget.

    \b
    Examples:
      engine state restore saas@41
      engine state restore saas@41 -e live --lock-timeout 60
    """
    from engine.operations.state_keep.restore import restore_state

    named = version_in(version)
    if named is None or named[2]:
        raise UsageError(
            f"{version} is no version of a state",
            hint="write STACK@SERIAL; engine state history STACK lists them",
        )
    stack, serial, _ = named
    need_consent(
        invocation, f"state restore {version}", yes=yes, look=f"engine state show {version}"
    )

    def approve(restoring: Restoring) -> bool:
        show_first(invocation, restoring.plan)
        for one in restoring.unrecorded:
            invocation.write_note(f"No state will record {one} any more; it stays on Stripe.")
        question = (
            f"Restore serial {serial} of {stack}, in place of {restoring.newest.serial}? Above is "
            "what the next plan would do; nothing on Stripe is changed now. Only 'yes' is "
            "accepted: "
        )
        return yes or answer(invocation, question) == "yes"

    with opened(invocation) as context:
        written = restore_state(
            context, stack, serial, approve, forget=forget, lock_timeout=lock_timeout
        )
        if written is None:
            invocation.write_err("Nothing was changed.")
            return 1
        invocation.write_done(
            f"Restored serial {serial} of {stack}, as serial {written.serial}.",
            invocation.view.addresses(context.environment, (written,)),
        )
    return 0
