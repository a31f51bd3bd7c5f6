"""`engine lock` and `engine unlock`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_places
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError


@click.command(cls=EngineCommand)
@click.argument("place", required=False, metavar="[ENV[/STACK]]", shell_complete=complete_places)
@click.option("--reason", metavar="TEXT", help="Why; shown to those who are refused.")
@click.option("--release", is_flag=True, help="Release the lock.")
@pass_invocation
def lock(invocation: Invocation, place: str | None, *, reason: str | None, release: bool) -> None:
    r"""Refuse every apply of a stack, or of an environment.

    The lock is a file next to the state. Once it is committed, no machine applies, destroys or
    imports there until the lock is released; plans still work. Without ENV, all locks are listed,
    also those of runs in progress.

    \b
    Examples:
      engine lock
      engine lock live/portals --reason "launch freeze"
      engine lock live --reason "audit until Friday"
      engine lock live/portals --release
      engine lock shops/acct_1AbC --reason "moves to another platform"
    """
    if place is None:
        if release or reason is not None:
            raise UsageError("say what to lock: ENV/STACK, or ENV for all of its stacks")
        _list(invocation)
        return
    environment, stack = _parts(invocation, place)
    if not environment or (invocation.environment or environment) != environment:
        raise UsageError(
            f"{place!r} is not in the environment {invocation.environment!r}"
            if environment
            else f"{place!r} names no environment",
            hint="write ENV/STACK, or ENV for all of its stacks",
        )
    if release == (reason is not None):
        raise UsageError(
            "give --reason TEXT to lock, or --release", hint='--reason "launch freeze"'
        )
    invocation.environment = environment
    if release:
        _release(invocation, stack)
    else:
        _hold(invocation, stack, reason or "")


@click.command(cls=EngineCommand)
@click.argument("id", metavar="ID")
@click.option(
    "--force",
    is_flag=True,
    help="Also from a run that is still there; that run can no longer write.",
)
@pass_invocation
def unlock(invocation: Invocation, id: str, *, force: bool) -> None:
    r"""Take the lock from a run, by the id that a waiting run shows.

    The lock of a run that died is free by itself. Stop a run that still exists; if it hangs, use
    --force: the next run may begin, and everything that the old run writes from then on is refused.

    \b
    Examples:
      engine unlock 1f0c9a2e
      engine unlock 1f0c9a2e --force
    """
    from engine.operations import locks as use

    run = use.unlock(invocation.open(), id, force=force)
    place = f"{run.environment}/{run.stack}"
    if force and not run.owner.gone:
        done = f"Unlocked {place}: {run.owner} can no longer write."
    else:
        done = f"Unlocked {place}: the run of {run.owner.who} had ended."
    invocation.write_done(done, invocation.view.locks((), (run,)))


def _parts(invocation: Invocation, place: str) -> tuple[str, str]:
    """The environment and the stack of a place; an account of a fleet is FLEET/ACCOUNT."""
    from engine.settings.load import load_settings
    from engine.settings.model import EMBEDDED

    parts = place.rstrip("/").split("/")
    fleets = load_settings(invocation.root, environment=EMBEDDED).fleets if parts[1:] else {}
    count = 2 if parts[0] in fleets else 1
    return "/".join(parts[:count]), "/".join(parts[count:])


def _list(invocation: Invocation) -> None:
    from engine.operations import locks as use

    locks = use.locks(invocation.open())
    invocation.write_out(invocation.view.locks(locks.held, locks.runs))


def _hold(invocation: Invocation, stack: str, reason: str) -> None:
    from engine.operations import locks as use

    context = invocation.open()
    lock = use.hold_lock(context, stack, reason)
    invocation.write_done(f"Locked {lock.place}: {lock.reason}", invocation.view.locks((lock,), ()))
    if share := context.backend.how_to_share(lock.file):
        invocation.write_note(f"{share} to keep every machine away.")


def _release(invocation: Invocation, stack: str) -> None:
    from engine.operations import locks as use

    context = invocation.open()
    file = use.release_lock(context, stack)
    place = f"{invocation.environment}/{stack}" if stack else f"{invocation.environment}"
    invocation.write_done(f"Released {place}.", invocation.view.locks((), ()))
    if share := context.backend.how_to_share(f"the removal of {file}"):
        invocation.write_note(f"{share} to let every machine in.")
