"""Outcomes: what became of each step of an apply, and of those of an interrupted run."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field

from engine.errors import EngineError
from engine.frozen import frozen
from engine.plan.model import PlanReport, Step
from engine.state.model import State


class Outcome(enum.StrEnum):
    """What became of an operation."""

    APPLIED = "applied"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen
class StepResult:
    """One operation and what became of it.

    Attributes:
        step: The operation.
        outcome: What became of it.
        id: Object it ended up with; empty if none.
        error: Why it failed; None unless it did.
        because: Key of the step whose failure skipped it; empty unless skipped. The word
            `interrupted` if the person stopped the run.
    """

    step: Step
    outcome: Outcome
    id: str = ""
    error: EngineError | None = None
    because: str = ""


@frozen
class ApplyResult:
    """One stack after an apply.

    Attributes:
        stack: Stack name.
        state: State as it was last written.
        results: What became of every operation, in plan order.
        interrupted: The person stopped the run.
        unsaved: Why the state could not be written; None if it was. `state` is then what should
            have been.
    """

    stack: str
    state: State
    results: tuple[StepResult, ...] = field(default=())
    interrupted: bool = False
    unsaved: EngineError | None = None

    @property
    def failures(self) -> tuple[StepResult, ...]:
        """The operations that failed."""
        return tuple(result for result in self.results if result.outcome is Outcome.FAILED)


@frozen
class ApplyReport:
    """All stacks of one run after an apply.

    Attributes:
        plan: What was to be done.
        approved: A person approved it; False if they refused or there was nothing to do.
        results: One a stack that was begun, in order.
        requests: Calls made to Stripe, reading included.
        writes: How many of them could change something.
        ended: Stacks without a module that manage nothing any more, with how many archived objects
            their state records; 0 if it was removed.
    """

    plan: PlanReport
    approved: bool
    results: tuple[ApplyResult, ...]
    requests: int
    writes: int
    ended: Mapping[str, int] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[StepResult, ...]:
        """The operations that failed, over all stacks."""
        return tuple(failure for result in self.results for failure in result.failures)

    @property
    def not_begun(self) -> tuple[str, ...]:
        """Stacks that had something to do and were not reached."""
        begun = {result.stack for result in self.results}
        return tuple(
            plan.stack
            for plan in self.plan.plans
            if self.approved and plan.has_changes and plan.stack not in begun
        )

    @property
    def is_whole(self) -> bool:
        """Whether everything that was approved was done and recorded."""
        return not (
            self.failures
            or self.not_begun
            or any(result.interrupted or result.unsaved is not None for result in self.results)
        )


class Found(enum.StrEnum):
    """What became of an operation of an unfinished run."""

    RECORDED = "recorded"
    """It was carried out, and the journal held its result."""
    CONFIRMED = "confirmed"
    """Sent again with its own key, it succeeded, now or the first time."""
    DISCOVERED = "discovered"
    """The object that it created was found on the account."""
    NOT_DONE = "not done"
    """It did not happen; the next plan decides again."""
    LEFT = "left to the plan"
    """The next plan sees whether it happened, and decides again."""


@frozen
class RecoveredStep:
    """One operation of an unfinished run and what became of it.

    Attributes:
        address: The resource.
        what: What became of it.
        id: Object it ended up with; empty if none.
        secret_lost: Stripe returned a secret of the object once, and it was not kept.
    """

    address: str
    what: Found
    id: str = ""
    secret_lost: bool = False
