"""`engine state`: show, edit and verify states, and rebuild a lost one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from engine.address import parse_place
from engine.cli.command import EngineCommand, LazyGroup
from engine.cli.commands.state_edit import stack_option, state_with
from engine.cli.commands.state_versions import version_in
from engine.cli.completion import complete_addresses, complete_stacks
from engine.cli.error_boundary import report_error
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import (
    lock_timeout_option,
    stacks_argument,
    variable_options,
)
from engine.errors import StateProblemsError, UsageError
from engine.suggest import nearest

_HOMES = {
    "history": "engine.cli.commands.state_versions:history",
    "list": f"{__name__}:list_",
    "migrate": "engine.cli.commands.state_migrate:migrate",
    "mv": "engine.cli.commands.state_edit:move",
    "pull": "engine.cli.commands.state_keep:pull",
    "push": "engine.cli.commands.state_keep:push",
    "rebuild": f"{__name__}:rebuild",
    "restore": "engine.cli.commands.state_versions:restore",
    "rm": "engine.cli.commands.state_edit:remove",
    "show": f"{__name__}:show",
    "stamp": "engine.cli.commands.state_stamp:stamp",
    "verify": f"{__name__}:verify",
}


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


@click.command("list", cls=EngineCommand)
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


@click.command("show", cls=EngineCommand)
@click.argument("address", metavar="[STACK[@SERIAL]:]ADDR", shell_complete=complete_addresses)
@stack_option
@pass_invocation
def show(invocation: Invocation, address: str, *, stack: str | None) -> None:
    r"""Show one resource as the state records it, or an earlier state.

    STACK@SERIAL is all of the state that had that serial, and STACK@SERIAL:ADDR one resource of it.

    \b
    Examples:
      engine state show stripe_price.pro-monthly
      engine state show shop@41
      engine state show shop@41:stripe_price.pro-monthly
      engine state show shop:stripe_price.pro-monthly --json | jq -r .id
    """
    earlier = version_in(address)
    if earlier is not None:
        _show_version(invocation, *earlier)
        return
    place = parse_place(address)
    if place.address is None:
        raise UsageError(
            f"{address} is a stack, and no resource", hint=f"engine show {place.stack} shows it"
        )
    recording = state_with(invocation.open(), place.address, place.stack or stack)
    invocation.write_out(invocation.view.resource(recording, place.address))


def _show_version(invocation: Invocation, stack: str, serial: int, address: str) -> None:
    from engine.operations.state_keep.versions import version_of

    context = invocation.open()
    state = version_of(context, stack, serial)
    if not address:
        invocation.write_out(invocation.view.states(context.environment, (state,)))
        return
    if address not in state.resources:
        near = nearest(address, tuple(state.resources))
        raise UsageError(
            f"{address} is not in serial {serial} of {stack}",
            hint=f"did you mean {near}?" if near else f"engine state show {stack}@{serial}",
        )
    invocation.write_out(invocation.view.resource(state, address))


@click.command("verify", cls=EngineCommand)
@click.argument("places", nargs=-1, metavar="[STACK|FILE]...", shell_complete=complete_stacks)
@pass_invocation
def verify(invocation: Invocation, places: tuple[str, ...]) -> int:
    r"""Find everything wrong with state files, offline.

    Checks that each file is byte for byte what the engine writes, that its digest is right, that it
    is in its own place, that it holds no secret, and that its records agree with each other. All
    problems are listed at once, with file and line. Without arguments the states of all
    environments are checked, in all stores, with -e those of one. No key is needed, and nothing is
    sent to Stripe.

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
    contexts = [context]
    if not (places or only):  # each store of the project once
        contexts = [replace(context, open_backend=one.open) for one in invocation.stores()]
    verified = tuple(one for each in contexts for one in verify_states(each, names, files, only))
    problems = tuple(problem for entry in verified for problem in entry.problems)
    page = invocation.view.verified(verified)
    if problems:
        return report_error(StateProblemsError(problems), invocation, page)
    invocation.write_out(page)
    return 0


@click.command("rebuild", cls=EngineCommand)
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

    What another state records, or another stack may have by now, is never taken: an object that
    moved is found again by the stack that it moved to, whatever stamp it carries.

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
