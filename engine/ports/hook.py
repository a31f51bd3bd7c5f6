"""What a run tells whoever watches.

Light: whoever opens a project has one. What must not live here: what it is told of (`events`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.plan.model import Step
from engine.ports.outcomes import ApplyResult, Finding, StepResult


class Traffic(Protocol):
    """How requests to Stripe fare right now, for whoever shows it.

    An implementation MUST answer at once, and at any time from any thread.
    """

    @property
    def waiting(self) -> int:
        """Requests that wait until the rate lets them be sent."""
        ...

    @property
    def rate(self) -> float | None:
        """Requests a second that the account is asked; None for no limit."""
        ...


class Hook:
    """Told of everything that happens while commands run; does nothing by itself.

    `answered` and `slowed` are called from the threads that speak to Stripe, in the middle of
    whatever else is told; all others from the thread that the run was begun in.
    """

    def waiting_for_lock(self, stack: str, owner: str) -> None:
        """Another run holds the lock of `stack`."""

    def recovered(self, stack: str, since: str, findings: Sequence[Finding]) -> None:
        """An earlier run of `stack`, begun at `since`, had not finished, and was taken up."""

    def connected(self, traffic: Traffic) -> None:
        """Stripe is spoken to from here on."""

    def answered(self) -> None:
        """Stripe answered a request."""

    def refreshing(self, stack: str, count: int) -> None:
        """`count` objects of `stack` are about to be read, and what else its plan needs."""

    def refreshed(self, stack: str) -> None:
        """All that the plan of `stack` needs has been read."""

    def apply_started(self, stack: str, count: int) -> None:
        """`count` operations are about to begin."""

    def step_started(self, step: Step) -> None:
        """An operation is about to be sent."""

    def step_finished(self, result: StepResult) -> None:
        """An operation ended, or was skipped."""

    def slowed(self, rate: float) -> None:
        """Stripe refused requests for their rate; it goes on at `rate` a second."""

    def stopping(self) -> None:
        """The person asked the run to stop; what is in flight finishes."""

    def apply_finished(self, result: ApplyResult) -> None:
        """The last operation of a stack ended."""
