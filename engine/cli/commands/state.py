"""`engine state`: show, edit and verify states, and rebuild a lost one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.address import parse_address
from engine.cli.command import EngineCommand, LazyGroup
from engine.cli.completion import complete_addresses, complete_stacks
from engine.cli.error_boundary import report_error
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import (
    lock_timeout_option,
    read_addresses,
    stacks_argument,
    variable_options,
)
from engine.errors import StateProblemsError, UsageError
from engine.suggest import nearest

if TYPE_CHECKING:
    from engine.address import ResourceAddress
    from engine.operations.run.context import Context
    from engine.state.model import State


_stack_option = click.option(
    "--stack",
    metavar="STACK",
    help="The stack to look in, where several have that address.",
    shell_complete=complete_stacks,
)


_HOMES = {"stamp": "engine.cli.commands.state_stamp:stamp"}


@click.group(cls=LazyGroup, homes=_HOMES)
def state() -> None:
    r"""Show the state, edit it, verify it, or rebuild it.

    \b
    Examples:
      engine state list
      engine state show stripe_price.pro-monthly
      engine state verify
      engine state rebuild shop
    """


@state.command("list", cls=EngineCommand)
@stacks_argument
@pass_invocation
def list_(invocation: Invocation, stacks: tuple[str, ...]) -> None:
    r"""List the addresses of all managed resources, one per line.

    With one stack a line is an address; with several it is the name of the stack, a space and the
    address. No request is sent to Stripe.

    \b
    Examples:
      engine state list
      engine state list saas | grep stripe_price
    """
    from engine.operations.show import states

    context = invocation.open()
    invocation.write_out(invocation.view.addresses(context.environment, states(context, stacks)))


@state.command("show", cls=EngineCommand)
@click.argument("address", metavar="ADDR", shell_complete=complete_addresses)
@_stack_option
@pass_invocation
def show(invocation: Invocation, address: str, *, stack: str | None) -> None:
    r"""Show one resource as the state records it.

    \b
    Examples:
      engine state show stripe_price.pro-monthly
      engine state show stripe_price.pro-monthly --json | jq -r .id
    """
    address = str(parse_address(address))
    recording = _state_with(invocation.open(), address, stack)
    invocation.write_out(invocation.view.resource(recording, address))


@state.command("mv", cls=EngineCommand)
@click.argument("old", metavar="OLD", shell_complete=complete_addresses)
@click.argument("new", metavar="NEW")
@_stack_option
@lock_timeout_option
@pass_invocation
def move(
    invocation: Invocation, old: str, new: str, *, stack: str | None, lock_timeout: float
) -> None:
    r"""Give a resource, or a renamed stack, another name in the state.

    Nothing is sent to Stripe. moved(OLD, NEW) in the stack does the same for a resource, reviewed
    and in every environment. A stack is written as its name and a colon.

    \b
    Examples:
      engine state mv stripe_price.monthly stripe_price.pro-monthly
      engine state mv billing: catalog:
    """
    from engine.operations.state_edit import move_resource, rename_stack

    if old.endswith(":") and new.endswith(":"):
        context = invocation.open(hook=invocation.progress())
        before, after = old[:-1], new[:-1]
        renamed = rename_stack(context, before, after, lock_timeout=lock_timeout)
        place = context.backend.place(after, context.environment)
        share = context.backend.how_to_share("both files")
        invocation.write_done(
            f"Stack {before} is now {after}: {place}." + (f" {share}." if share else ""),
            invocation.view.addresses(context.environment, (renamed,)),
        )
        return
    source, target = parse_address(old), parse_address(new)
    context = invocation.open(hook=invocation.progress())
    name = _state_with(context, str(source), stack).stack
    written = move_resource(context, name, source, target, lock_timeout=lock_timeout)
    invocation.write_done(
        f"Moved {source} to {target} in the state of {written.stack}.",
        invocation.view.resource(written, str(target)),
    )


@state.command("rm", cls=EngineCommand)
@click.argument(
    "addresses",
    nargs=-1,
    required=True,
    metavar="ADDR...",
    callback=read_addresses,
    shell_complete=complete_addresses,
)
@_stack_option
@lock_timeout_option
@pass_invocation
def remove(
    invocation: Invocation,
    addresses: tuple[ResourceAddress, ...],
    *,
    stack: str | None,
    lock_timeout: float,
) -> None:
    r"""Take resources out of the state; their objects stay on Stripe.

    Nothing is sent to Stripe. If a resource is still declared, the next plan creates it.
    removed(ADDRESS, keep=True) in the stack does the same, reviewed and in every environment.

    \b
    Examples:
      engine state rm stripe_coupon.launch
    """
    from engine.operations.state_edit import forget_resources

    context = invocation.open(hook=invocation.progress())
    name = _state_with(context, str(addresses[0]), stack).stack
    written = forget_resources(context, name, addresses, lock_timeout=lock_timeout)
    invocation.write_done(
        "\n".join(
            f"Forgot {address} in the state of {written.stack}; it stays on Stripe."
            for address in addresses
        ),
        invocation.view.addresses(context.environment, (written,)),
    )


@state.command("verify", cls=EngineCommand)
@click.argument("places", nargs=-1, metavar="[STACK|FILE]...", shell_complete=complete_stacks)
@pass_invocation
def verify(invocation: Invocation, places: tuple[str, ...]) -> int:
    r"""Find everything wrong with state files, offline.

    Checks that each file is byte for byte what the engine writes, that its digest is right, that it
    is in its own place, that it holds no secret, and that its records agree with each other. All
    problems are listed at once, with file and line. Without arguments the states of all
    environments are checked, with -e those of one. No key is needed and no request is sent.

    A name that ends in .json is a file, so this command can be a pre-commit hook.

    \b
    Examples:
      engine state verify
      engine state verify saas -e live
      engine state verify $(git diff --cached --name-only --diff-filter=d -- 'state/*.json')
    """
    from engine.operations.verify.files import verify_states

    files = [Path(place) for place in places if place.endswith(".json")]
    names = [place for place in places if not place.endswith(".json")]
    context = invocation.open()
    only = () if invocation.environment is None else (context.environment,)
    verified = verify_states(context, names, files, only)
    problems = tuple(problem for entry in verified for problem in entry.problems)
    page = invocation.view.verified(verified)
    if problems:
        return report_error(StateProblemsError(problems), invocation, page)
    invocation.write_out(page)
    return 0


@state.command("rebuild", cls=EngineCommand)
@stacks_argument
@click.option(
    "--force", is_flag=True, help="Replace also a state that can be read; a copy of it is kept."
)
@click.option(
    "--lineage",
    default="",
    metavar="TEXT",
    help="The lineage of the stack, if objects have stamps of several lineages.",
)
@click.option(
    "--declared-only",
    is_flag=True,
    help="List only the types that the stacks declare now, not those that they declared before.",
)
@variable_options
@lock_timeout_option
@pass_invocation
def rebuild(
    invocation: Invocation,
    stacks: tuple[str, ...],
    *,
    force: bool,
    lineage: str,
    declared_only: bool,
    lock_timeout: float,
) -> None:
    r"""Rebuild a lost state from the objects of the account.

    Finds the object of each declared resource by its ownership stamp, else by its natural key (a
    chosen id, a lookup key, a code), else by the id that a damaged file still names. Nothing is
    written to Stripe. The old file is kept as STACK.json.replaced. Objects with the stamp of the
    stack that are no longer declared are recorded too, so that the next apply removes them;
    engine plan shows all of this.

    Without STACK, each stack is rebuilt whose state is lost or cannot be read.

    \b
    Examples:
      engine state rebuild shop
      engine state rebuild shop --lineage 0f8e3c5b9d2a47168f3e5d7c9b1a2e4f
    """
    from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states

    context = invocation.open(hook=invocation.progress())
    options = RebuildOptions(
        force=force, lineage=lineage, declared_only=declared_only, lock_timeout=lock_timeout
    )
    rebuilt = rebuild_states(context, stacks, options)
    invocation.write_out(invocation.view.rebuilt(context.environment, rebuilt))
    if rebuilt:
        invocation.write_note("engine plan shows what the next apply would do.")


def _state_with(context: Context, address: str, stack: str | None) -> State:
    """The one state that has a resource at this address; that of `stack` if it is named."""
    from engine.operations.show import states

    read = states(context, (stack,) if stack else ())
    having = [entry for entry in read if address in entry.resources]
    if len(having) == 1:
        return having[0]
    if having:
        stacks = [entry.stack for entry in having]
        raise UsageError(
            f"{address} is in several stacks: {', '.join(stacks)}",
            hint=f"say which: --stack {stacks[0]}",
        )
    near = nearest(address, [known for entry in read for known in entry.resources])
    raise UsageError(
        f"{address} is not in the state",
        hint=f"did you mean {near}?" if near else "engine state list shows what is",
    )
