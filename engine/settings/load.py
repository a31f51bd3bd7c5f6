"""Reading the settings of a project folder."""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.address import is_environment_name, is_logical_name
from engine.errors import SettingsError
from engine.settings.model import EMBEDDED, PARALLELISM, RETRIES, UNNAMED, Environment, Settings
from engine.settings.values import (
    account_of,
    api_key_of,
    check_keys,
    count_of,
    rate_of,
    server_of,
    state_of,
)
from engine.suggest import nearest
from engine.variables import Variables, variables_of

if TYPE_CHECKING:
    from engine.settings.fleets import Fleet

_ENVIRONMENT_KEYS = {
    "emulator": bool,
    "api-key": str,
    "api-base": str,
    "plain-http": bool,
    "account": str,
    "live": bool,
    "secrets": str,
    "secrets-read": str,
    "requests-per-second": (int, float),
    "policies": dict,
    "state": str,
}
_TABLE_KEYS = {
    "default-environment": str,
    "environments": dict,
    "fleets": dict,
    "ownership-stamp": bool,
    "impact": bool,
    "policies": dict,
    "state": str,
    "constants": list,
}


def load_settings(
    root: Path,
    *,
    environment: str | None = None,
    variables: Variables | None = None,
    parallelism: int | None = None,
    environ: Mapping[str, str] | None = None,
    emulated: bool = False,
) -> Settings:
    """Read the settings of a project folder.

    Args:
        root: The project folder.
        environment: Name given as a flag.
        variables: Values for the stacks' variables; those of the environment if None.
        parallelism: Value given as a flag.
        environ: Environment variables; the process's own if None.
        emulated: Each environment is an embedded emulator with states in files, whatever else is
            configured, so that no account and no store can be reached.

    Raises:
        SettingsError: for a table that cannot be read, an unknown key or environment, or a value
            of the wrong kind.
    """
    environ = os.environ if environ is None else environ
    table = _table(root)
    if emulated:
        table = _emulated(table, environment)
    name, named_by = _named(environment, table, environ)
    fleets = _fleets(table)
    fleet, member = _member(name, fleets)
    configured = name if fleet is None else fleet.environment
    environment_of = _environment(configured, table, environ)
    own = table.get("environments", {}).get(configured, {})
    at_once = environ.get("ENGINE_PARALLELISM") or None if parallelism is None else parallelism
    return Settings(
        root=root,
        environment=environment_of
        if fleet is None
        else dataclasses.replace(environment_of, name=name, platform=configured),
        named_by=named_by,
        fleet=fleet,
        member=member,
        fleets=fleets,
        environments=tuple(sorted({*table.get("environments", {}), EMBEDDED, UNNAMED})),
        embedded=frozenset(
            name
            for name, entry in {EMBEDDED: {}, **table.get("environments", {})}.items()
            if _is_embedded(name, entry)
        ),
        variables=variables_of(environ) if variables is None else variables,
        parallelism=count_of(at_once, PARALLELISM, "parallelism", 1),
        retries=count_of(environ.get("ENGINE_RETRIES") or None, RETRIES, "ENGINE_RETRIES", 0),
        ownership_stamp=bool(table.get("ownership-stamp", True)),
        impact=bool(table.get("impact", False)),
        state=_state(configured, own, table, environ),
        policies=table.get("policies", {}) | own.get("policies", {}),
        constants=tuple(table.get("constants", ())),
    )


def _named(
    flag: str | None, table: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[str, str]:
    """The environment that is used, and what says so."""
    if flag:
        return flag, "the command line names it"
    if environ.get("ENGINE_ENVIRONMENT"):
        return environ["ENGINE_ENVIRONMENT"], "ENGINE_ENVIRONMENT names it"
    if table.get("default-environment"):
        return str(table["default-environment"]), "default-environment in pyproject.toml names it"
    if environ.get("STRIPE_API_KEY"):
        return UNNAMED, "nothing names one, and STRIPE_API_KEY is set"
    return EMBEDDED, "nothing names one, and STRIPE_API_KEY is not set"


def _emulated(table: Mapping[str, Any], asked: str | None) -> Mapping[str, Any]:
    """A table whose environments are emulators, with the policies that each has.

    If none is configured, the one that is asked for is there.
    """
    environments = {
        name: {"emulator": True, "policies": entry.get("policies", {})}
        for name, entry in table.get("environments", {asked: {}} if asked else {}).items()
    }
    return {**table, "environments": environments, "state": "file"}


def _fleets(table: Mapping[str, Any]) -> Mapping[str, Fleet]:
    if not table.get("fleets"):
        return {}
    # A project that has none pays for none.
    from engine.settings.fleets import fleets_of

    known = {*table.get("environments", {}), EMBEDDED, UNNAMED}
    return fleets_of(table["fleets"], tuple(sorted(known)))


def _member(name: str, fleets: Mapping[str, Fleet]) -> tuple[Fleet | None, str]:
    """The fleet and the account that an environment's name means; None if it is no fleet's.

    Raises:
        SettingsError: if there is no such fleet, or the name is that of a whole fleet.
    """
    fleet, slash, member = name.partition("/")
    if not slash:
        if name in fleets:
            raise SettingsError(
                f"{name!r} is a fleet, and no environment",
                hint=f"for all of its accounts write --fleet {name}, for one of them "
                f"-e {name}/ACCOUNT",
            )
        return None, ""
    if not is_environment_name(name):
        raise SettingsError(
            f"{name!r} cannot name an environment",
            hint="an account of a fleet is FLEET/ACCOUNT, such as shops/acct_1AbC",
        )
    if fleet not in fleets:
        near = nearest(fleet, fleets)
        raise SettingsError(
            f"there is no fleet {fleet!r}",
            hint=f"did you mean {near}/{member}?"
            if near
            else f"add [tool.engine.fleets.{fleet}] to pyproject.toml",
        )
    return fleets[fleet], member


def _state(
    name: str, own: Mapping[str, Any], table: Mapping[str, Any], environ: Mapping[str, str]
) -> str:
    if "state" in own:
        return state_of(own["state"], f"[tool.engine.environments.{name}]: state", environ)
    return state_of(table.get("state", "file"), "[tool.engine]: state", environ)


def _table(root: Path) -> Mapping[str, Any]:
    path = root / "pyproject.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # not UTF-8, or no TOML
        raise SettingsError(f"{path} cannot be read", cause=str(error)) from error
    tools = document.get("tool", {})
    table = tools.get("engine", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError(f"[tool.engine] in {path} is not a table")
    check_keys(table, _TABLE_KEYS, "[tool.engine]")
    for name, entry in table.get("environments", {}).items():
        _check_name(name)
        where = f"[tool.engine.environments.{name}]"
        if not isinstance(entry, dict):
            raise SettingsError(f"{where} is not a table")
        check_keys(entry, _ENVIRONMENT_KEYS, where)
    return dict(table)


def _check_name(name: str) -> None:
    """Refuse a name of an environment that could not be that of a folder and of a stack."""
    if not is_logical_name(name):
        raise SettingsError(
            f"{name!r} cannot name an environment",
            hint="names of environments, like those of stacks, are [a-z0-9][a-z0-9_-]*",
        )


def _is_embedded(name: str, entry: Mapping[str, Any]) -> bool:
    """Whether an environment is the embedded emulator."""
    return bool(entry.get("emulator", name == EMBEDDED and "api-key" not in entry))


def _environment(name: str, table: Mapping[str, Any], environ: Mapping[str, str]) -> Environment:
    entries: Mapping[str, Mapping[str, Any]] = table.get("environments", {})
    _check_name(name)
    if name not in entries and name not in (EMBEDDED, UNNAMED):
        known = sorted({*entries, EMBEDDED})
        near = nearest(name, known)
        raise SettingsError(
            f"there is no environment {name!r}",
            hint=(f"did you mean {near!r}? " if near else "")
            + f"known: {', '.join(known)}; add [tool.engine.environments.{name}] to pyproject.toml",
        )
    entry = entries.get(name, {})
    sink = {
        "secrets": entry.get("secrets", "file"),
        "secrets_read": entry.get("secrets-read", ""),
    }
    if _is_embedded(name, entry):
        if entry.get("live"):
            raise SettingsError(
                f"[tool.engine.environments.{name}] is the embedded emulator, which is never live",
                hint="take out live = true, or emulator = true",
            )
        return Environment(name=name, emulator=True, **sink)
    key, source = api_key_of(name, entry, environ)
    return Environment(
        name=name,
        api_key=key,
        api_key_source=source,
        api_base=server_of(name, entry, environ),
        plain_http=bool(entry.get("plain-http") or environ.get("ENGINE_PLAIN_HTTP") == "1"),
        account=account_of(name, entry),
        live=entry.get("live", False),
        **sink,
        requests_per_second=rate_of(name, entry, environ),
    )
