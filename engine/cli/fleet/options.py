"""The options of plan and apply for a fleet, and what does not go with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from engine.cli.command import options
from engine.cli.completion import complete_fleets
from engine.cli.invocation import Invocation
from engine.errors import SettingsError, UsageError
from engine.settings.model import Settings
from engine.variables import Variables


def _names(_: click.Context, option: click.Parameter, value: Sequence[str]) -> tuple[str, ...]:
    """The names of accounts, separated by commas or given one after the other."""
    for text in value:
        if not text.strip(", "):
            # A variable of the shell that is not set must not mean all accounts.
            raise UsageError(
                f"{option.opts[0]} is given and names no account",
                hint=f"name accounts, or leave {option.opts[0]} out to mean all",
            )
    return tuple(name.strip() for text in value for name in text.split(",") if name.strip())


fleet_options = options(
    click.option(
        "--fleet",
        metavar="NAME",
        shell_complete=complete_fleets,
        help="Do it on all accounts of the fleet NAME; equal plans are shown once.",
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="ACCOUNT,...",
        callback=_names,
        help="Of the fleet only these accounts, by name or pattern (shop-*); @failed means those "
        "that failed on this machine and are not done since. May be repeated.",
    ),
    click.option(
        "--except",
        "without",
        multiple=True,
        metavar="ACCOUNT,...",
        callback=_names,
        help="Of the fleet all but these accounts, named as for --only; may be repeated.",
    ),
    click.option(
        "--fleet-parallelism",
        type=click.IntRange(min=1),
        metavar="N",
        help="Accounts of the fleet at once; 16 if not given.",
    ),
    click.option(
        "--dask",
        metavar="PLACE",
        help="Run the fleet on a Dask cluster: tls://HOST:PORT, tcp://HOST:PORT, or local:N for N "
        "processes on this machine.",
    ),
)
"""What plan and apply take to work on a fleet."""

fleet_apply_options = options(
    click.option(
        "--canary",
        type=click.IntRange(min=0),
        metavar="N",
        help="Of the fleet N accounts first, and at least one of each group of equal plans; if one "
        "fails, no other is begun.",
    ),
    click.option(
        "--max-failures",
        type=click.IntRange(min=0),
        metavar="N",
        help="Begin no further account of the fleet after N failed; 0 for any number.",
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on with what was approved in an earlier apply of the fleet and is not done.",
    ),
)
"""What apply takes in addition for a fleet."""

_HERE = re.compile(r"local\b|(tcp|tls)://(127\.0\.0\.1|localhost|\[::1\]):")
"""Clusters whose workers are taken to be on this machine."""
_FLAGS = {
    "only": "--only",
    "without": "--except",
    "fleet_parallelism": "--fleet-parallelism",
    "dask": "--dask",
    "canary": "--canary",
    "max_failures": "--max-failures",
    "resume": "--resume",
}


def fleet_arguments(typed: dict[str, Any]) -> dict[str, Any]:
    """Take the options for a fleet, but its name, out of all that were typed."""
    return {name: typed.pop(name) for name in _FLAGS if name in typed}


def refuse_without_fleet(typed: dict[str, Any]) -> None:
    """Refuse options that mean something for a fleet only.

    Raises:
        UsageError: if one is given; it names the first.
    """
    for name, flag in _FLAGS.items():
        if typed.get(name) not in (None, False, ()):
            raise UsageError(f"{flag} goes with --fleet", hint=f"write --fleet NAME {flag} ...")


def refuse_with_fleet(invocation: Invocation, given: dict[str, Any]) -> None:
    """Refuse options that one account alone can have.

    Raises:
        UsageError: if one is given; it names the first.
    """
    if invocation.environment:
        raise UsageError(
            "-e and --fleet do not go together: a fleet belongs to an environment",
            hint=f"leave out -e {invocation.environment}; for one account write -e FLEET/ACCOUNT",
        )
    for flag, value in given.items():
        if value:
            raise UsageError(
                f"{flag} and --fleet do not go together",
                hint=f"for one account write -e FLEET/ACCOUNT {flag} ...",
            )


def refuse_with_dask(
    settings: Settings, parallelism: int | None, variables: Variables | None, place: str
) -> None:
    """Refuse what a Dask cluster would not do as asked.

    Args:
        settings: Those of the fleet's environment.
        parallelism: What `--fleet-parallelism` says.
        variables: The values that the run was given.
        place: What `--dask` says.

    Raises:
        UsageError: if an option is given that does not reach the workers.
        SettingsError: if each worker would have states of its own.
    """
    if parallelism:
        raise UsageError(
            "--fleet-parallelism and --dask do not go together: the threads of the workers decide",
            hint="write --dask local:N, or start the workers with --nthreads N",
        )
    if variables is not None and variables.given:
        raise UsageError(
            "--var and --dask do not go together: tasks carry no values of the command line",
            hint="let the accounts have the value, and read it with fleet_variable",
        )
    if settings.state == "file" and not _HERE.match(place):
        raise SettingsError(
            "with --dask on other machines, each of them would keep states of its own",
            hint=f'write state = "s3://..." in [tool.engine.environments.'
            f"{settings.environment.name}], see docs/how-to/share-state.md",
        )
