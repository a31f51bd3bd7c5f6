"""Wires what `engine doctor` examines: a project of which any part may be broken."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path

from engine.backends.git.health import GitHealth
from engine.bootstrap.connections import Connections
from engine.bootstrap.members import fleet_named, members, with_member
from engine.bootstrap.project import open_loaded
from engine.catalog import loader
from engine.errors import UsageError
from engine.operations.doctor.patient import Surroundings
from engine.operations.run.context import Context
from engine.ports.hook import Hook
from engine.settings.fleets import CONNECTED, Fleet
from engine.settings.load import load_settings
from engine.settings.model import EMBEDDED, Settings
from engine.variables import Variables

_RETRIES = 1
"""A server that is down is found out in a second, and not in a minute."""


def surroundings(
    root: Path,
    *,
    environment: str | None,
    fleet: str,
    variables: Variables | None,
    hook: Hook,
    offline: bool,
) -> Surroundings:
    """What the parts of a project are opened with.

    Args:
        root: The project folder.
        environment: Name given as a flag.
        fleet: The fleet whose accounts are examined; empty for none.
        variables: Values for the stacks' variables; those of the environment if None.
        hook: Notified of what is asked.
        offline: Nothing may be asked of Stripe.

    Raises:
        SettingsError: if there is no such fleet.
        UsageError: if a fleet and an environment are named.
    """
    of = functools.partial(load_settings, root, variables=variables)
    found = _fleet(of(environment=EMBEDDED), fleet, environment) if fleet else None
    named = environment if found is None else found.environment

    def load() -> Settings:
        settings = of(environment=named)
        quick = dataclasses.replace(settings, retries=min(settings.retries, _RETRIES))
        if found is None:
            return quick
        return dataclasses.replace(quick, named_by=f"the fleet {found.name} belongs to it")

    return Surroundings(
        root=root,
        load=load,
        open=functools.partial(open_loaded, hook=hook, connections=Connections()),
        git=GitHealth,
        members=None if found is None else functools.partial(_members, fleet=found),
        members_ask=found is not None and found.accounts == CONNECTED,
        offline=offline,
        catalog_sdk=loader.sdk_version(),
    )


def _fleet(settings: Settings, name: str, environment: str | None) -> Fleet:
    fleet = fleet_named(settings, name)
    if environment not in (None, fleet.environment):
        raise UsageError(
            f"the fleet {name} belongs to the environment {fleet.environment}, not {environment}",
            hint=f"leave out -e {environment}",
        )
    return fleet


def _members(context: Context, *, fleet: Fleet) -> Sequence[Settings]:
    """The settings of each account of a fleet."""
    settings = dataclasses.replace(context.settings, fleet=fleet)
    return [with_member(settings, member) for member in members(context, fleet)]
