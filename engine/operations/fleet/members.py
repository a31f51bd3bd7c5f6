"""Who the accounts of a fleet are: from the rows of a list, or as Stripe lists connected ones."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from engine.address import is_environment_name
from engine.errors import SettingsError, UsageError
from engine.plan.inputs.accounts import is_account_id
from engine.ports.fleet.members import Member, environment_of
from engine.settings.fleets import Fleet, value_at
from engine.stack.checks.unfit_for_state import keys_within
from engine.suggest import nearest

_ROW = {"name": str, "account": str, "api-key": str, "variables": dict}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 20
"""Problems that an error lists: a program that writes something else makes one of each line."""
_EXAMPLE = '"acct_..." or { account = "acct_...", variables = { currency = "eur" } }'


class NoSuchMemberError(SettingsError):
    """A name that is no account of a fleet."""


def members_of(fleet: Fleet, rows: Sequence[Any], where: str) -> tuple[Member, ...]:
    """The accounts that a list names, in its order.

    Args:
        fleet: The fleet.
        rows: Ids or names, or tables.
        where: The list, for messages.

    Raises:
        SettingsError: with everything that is wrong in it.
    """
    problems: list[str] = []
    found = [
        member
        for number, row in enumerate(rows, 1)
        for member in _member(fleet, row, f"account {number}", problems)
    ]
    problems += _twice(found)
    if problems:
        count = f"{len(problems):,} problem{'s' if len(problems) > 1 else ''}"
        more = len(problems) - _SHOWN
        shown = [*problems[:_SHOWN], *([f"and {more:,} more"] if more > 0 else [])]
        raise SettingsError(
            f"{count} in the accounts of fleet {fleet.name!r}, {where}",
            cause="\n".join(shown),
            hint=f"an account is {_EXAMPLE}",
        )
    return tuple(found)


def connected_members(
    fleet: Fleet, pages: Iterable[Sequence[Mapping[str, Any]]]
) -> tuple[Member, ...]:
    """The connected accounts that are as the fleet's filter demands, by id."""
    accounts = (account for page in pages for account in page)
    found = (connected_member(fleet, account) for account in accounts if is_meant(fleet, account))
    return tuple(sorted(found, key=lambda member: member.name))


def is_meant(fleet: Fleet, account: Mapping[str, Any]) -> bool:
    """Whether a connected account is as the fleet's filter demands."""
    return all(condition.holds(account) for condition in fleet.filter)


def connected_member(fleet: Fleet, account: Mapping[str, Any]) -> Member:
    """A connected account as a member, with the variables that its fields say."""
    values = {name: value_at(account, path) for name, path in fleet.variables.items()}
    return Member(
        name=str(account["id"]),
        account=str(account["id"]),
        variables={name: value for name, value in values.items() if value is not None},
        vouched=True,
    )


def select(
    fleet: Fleet, members: Sequence[Member], only: Collection[str], without: Collection[str]
) -> tuple[Member, ...]:
    """The members of a run.

    Args:
        fleet: The fleet.
        members: All of its accounts.
        only: Names or ids of those that are meant, or patterns of them; none means all.
        without: Those that are not meant, in the same way.

    Raises:
        UsageError: if one of them is no account of the fleet, or none is left.
    """
    if not members:
        raise UsageError(
            f"fleet {fleet.name!r} has no accounts",
            hint=f"see {fleet.where}: accounts and filter",
        )
    known = {name for member in members for name in (member.name, member.account)} - {""}
    meant, left_out = (_matching(fleet, known, words) for words in (only, without))
    chosen = tuple(
        member
        for member in members
        if (not only or {member.name, member.account} & meant)
        and not {member.name, member.account} & left_out
    )
    if not chosen:
        raise UsageError(f"no account of fleet {fleet.name!r} is left", hint="see --only, --except")
    return chosen


def former_members(
    fleet: Fleet,
    members: Sequence[Member],
    stored: Collection[str],
    has_resources: Callable[[str], bool],
) -> tuple[str, ...]:
    """The names of accounts that are not in the fleet any more, and have something.

    Args:
        fleet: The fleet.
        members: All of its accounts.
        stored: All environments that have states.
        has_resources: Whether a state of an environment has resources.
    """
    known = {environment_of(fleet.name, member.name) for member in members}
    start = environment_of(fleet.name, "")
    left = (name for name in stored if name.startswith(start) and name not in known)
    return tuple(name.removeprefix(start) for name in left if has_resources(name))


def _matching(fleet: Fleet, known: AbstractSet[str], words: Collection[str]) -> set[str]:
    """The names and ids that words of the command line mean, each of which has to mean one."""
    found: set[str] = set()
    for word in words:
        is_pattern = any(sign in word for sign in "*?[")
        matches = (
            {name for name in known if fnmatch.fnmatchcase(name, word)} if is_pattern else {word}
        )
        if not matches or not matches <= known:
            near = None if is_pattern else nearest(word, sorted(known))
            what = "matches no account" if is_pattern else "is no account"
            raise UsageError(
                f"{word!r} {what} of fleet {fleet.name!r}",
                hint=f"did you mean {near}?" if near else f"engine fleet {fleet.name} lists them",
            )
        found |= matches
    return found


def member_named(fleet: Fleet, members: Sequence[Member], name: str) -> Member:
    """One account of a fleet.

    Raises:
        NoSuchMemberError: if it has none of that name.
    """
    for member in members:
        if member.name == name:
            return member
    near = nearest(name, [member.name for member in members])
    raise NoSuchMemberError(
        f"fleet {fleet.name!r} has no account {name!r}",
        hint=f"did you mean -e {environment_of(fleet.name, near)}?"
        if near
        else f"engine fleet {fleet.name} lists them",
    )


def _member(fleet: Fleet, row: Any, place: str, problems: list[str]) -> Iterator[Member]:
    if isinstance(row, str):
        row = {"account" if row.startswith("acct_") else "name": row}
    if not isinstance(row, Mapping):
        problems.append(f"{place} is neither an id nor a table")
        return
    before = len(problems)
    name = row.get("name") or row.get("account") or ""
    shown = f"{place}, {name}" if isinstance(name, str) and name and not _is_key(name) else place
    for key, value in row.items():
        if key not in _ROW:
            near = nearest(str(key), _ROW)
            problems.append(
                f"{shown} has no key {key!r}" + (f"; did you mean {near}?" if near else "")
            )
        elif not isinstance(value, _ROW[key]):
            problems.append(f"{shown}: {key} cannot be a {type(value).__name__}")
    if len(problems) > before:
        return
    problems += (f"{shown}: {problem}" for problem in _wrong(fleet, row, name))
    if len(problems) == before:
        yield Member(
            name=name,
            account=row.get("account", name if is_account_id(name) else ""),
            key=row.get("api-key", "").partition(":")[2],
            variables=dict(row.get("variables", {})),
        )


def _wrong(fleet: Fleet, row: Mapping[str, Any], name: str) -> Iterator[str]:
    if not name:
        yield "it has neither an account nor a name"
    elif _is_key(name) or not is_environment_name(environment_of(fleet.name, name)):
        yield "its name is not made of letters, digits, - and _"
    account = row.get("account", "")
    if account and not is_account_id(account):
        yield "account is no id of an account, acct_..."
    elif is_account_id(name) and name != account:
        whose = f"another account than {account}" if account else "an account, and it names none"
        yield f"its name is the id of {whose}"
    scheme, _, variable = row.get("api-key", "env:NAME").partition(":")
    if scheme != "env" or not _VARIABLE.fullmatch(variable):
        yield 'api-key must name an environment variable, "env:ACME_KEY", and hold no key'
    for key, value in row.get("variables", {}).items():
        if not _VARIABLE.fullmatch(str(key)):
            yield "variables has a name that fleet_variable cannot read"
        elif any(keys_within(value)):
            yield f"variable {key} holds a secret in clear, which the list must not"


def _is_key(text: str) -> bool:
    return any(keys_within(text))


def _twice(members: Sequence[Member]) -> Iterator[str]:
    """Accounts that are in the list twice, or whose states would be in one folder somewhere."""
    names: dict[str, Member] = {}
    accounts: dict[str, Member] = {}
    keys: dict[str, Member] = {}
    for member in members:
        other = names.setdefault(member.name.lower(), member)
        if other is not member:
            same = other.name == member.name
            yield (
                f"{member.name} is there twice"
                if same
                else f"{other.name} and {member.name} differ in nothing but capitals"
            )
        elif member.account and accounts.setdefault(member.account, member) is not member:
            yield f"account {member.account} is there twice"
        elif member.key and keys.setdefault(member.key, member) is not member:
            yield f"{keys[member.key].name} and {member.name} have one key, {member.key}"
