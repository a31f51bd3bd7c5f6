"""What is wrong with the fleets of a project, as far as that is known offline."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from engine.bootstrap.connections import Connections
from engine.bootstrap.members import listed_offline, with_member
from engine.bootstrap.project import open_settings
from engine.errors import Problem, SettingsError, StackError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.operations.validate import validate_stacks
from engine.ports.fleet.members import Member
from engine.ports.hook import Hook
from engine.settings.fleets import Fleet
from engine.settings.load import load_settings
from engine.settings.model import Settings
from engine.stack.authoring import NO_ACCOUNT
from engine.stack.loader import stack_files
from engine.stack.model import Stack
from engine.suggest import nearest

_SETTINGS = "pyproject.toml"


@frozen
class FleetChecks:
    """What was found.

    Attributes:
        problems: All that is wrong, also with stacks that are in no fleet.
        checked: The stacks that were checked for accounts.
        unchecked: Stacks that need values which only Stripe, or a program, knows; each with its
            fleet.
    """

    problems: tuple[Problem, ...]
    checked: tuple[Stack, ...] = ()
    unchecked: tuple[tuple[str, str], ...] = ()


def check_fleets(
    context: Context, names: Sequence[str], problems: Sequence[Problem]
) -> FleetChecks:
    """Check the fleets, and for their accounts the stacks that need the values of one.

    No request is sent and no program is run. Of accounts with equal variables, one is enough.

    Args:
        context: The ports of the environment that the stacks were checked for.
        names: Stacks asked for; none means all.
        problems: What was found there.
    """
    found = list(problems)
    lacking = {one.file: PurePath(one.file).stem for one in problems if one.reference == NO_ACCOUNT}
    of_accounts: dict[tuple[str, int, str], Problem] = {}
    covered, checked, unchecked = set[str](), dict[str, Stack](), dict[str, str]()
    for fleet in context.settings.fleets.values():
        needed = {file for file, name in lacking.items() if name in (fleet.stacks or (name,))}
        found += _unknown_stacks(context.settings, fleet)
        settings, members = _listed(context.settings, fleet, found)
        if members is None:
            unchecked |= {lacking[file]: fleet.name for file in needed}
        for member in _different(members or ()) if needed else ():
            covered |= {lacking[file] for file in needed}
            own = with_member(settings, member)
            try:
                stacks = validate_stacks(
                    open_settings(own, Hook(), connections=Connections()), names
                )
            except StackError as error:
                for one in error.problems:
                    if one.file in needed:
                        of_accounts.setdefault((one.file, one.line, one.reference), one)
            else:
                checked |= {stack.name: stack for stack in stacks}
    done = {*covered, *unchecked}
    left = [one for one in found if one.reference != NO_ACCOUNT or lacking[one.file] not in done]
    return FleetChecks(
        problems=(*left, *of_accounts.values()),
        checked=tuple(checked.values()),
        unchecked=tuple(sorted(one for one in unchecked.items() if one[0] not in covered)),
    )


def _unknown_stacks(settings: Settings, fleet: Fleet) -> Iterator[Problem]:
    known = stack_files(settings.stacks)
    for name in fleet.stacks:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else "write its module, or take it out"
            yield _problem(_SETTINGS, f"{fleet.where}: there is no stack {name!r}", hint)


def _listed(
    settings: Settings, fleet: Fleet, found: list[Problem]
) -> tuple[Settings, tuple[Member, ...] | None]:
    """The settings of a fleet, and its accounts; None if they are not known here."""
    try:
        own = load_settings(
            settings.root, environment=fleet.environment, variables=settings.variables
        )
    except SettingsError:  # a variable may be set only where the fleet is applied
        return settings, None
    own = dataclasses.replace(own, fleet=fleet)
    try:
        members = listed_offline(own, fleet)
        for member in members or ():
            with_member(own, member)
    except SettingsError as error:
        file = fleet.source if fleet.is_file else _SETTINGS
        cause = f": {'; '.join(error.cause.splitlines())}" if error.cause else ""
        found.append(_problem(file, f"{error.message}{cause}", error.hint or ""))
        return own, ()
    return own, members


def _different(members: Sequence[Member]) -> Iterator[Member]:
    """One account of those that have equal variables."""
    seen = set[str]()
    for member in members:
        if (values := repr(sorted(member.variables.items()))) not in seen:
            seen.add(values)
            yield member


def _problem(file: str, message: str, hint: str) -> Problem:
    return Problem(file, 0, message, hint, reference="fleet")
