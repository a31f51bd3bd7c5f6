"""Checks that ask Stripe: the account, API versions, the clock, and what the key may do."""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator, Mapping
from typing import Protocol, TypeAlias

from engine.errors import EngineError
from engine.operations.doctor.installation import sdk_version
from engine.operations.doctor.patient import Patient
from engine.operations.doctor.stacks import declared_types
from engine.operations.refresh.concurrent import at_once
from engine.ports.upkeep.diagnosis import Finding, note, of_error, ok, problem, unknown, warning
from engine.schema.resource_type import ResourceType

_MODES = {True: "LIVE MODE", False: "test mode", None: "a mode that Stripe does not return"}
_CLOCK = 300
"""Seconds by which a clock may be wrong: as old as a signature of an event may be (D)."""
_Types: TypeAlias = Mapping[tuple[str, str], ResourceType]
_Permissions: TypeAlias = dict[str, list[str]]


def account(patient: Patient) -> Iterator[Finding]:
    """Whether Stripe answers, and the account of the key."""
    environment = patient.settings.needed().environment
    patient.asked()
    try:
        found = patient.account.get()
    except EngineError as error:
        yield of_error(error)
        return
    if not found.id:
        yield warning(
            "Stripe does not return the account of the key",
            f"give the key in {environment.api_key_source} the permission to read its account",
        )
        return
    name = f" ({found.name})" if found.name else ""
    yield ok(f"account {found.id}{name}, {_MODES[found.livemode]}")
    if environment.account and environment.account != found.id:
        yield problem(
            f"environment {environment.name} is for account {environment.account}",
            f"set {environment.api_key_source} to a key of {environment.account}, or choose "
            "another environment with -e",
        )


def versions(patient: Patient) -> Iterator[Finding]:
    """API versions: of the catalog and the requests, the SDK, the states and the account."""
    context = patient.context.needed()
    spoken, of_sdk = context.api_version, sdk_version()
    yield ok(f"API version {spoken} in every request")
    if of_sdk and of_sdk != spoken:
        yield note(
            f"the Stripe SDK is made for API version {of_sdk}",
            "engine upgrade shows what is different",
        )
    yield from _default_version(patient, spoken)


def _default_version(patient: Patient, spoken: str) -> Iterator[Finding]:
    found = patient.answering().default_version()
    if not found:
        yield unknown("Stripe does not return the API version of the account")
    elif found == spoken:
        yield ok(f"the account has API version {found}, too")
    else:
        yield note(
            f"the account has API version {found}: events for endpoints without a version of "
            "their own have it",
            "give webhook endpoints an api_version, so that an upgrade of the account changes none",
        )


def clock(patient: Patient) -> Iterator[Finding]:
    """This machine's clock, compared with Stripe's."""
    context = patient.context.needed()
    if context.settings.environment.emulator:
        return
    provider = patient.answering()
    theirs = provider.now()
    if theirs is None:
        yield unknown("Stripe does not return the time")
        return
    behind = round(theirs - context.clock())
    if abs(behind) <= _CLOCK:
        yield ok("the clock agrees with that of Stripe")
        return
    minutes, side = abs(behind) // 60, "slow" if behind > 0 else "fast"
    yield warning(
        f"the clock of this machine is {minutes} minutes {side}, compared with that of Stripe",
        "set it: applications refuse events whose signature looks too old, and locks and "
        "versions show wrong times",
    )


def reading(patient: Patient) -> Iterator[Finding]:
    """Whether the key may read each type that the stacks declare or look up."""
    types = declared_types(patient, lookups=True)
    provider = patient.answering()
    if not types:
        return
    missing, answered = yield from _missing(types, provider.missing_read_permission)
    if not missing and answered:
        yield ok(f"the key may read every type that the stacks use ({len(types)})")
    for permission, names in missing.items():
        yield problem(
            f"the key lacks the permission {permission}, to read {', '.join(names)}",
            "give it to the key in the Dashboard, under API keys",
        )


def writing(patient: Patient) -> Iterator[Finding]:
    """Whether the key may write each of them, as far as that is known without a change."""
    types = declared_types(patient)
    provider = patient.answering()
    if not types:
        return
    missing, answered = yield from _missing(types, provider.missing_permission)
    for permission, names in missing.items():
        yield problem(
            f"the key lacks the permission {permission}, to write {', '.join(names)}",
            "give it to the key in the Dashboard, under API keys",
        )
    unasked = sorted(
        {name for (_, name), kind in types.items() if not provider.may_ask_to_write(kind)}
    )
    if unasked:
        yield unknown(
            f"whether the key may write {', '.join(unasked)}: every write of one changes something",
            "an apply finds out, and says which permission is missing",
        )
    if not missing and answered and len(unasked) < len({name for _, name in types}):
        rest = "the other types" if unasked else "all of them"
        yield ok(f"the key may write {rest}; nothing was changed to find out")


class _Ask(Protocol):
    """Names the permission that the key lacks for a type."""

    def __call__(self, kind: ResourceType, /, *, account: str) -> str | None: ...


def _missing(types: _Types, ask: _Ask) -> Generator[Finding, None, tuple[_Permissions, bool]]:
    """The types by the permission that the key lacks for them, and whether all were answered.

    What else was refused is found, once for all types that it is true of.
    """

    def one(place: tuple[str, str]) -> str | EngineError | None:
        try:
            return ask(types[place], account=place[0])
        except EngineError as error:
            return error

    lacking: _Permissions = {}
    refused: dict[tuple[str, str], list[str]] = {}
    answers = at_once([functools.partial(one, place) for place in types])
    for (on, name), answer in zip(types, answers, strict=True):
        shown = f"{name} on {on}" if on else name
        if isinstance(answer, EngineError):
            refused.setdefault((answer.message, answer.hint or ""), []).append(shown)
        elif answer is not None:
            lacking.setdefault(answer, []).append(shown)
    for (message, hint), names in refused.items():
        yield problem(f"{', '.join(names)}: {message}", hint)
    return lacking, not refused
