"""`engine state`: looking into the state file."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from engine.address import parse_address
from engine.cli.command import EngineCommand, LazyGroup
from engine.cli.completion import complete_addresses, complete_stacks
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning import stacks_argument
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.state.model import State


@click.group(cls=LazyGroup)
def state() -> None:
    r"""Look into the state: what is managed, and under which ids.

    \b
    Examples:
      engine state list
      engine state show stripe_price.pro-monthly
    """


@state.command("list", cls=EngineCommand)
@stacks_argument
@pass_invocation
def list_(invocation: Invocation, stacks: tuple[str, ...]) -> None:
    r"""List the addresses of all managed resources, one a line.

    With exactly one stack a line is an address; with several it is the stack's name, a space and
    the address. Stripe is not asked.

    \b
    Examples:
      engine state list
      engine state list saas | grep stripe_price
    """
    from engine.operations.inspect import states  # noqa: PLC0415 - help does not need it

    context = invocation.open()
    found = states(context, stacks)
    if invocation.json:
        from engine.views.state_document import addresses_document  # noqa: PLC0415 - the same

        invocation.answer(addresses_document(context.settings.environment.name, found))
        return
    for entry in found:
        for address in sorted(entry.resources):
            invocation.say(address if len(found) == 1 else f"{entry.stack} {address}")


@state.command("show", cls=EngineCommand)
@click.argument("address", metavar="ADDR", shell_complete=complete_addresses)
@click.option(
    "--stack",
    metavar="STACK",
    help="The stack to look in, where several have that address.",
    shell_complete=complete_stacks,
)
@pass_invocation
def show(invocation: Invocation, address: str, *, stack: str | None) -> None:
    r"""Show one resource as the state records it.

    \b
    Examples:
      engine state show stripe_price.pro-monthly
      engine state show stripe_price.pro-monthly --json | jq -r .id
    """
    from engine.operations.inspect import states  # noqa: PLC0415 - help does not need it

    address = str(parse_address(address))
    context = invocation.open()
    holder = _holder(states(context, (stack,) if stack else ()), address)
    if invocation.json:
        from engine.views.state_document import resource_document  # noqa: PLC0415 - the same

        invocation.answer(resource_document(holder, address))
    else:
        from engine.views.inventory import resource_text  # noqa: PLC0415 - the same

        resource = holder.resources[address]
        text = resource_text(address, resource, context.schemas, invocation.style())
        invocation.say(text)


def _holder(states: Sequence[State], address: str) -> State:
    """The one state that has a resource at this address."""
    holders = [entry for entry in states if address in entry.resources]
    if len(holders) == 1:
        return holders[0]
    if holders:
        stacks = [entry.stack for entry in holders]
        raise UsageError(
            f"{address} is in several stacks: {', '.join(stacks)}",
            hint=f"say which: --stack {stacks[0]}",
        )
    known = [found for entry in states for found in entry.resources]
    near = difflib.get_close_matches(address, known, n=1)
    raise UsageError(
        f"{address} is not in the state",
        hint=f"did you mean {near[0]}?" if near else "engine state list shows what is",
    )
