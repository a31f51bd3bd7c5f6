"""`engine apply --fleet`: plan all accounts, ask once, apply account by account.

Each account is planned again under its lock, and its plan is applied only if it does nothing but
what was approved. So a try that was interrupted is simply repeated, here or on another machine.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from engine.errors import StateError, UsageError
from engine.operations.fleet.plan import FleetRun, Planned, plan_fleet
from engine.operations.run.guards import refuse_held_at
from engine.operations.run.interrupt import stoppable
from engine.plan.checks import removals_to_confirm, unconfirmed
from engine.ports.fleet.members import Member
from engine.ports.fleet.record import FleetRecord, FleetRuns, RecordChangedError
from engine.ports.fleet.reports import FleetPlan, FleetReport
from engine.ports.fleet.tasks import DONE, Failure, MemberOutcome, MemberResult, MemberTask

INTERRUPTED: Final = "the run was interrupted"
"""Why accounts were skipped after a Ctrl-C."""
_TRIES = 10
"""How often a record is changed again that another run changed meanwhile."""


def apply_fleet(
    run: FleetRun,
    runs: FleetRuns,
    approve: Callable[[FleetPlan], bool],
    *,
    canary: int,
    max_failures: int,
    resume: str,
) -> FleetReport:
    """Plan all accounts, and apply the plans once a person approved them.

    Args:
        run: The run.
        runs: Keeps what was approved, until all of it is done.
        approve: Called once, with all plans, if they change something.
        canary: How many accounts come first; at least one of each group, if any.
        max_failures: After so many failed accounts none is begun; 0 for any number.
        resume: The command that goes on with what is left.

    Raises:
        GuardError: if a plan removes something of a live account that the options do not name.
        LockHeldError: if the fleet, or its environment, is locked.
    """
    _refuse_held(run)
    plan, planned = plan_fleet(run)
    if not plan.has_changes:
        return FleetReport(plan=plan, approved=False)
    _check_removals(run, plan)
    if not approve(plan):
        return FleetReport(plan=plan, approved=False)
    _begin(run, runs, planned)
    order = _canaries_first(plan, canary)
    first = max(canary, len(plan.groups)) if canary else 0
    return _carry_out(
        run, runs, plan, planned, order, canary=first, max_failures=max_failures, resume=resume
    )


def resume_fleet(run: FleetRun, runs: FleetRuns, *, max_failures: int, resume: str) -> FleetReport:
    """Go on with what was approved in an earlier run and is not done.

    Raises:
        UsageError: if there is no such run, or it was begun with other options.
        LockHeldError: if the fleet, or its environment, is locked.
    """
    _refuse_held(run)
    record = runs.read(run.fleet.name)
    if record is None:
        raise UsageError(
            f"no apply of fleet {run.fleet.name!r} is unfinished {runs.place}",
            hint=f"begin one: engine apply --fleet {run.fleet.name}; what is done stays done",
        )
    if (record.stacks, record.options) != (run.stacks, given(run)):
        begun = " ".join((*record.stacks, *record.options))
        raise UsageError(
            f"the unfinished apply of fleet {run.fleet.name!r} was begun with other options",
            hint=f"give the same ones: {begun}",
        )
    run = dataclasses.replace(run, claim=record.claim)
    members = tuple(member for member in run.members if member.name in record.left)
    planned = {
        member.name: Planned(
            key=record.left[member.name], parts=frozenset(record.groups[record.left[member.name]])
        )
        for member in members
    }
    plan = FleetPlan(
        fleet=run.fleet.name,
        environment=run.fleet.environment,
        stacks=run.stacks,
        former=run.former,
        destroy=run.options.destroy,
    )
    gone = () if run.everyone is None else sorted(record.left.keys() - run.everyone)
    return _carry_out(
        run,
        runs,
        plan,
        planned,
        members,
        canary=0,
        max_failures=max_failures,
        resume=resume,
        gone=gone,
    )


def _refuse_held(run: FleetRun) -> None:
    refuse_held_at(run.context, (run.fleet.name, run.fleet.environment), run.stacks)


def given(run: FleetRun) -> tuple[str, ...]:
    """The options of a run that decide what its plans are, as text."""
    return tuple(f"{flag} {value}" for flag, value in run.options.given())


def _check_removals(run: FleetRun, plan: FleetPlan) -> None:
    """Refuse removals on live accounts that the options do not name, before a person is asked."""
    schemas, confirmed = run.context.schemas, run.options.confirmed_removals
    live = run.context.settings.environment.live
    unnamed = {
        address: None
        for group in plan.groups
        if live or group.plan.livemode
        for address in removals_to_confirm(group.plan.plans, schemas, confirmed)
    }
    if unnamed:
        raise unconfirmed(tuple(unnamed), run.fleet.environment)


def _canaries_first(plan: FleetPlan, canary: int) -> tuple[Member, ...]:
    """The accounts with changes: those of all groups in turn, or group by group."""
    queues = [list(group.members) for group in plan.groups]
    if not canary:
        return tuple(member for queue in queues for member in queue)
    longest = max(map(len, queues))
    return tuple(queue[place] for place in range(longest) for queue in queues if place < len(queue))


def _carry_out(
    run: FleetRun,
    runs: FleetRuns,
    plan: FleetPlan,
    planned: Mapping[str, Planned],
    order: Sequence[Member],
    *,
    canary: int,
    max_failures: int,
    resume: str,
    gone: Sequence[str] = (),
) -> FleetReport:
    run.context.hook.fleet_started(len(order))
    with stoppable(run.context.hook.stopping) as stop:
        stages = _Stages(run, planned, stop, max_failures)
        stages.begin(order[:canary])
        if canary and stages.failed and not stages.why:
            stages.why = "an account of the canary failed"
        stages.begin(order[canary:])
    done = {result.member.name for result in stages.results if result.outcome in DONE}
    begun = {result.member.name for result in stages.results}
    skipped = tuple(
        MemberResult(member=member, outcome=MemberOutcome.SKIPPED)
        for member in order
        if member.name not in begun
    )
    return FleetReport(
        plan=plan,
        results=(*stages.results, *skipped, *map(_left_out, gone)),
        stopped=stages.why if skipped else "",
        resume=_finish(run, runs, done | {*gone}, resume, own_left=not done.issuperset(planned)),
        requests=sum(result.requests for result in stages.results),
    )


def _left_out(name: str) -> MemberResult:
    """The result of an account that was to be applied and left the fleet."""
    failure = Failure(
        reference="left-fleet",
        message="not in the fleet any more",
        cause="Nothing was done to it, and it is taken out of what is left to do.",
    )
    return MemberResult(member=Member(name=name), outcome=MemberOutcome.SKIPPED, failure=failure)


class _Stages:
    """Applies accounts until there is a reason to begin no further one."""

    def __init__(
        self,
        run: FleetRun,
        planned: Mapping[str, Planned],
        stop: threading.Event,
        max_failures: int,
    ) -> None:
        self._run = run
        self._planned = planned
        self._stop = stop
        self._most = max_failures
        self.results: list[MemberResult] = []
        self.failed = 0
        self.why = ""

    def begin(self, members: Sequence[Member]) -> None:
        """Apply accounts, and wait for all that were begun."""
        for result in self._run.results(self._tasks(members)):
            self.failed += result.outcome not in DONE
            # The plan of one that differs was never shown; the others are those that were.
            shown = result.outcome is MemberOutcome.DIFFERS
            kept = result if shown else dataclasses.replace(result, plan=None)
            self.results.append(dataclasses.replace(kept, parts=frozenset()))

    def _tasks(self, members: Sequence[Member]) -> Iterator[MemberTask]:
        for member in members:
            if self._stop.is_set():
                self.why = INTERRUPTED
            elif self._most and self.failed >= self._most:
                self.why = f"{self.failed} accounts failed (max-failures = {self._most})"
            if self.why:
                return
            yield self._run.task(member, self._planned[member.name])


def _begin(run: FleetRun, runs: FleetRuns, planned: Mapping[str, Planned]) -> None:
    """Keep what was approved, in place of what an earlier run left.

    Raises:
        StateError: if it cannot be kept; nothing was applied.
    """
    name = run.fleet.name
    record = FleetRecord(
        fleet=name,
        claim=run.claim,
        stacks=run.stacks,
        options=given(run),
        groups={group.key: tuple(sorted(group.parts)) for group in planned.values()},
        left={member: group.key for member, group in planned.items()},
    )
    for _ in range(_TRIES):
        with contextlib.suppress(RecordChangedError):
            runs.swap(name, record, expected=runs.read(name))
            return
    raise StateError(
        f"what was approved for fleet {name!r} cannot be kept {runs.place}: other runs begin there "
        "all the time",
        hint="nothing was applied; see who works on the fleet: engine lock",
    )


def _finish(
    run: FleetRun, runs: FleetRuns, done: Collection[str], resume: str, *, own_left: bool
) -> str:
    """Take what is done out of the record.

    Another run may go on with the same record at the same time: each takes out what it did. A
    record that could not be changed has more than is left, which a resume finds out.

    Args:
        run: The run.
        runs: Keeps the record.
        done: The accounts that are done.
        resume: The command that goes on with the record.
        own_left: An account of this run is not done.

    Returns:
        The command that goes on with what is left; empty if nothing is.
    """
    name = run.fleet.name
    with contextlib.suppress(StateError):
        for _ in range(_TRIES):
            record = runs.read(name)
            if record is None:
                return ""
            if record.claim != run.claim:  # another approval took its place
                return f"engine apply --fleet {name}" if own_left else ""
            left = {member: key for member, key in record.left.items() if member not in done}
            groups = {key: record.groups[key] for key in left.values()}
            rest = dataclasses.replace(record, groups=groups, left=left) if left else None
            with contextlib.suppress(RecordChangedError):
                runs.swap(name, rest, expected=record)
                return resume if left else ""
    return resume if own_left else ""
