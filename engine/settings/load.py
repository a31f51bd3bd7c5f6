"""Reading the settings of a project folder."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.address import is_logical_name
from engine.errors import SettingsError
from engine.settings.model import EMBEDDED, PARALLELISM, RETRIES, UNNAMED, Environment, Settings
from engine.settings.values import api_key_of, count_of, rate_of, server_of, state_of
from engine.suggest import nearest
from engine.variables import Variables, variables_of

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
_KINDS: Mapping[Any, str] = {
    bool: "true or false",
    str: "a string",
    dict: "a table",
    list: "an array of tables",
    (int, float): "a number",
}
_TABLE_KEYS = {
    "default-environment": str,
    "environments": dict,
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
) -> Settings:
    """Read the settings of a project folder.

    Args:
        root: The project folder.
        environment: Name given as a flag.
        variables: Values for the stacks' variables; those of the environment if None.
        parallelism: Value given as a flag.
        environ: Environment variables; the process's own if None.

    Raises:
        SettingsError: for a table that cannot be read, an unknown key or environment, or a value
            of the wrong kind.
    """
    environ = os.environ if environ is None else environ
    table = _table(root)
    name = (
        environment
        or environ.get("ENGINE_ENVIRONMENT")
        or table.get("default-environment")
        or (UNNAMED if environ.get("STRIPE_API_KEY") else EMBEDDED)
    )
    own = table.get("environments", {}).get(name, {})
    at_once = environ.get("ENGINE_PARALLELISM") or None if parallelism is None else parallelism
    return Settings(
        root=root,
        environment=_environment(str(name), table, environ),
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
        state=_state(str(name), own, table, environ),
        policies=table.get("policies", {}) | own.get("policies", {}),
        constants=tuple(table.get("constants", ())),
    )


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
    _check_keys(table, _TABLE_KEYS, "[tool.engine]")
    for name, entry in table.get("environments", {}).items():
        _check_name(name)
        where = f"[tool.engine.environments.{name}]"
        if not isinstance(entry, dict):
            raise SettingsError(f"{where} is not a table")
        _check_keys(entry, _ENVIRONMENT_KEYS, where)
    return dict(table)


def _check_name(name: str) -> None:
    """Refuse a name of an environment that could not be that of a folder and of a stack."""
    if not is_logical_name(name):
        raise SettingsError(
            f"{name!r} cannot name an environment",
            hint="names of environments, like those of stacks, are [a-z0-9][a-z0-9_-]*",
        )


def _check_keys(table: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    for key, value in table.items():
        if key not in known:
            near = nearest(key, known)
            raise SettingsError(
                f"{where} has no key {key!r}",
                hint=f"did you mean {near!r}?" if near else f"known: {', '.join(known)}",
            )
        if not isinstance(value, known[key]):
            # Not the value itself: it may be a key in the wrong place.
            raise SettingsError(
                f"{where}: {key} takes {_KINDS[known[key]]}, not a {type(value).__name__}"
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
        account=entry.get("account", ""),
        live=entry.get("live", False),
        **sink,
        requests_per_second=rate_of(name, entry, environ),
    )
