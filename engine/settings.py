"""Settings: flag > environment variable > `[tool.engine]` > default, frozen once read.

API keys are values here and are never printed: `Environment.api_key` is wrapped.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.address import is_logical_name
from engine.errors import SettingsError
from engine.frozen import frozen
from engine.redaction import remember
from engine.suggest import nearest
from engine.values.secret import Sensitive
from engine.variables import Variables, variables_of

EMBEDDED = "local"
"""Name of the environment that is built in: the emulator, with no account at all."""
UNNAMED = "default"
"""Name of the environment of a bare `STRIPE_API_KEY`."""

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
_LIVE_KEY = re.compile(r"[a-z]+_(?:live_|org_(?!test_))")
_MODE = re.compile(r"[a-z]+_(?:org_)?(?P<mode>live|test)_")
_STRIPE = "api.stripe.com"
_PARALLELISM = 20
_RETRIES = 6


def is_live(key: str) -> bool:
    """Whether a key of any kind is one of live mode.

    An organisation's key without a mode counts as a live one.
    """
    return _LIVE_KEY.match(key) is not None


def mode_of(key: str) -> bool | None:
    """Whether a key is one of live mode; None if the key does not say."""
    match = _MODE.match(key)
    return None if match is None else match["mode"] == "live"


@frozen
class Environment:
    """One account and its configuration.

    Attributes:
        name: Its name.
        emulator: Its account is the embedded emulator.
        api_key: The key, wrapped; None if none is configured.
        api_key_source: Where the key comes from, for messages: `STRIPE_API_KEY`.
        api_base: Address of a Stripe-compatible server; empty for Stripe itself.
        plain_http: The key may be sent to another machine without encryption.
        account: Account that the key must belong to; empty if any.
        live: It is for real money, so that a live key may be used.
        secrets: Where secrets go: `file`, `env-file:PATH` or `command:PROGRAM ...`.
        secrets_read: Program that reads a secret back, `command:PROGRAM ...`; empty if there is
            none.
        requests_per_second: Most requests to Stripe a second; None for the default of the mode.
    """

    name: str
    emulator: bool = False
    api_key: Sensitive | None = None
    api_key_source: str = "STRIPE_API_KEY"
    api_base: str = ""
    plain_http: bool = False
    account: str = ""
    live: bool = False
    secrets: str = "file"
    secrets_read: str = ""
    requests_per_second: float | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is the embedded emulator, or a server on this machine."""
        return self.emulator or is_loopback(self.api_base)

    @property
    def is_exposed(self) -> bool:
        """Whether the key would go over the network without encryption and without permission."""
        plain = self.api_base.startswith("http://")
        return plain and not self.is_local and not self.plain_http

    @property
    def server(self) -> str:
        """Address of the server; empty for the emulator and for Stripe."""
        host = urlsplit(self.api_base).hostname
        return "" if self.emulator or host == _STRIPE else self.api_base

    @property
    def livemode(self) -> bool | None:
        """Whether the key is one of live mode; None if none is configured."""
        if self.emulator:
            return False
        return None if self.api_key is None else is_live(str(self.api_key.value))


@frozen
class Settings:
    """The settings of one run.

    Attributes:
        root: The project folder.
        environment: Its environment.
        environments: The names of all that are configured.
        embedded: Those of them that are the embedded emulator, each with an account of its own.
        variables: Values for the stacks' variables.
        parallelism: Operations in flight at once.
        retries: How often a request is repeated.
        ownership_stamp: Objects get the metadata key `engine`.
        impact: Every plan counts what uses the objects that it ends or changes.
        policies: What [tool.engine.policies] says, that of the environment before the other.
        state: Where states, journals and locks are kept: `file`, the folder `state`.
        constants: The files of constants for applications, as the tables that name them.
    """

    root: Path
    environment: Environment
    environments: tuple[str, ...] = ()
    embedded: frozenset[str] = frozenset({EMBEDDED})
    variables: Variables = field(default_factory=Variables)
    parallelism: int = _PARALLELISM
    retries: int = _RETRIES
    ownership_stamp: bool = True
    impact: bool = False
    state: str = "file"
    policies: Mapping[str, Any] = field(default_factory=dict)
    constants: tuple[Any, ...] = ()

    @property
    def stacks(self) -> Path:
        """Folder of the stack modules."""
        return self.root / "stacks"

    @property
    def states(self) -> Path:
        """Folder of the state files."""
        return self.root / "state"

    @property
    def private(self) -> Path:
        """Folder that is never committed: embedded accounts, secrets."""
        return self.root / ".engine"


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
        parallelism=_count(at_once, _PARALLELISM, "parallelism", 1),
        retries=_count(environ.get("ENGINE_RETRIES") or None, _RETRIES, "ENGINE_RETRIES", 0),
        ownership_stamp=bool(table.get("ownership-stamp", True)),
        impact=bool(table.get("impact", False)),
        state=table.get("state", "file"),
        policies=table.get("policies", {}) | own.get("policies", {}),
        constants=tuple(table.get("constants", ())),
    )


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
    key, source = _api_key(name, entry, environ)
    return Environment(
        name=name,
        api_key=key,
        api_key_source=source,
        api_base=_server(name, entry, environ),
        plain_http=bool(entry.get("plain-http") or environ.get("ENGINE_PLAIN_HTTP") == "1"),
        account=entry.get("account", ""),
        live=entry.get("live", False),
        **sink,
        requests_per_second=_rate(name, entry, environ),
    )


def _server(name: str, entry: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Address of the server that is asked, without a login in it; empty for Stripe itself.

    Raises:
        SettingsError: if it is no address. The message omits its text, which may hold a password.
    """
    where = f"[tool.engine.environments.{name}]: api-base"
    given = entry.get("api-base")
    if not given:
        where, given = "STRIPE_API_BASE", environ.get("STRIPE_API_BASE", "").strip()
    if not given:
        return ""
    with contextlib.suppress(ValueError):
        parts = urlsplit(given)
        # The API key is the only login: one in an address is never sent or shown.
        remember(parts.password or parts.username)
        fits = parts.scheme in ("http", "https") and not parts.query and not parts.fragment
        if fits and parts.hostname and parts.port != 0:
            host = parts.netloc.rpartition("@")[2]
            return f"{parts.scheme}://{host}{parts.path}".rstrip("/")
    raise SettingsError(
        f"{where} is not the address of a server",
        hint="write it as https://HOST or https://HOST:PORT",
    )


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _rate(name: str, entry: Mapping[str, Any], environ: Mapping[str, str]) -> float | None:
    rate = environ.get("ENGINE_REQUESTS_PER_SECOND") or entry.get("requests-per-second")
    if rate is None:
        return None
    with contextlib.suppress(ValueError, TypeError):
        if not isinstance(rate, bool) and float(rate) > 0:
            return float(rate)
    where = (
        "ENGINE_REQUESTS_PER_SECOND"
        if environ.get("ENGINE_REQUESTS_PER_SECOND")
        else f"[tool.engine.environments.{name}]: requests-per-second"
    )
    raise SettingsError(f"{where} takes a number above 0, not {rate!r}")


def _api_key(
    name: str, entry: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[Sensitive | None, str]:
    configured = entry.get("api-key")
    variable = "STRIPE_API_KEY"
    if configured is not None:
        scheme, _, variable = configured.partition(":")
        if scheme != "env" or not variable:
            raise SettingsError(
                f"[tool.engine.environments.{name}]: api-key must name an environment variable",
                cause="A key in a committed file is a leaked key.",
                hint='write api-key = "env:STRIPE_TEST_KEY"',
            )
    value = environ.get(variable, "").strip()
    return (Sensitive(value) if value else None), variable


def _count(value: str | int | None, default: int, name: str, least: int) -> int:
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        raise SettingsError(f"{name} takes a whole number from {least}, not {value!r}")
    return number
