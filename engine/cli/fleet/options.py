"""The options of plan and apply for a fleet, and what does not go with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from engine.cli.command import options
from engine.cli.invocation import Invocation
from engine.errors import UsageError


def _names(_: click.Context, __: click.Parameter, value: Sequence[str]) -> tuple[str, ...]:
    """The names of accounts, separated by commas or given one after the other."""
    return tuple(name.strip() for text in value for name in text.split(",") if name.strip())


fleet_options = options(
    click.option(
        "--fleet",
        metavar="NAME",
        help="Do it on all accounts of the fleet NAME; equal plans are shown once.",
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="ACCOUNT,...",
        callback=_names,
        help="Of the fleet only these accounts; may be repeated.",
    ),
    click.option(
        "--except",
        "without",
        multiple=True,
        metavar="ACCOUNT,...",
        callback=_names,
        help="Of the fleet all but these accounts; may be repeated.",
    ),
    click.option(
        "--fleet-parallelism",
        type=click.IntRange(min=1),
        metavar="N",
        help="Accounts of the fleet at once; 16 if not given.",
    ),
)
"""What plan and apply take to work on a fleet."""

_FLAGS = {
    "only": "--only",
    "without": "--except",
    "fleet_parallelism": "--fleet-parallelism",
    "canary": "--canary",
    "max_failures": "--max-failures",
    "resume": "--resume",
}


def refuse_without_fleet(typed: dict[str, Any]) -> None:
    """Refuse options that mean something for a fleet only.

    Raises:
        UsageError: if one is given; it names the first.
    """
    for name, flag in _FLAGS.items():
        if typed.get(name):
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
