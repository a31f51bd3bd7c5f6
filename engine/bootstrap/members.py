"""The accounts of a fleet, and the settings of one of them."""

from __future__ import annotations

import dataclasses
import functools
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.backends.account_lists import rows_in_file, rows_of_program
from engine.catalog import loader
from engine.errors import GuardError, SettingsError, StateError
from engine.operations.fleet.members import (
    NoSuchMemberError,
    connected_member,
    connected_members,
    former_members,
    is_meant,
    member_named,
    members_of,
)
from engine.operations.run.context import Context
from engine.operations.run.guards import check_usable
from engine.plan.inputs.accounts import is_account_id
from engine.ports.backend import StateBackend
from engine.ports.fleet.members import Member, environment_of
from engine.ports.provider import Provider
from engine.redaction import remember
from engine.settings.fleets import COMMAND, CONNECTED, FILE, Fleet
from engine.settings.model import Environment, Settings
from engine.stripe.connected import connected_account, connected_accounts
from engine.stripe.provider import StripeProvider
from engine.suggest import nearest
from engine.values.secret import Sensitive

# ── who they are ──────────────────────────────────────────────────────────────────────────


def fleet_named(settings: Settings, name: str) -> Fleet:
    """A fleet of the project.

    Raises:
        SettingsError: if there is none of that name.
    """
    if name in settings.fleets:
        return settings.fleets[name]
    near = nearest(name, settings.fleets)
    raise SettingsError(
        f"there is no fleet {name!r}",
        hint=f"did you mean {near}?"
        if near
        else f"known: {', '.join(settings.fleets)}"
        if settings.fleets
        else "add [tool.engine.fleets.NAME] to pyproject.toml, see docs/how-to/fleets.md",
    )


def members(context: Context, fleet: Fleet) -> tuple[Member, ...]:
    """All accounts of a fleet, in its order.

    Args:
        context: The ports of the fleet's environment.
        fleet: The fleet.

    Raises:
        SettingsError: if they cannot be found out, or their list has mistakes.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    if fleet.accounts != CONNECTED:
        return _listed(context.settings, fleet)
    environment = context.settings.environment
    check_usable(environment)
    provider = _platform(context.connect())
    _check_platform(provider, environment)
    return connected_members(fleet, connected_accounts(provider.http, context.schemas))


def listed_offline(settings: Settings, fleet: Fleet) -> tuple[Member, ...] | None:
    """The accounts of a fleet as far as files say; None if Stripe or a program has to say.

    Raises:
        SettingsError: if their list cannot be read, or has mistakes.
    """
    return _listed(settings, fleet) if fleet.is_file or fleet.is_table else None


def former(context: Context, fleet: Fleet, members: Sequence[Member]) -> tuple[str, ...]:
    """Names of accounts that left a fleet, and whose states have resources, or cannot be read."""

    def has_resources(environment: str) -> bool:
        try:
            states = [
                context.backend.read(name, environment)
                for name in context.backend.stacks(environment)
            ]
        except StateError:
            return True
        return any(state.resources for state in states if state is not None)

    return former_members(fleet, members, context.environments(), has_resources)


def _check_platform(provider: StripeProvider, environment: Environment) -> None:
    """Refuse to list the accounts of another platform than the environment is pinned to."""
    if environment.account and provider.account().id != environment.account:
        raise GuardError(
            f"the key of environment {environment.name!r} does not belong to "
            f"{environment.account}, whose connected accounts are asked for",
            hint=f"set {environment.api_key_source} to a key of {environment.account}; nothing was "
            "changed",
        )


def _platform(provider: Provider) -> StripeProvider:
    if not isinstance(provider, StripeProvider):  # pragma: no cover - there is no other one
        raise TypeError(type(provider))
    return provider


def _listed(settings: Settings, fleet: Fleet) -> tuple[Member, ...]:
    if not isinstance(fleet.accounts, str):
        return members_of(fleet, fleet.accounts, f"accounts of {fleet.where}")
    kind, _, rest = fleet.accounts.partition(":")
    if kind == FILE:
        path = settings.root / Path(rest.strip()).expanduser()
        return members_of(fleet, rows_in_file(path, rest.strip(), fleet.name), rest.strip())
    words = _words(rest, fleet)
    rows = rows_of_program(words, settings.root, fleet.name)
    return members_of(fleet, rows, f"from {words[0]}")


def _words(text: str, fleet: Fleet) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words:
        raise SettingsError(
            f"{fleet.where}: accounts names no program",
            hint=f'write accounts = "{COMMAND}:PROGRAM ARGUMENTS", every quote closed',
        )
    return words


# ── the settings of one ───────────────────────────────────────────────────────────────────


def completed(
    settings: Settings,
    connect: Callable[[Settings], Provider],
    open_backend: Callable[[], StateBackend],
) -> Settings:
    """Settings whose environment is named FLEET/ACCOUNT, with what the fleet says of the account.

    Args:
        settings: As read.
        connect: Makes the provider of an environment.
        open_backend: Opens the states.

    Raises:
        SettingsError: if the fleet has no such account, and had none that has a state.
    """
    fleet = settings.fleet
    if fleet is None:
        return settings
    if fleet.accounts != CONNECTED:
        members = _listed(settings, fleet)
        try:
            return with_member(settings, member_named(fleet, members, settings.member))
        except NoSuchMemberError:
            if not open_backend().stacks(settings.environment.name):
                raise
            return _former(settings)
    if not is_account_id(settings.member):
        raise SettingsError(
            f"{settings.member!r} is no connected account",
            hint=f"write -e {environment_of(fleet.name, 'acct_...')}",
        )
    found = with_member(settings, Member(name=settings.member, account=settings.member))
    if not (fleet.variables or fleet.filter):
        return found
    # Only plans need them: commands that read states alone send nothing.
    account = functools.cache(functools.partial(_account, found, connect))
    return dataclasses.replace(
        found,
        fleet_variables=_Fields(lambda: connected_member(fleet, account()).variables),
        left_fleet=lambda: not is_meant(fleet, account()),
    )


def _former(settings: Settings) -> Settings:
    """The settings of an account that is not in its fleet any more, and has states."""
    own = settings.member if is_account_id(settings.member) else ""
    environment = dataclasses.replace(settings.environment, account=own, connected=own)
    if not own:  # the platform's key is not for it
        environment = dataclasses.replace(environment, api_key=None, api_key_source="")
    return dataclasses.replace(settings, environment=environment, left_fleet=lambda: True)


def with_member(settings: Settings, member: Member) -> Settings:
    """The settings of a fleet's account.

    Args:
        settings: Those of the fleet's environment, or of one of its accounts.
        member: The account.

    Raises:
        SettingsError: if the fleet's environment cannot have accounts of this kind.
    """
    shared, fleet = settings.environment, settings.fleet
    if fleet is None:  # pragma: no cover - only the accounts of a fleet come here
        raise TypeError(shared.name)
    environment = dataclasses.replace(
        shared,
        name=environment_of(fleet.name, member.name),
        platform=shared.configured,
        account=member.account,
        connected="" if member.key else member.account,
        vouched=member.vouched,
        **_own_key(member),
    )
    if environment.emulator and member.key:
        raise SettingsError(
            f"account {member.name} of fleet {fleet.name!r} has a key, and environment "
            f"{shared.configured!r} is the embedded emulator",
            hint="leave api-key out, or name another environment",
        )
    if not (environment.emulator or member.key or member.account):
        raise SettingsError(
            f"account {member.name} of fleet {fleet.name!r} has neither account nor api-key",
            hint='write account = "acct_..." or api-key = "env:NAME"',
        )
    if shared.secrets.startswith("env-file:"):
        raise SettingsError(
            f"fleet {fleet.name!r} cannot keep its secrets in one env-file",
            cause="The secrets of all accounts would have the same names in it.",
            hint=f'write secrets = "file" or "command:PROGRAM ..." in '
            f"[tool.engine.environments.{shared.configured}]",
        )
    return dataclasses.replace(
        settings,
        environment=environment,
        fleet=fleet,
        member=member.name,
        fleet_variables=member.variables,
    )


def _own_key(member: Member) -> dict[str, Any]:
    if not member.key:
        return {}
    value = os.environ.get(member.key, "").strip()
    remember(value)
    return {"api_key": Sensitive(value) if value else None, "api_key_source": member.key}


def _account(settings: Settings, connect: Callable[[Settings], Provider]) -> Mapping[str, Any]:
    """An account as its platform sees it."""
    check_usable(settings.environment)
    platform = dataclasses.replace(
        settings.environment, name=settings.environment.configured, connected="", account=""
    )
    provider = _platform(connect(dataclasses.replace(settings, environment=platform)))
    return connected_account(provider.http, loader.schemas(), settings.member)


class _Fields(Mapping[str, Any]):
    """Variables that are read from Stripe when a module first asks for one."""

    def __init__(self, read: Callable[[], Mapping[str, Any]]) -> None:
        self._read = functools.cache(read)

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
