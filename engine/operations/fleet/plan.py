"""`engine plan --fleet`: the plans of all accounts, equal ones in groups."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence

from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.plan.inputs.options import PlanOptions
from engine.ports.fleet.members import Member
from engine.ports.fleet.reports import FleetGroup, FleetPlan
from engine.ports.fleet.tasks import Failure, FleetExecutor, MemberOutcome, MemberResult, MemberTask
from engine.settings.fleets import Fleet

Work = Callable[[MemberTask], MemberResult]
"""Runs one task; it raises nothing."""


@frozen
class FleetRun:
    """What every part of a run on a fleet needs.

    Attributes:
        context: The ports of the fleet's own environment: whom to notify, where runs are recorded.
        fleet: The fleet.
        members: Its accounts that are meant, in order.
        stacks: The stacks asked for.
        options: What the person asked for.
        executor: Runs the tasks.
        work: Runs one of them.
        claim: Random id of the run.
        former: Names of accounts that are not in the fleet any more, and whose states have
            resources.
        everyone: Names of all accounts of the fleet; None for those that are meant.
    """

    context: Context
    fleet: Fleet
    members: tuple[Member, ...]
    stacks: tuple[str, ...]
    options: PlanOptions
    executor: FleetExecutor
    work: Work
    claim: str
    former: tuple[str, ...] = ()
    everyone: frozenset[str] | None = None

    def task(self, member: Member, group: Planned | None = None) -> MemberTask:
        """The task for an account: to plan it, or to apply the plan of its group."""
        return MemberTask(
            root=str(self.context.settings.root),
            fleet=self.fleet.name,
            member=member,
            stacks=self.stacks,
            options=self.options,
            approved=None if group is None else group.key,
            parts=frozenset() if group is None else group.parts,
            claim=self.claim,
            workers=self.executor.workers,
            in_files=self.context.settings.state == "file",
        )

    def results(self, tasks: Iterator[MemberTask]) -> Iterator[MemberResult]:
        """Run tasks, and notify the hook of each that ended."""
        with contextlib.closing(_closable(self.executor.run(tasks, self.work))) as results:
            for result in results:
                self.context.hook.member_finished(result)
                yield result


@frozen
class Planned:
    """What the plans of a group have in common.

    Attributes:
        key: The key of the group.
        parts: What the plans do.
    """

    key: str
    parts: frozenset[str]


def plan_fleet(run: FleetRun) -> tuple[FleetPlan, dict[str, Planned]]:
    """Plan all accounts.

    Returns:
        The plans, and for each account with changes, by name, what its plan does.
    """
    run.context.hook.fleet_started(len(run.members))
    first: dict[str, MemberResult] = {}
    groups: dict[str, list[str]] = {}
    unchanged: list[str] = []
    failed: list[MemberResult] = []
    planned: dict[str, Planned] = {}
    accounts: dict[tuple[str, bool | None], list[str]] = {}
    order = {member.name: number for number, member in enumerate(run.members)}
    requests = 0
    for result in run.results(run.task(member) for member in run.members):
        requests += result.requests
        name = result.member.name
        if result.outcome is MemberOutcome.UNCHANGED:
            unchanged.append(name)
        elif result.outcome is MemberOutcome.PLANNED:
            # Only one plan of each group is kept: a large fleet must not fill the memory.
            # That of its first account, whichever ends first: equal runs show equal plans.
            group = first.get(result.group, result)
            first[result.group] = min(group, result, key=lambda one: order[one.member.name])
            planned[name] = Planned(key=group.group, parts=group.parts)
            groups.setdefault(result.group, []).append(name)
            if result.plan is not None and not result.plan.embedded:
                place = (result.plan.account_id, result.plan.livemode)
                accounts.setdefault(place, []).append(name)
        else:
            failed.append(result)
    for (account, _), names in accounts.items():
        if account and len(names) > 1:
            failed += (_one_account(run, name, account, names) for name in sorted(names))
            for name in names:
                groups[planned.pop(name).key].remove(name)
    plan = FleetPlan(
        fleet=run.fleet.name,
        environment=run.fleet.environment,
        stacks=run.stacks,
        groups=tuple(
            sorted(
                (_group(run, first[key], names) for key, names in groups.items() if names),
                key=lambda group: (-len(group.members), order[group.members[0].name]),
            )
        ),
        unchanged=_members(run, unchanged),
        failed=tuple(sorted(failed, key=lambda result: order[result.member.name])),
        requests=requests,
        former=run.former,
        destroy=run.options.destroy,
    )
    return plan, planned


def _group(run: FleetRun, result: MemberResult, names: Sequence[str]) -> FleetGroup:
    if result.plan is None:  # pragma: no cover - a plan with changes is there
        raise AssertionError(result.member.name)
    return FleetGroup(key=result.group, plan=result.plan, members=_members(run, names))


def _one_account(run: FleetRun, name: str, account: str, names: Sequence[str]) -> MemberResult:
    """The failure of a member whose account is another member's, too."""
    return MemberResult(
        member=_members(run, (name,))[0],
        outcome=MemberOutcome.FAILED,
        failure=Failure(
            reference="account-twice",
            message=f"account {account} is in the fleet {len(names)} times",
            cause="It would get everything more than once.",
            hint="give each the key of its own account, or leave all but one out",
        ),
    )


def _members(run: FleetRun, names: Sequence[str]) -> tuple[Member, ...]:
    wanted = set(names)
    return tuple(member for member in run.members if member.name in wanted)


def _closable(results: Iterator[MemberResult]) -> Generator[MemberResult, None, None]:
    """The same as a generator, which can be closed."""
    yield from results
