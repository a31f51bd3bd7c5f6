"""`engine apply --fleet`: plan all accounts, ask once, apply account by account.

Each account is planned again under its lock, and its plan is applied only if it does nothing but
what was approved. So a try that was interrupted is simply repeated, here or on another machine.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from engine.errors import UsageError
from engine.operations.fleet.plan import FleetRun, Planned, plan_fleet
from engine.operations.run.interrupt import stoppable
from engine.plan.checks import removals_to_confirm, unconfirmed
from engine.ports.fleet.members import Member
from engine.ports.fleet.record import FleetRecord, FleetRuns
from engine.ports.fleet.reports import FleetPlan, FleetReport
from engine.ports.fleet.tasks import DONE, MemberOutcome, MemberResult, MemberTask

INTERRUPTED: Final = "the run was interrupted"
"""Why accounts were skipped after a Ctrl-C."""


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
    """
    plan, planned = plan_fleet(run)
    if not plan.has_changes:
        return FleetReport(plan=plan, approved=False)
    _check_removals(run, plan)
    if not approve(plan):
        return FleetReport(plan=plan, approved=False)
    order = _canaries_first(plan, canary)
    first = max(canary, len(plan.groups)) if canary else 0
    return _carry_out(
        run, runs, plan, planned, order, canary=first, max_failures=max_failures, resume=resume
    )


def resume_fleet(run: FleetRun, runs: FleetRuns, *, max_failures: int, resume: str) -> FleetReport:
    """Go on with what was approved in an earlier run and is not done.

    Raises:
        UsageError: if there is no such run, or it was begun with other options.
    """
    record = runs.read(run.fleet.name)
    if record is None:
        raise UsageError(
            f"no apply of fleet {run.fleet.name!r} is unfinished on this machine",
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
    )
    return _carry_out(
        run,
        runs,
        plan,
        planned,
        members,
        canary=0,
        max_failures=max_failures,
        resume=resume,
        others=_others(record, planned),
    )


def given(run: FleetRun) -> tuple[str, ...]:
    """The options of a run that decide what its plans are, as text."""
    return tuple(f"{flag} {value}" for flag, value in run.options.given())


def _others(record: FleetRecord, planned: Mapping[str, Planned]) -> dict[str, Planned]:
    """What is left for accounts that this run leaves out."""
    return {
        name: Planned(key=key, parts=frozenset(record.groups[key]))
        for name, key in record.left.items()
        if name not in planned
    }


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
    others: Mapping[str, Planned] | None = None,
) -> FleetReport:
    left = {**(others or {}), **planned}
    runs.write(_record(run, left))
    run.context.hook.fleet_started(len(order))
    with stoppable(run.context.hook.stopping) as stop:
        stages = _Stages(run, planned, stop, max_failures)
        stages.begin(order[:canary])
        if canary and stages.failed and not stages.why:
            stages.why = "an account of the canary failed"
        stages.begin(order[canary:])
    done = {result.member.name for result in stages.results if result.outcome in DONE}
    left = {name: group for name, group in left.items() if name not in done}
    if left:
        runs.write(_record(run, left))
    else:
        runs.remove(run.fleet.name)
    begun = {result.member.name for result in stages.results}
    skipped = tuple(
        MemberResult(member=member, outcome=MemberOutcome.SKIPPED)
        for member in order
        if member.name not in begun
    )
    return FleetReport(
        plan=plan,
        results=(*stages.results, *skipped),
        stopped=stages.why if skipped else "",
        resume=resume if left else "",
        requests=sum(result.requests for result in stages.results),
    )


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


def _record(run: FleetRun, left: Mapping[str, Planned]) -> FleetRecord:
    return FleetRecord(
        fleet=run.fleet.name,
        claim=run.claim,
        stacks=run.stacks,
        options=given(run),
        groups={group.key: tuple(sorted(group.parts)) for group in left.values()},
        left={name: group.key for name, group in left.items()},
    )
