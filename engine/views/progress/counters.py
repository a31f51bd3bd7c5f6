"""How far a run has come: counts, and how long the rest may take."""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field

from engine.ports.outcomes import Outcome, StepResult
from engine.views.plural import counted

_WINDOW = 30.0
"""Seconds over which the speed is measured: it changes with the rate limit."""
_EARLY, _FEW = 3.0, 5
"""Before these many seconds, or operations, there is no estimate."""
_MINUTE, _HOUR, _SOON = 60, 3600, 10


@dataclass(slots=True)
class Reading:
    """The reading of one stack.

    Attributes:
        stack: Its name.
        since: When it began, in seconds of the clock of the view.
        answered: Requests that were answered since.
    """

    stack: str
    since: float
    answered: int = 0


@dataclass(slots=True)
class Listed:
    """The reading of a whole account. Several threads write it, under the lock of the view.

    Attributes:
        since: When it began, in seconds of the clock of the view.
        answered: Requests that were answered since.
        counts: How many objects of each type were read, by what people call one.
    """

    since: float
    answered: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def parts(self) -> list[str]:
        """How far it has come, the most important first; how much there will be is not known."""
        counts = Counter(dict(self.counts))  # a copy: other threads go on
        most = (counted(number, title) for title, number in counts.most_common(3))
        return [
            f"Reading the account: {counts.total():,} objects",
            counted(self.answered, "request") + " answered",
            *(most if len(counts) > 1 else ()),
        ]


@dataclass(slots=True)
class Tally:
    """The operations of one stack. One thread writes it; others may read it at any time.

    Attributes:
        stack: Its name.
        total: How many there are.
        since: When the first could begin, in seconds of the clock of the view.
        done: How many have ended, well or not.
        failed: How many of these ended badly.
        skipped: How many will not be begun.
    """

    stack: str
    total: int
    since: float
    done: int = 0
    failed: int = 0
    skipped: int = 0
    _sent: set[str] = field(default_factory=set)
    _answers: deque[float] = field(default_factory=deque)

    @property
    def left(self) -> int:
        """How many have still to end."""
        return self.total - self.done - self.skipped

    def began(self, key: str) -> None:
        """An operation was sent."""
        self._sent.add(key)

    def ended(self, result: StepResult, now: float) -> None:
        """An operation ended. One that was not sent does not count for the speed."""
        if result.outcome is Outcome.SKIPPED:
            self.skipped += 1
            return
        self.done += 1
        self.failed += result.outcome is Outcome.FAILED
        key = result.step.key
        if key in self._sent:
            self._sent.remove(key)
            self._answers.append(now)
            while self._answers[0] < now - _WINDOW:
                self._answers.popleft()

    def seconds_left(self, now: float) -> float | None:
        """How long the rest takes at the current speed; None while that cannot be estimated."""
        count = len(self._answers)
        if not self.left or count < _FEW or now - self.since < _EARLY:
            return None
        begun = max(self.since, now - _WINDOW)
        # When responses stop arriving, the estimate grows.
        span = now - min(begun, self._answers[0])
        return self.left * span / count

    def state(self) -> list[str]:
        """Count what is in progress and what went wrong: `18 under way`, `2 failed`."""
        counts = (
            ("under way", len(self._sent)),
            ("failed", self.failed),
            ("skipped", self.skipped),
        )
        return [f"{number:,} {what}" for what, number in counts if number]


@dataclass(slots=True)
class FleetTally:
    """The accounts of a fleet. One thread writes it; others may read it at any time.

    Attributes:
        total: How many there are.
        since: When the first could begin, in seconds of the clock of the view.
        done: How many have ended, well or not.
        failed: How many of these ended badly.
    """

    total: int
    since: float
    done: int = 0
    failed: int = 0

    def parts(self, now: float) -> list[str]:
        """How far it has come: `120 of 2,000 accounts`, `3 failed`, `8.5 a second`."""
        parts = [f"{self.done:,} of {self.total:,} account{'' if self.total == 1 else 's'}"]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.done and now - self.since >= _EARLY:
            parts.append(f"{short(self.done / (now - self.since))} a second")
        return parts


def about(seconds: float) -> str:
    """Write a duration as roughly as it is known: `about 40 s`, `about 3 min`."""
    if seconds < _SOON:
        return f"about {max(1, math.ceil(seconds))} s"
    if seconds < _MINUTE:
        return f"about {math.ceil(seconds / 5) * 5} s"
    if seconds < _HOUR:
        return f"about {math.ceil(seconds / _MINUTE)} min"
    hours, minutes = divmod(math.ceil(seconds / _MINUTE), 60)
    return f"about {hours} h {minutes} min"


def short(rate: float) -> str:
    """Write a rate with one decimal, without `.0`: `22.5`."""
    return f"{rate:.1f}".removesuffix(".0")
