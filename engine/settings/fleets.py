"""Fleets as `[tool.engine.fleets]` names them: which stacks go to which accounts, and how fast.

Which accounts these are is found when a command needs them: a file, a program or Stripe says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.address import is_logical_name
from engine.errors import SettingsError
from engine.frozen import frozen
from engine.settings.values import check_keys

CONNECTED = "connected"
"""The accounts that are connected to the account of the fleet's environment."""
FILE, COMMAND = "file", "command"

_KEYS = {
    "environment": str,
    "stacks": (list,),
    "accounts": (str, list),
    "filter": str,
    "canary": int,
    "max-failures": int,
    "variables": dict,
}
_CONDITION = re.compile(
    r"(?P<path>[a-z0-9_]+(?:\.[A-Za-z0-9_-]+)*)\s*(?P<sign>!?=)\s*(?P<value>.+)"
)
_PATH = re.compile(r"[a-z0-9_]+(?:\.[A-Za-z0-9_-]+)*")
_WORD = re.compile(r"""(?P<and>\s+and\s+)|"[^"]*"|'[^']*'|.""", re.IGNORECASE | re.DOTALL)
_EXAMPLE = 'filter = "metadata.tier = pro and country != US"'


@frozen
class Condition:
    """What a field of an account has to be.

    Attributes:
        path: The field, `metadata.tier`.
        value: Its value as text.
        equal: It has to be this value; False if it must not be.
    """

    path: tuple[str, ...]
    value: str
    equal: bool = True

    def holds(self, account: Mapping[str, Any]) -> bool:
        """Whether an account is as demanded; a field that it does not have is empty."""
        return (as_text(value_at(account, self.path)) == self.value) is self.equal


@frozen
class Fleet:
    """The same stacks on many accounts.

    Attributes:
        name: Its name, which the environments of its members begin with.
        environment: The environment whose key, server, limits, policies, secrets and store its
            members use.
        stacks: Its stacks; none means all.
        accounts: `connected`, `file:PATH`, `command:PROGRAM ARGUMENTS`, or the accounts themselves.
        filter: What connected accounts have to be; all of it.
        canary: How many accounts are applied before all others.
        max_failures: After so many failed accounts none is begun; 0 for any number.
        variables: Of connected accounts: the field that a variable of the fleet has its value from.
    """

    name: str
    environment: str
    stacks: tuple[str, ...] = ()
    accounts: str | tuple[Any, ...] = CONNECTED
    filter: tuple[Condition, ...] = ()
    canary: int = 0
    max_failures: int = 0
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Its table, for messages."""
        return f"[tool.engine.fleets.{self.name}]"

    @property
    def is_file(self) -> bool:
        """A file has its accounts."""
        return isinstance(self.accounts, str) and self.accounts.startswith(f"{FILE}:")

    @property
    def is_table(self) -> bool:
        """The table itself has its accounts."""
        return not isinstance(self.accounts, str)

    @property
    def source(self) -> str:
        """Where its accounts come from: a file, a program, `connected`, or `pyproject.toml`.

        Of a program without its arguments: one of them may be a token.
        """
        if not isinstance(self.accounts, str):
            return "pyproject.toml"
        kind, _, rest = self.accounts.partition(":")
        return rest.split()[0] if kind == COMMAND else rest.strip() or kind


def fleets_of(table: Mapping[str, Any], environments: tuple[str, ...]) -> dict[str, Fleet]:
    """The fleets of a project.

    Args:
        table: `[tool.engine.fleets]`.
        environments: The names of all environments.

    Raises:
        SettingsError: for a name, a key or a value that cannot be one.
    """
    return {name: _fleet(name, entry, environments) for name, entry in table.items()}


def value_at(document: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of names; None if there is none."""
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def as_text(value: Any) -> str:
    """A field of an account as conditions spell it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _fleet(name: str, entry: Any, environments: tuple[str, ...]) -> Fleet:
    where = f"[tool.engine.fleets.{name}]"
    if not is_logical_name(name):
        raise SettingsError(
            f"{name!r} cannot name a fleet",
            hint="names of fleets, like those of stacks, are [a-z0-9][a-z0-9_-]*",
        )
    if not isinstance(entry, dict):
        raise SettingsError(f"{where} is not a table")
    check_keys(entry, _KEYS, where)
    if name in environments:
        raise SettingsError(
            f"{name!r} names a fleet and an environment",
            cause="The states of a fleet's accounts are in environments below its name.",
            hint=f"rename one: {where} or [tool.engine.environments.{name}]",
        )
    environment = entry.get("environment", "")
    if environment not in environments:
        what = (
            f"no environment is called {environment!r}" if environment else "environment is missing"
        )
        raise SettingsError(
            f"{where}: {what}",
            cause="A fleet uses the key, the server and the limits of an environment.",
            hint=f'write environment = "NAME"; known: {", ".join(environments)}',
        )
    return Fleet(
        name=name,
        environment=environment,
        stacks=_stacks(entry.get("stacks", []), where),
        accounts=_accounts(entry.get("accounts"), where),
        filter=_conditions(entry, where),
        canary=_count(entry, "canary", where),
        max_failures=_count(entry, "max-failures", where),
        variables=_variables(entry, where),
    )


def _stacks(given: list[Any], where: str) -> tuple[str, ...]:
    wrong = [name for name in given if not isinstance(name, str) or not is_logical_name(name)]
    if wrong:
        raise SettingsError(
            f"{where}: {wrong[0]!r} is no name of a stack",
            hint='write stacks = ["catalog", "portal"]; without it, all stacks are meant',
        )
    return tuple(dict.fromkeys(given))


def _accounts(given: Any, where: str) -> str | tuple[Any, ...]:
    if isinstance(given, list):
        return tuple(given)
    kind, _, rest = str(given or "").partition(":")
    if given == CONNECTED or (kind in (FILE, COMMAND) and rest.strip()):
        return str(given)
    raise SettingsError(
        f"{where}: accounts names no accounts",
        hint='write accounts = "file:shops.toml", "command:PROGRAM ARGUMENTS", "connected", or a '
        'list such as ["acct_...", { name = "acme", api-key = "env:ACME_KEY" }]',
    )


def _conditions(entry: Mapping[str, Any], where: str) -> tuple[Condition, ...]:
    text = entry.get("filter")
    if text is None:
        return ()
    if entry.get("accounts") != CONNECTED:
        raise SettingsError(
            f'{where}: filter goes with accounts = "connected"',
            cause="It asks for fields of the accounts as Stripe lists them.",
            hint="leave out of the list what is not meant, or name accounts with --only",
        )
    parts = [""]
    for word in _WORD.finditer(text):  # a value in quotation marks may have an "and" in it
        if word["and"]:
            parts.append("")
        else:
            parts[-1] += word[0]
    return tuple(_condition(part.strip(), where) for part in parts)


def _condition(text: str, where: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    value = match["value"].strip() if match else ""
    if match is None or value.startswith(("=", "~", ">", "<")):
        raise SettingsError(
            f"{where}: filter has {text!r}, which is no condition",
            cause="A condition is PATH = VALUE or PATH != VALUE; several are joined by and.",
            hint=f"write it as in {_EXAMPLE}",
        )
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return Condition(path=tuple(match["path"].split(".")), value=value, equal=match["sign"] == "=")


def _count(entry: Mapping[str, Any], key: str, where: str) -> int:
    given = entry.get(key, 0)
    if isinstance(given, bool) or given < 0:
        raise SettingsError(f"{where}: {key} takes a whole number from 0, not {given!r}")
    return int(given)


def _variables(entry: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    given = entry.get("variables")
    if given is None:
        return {}
    if entry.get("accounts") != CONNECTED:
        raise SettingsError(
            f'{where}: variables goes with accounts = "connected"',
            cause="It names the field of a connected account that each variable is read from.",
            hint='give each its own: { account = "acct_...", variables = { tier = "pro" } }',
        )
    for name, path in given.items():
        if not name.isidentifier() or not isinstance(path, str) or not _PATH.fullmatch(path):
            raise SettingsError(
                f"{where}: variables has {name!r}, which names no field of an account",
                hint='write variables = { currency = "default_currency", tier = "metadata.tier" }',
            )
    return {name: tuple(path.split(".")) for name, path in given.items()}
