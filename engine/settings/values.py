"""Single values of the configuration: checked, and refused in words that show no secret."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.errors import SettingsError
from engine.redaction import remember
from engine.suggest import nearest
from engine.values.secret import Sensitive

_KINDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    str: "a string",
    dict: "a table",
    list: "an array of tables",
    (list,): "an array",
    (int, float): "a number",
    (str, list): "a string or an array",
}


def check_keys(table: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    """Refuse keys of a table that are not known, and values of another kind.

    Args:
        table: The table.
        known: The type of each key's value.
        where: Its name, for messages.

    Raises:
        SettingsError: for the first of them.
    """
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


def server_of(name: str, entry: Mapping[str, Any], environ: Mapping[str, str]) -> str:
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


def account_of(name: str, entry: Mapping[str, Any]) -> str:
    """The account that the key has to belong to; empty if the environment names none.

    Raises:
        SettingsError: if it names one, and that is no id: an empty text would be no pin at all.
    """
    given: str = entry.get("account", "")
    if "account" in entry and not re.fullmatch(r"acct_\w+", given):
        raise SettingsError(
            f"[tool.engine.environments.{name}]: account is no id of an account",
            hint="write it as the Dashboard shows it, acct_..., or take the line out",
        )
    return given


def state_of(given: str, where: str, environ: Mapping[str, str]) -> str:
    """Where states are kept: `file`, or the address of a store, without a login in it.

    Args:
        given: As configured; `env:NAME` means the variable of that name.
        where: The setting, for messages.
        environ: Environment variables.

    Raises:
        SettingsError: if the variable is not set, or the configuration holds a password. The
            message omits the address.
    """
    scheme, _, name = given.partition(":")
    if scheme == "env":
        value = environ.get(name, "").strip()
        if not value:
            raise SettingsError(
                f"{where} is kept in {name}, which is not set", hint=f"set {name} to the address"
            )
        with contextlib.suppress(ValueError):
            remember(urlsplit(value).password)
        return value
    with contextlib.suppress(ValueError):
        if urlsplit(given).password:
            raise SettingsError(
                f"{where} holds a password",
                cause="A password in a committed file is a leaked password.",
                hint='write the address without it, or state = "env:NAME" with the address in the '
                "variable NAME",
            )
    return given


def rate_of(name: str, entry: Mapping[str, Any], environ: Mapping[str, str]) -> float | None:
    """The most requests a second that the configuration allows; None if it says nothing.

    Raises:
        SettingsError: if it is no number above 0.
    """
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


def api_key_of(
    name: str, entry: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[Sensitive | None, str]:
    """The API key of an environment, None if it has none, and the name of its variable.

    Raises:
        SettingsError: if the configuration holds a key instead of the name of a variable.
    """
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


def count_of(value: str | int | None, default: int, name: str, least: int) -> int:
    """A whole number from `least`, or the default if there is none.

    Raises:
        SettingsError: if it is none.
    """
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        raise SettingsError(f"{name} takes a whole number from {least}, not {value!r}")
    return number
