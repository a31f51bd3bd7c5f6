"""What `engine doctor` returns: a line for each thing that was checked."""

from __future__ import annotations

import enum

from engine.errors import EngineError
from engine.frozen import frozen


class Verdict(enum.StrEnum):
    """What a check found; its value is the word that people and programs read."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"
    """Something that would stop an apply."""
    UNKNOWN = "unknown"
    """It was not asked, or the answer says nothing."""


@frozen(kw_only=False)
class Finding:
    """One line.

    Attributes:
        verdict: Whether it is as it should be.
        text: What was found; one sentence without a full stop.
        hint: What to do; empty if there is nothing to do.
    """

    verdict: Verdict
    text: str
    hint: str = ""


@frozen
class CheckedLine:
    """A line with the check that found it.

    Attributes:
        group: What the check is about, as a heading.
        check: Name of the check.
        finding: The line.
    """

    group: str
    check: str
    finding: Finding


@frozen
class Diagnosis:
    """All that was checked.

    Attributes:
        environment: Name of the environment; empty if it is not known.
        lines: The lines, group by group.
        requests: How many requests were sent to Stripe.
    """

    environment: str
    lines: tuple[CheckedLine, ...]
    requests: int = 0

    def count(self, verdict: Verdict) -> int:
        """How many lines have a verdict."""
        return sum(line.finding.verdict is verdict for line in self.lines)

    @property
    def stops(self) -> bool:
        """Whether something would stop an apply."""
        return self.count(Verdict.PROBLEM) > 0


def ok(text: str) -> Finding:
    """A line on what is as it should be."""
    return Finding(Verdict.OK, text)


def note(text: str, hint: str = "") -> Finding:
    """A line on what is good to know."""
    return Finding(Verdict.NOTE, text, hint)


def warning(text: str, hint: str = "") -> Finding:
    """A line on what should be mended, and stops no apply."""
    return Finding(Verdict.WARNING, text, hint)


def problem(text: str, hint: str = "") -> Finding:
    """A line on what would stop an apply."""
    return Finding(Verdict.PROBLEM, text, hint)


def unknown(text: str, hint: str = "") -> Finding:
    """A line on what was not found out."""
    return Finding(Verdict.UNKNOWN, text, hint)


def of_error(error: EngineError) -> Finding:
    """A line on an error that an apply would end with."""
    return problem(": ".join(filter(None, (error.message, error.cause))), error.hint or "")
