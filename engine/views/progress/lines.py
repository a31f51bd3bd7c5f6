"""Progress as lines.

A stream that breaks while operations run is no reason to stop them, so nothing here raises.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from engine.plan.model import Step, StepKind
from engine.ports.fleet.tasks import MemberOutcome, MemberResult
from engine.ports.hook import Hook, Traffic
from engine.ports.outcomes import ApplyResult, Outcome, RecoveredStep, StepResult
from engine.redaction import hide
from engine.views import vocabulary
from engine.views.plural import counted
from engine.views.progress.counters import FleetTally, Listed, Reading, Tally, about, short
from engine.views.style import PLAIN, Style, on_a_line, visible

_PERIOD = 10.0
"""Seconds between two summaries, and between two lines about the rate."""
_MANY = 100
"""With more operations than this, only their ends are written: 10,000 beginnings are too many to
read."""

_ACCOUNTS = 100
"""Accounts of a fleet after which a line says how many have ended."""
_FAILED = 20
"""Accounts of a fleet that have a line each if they fail: all may fail for one reason."""

_OUTCOME_COLOURS = {Outcome.APPLIED: "green", Outcome.FAILED: "red", Outcome.SKIPPED: "yellow"}


class LineProgress(Hook):
    """Writes each event as a line, for logs and pipes.

    A long run is summed up from time to time, when something happens: there is no timer.

    Args:
        stream: Where lines go.
        style: Decoration.
        verbose: Write also about reading, and about each beginning.
        clock: Returns seconds that never decrease.
    """

    def __init__(
        self,
        stream: TextIO,
        style: Style = PLAIN,
        *,
        verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._style = style
        self._verbose = verbose
        self._clock = clock
        # Reentrant: a signal may arrive at any moment.
        self._lock = threading.RLock()
        self._traffic: Traffic | None = None
        self._reading: Reading | None = None
        self._listed: Listed | None = None
        self._tally: Tally | None = None
        self._fleet: FleetTally | None = None
        self._summed_up = self._slowed = float("-inf")

    def close(self) -> None:
        """Leave the terminal as it was; may be called again."""

    def connected(self, traffic: Traffic) -> None:
        """Requests are sent to Stripe from now on."""
        self._traffic = traffic

    def waiting_for_lock(self, stack: str, owner: str) -> None:
        """Another run holds the lock of `stack`."""
        self._write(f"Stack {stack} is locked by {owner or 'another run'}; waiting…")

    def recovered(self, stack: str, since: str, findings: Sequence[RecoveredStep]) -> None:
        """An earlier run of `stack` was interrupted, and this run finished it."""
        self._write(
            f"Stack {stack}: a run of {since} had not finished. What became of its operations:"
        )
        for finding in findings:
            self._write(f"  {finding.address}: {vocabulary.what_happened(finding)}")

    def refreshing(self, stack: str, count: int) -> None:
        """`count` objects of `stack` are about to be read."""
        if self._verbose and count:
            self._write(f"Stack {stack}: reading {counted(count, 'object')}…")
        self._summed_up = self._clock()
        self._reading = Reading(stack, self._summed_up)

    def answered(self) -> None:
        """Stripe answered a request."""
        with self._lock:
            under_way = self._reading or self._listed
            if under_way is not None:
                under_way.answered += 1
                self._look()

    def surveying(self) -> None:
        """The lists of the account are about to be read."""
        with self._lock:
            self._summed_up = self._clock()
            self._listed = Listed(self._summed_up)

    def listed(self, title: str, count: int) -> None:
        """Some more objects were read."""
        with self._lock:
            if self._listed is not None:
                self._listed.counts[title] += count

    def surveyed(self) -> None:
        """All lists of the account have been read."""
        with self._lock:
            if self._listed is not None and self._verbose:
                self._write(", ".join(self._listed.parts()))
            self._listed = None

    def refreshed(self, stack: str) -> None:  # noqa: ARG002 - the port's signature
        """All that a plan needs has been read."""
        with self._lock:
            self._reading = None

    def apply_started(self, stack: str, count: int) -> None:
        """`count` operations are about to begin."""
        if self._verbose:
            self._write(f"Stack {stack}: {counted(count, 'operation')} to do")
        self._summed_up = self._clock()
        self._tally = Tally(stack, count, self._summed_up)

    def step_started(self, step: Step) -> None:
        """An operation is about to be sent."""
        if self._tally is not None:
            self._tally.began(step.key)
        if step.kind not in _SILENT and not self._is_too_much():
            on = vocabulary.on_account(step.account)
            self._write(f"{step.address}: {vocabulary.doing(step)}{on}…")

    def step_finished(self, result: StepResult) -> None:
        """An operation ended, or was skipped."""
        if self._tally is not None:
            self._tally.ended(result, self._clock())
        self._write_end(result)
        self._look()

    def apply_finished(self, result: ApplyResult) -> None:  # noqa: ARG002 - the port's signature
        """The last operation of a stack ended."""
        self._tally = None

    def fleet_started(self, total: int) -> None:
        """The accounts of a fleet are about to be planned, or applied."""
        self._fleet = FleetTally(total, self._clock())

    def member_finished(self, result: MemberResult) -> None:
        """An account of a fleet has ended: a line if it failed, and after so many."""
        fleet = self._fleet
        if fleet is None:
            return
        fleet.done += 1
        bad = result.outcome in _BAD
        fleet.failed += bad
        if (bad and fleet.failed <= _FAILED) or self._verbose:
            why = f": {on_a_line(result.failure.message)}" if result.failure else ""
            text = self._style.paint(f"{result.outcome}{why}", "red" if bad else "green")
            self._write(f"{on_a_line(result.member.name)}: {text}")
        elif bad and fleet.failed == _FAILED + 1:
            self._write("Further accounts that fail are counted here, and listed at the end.")
        if fleet.done % _ACCOUNTS == 0:
            self._count_accounts(fleet)

    def _count_accounts(self, fleet: FleetTally) -> None:
        self._write(", ".join(fleet.parts(self._clock())))

    def slowed(self, rate: float) -> None:
        """Stripe refused requests for their rate; of several refusals in a row one is reported."""
        with self._lock:
            now = self._clock()
            if now - self._slowed >= _PERIOD:
                self._slowed = now
                self._write(f"Stripe limits the rate: going on at {short(rate)} requests/s")

    def _is_too_much(self) -> bool:
        """Whether there are too many operations to write about each beginning and each skip."""
        return self._tally is not None and self._tally.total > _MANY and not self._verbose

    def _write_end(self, result: StepResult) -> None:
        step = result.step
        if result.outcome is Outcome.APPLIED and step.kind in _SILENT:
            return
        if result.because in _STOPPED and self._is_too_much():
            return
        text = {
            Outcome.APPLIED: f"{vocabulary.done(step)}{f' [{result.id}]' if result.id else ''}",
            Outcome.FAILED: f"could not be {vocabulary.done(step)}",
            Outcome.SKIPPED: f"not {vocabulary.done(step)}, since {_reason(result)}",
        }[result.outcome]
        self._write(f"{step.address}: {self._style.paint(text, _OUTCOME_COLOURS[result.outcome])}")

    def stopping(self) -> None:
        """The person asked the run to stop."""
        self._write(
            "Stopping: what is in flight finishes and is recorded. Once more stops at once."
        )

    def _look(self) -> None:
        """Write a summary if the last one is old enough."""
        now = self._clock()
        if now - self._summed_up >= _PERIOD:
            self._summed_up = now
            for line in self._summary(now):
                self._write(line)

    def _summary(self, now: float) -> list[str]:
        waiting = held_back(self._traffic)
        if self._tally is not None and self._tally.left:
            tally, left = self._tally, self._tally.seconds_left(now)
            parts = [
                f"Stack {tally.stack}: {tally.done:,} of {tally.total:,} done",
                *tally.state(),
                *([waiting] if waiting else []),
                *([f"{about(left)} left"] if left is not None else []),
            ]
            return [", ".join(parts)]
        if self._reading is not None:
            done = counted(self._reading.answered, "request")
            return [
                f"Stack {self._reading.stack}: still reading, {done} answered"
                + (f", {waiting}" if waiting else "")
            ]
        if self._listed is not None:
            return [", ".join([*self._listed.parts(), *([waiting] if waiting else [])])]
        return []

    def _write(self, line: str) -> None:
        # A signal may arrive in the middle of a line; its own line is then written by itself.
        with self._lock, contextlib.suppress(OSError, ValueError, RuntimeError):
            self._stream.write(f"{visible(hide(line))}\n")
            self._stream.flush()


class SilentProgress(LineProgress):
    """Writes nothing: for formats that are not for people."""

    def _write(self, line: str) -> None:
        pass


_SILENT = (StepKind.RECORD,)
_BAD = (MemberOutcome.FAILED, MemberOutcome.REFUSED, MemberOutcome.DIFFERS)
_STOPPED = {
    "interrupted": "the run was stopped",
    "unsaved": "the state could not be written",
}


def _reason(result: StepResult) -> str:
    if result.because in _STOPPED:
        return _STOPPED[result.because]
    return f"{result.because or 'something before it'} failed"


def held_back(traffic: Traffic | None) -> str:
    """Say how many requests the rate holds back; empty if there are none."""
    if traffic is None or not traffic.waiting:
        return ""
    rate = f" ({short(traffic.rate)}/s)" if traffic.rate is not None else ""
    return f"{traffic.waiting} waiting for the rate limit{rate}"
