"""A fleet as text: how many accounts have which plan, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.plan.model import summary
from engine.ports.fleet.reports import FleetGroup, FleetPlan, FleetReport
from engine.ports.fleet.tasks import MemberOutcome, MemberResult
from engine.views.plural import counted

_NAMED = 5


def fleet_plan_text(plan: FleetPlan) -> str:
    """The groups of equal plans, and the accounts that could not be planned."""
    return "\n".join(_plan_lines(plan))


def fleet_report_text(report: FleetReport) -> str:
    """What became of the accounts."""
    return "\n".join(_report_lines(report))


def _plan_lines(plan: FleetPlan) -> Iterator[str]:
    yield f"Fleet {plan.fleet} ({plan.environment}), {counted(plan.size, 'account')}:"
    yield f"  {counted(len(plan.unchanged), 'account')}: no changes"
    for group in plan.groups:
        yield f"  {counted(len(group.members), 'account')}: {_counts(group)}"
        yield f"    {_some([member.name for member in group.members])}"
        for stack in group.plan.plans:
            yield from (f"    {change.action} {change.address}" for change in stack.pending)
    yield from _failures(plan.failed)


def _counts(group: FleetGroup) -> str:
    counts: dict[str, int] = {}
    for plan in group.plan.plans:
        for action, count in summary(plan).items():
            counts[action] = counts.get(action, 0) + count
    return ", ".join(f"{count} to {action}" for action, count in counts.items() if count)


def _some(names: Sequence[str]) -> str:
    shown, others = ", ".join(names[:_NAMED]), len(names) - _NAMED
    return f"{shown} and {others} others" if others > 0 else shown


def _failures(results: Sequence[MemberResult]) -> Iterator[str]:
    for result in results:
        failure = result.failure
        yield f"  {result.member.name}: {result.outcome}" + (
            f": {failure.message}" if failure else ""
        )
        if failure is not None:
            yield from (f"    {line}" for line in failure.cause.splitlines())
            if failure.hint:
                yield f"    {failure.hint}"


def _report_lines(report: FleetReport) -> Iterator[str]:
    counts = (
        f"{report.count(outcome)} {outcome}" for outcome in MemberOutcome if report.count(outcome)
    )
    yield f"Fleet {report.plan.fleet}: {', '.join(counts) or 'no changes'}"
    yield from _failures([result for result in report.results if result.failure is not None])
    if report.stopped:
        yield f"Stopped: {report.stopped}."
