"""The run of checks: what fails by itself ends nothing, and is never an apply's fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from engine.errors import SettingsError
from engine.operations.doctor.doctor import CHECKS, Check, examine
from engine.operations.doctor.patient import NotCheckedError, Patient, Surroundings
from engine.operations.run.context import Context
from engine.ports.upkeep.diagnosis import Finding, Verdict, note, ok, problem, unknown
from engine.settings.model import Settings


def _never(*_: object) -> NoReturn:
    raise AssertionError


def around(error: SettingsError | None = None) -> Surroundings:
    """Surroundings in which nothing can be opened."""
    reads: list[None] = []

    def load() -> Settings:
        reads.append(None)
        assert len(reads) == 1, "what cannot be opened is not tried again"
        raise error or SettingsError("[tool.engine] has no key 'colour'", hint="known: state")

    def open_context(_: Settings) -> Context:
        _never()

    return Surroundings(
        root=Path(),
        load=load,
        open=open_context,
        git=_never,
        members=None,
        members_ask=False,
        offline=False,
        catalog_sdk="16.1.0",
    )


def found_by(*checks: Check) -> list[Finding]:
    """What checks find where nothing can be opened."""
    return [line.finding for line in examine(around(), checks).lines]


def test_a_check_that_fails_itself_ends_nothing() -> None:
    """It is a warning: nothing says that an apply would fail."""

    def broken(_: Patient) -> Iterator[Finding]:
        yield ok("first")
        raise ZeroDivisionError("by nought")

    diagnosis = examine(
        around(), [Check("One", "broken", broken), Check("Two", "good", lambda _: [ok("last")])]
    )
    first, failed, last = (line.finding for line in diagnosis.lines)
    assert (first.text, last.text) == ("first", "last")
    assert failed.verdict is Verdict.WARNING
    assert failed.text == "the check broken failed itself: ZeroDivisionError: by nought"
    assert not diagnosis.stops


def test_what_an_apply_would_end_with_is_a_problem() -> None:
    """With its cause in the text, and its hint."""

    def fails(_: Patient) -> Iterator[Finding]:
        raise SettingsError("no key", cause="KEY is not set.", hint="set KEY")
        yield

    (finding,) = found_by(Check("One", "fails", fails))
    assert finding == problem("no key: KEY is not set.", "set KEY")


def test_why_a_group_is_not_checked_is_said_once() -> None:
    """In each group; other lines are never left out."""

    def cannot(_: Patient) -> Iterator[Finding]:
        yield note("again")
        raise NotCheckedError("no key")

    one, two, three = Check("A", "one", cannot), Check("A", "two", cannot), Check("B", "3", cannot)
    lines = [(line.group, line.finding) for line in examine(around(), [one, two, three]).lines]
    assert lines == [
        ("A", note("again")),
        ("A", unknown("not checked: no key")),
        ("A", note("again")),
        ("B", note("again")),
        ("B", unknown("not checked: no key")),
    ]


def test_a_configuration_that_cannot_be_used_is_found_once() -> None:
    """Every check is made; one names what is wrong, and none fails itself."""
    diagnosis = examine(around())
    assert diagnosis.environment == ""
    assert diagnosis.requests == 0
    problems = [one.finding for one in diagnosis.lines if one.finding.verdict is Verdict.PROBLEM]
    assert problems == [problem("[tool.engine] has no key 'colour'", "known: state")]
    assert not any("failed itself" in line.finding.text for line in diagnosis.lines)


def test_checks_have_names_of_their_own_and_groups_are_whole() -> None:
    """Programs look for the names; a heading comes once."""
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    groups = [check.group for check in CHECKS]
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_says_what_it_is(check: Check) -> None:
    """In its docstring, for who adds one."""
    assert check.find.__doc__
