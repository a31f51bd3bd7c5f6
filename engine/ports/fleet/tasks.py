"""Work on the accounts of a fleet: tasks, their results, and what runs them.

A task holds names only. The process that runs it, here or on another machine, opens the
project, reads the keys from its own surroundings and the states from their store.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from engine.frozen import frozen
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import PlanReport
from engine.ports.fleet.members import Member


@frozen
class MemberTask:
    """What is to be done on one account.

    Attributes:
        root: The project folder; a worker whose ENGINE_PROJECT is set uses that one.
        fleet: Name of the fleet.
        member: The account.
        stacks: Stacks asked for; none means those of the fleet.
        options: The options of the plan.
        approved: The key of the group of equal plans that a person approved; its plan is applied if
            it is of that group. None to plan only.
        parts: Digests of what the approved plan does, one for each change: a plan that does some of
            it, since an earlier try did the others, is applied too.
        claim: Random id of the run of the whole fleet: of two tries of one task, the later one may
            take the lock of the earlier one, whose worker is lost.
        workers: How many processes work for the fleet: each keeps to that part of a rate limit.
        in_files: The states are files in the project folder, which no other folder has.
        elsewhere: It runs with another project folder than that of the command: no later run finds
            what is kept there.
    """

    root: str
    fleet: str
    member: Member
    stacks: tuple[str, ...]
    options: PlanOptions
    approved: str | None = None
    parts: frozenset[str] = frozenset()
    claim: str = ""
    workers: int = 1
    in_files: bool = False
    elsewhere: bool = False


class MemberOutcome(enum.StrEnum):
    """What became of a task."""

    UNCHANGED = "unchanged"
    """Its plan is empty."""
    PLANNED = "planned"
    """Its plan has changes, and was not to be applied."""
    APPLIED = "applied"
    """Its plan was applied as approved."""
    DIFFERS = "differs"
    """Its plan is another one than was approved: nothing was applied."""
    REFUSED = "refused"
    """A rule refuses its plan: nothing was applied."""
    FAILED = "failed"
    """It could not be planned, or an operation failed."""
    SKIPPED = "skipped"
    """It was not begun."""


DONE = (MemberOutcome.APPLIED, MemberOutcome.UNCHANGED)
"""What became of an account that is as it should be."""
WRONG = (MemberOutcome.FAILED, MemberOutcome.DIFFERS, MemberOutcome.REFUSED)
"""What became of an account that is not as it should be."""


@frozen
class Failure:
    """Why a task failed, in the words of the error.

    Attributes:
        reference: As in `engine.errors`.
        message: What happened, and to what.
        cause: Why; empty if the message says it all.
        hint: What to do next; empty if there is nothing to add.
    """

    reference: str
    message: str
    cause: str = ""
    hint: str = ""


@frozen
class MemberResult:
    """What became of one task.

    Attributes:
        member: The account.
        outcome: What became of it.
        group: Key of the group of equal plans that its plan belongs to; empty for an empty plan.
        plan: Its plan; None if it is empty or there is none.
        failure: Why it failed, or was refused; None if it was not.
        parts: Digests of what its plan does, one for each change.
        done: How many operations were carried out.
        requests: How many requests were sent to Stripe.
    """

    member: Member
    outcome: MemberOutcome
    group: str = ""
    plan: PlanReport | None = None
    failure: Failure | None = None
    parts: frozenset[str] = frozenset()
    done: int = 0
    requests: int = 0


class FleetExecutor(Protocol):
    """Runs tasks at the same time, on threads or on machines.

    An implementation MUST yield the result of each task exactly once, in the order in which they
    end; MUST ask for a task only when it can begin it, or at most a few ahead, since `tasks` ends
    early if the run is to stop; MUST begin no further task once the iterator is closed, and wait no
    more than seconds for those that run; and MAY run a task a second time if the worker that ran it
    is lost. It MUST NOT keep results that were yielded.
    """

    @property
    def workers(self) -> int:
        """How many processes run tasks."""
        ...

    @property
    def left(self) -> tuple[str, ...]:
        """Names of the accounts whose tasks still ran when a run was closed and was over."""
        ...

    def run(
        self, tasks: Iterable[MemberTask], work: Callable[[MemberTask], MemberResult]
    ) -> Iterator[MemberResult]:
        """Run tasks, and yield what became of each.

        Args:
            tasks: The tasks.
            work: Runs one of them; importable by name, so that other machines find it. It raises
                nothing: a failure is a result.
        """
        ...
