"""What plan and apply do with `--fleet`: the same stacks on many accounts."""

from __future__ import annotations

import contextlib
import secrets
import shlex
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from engine.cli.invocation import Invocation
from engine.cli.writing import answer, need_consent
from engine.errors import EngineError, InterruptedRunError

if TYPE_CHECKING:
    from engine.operations.fleet.plan import FleetRun
    from engine.plan.inputs.options import PlanOptions
    from engine.ports.fleet.reports import FleetPlan, FleetReport
    from engine.ports.fleet.tasks import FleetExecutor, MemberResult

CHANGES, REFUSED = 2, 4
_ONLY = "Only yes is accepted: "
_NAMED = 5
"""Accounts that failed, or were in the middle of their work, and that stderr names."""


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
    from engine.backends.fleet_failures import FileFleetFailures
    from engine.bootstrap.fleet import open_fleet, work
    from engine.bootstrap.members import former, members
    from engine.cli.fleet.options import refuse_with_dask
    from engine.operations.fleet.members import select
    from engine.operations.fleet.plan import FleetRun
    from engine.stack.loader import select_stacks

    claim = claim or secrets.token_hex(16)
    with invocation.opening_fleet() as (root, common):
        context, fleet = open_fleet(root, name, claim, **common)
        names = stacks or fleet.stacks
        found = tuple(select_stacks(context.settings.stacks, names))
        failures = FileFleetFailures(context.settings.private, fleet.name)
        known = members(context, fleet)
        by_name = {member.name for member in known}
        meant, left_out = (failures.meant(words, by_name) for words in (only, without))
        chosen_members = select(fleet, known, meant, left_out)
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
                former=former(context, fleet, known),
                everyone=frozenset(by_name),
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
    report = planned(invocation, name, stacks, chosen, **typed)
    invocation.write_out(invocation.report_view.fleet_plan(report))
    code = end_of_plan(invocation, report)
    return code or (CHANGES if detailed_exitcode and report.has_changes else 0)


def planned(
    invocation: Invocation,
    name: str,
    stacks: tuple[str, ...],
    chosen: PlanOptions,
    **typed: Any,
) -> FleetPlan:
    """Plan a fleet."""
    from engine.operations.fleet.plan import plan_fleet

    try:
        with fleet_run(invocation, name, stacks, chosen, **typed) as run:
            report, _ = plan_fleet(run)
            note_failures(run, report)
    except KeyboardInterrupt:
        raise InterruptedRunError("interrupted while the accounts were planned") from None
    return report


def end_of_plan(invocation: Invocation, report: FleetPlan) -> int:
    """Say which accounts could not be planned, and return the exit code."""
    if not report.failed:
        return 0
    way_on = f"engine plan --fleet {report.fleet} --only @failed"
    _say_what_failed(invocation, report.failed, way_on)
    return _failed_code(report)


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
    """Apply or destroy a fleet, or go on with an earlier try, and return the exit code."""
    from engine.bootstrap.fleet import fleet_runs
    from engine.operations.fleet.apply import INTERRUPTED, apply_fleet, resume_fleet

    operation = "Destroy" if chosen.destroy else "Apply"
    if not resume:
        look = f"engine plan --fleet {name}{' --destroy' if chosen.destroy else ''}"
        need_consent(invocation, f"{operation.lower()} --fleet {name}", yes=yes, look=look)

    def approve(plan: FleetPlan) -> bool:
        if invocation.for_people:
            invocation.write_out(invocation.report_view.fleet_plan(plan), end="\n\n")
        return yes or answer(invocation, _question(plan)) == "yes"

    run: FleetRun | None = None
    try:
        with fleet_run(invocation, name, stacks, chosen, **typed) as run:
            runs = fleet_runs(run.context)
            most = run.fleet.max_failures if max_failures is None else max_failures
            again = _resume(invocation)
            if resume:
                report = resume_fleet(run, runs, max_failures=most, resume=again)
            else:
                first = run.fleet.canary if canary is None else canary
                report = apply_fleet(
                    run, runs, approve, canary=first, max_failures=most, resume=again
                )
            note_failures(run, report.plan, report.results)
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"the {operation.lower()} of fleet {name!r} was stopped at once",
            cause=_underway(run.executor.left) if run is not None else None,
            hint=f"if accounts were begun: {_resume(invocation)}; else nothing was changed",
        ) from None
    return _end(invocation, report, operation, interrupted=report.stopped == INTERRUPTED)


def _end(invocation: Invocation, report: FleetReport, operation: str, *, interrupted: bool) -> int:
    """Show what became of the accounts, and return the exit code."""
    if not report.approved and report.plan.has_changes:
        invocation.write_err(f"{operation} cancelled. Nothing was changed.")
        return 1
    page = invocation.report_view
    only_plan = invocation.for_people and not report.approved
    shown = page.fleet_plan(report.plan) if only_plan else page.fleet_report(report)
    invocation.write_out(shown)
    if report.resume and not invocation.for_people:  # a page for people says it itself
        invocation.write_note(f"\nWhat is done stays done. To go on: {report.resume}")
    _say_what_failed(invocation, wrong(report.plan, report.results), _way_on(report, operation))
    if interrupted:
        return InterruptedRunError.exit_code
    if report.approved and report.failed:
        return 1
    return _failed_code(report.plan) if report.plan.failed else 0


def _way_on(report: FleetReport, operation: str) -> str:
    again = f"engine {operation.lower()} --fleet {report.plan.fleet} --only @failed"
    return report.resume or again


def wrong(plan: FleetPlan, results: Iterable[MemberResult] = ()) -> list[MemberResult]:
    """The accounts that could not be planned, or are not as their plan says."""
    from engine.ports.fleet.tasks import WRONG

    return [*plan.failed, *(result for result in results if result.outcome in WRONG)]


def note_failures(run: FleetRun, plan: FleetPlan, results: Iterable[MemberResult] = ()) -> None:
    """Note what `--only @failed` means from now on."""
    from engine.backends.fleet_failures import FileFleetFailures
    from engine.ports.fleet.tasks import DONE

    results = tuple(results)
    done = {member.name for member in plan.unchanged}
    done |= {result.member.name for result in results if result.outcome in DONE}
    failed = [result.member.name for result in wrong(plan, results)]
    FileFleetFailures(run.context.settings.private, run.fleet.name).note(done, failed)


def _say_what_failed(invocation: Invocation, failed: Iterable[MemberResult], way_on: str) -> None:
    """Say on stderr which accounts failed, and how to try them again."""
    from engine.views.fleet.parts import some, wrong_counts
    from engine.views.text.problems import error_text

    failed = tuple(failed)
    if failed:
        names = some([result.member.name for result in failed], _NAMED)
        error = EngineError(
            f"{', '.join(wrong_counts(failed))}: {names}",
            hint=f"the reasons are above; to try again: {way_on}",
        )
        invocation.write_err(f"\n{error_text(error, invocation.style(sys.stderr))}")
        failures = (result.failure for result in failed if result.failure is not None)
        references = dict.fromkeys(failure.reference for failure in failures)
        invocation.write_where_explained(list(references))


def _underway(left: tuple[str, ...]) -> str | None:
    """Which accounts were in the middle of something; None if none was."""
    from engine.views.fleet.parts import some

    return f"In the middle of their work were {some(left, _NAMED)}." if left else None


def _question(plan: FleetPlan) -> str:
    count = sum(len(group.members) for group in plan.groups)
    groups = f"{len(plan.groups)} group{'s' if len(plan.groups) > 1 else ''} of equal plans"
    verb = "is" if len(plan.failed) == 1 else "are"
    left_out = f"; {len(plan.failed)} {verb} left out" if plan.failed else ""
    accounts = f"{count} account{'s' if count > 1 else ''}"
    if plan.destroy:
        return f"Destroy what {accounts} ha{'ve' if count > 1 else 's'}{left_out}? {_ONLY}"
    return f"Apply {groups} to {accounts}{left_out}? {_ONLY}"


def _resume(invocation: Invocation) -> str:
    """The command line as typed, to go on with."""
    words = [word for word in invocation.words if word not in ("--yes", "--resume")]
    return shlex.join(["engine", *words, "--resume"])


def _failed_code(plan: FleetPlan) -> int:
    from engine.ports.fleet.tasks import MemberOutcome

    refused = all(result.outcome is MemberOutcome.REFUSED for result in plan.failed)
    return REFUSED if refused else 1
