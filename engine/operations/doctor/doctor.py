"""The list of checks, and a run of them: one that fails itself ends neither the others nor the run.

A check is a line here and a function that takes the patient and yields what it found. An
`EngineError` that it lets pass is what an apply would end with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.errors import EngineError
from engine.frozen import frozen
from engine.operations.doctor import (
    account,
    configuration,
    fleet,
    installation,
    secrets,
    stacks,
    states,
)
from engine.operations.doctor.patient import NotCheckedError, Patient, Surroundings
from engine.ports.upkeep.diagnosis import (
    CheckedLine,
    Diagnosis,
    Finding,
    Verdict,
    of_error,
    unknown,
    warning,
)


@frozen(kw_only=False)
class Check:
    """One check.

    Attributes:
        group: What it is about, as a heading.
        name: Its name, for programs.
        find: Yields what it found.
    """

    group: str
    name: str
    find: Callable[[Patient], Iterable[Finding]]


CHECKS = (
    Check("Installation", "python", installation.python),
    Check("Installation", "engine", installation.engine),
    Check("Installation", "sdk", installation.sdk),
    Check("Installation", "libraries", installation.libraries),
    Check("Installation", "extras", installation.extras),
    Check("Configuration", "configuration", configuration.configuration),
    Check("Configuration", "environment", configuration.environment),
    Check("Configuration", "variables", configuration.variables),
    Check("Configuration", "server", configuration.server),
    Check("Configuration", "proxy", configuration.proxy),
    Check("Configuration", "key", configuration.key),
    Check("Stacks", "stacks", stacks.stacks),
    Check("Account", "account", account.account),
    Check("Account", "api-version", account.versions),
    Check("Account", "clock", account.clock),
    Check("Account", "read-permissions", account.reading),
    Check("Account", "write-permissions", account.writing),
    Check("States", "store", states.store),
    Check("States", "states", states.states),
    Check("States", "locks", states.locks),
    Check("States", "unfinished", states.unfinished),
    Check("States", "private", states.private),
    Check("Git", "repository", states.repository),
    Check("Git", "committed", states.committed),
    Check("Git", "merging", states.merging),
    Check("Secrets", "sink", secrets.sink),
    Check("Fleet", "members", fleet.members),
)
"""All checks, in the order in which they are shown."""


def examine(around: Surroundings, checks: Iterable[Check] = CHECKS) -> Diagnosis:
    """Make every check.

    Args:
        around: What the project's parts are opened with.
        checks: The checks.
    """
    patient = Patient(around)
    lines = tuple(_lines(patient, checks))
    return Diagnosis(environment=patient.environment, lines=lines, requests=patient.requests)


def _lines(patient: Patient, checks: Iterable[Check]) -> Iterator[CheckedLine]:
    said = set[tuple[str, Finding]]()
    for check in checks:
        for finding in _findings(patient, check):
            # It would be the same line for each check that cannot be made.
            if finding.verdict is Verdict.UNKNOWN:
                if (check.group, finding) in said:
                    continue
                said.add((check.group, finding))
            yield CheckedLine(group=check.group, check=check.name, finding=finding)


def _findings(patient: Patient, check: Check) -> Iterator[Finding]:
    try:
        yield from check.find(patient)
    except NotCheckedError as why:
        yield unknown(f"not checked: {why}")
    except EngineError as error:
        yield of_error(error)
    except Exception as error:  # noqa: BLE001 - a check must not end the run
        yield warning(
            f"the check {check.name} failed itself: {type(error).__name__}: {error}",
            "this is a bug in engine: report it with this line",
        )
