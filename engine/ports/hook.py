"""The hook: what is notified while a command runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from engine.plan.model import Step
from engine.ports.outcomes import ApplyResult, RecoveredStep, StepResult

if TYPE_CHECKING:
    from engine.ports.fleet.tasks import MemberResult


class Traffic(Protocol):
    """How many requests to Stripe wait now, and at which rate they are sent.

    An implementation MUST return at once, at any time and in any thread.
    """

    @property
    def waiting(self) -> int:
        """Requests that wait because of the rate limit."""
        ...

    @property
    def rate(self) -> float | None:
        """Requests a second; None for no limit."""
        ...


class Hook:
    """Notified of everything that happens while a command runs; does nothing by itself.

    An implementation MUST NOT raise, whatever it is notified of and in whatever order: the run goes
    on without it, even if what it writes to is gone. It MUST take `answered`, `listed` and
    `slowed` from several threads at once, at any moment between other notifications; all others
    come from the thread that began the run.
    """

    def waiting_for_lock(self, stack: str, owner: str) -> None:
        """Another run holds the lock of `stack`."""

    def recovered(self, stack: str, since: str, findings: Sequence[RecoveredStep]) -> None:
        """An earlier run of `stack`, begun at `since`, had not finished and was recovered."""

    def connected(self, traffic: Traffic) -> None:
        """Requests are sent to Stripe from now on."""

    def answered(self) -> None:
        """Stripe answered a request."""

    def refreshing(self, stack: str, count: int) -> None:
        """`count` objects of `stack` and what else its plan needs are about to be read."""

    def refreshed(self, stack: str) -> None:
        """All that the plan of `stack` needs has been read."""

    def surveying(self) -> None:
        """The lists of the account are about to be read."""

    def listed(self, title: str, count: int) -> None:
        """`count` more objects were read of the type that people call `title`."""

    def surveyed(self) -> None:
        """All lists of the account have been read."""

    def apply_started(self, stack: str, count: int) -> None:
        """`count` operations are about to begin."""

    def step_started(self, step: Step) -> None:
        """An operation is about to be sent."""

    def step_finished(self, result: StepResult) -> None:
        """An operation ended, or was skipped."""

    def slowed(self, rate: float) -> None:
        """Stripe refused requests for their rate; the run continues at `rate` a second."""

    def stopping(self) -> None:
        """The person asked the run to stop; requests in flight finish."""

    def apply_finished(self, result: ApplyResult) -> None:
        """The last operation of a stack ended."""

    def fleet_started(self, total: int) -> None:
        """`total` accounts of a fleet are about to be planned, or applied."""

    def member_finished(self, result: MemberResult) -> None:
        """An account of a fleet was planned, or applied."""
