"""What plan and apply do with `--fleet`: the same stacks on many accounts."""

from __future__ import annotations

import contextlib
import secrets
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.cli.invocation import Invocation
from engine.cli.writing import answer, need_consent
from engine.errors import InterruptedRunError

if TYPE_CHECKING:
    from engine.operations.fleet.plan import FleetRun
    from engine.plan.inputs.options import PlanOptions
    from engine.ports.fleet.reports import FleetPlan, FleetReport
    from engine.ports.fleet.tasks import FleetExecutor

CHANGES, REFUSED = 2, 4


@contextlib.contextmanager
def fleet_run(
    invocation: Invocation,
    name: str,
    stacks: tuple[str, ...],
    chosen: PlanOptions,
    *,
    only: tuple[str, ...],
    without: tuple[str, ...],
    fleet_parallelism: int | None,
    dask: str | None,
    claim: str = "",
) -> Iterator[FleetRun]:
    """Find the accounts of a fleet, and wire a run on them."""
    from engine.bootstrap.fleet import open_fleet, work
    from engine.bootstrap.members import members
    from engine.cli.fleet.options import refuse_with_dask
    from engine.operations.fleet.members import select
    from engine.operations.fleet.plan import FleetRun
    from engine.stack.loader import select_stacks

    claim = claim or secrets.token_hex(16)
    with invocation.opening_fleet() as (root, common):
        context, fleet = open_fleet(root, name, claim, **common)
        names = stacks or fleet.stacks
        found = tuple(select_stacks(context.settings.stacks, names))
        chosen_members = select(fleet, members(context, fleet), only, without)
        if dask is not None:
            refuse_with_dask(context.settings, fleet_parallelism, common["variables"], dask)
        with _executor(fleet_parallelism, dask) as executor:
            yield FleetRun(
                context=context,
                fleet=fleet,
                members=chosen_members,
                stacks=found,
                options=chosen,
                executor=executor,
                work=work,
                claim=claim,
            )


def _executor(
    parallelism: int | None, dask: str | None
) -> contextlib.AbstractContextManager[FleetExecutor]:
    if dask is not None:
        from engine.backends.executors.dask import DaskExecutor

        return DaskExecutor(dask)
    from engine.apply.executor import IN_FLIGHT
    from engine.backends.executors.threads import PARALLELISM, PoolExecutor

    # Requests may be in flight in these threads: a second Ctrl-C does not wait for them.
    return contextlib.nullcontext(
        PoolExecutor(parallelism or PARALLELISM, threads=f"{IN_FLIGHT}-fleet")
    )


def plan(
    invocation: Invocation,
    name: str,
    stacks: tuple[str, ...],
    chosen: PlanOptions,
    *,
    detailed_exitcode: bool,
    **typed: Any,
) -> int:
    """Plan a fleet, and return the exit code."""
    from engine.operations.fleet.plan import plan_fleet

    try:
        with fleet_run(invocation, name, stacks, chosen, **typed) as run:
            report, _ = plan_fleet(run)
    except KeyboardInterrupt:
        raise InterruptedRunError("interrupted while the accounts were planned") from None
    invocation.write_out(invocation.report_view.fleet_plan(report))
    if report.failed:
        return _failed_code(report)
    return CHANGES if detailed_exitcode and report.has_changes else 0


def apply(
    invocation: Invocation,
    name: str,
    stacks: tuple[str, ...],
    chosen: PlanOptions,
    *,
    yes: bool,
    canary: int | None,
    max_failures: int | None,
    resume: bool,
    **typed: Any,
) -> int:
    """Apply a fleet, or go on with an earlier apply of it, and return the exit code."""
    from engine.backends.fleet_runs import FileFleetRuns
    from engine.operations.fleet.apply import INTERRUPTED, apply_fleet, resume_fleet

    if not resume:
        look = f"engine plan --fleet {name}"
        need_consent(invocation, f"apply --fleet {name}", yes=yes, look=look)

    def approve(plan: FleetPlan) -> bool:
        if invocation.for_people:
            invocation.write_out(invocation.report_view.fleet_plan(plan), end="\n\n")
        return yes or answer(invocation, _question(plan)) == "yes"

    try:
        with fleet_run(invocation, name, stacks, chosen, **typed) as run:
            runs = FileFleetRuns(run.context.settings.private)
            most = run.fleet.max_failures if max_failures is None else max_failures
            again = _resume(invocation)
            if resume:
                report = resume_fleet(run, runs, max_failures=most, resume=again)
            else:
                first = run.fleet.canary if canary is None else canary
                report = apply_fleet(
                    run, runs, approve, canary=first, max_failures=most, resume=again
                )
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"the apply of fleet {name!r} was stopped at once",
            hint=f"if accounts were begun: {_resume(invocation)}; else nothing was changed",
        ) from None
    return _end(invocation, report, interrupted=report.stopped == INTERRUPTED)


def _end(invocation: Invocation, report: FleetReport, *, interrupted: bool) -> int:
    """Show what became of the accounts, and return the exit code."""
    if not report.approved and report.plan.has_changes:
        invocation.write_err("Apply cancelled. Nothing was changed.")
        return 1
    page = invocation.report_view
    only_plan = invocation.for_people and not report.approved
    shown = page.fleet_plan(report.plan) if only_plan else page.fleet_report(report)
    invocation.write_out(shown)
    if report.resume and not invocation.for_people:  # a page for people says it itself
        invocation.write_note(f"\nWhat is done stays done. To go on: {report.resume}")
    if interrupted:
        return InterruptedRunError.exit_code
    if report.approved and report.failed:
        return 1
    return _failed_code(report.plan) if report.plan.failed else 0


def _question(plan: FleetPlan) -> str:
    count = sum(len(group.members) for group in plan.groups)
    groups = f"{len(plan.groups)} group{'s' if len(plan.groups) > 1 else ''} of equal plans"
    left_out = f"; {len(plan.failed)} are left out" if plan.failed else ""
    accounts = f"{count} account{'s' if count > 1 else ''}"
    return f"Apply {groups} to {accounts}{left_out}? Only yes is accepted: "


def _resume(invocation: Invocation) -> str:
    """The command line as typed, to go on with."""
    words = [word for word in invocation.words if word not in ("--yes", "--resume")]
    return shlex.join(["engine", *words, "--resume"])


def _failed_code(plan: FleetPlan) -> int:
    from engine.ports.fleet.tasks import MemberOutcome

    refused = all(result.outcome is MemberOutcome.REFUSED for result in plan.failed)
    return REFUSED if refused else 1
