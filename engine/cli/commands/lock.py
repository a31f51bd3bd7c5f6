"""`engine lock` and `engine unlock`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_places
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.ports.run_locks import RunLock
    from engine.settings.fleets import Fleet


@click.command(cls=EngineCommand)
@click.argument("place", required=False, metavar="[ENV[/STACK]]", shell_complete=complete_places)
@click.option("--all", "everything", is_flag=True, help="Every environment, each in its own store.")
@click.option("--reason", metavar="TEXT", help="Why; shown to those who are refused.")
@click.option("--release", is_flag=True, help="Release the lock.")
@pass_invocation
def lock(
    invocation: Invocation,
    place: str | None,
    *,
    everything: bool,
    reason: str | None,
    release: bool,
) -> None:
    r"""Refuse every apply of a stack, environment, fleet, or the project.

    Until the lock is released, no machine applies, destroys or imports there; plans still work. The
    lock is kept with the states. In a store that machines share, it holds for all of them at once;
    where states are files, it is a file next to them, and holds for each machine that has it: so
    commit it.

    Without ENV, the locks of all environments are listed, with the store that each is in, also
    those of runs in progress; with -e ENV, those of its store.

    \b
    Examples:
      engine lock
      engine lock live/portals --reason "launch freeze"
      engine lock live --reason "audit until Friday"
      engine lock live/portals --release
      engine lock --all --reason "incident 4711"
      engine lock shops/acct_1AbC --reason "moves to another platform"
      engine lock shops --reason "no changes to any shop this week"
    """
    if place is not None and everything:
        raise UsageError("--all is every environment", hint=f"leave out {place}, or --all")
    if place is None and not everything:
        if release or reason is not None:
            raise UsageError(
                "say what to lock: ENV/STACK, or ENV for all of its stacks",
                hint="--all is every environment",
            )
        _list(invocation)
        return
    fleets = _fleets(invocation)
    environment, stack = ("", "") if place is None else _parts(place, fleets)
    _check_environment(invocation, place, environment)
    if release == (reason is not None):
        raise UsageError(
            "give --reason TEXT to lock, or --release", hint='--reason "launch freeze"'
        )
    if place is None:
        _release_all(invocation) if release else _hold_all(invocation, reason or "")
        return
    # The states of a fleet are those of its environment.
    fleet = fleets.get(environment)
    invocation.environment = environment if fleet is None else fleet.environment
    whole = "" if fleet is None else fleet.name
    if release:
        _release(invocation, stack, whole)
    else:
        _hold(invocation, stack, reason or "", whole)


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

    The lock of a run that died on this machine is free by itself. In a store that machines share,
    the run is watched for a while, and its lock is taken if it gives no sign of life. Stop a run
    that still exists; if it hangs, use --force: the next run may begin, and everything that the old
    run writes from then on is refused.

    \b
    Examples:
      engine unlock 1f0c9a2e
      engine unlock 1f0c9a2e --force
    """
    from engine.operations import locks as use

    watch = _Watch(invocation)
    try:
        run = use.unlock(invocation.stores(), id, force=force, on_watch=watch.show)
    finally:
        watch.close()
    place = f"{run.environment}/{run.stack}"
    if force and not run.owner.gone:
        done = f"Unlocked {place}: {run.owner} can no longer write."
    elif watch.shown:
        done = f"Unlocked {place}: {run.owner} gave no sign of life, and can no longer write."
    else:
        done = f"Unlocked {place}: the run of {run.owner.who} had ended."
    invocation.write_done(done, invocation.view.locks((), (run,)))


class _Watch:
    """Shows for how long a run is still watched: one line, and at a terminal a countdown."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._counts = invocation.for_people and sys.stderr.isatty()
        self._width = 0
        self.shown = False

    def show(self, run: RunLock, seconds: float) -> None:
        """Show how much is left of a watch."""
        if not self.shown:
            self.shown = True
            self._invocation.write_note(
                f"{run.environment}/{run.stack} is locked by {run.owner}. Watching it for "
                f"{seconds:.0f} seconds: without a sign of life its lock is taken."
            )
        if self._counts:
            self._write(f"{seconds:.0f} seconds left")

    def close(self) -> None:
        """Remove the countdown."""
        if self._width:
            self._write("")

    def _write(self, text: str) -> None:
        self._invocation.write_err(text.ljust(self._width), end="\r")
        self._width = len(text)


def _fleets(invocation: Invocation) -> Mapping[str, Fleet]:
    from engine.settings.load import load_settings
    from engine.settings.model import EMBEDDED

    return load_settings(invocation.root, environment=EMBEDDED).fleets


def _parts(place: str, fleets: Collection[str]) -> tuple[str, str]:
    """The environment and the stack of a place; an account of a fleet is FLEET/ACCOUNT."""
    parts = place.rstrip("/").split("/")
    count = 2 if parts[0] in fleets else 1
    return "/".join(parts[:count]), "/".join(parts[count:])


def _check_environment(invocation: Invocation, place: str | None, environment: str) -> None:
    """Refuse a place that is in no environment, or not in that of -e."""
    if place is None:
        if invocation.environment:
            raise UsageError(
                "--all and -e do not go together",
                hint=f"write engine lock {invocation.environment} for that one alone",
            )
        return
    if not environment or (invocation.environment or environment) != environment:
        raise UsageError(
            f"{place!r} is not in the environment {invocation.environment!r}"
            if environment
            else f"{place!r} names no environment",
            hint="write ENV/STACK, or ENV for all of its stacks",
        )


def _list(invocation: Invocation) -> None:
    from engine.operations import locks as use

    locks = use.locks(invocation.stores())
    if locks.unread is None or (invocation.for_people and (locks.held or locks.runs)):
        invocation.write_out(invocation.view.locks(locks.held, locks.runs))
    if locks.unread is not None:
        raise locks.unread


def _hold(invocation: Invocation, stack: str, reason: str, fleet: str) -> None:
    from engine.operations import locks as use

    context = invocation.open()
    lock = use.hold_lock(context, stack, reason, fleet=fleet)
    invocation.write_done(f"Locked {lock.place}: {lock.reason}", invocation.view.locks((lock,), ()))
    if share := context.backend.how_to_share(lock.file):
        invocation.write_note(f"{share} to keep every machine away.")


def _hold_all(invocation: Invocation, reason: str) -> None:
    from engine.operations import locks as use

    locks = []
    for lock in use.hold_all(invocation.stores(), reason):
        locks.append(lock)
        if invocation.for_people:  # at once: a store that fails later leaves it locked
            invocation.write_out(invocation.view.locks((lock,), ()))
    invocation.write_done("", invocation.view.locks(locks, ()))
    if files := " ".join(lock.file for lock in locks if lock.file):
        invocation.write_note(f"Commit {files} to keep every machine away.")


def _release(invocation: Invocation, stack: str, fleet: str) -> None:
    from engine.operations import locks as use

    context = invocation.open()
    file = use.release_lock(context, stack, fleet=fleet)
    place = "/".join(filter(None, (fleet or context.environment, stack)))
    invocation.write_done(f"Released {place}.", invocation.view.locks((), ()))
    if share := context.backend.how_to_share(f"the removal of {file}"):
        invocation.write_note(f"{share} to let every machine in.")


def _release_all(invocation: Invocation) -> None:
    from engine.operations import locks as use

    released = []
    for lock, file in use.release_all(invocation.stores()):
        released.append(file)
        if invocation.for_people:  # at once: a store that fails later leaves it released
            invocation.write_out(f"Released {lock.place}: {lock.reason}")
    nothing = "" if released else "No environment was locked."
    invocation.write_done(nothing, invocation.view.locks((), ()))
    if files := " ".join(filter(None, released)):
        invocation.write_note(f"Commit the removal of {files} to let every machine in.")
