"""`engine state migrate`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option
from engine.cli.writing import answer, need_consent, yes_option
from engine.errors import InterruptedRunError, UsageError

if TYPE_CHECKING:
    from engine.operations.run.context import Context
    from engine.operations.state_keep.places import Place
    from engine.ports.moves import Migration


@click.command("migrate", cls=EngineCommand)
@click.option("--to", "to", metavar="ADDRESS", required=True, help="The store they go to.")
@click.option(
    "--from",
    "from_",
    metavar="ADDRESS",
    help="The store they are in; the one in pyproject.toml if not given.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would move, and what refuses it.")
@yes_option
@lock_timeout_option
@pass_invocation
def migrate(
    invocation: Invocation,
    to: str,
    *,
    from_: str | None,
    dry_run: bool,
    yes: bool,
    lock_timeout: float,
) -> int:
    r"""Move all states of an environment to another store.

    With them move earlier versions if the new store keeps any, held locks, interrupted imports, and
    the states of the accounts of the environment's fleets. Every state is read back and compared.
    In the old place stay pointers: who still uses it is refused and shown the new address. Killed
    at any point, the same command finishes it. Nothing is sent to Stripe.

    An ADDRESS is what the setting `state` takes: file, s3://BUCKET/PREFIX, env:NAME. This command
    does not write pyproject.toml; it names the line to change.

    \b
    Examples:
      engine state migrate -e live --to s3://acme-billing/engine --dry-run
      engine state migrate -e live --to s3://acme-billing/engine
      engine state migrate -e live --to file --yes
    """
    from engine.operations.state_keep.migrate import migrate_states
    from engine.views.text.overview import setting_text

    if not dry_run:
        look = f"engine state migrate --to {to} --dry-run"
        need_consent(invocation, f"state migrate --to {to}", yes=yes, look=look)

    def approve(migration: Migration) -> bool:
        if dry_run or yes or all(one.moved for one in migration.environments):
            return not dry_run
        invocation.write_out(invocation.view.migration(migration), end="\n\n")
        question = (
            f"Move them to {migration.target}? Until pyproject.toml names it, every command for "
            f"{migration.environment} is refused. Only 'yes' is accepted: "
        )
        return answer(invocation, question) == "yes"

    with invocation.opened() as context:
        source, target = _places(context, from_, to)
        try:
            migration = migrate_states(context, source, target, approve, lock_timeout=lock_timeout)
        except KeyboardInterrupt:
            raise InterruptedRunError(
                "the migration was interrupted",
                hint="run the same command again: it finishes what was begun, and says so",
            ) from None
        if not migration.approved and not dry_run:
            invocation.write_err("Nothing was changed.")
            return 1
        invocation.write_out(invocation.view.migration(migration))
        steps = [] if dry_run else [setting_text(migration), _share(source, target)]
        if any(steps):
            invocation.write_note(f"Now {'; then '.join(filter(None, steps))}.")
    return 0


def _places(context: Context, from_: str | None, to: str) -> tuple[Place, Place]:
    """The two stores, each with the address as it is written and not as a variable holds it."""
    from engine.operations.state_keep.setting import configured

    settings = context.settings
    name = settings.environment.configured
    now = configured(settings.root, name)[0] or "file"
    if from_ is None and now == to:
        if to == "file":
            raise UsageError(
                f"the states of {name} are in the folder state: nothing to move",
                hint="--from names the place that they are to leave, --to the new one",
            )
        from_ = "file"  # pyproject.toml was changed first
    target = _place(context, to, "--to")
    return _place(context, from_ or now, "--from"), target


def _place(context: Context, address: str, option: str) -> Place:
    from engine.bootstrap.states import state_backend
    from engine.operations.state_keep.places import Place
    from engine.settings.values import state_of

    resolved = state_of(address, option, os.environ)
    return Place(setting=address, backend=state_backend(context.settings, resolved)())


def _share(source: Place, target: Place) -> str:
    """What has to reach the other machines, if one of the places is files."""
    for place in (source, target):
        share = place.backend.how_to_share("it with the folder state")
        if share:
            return share[:1].lower() + share[1:]
    return ""
