"""One account of a fleet: plan it, or apply the plan that was approved."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Final

from engine.errors import EngineError, GuardError, ProblemsError
from engine.operations.apply import apply_stacks
from engine.operations.fleet.groups import group_of, parts_of
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.plan.checks import REFUSED, refused
from engine.plan.model import PlanReport
from engine.plan.refusal import RefusedError
from engine.ports.fleet.tasks import Failure, MemberOutcome, MemberResult, MemberTask
from engine.ports.outcomes import ApplyReport, Outcome
from engine.redaction import hide

BUG: Final = "bug"
"""The reference of a failure that is no error of the engine's."""


def run_member(task: MemberTask, opened: Callable[[MemberTask], Context]) -> MemberResult:
    """Run a task; whatever happens is part of the result.

    Args:
        task: What is to be done.
        opened: Wires the project for the account.
    """
    seen: list[PlanReport] = []
    try:
        context = opened(task)
        if task.approved is None:
            return _planned(task, context, seen)
        return _applied(task, context, seen)
    except EngineError as error:
        return _failed(task, error, seen)
    except Exception as error:  # noqa: BLE001 - the other accounts go on
        where = traceback.extract_tb(error.__traceback__)[-1]
        failure = Failure(
            reference=BUG,
            message=str(hide(f"{type(error).__name__}: {error}")),
            cause=f"{where.filename}:{where.lineno}",
            hint=f"this is a bug in the engine; see it alone: engine -e {context_name(task)} plan",
        )
        return MemberResult(member=task.member, outcome=MemberOutcome.FAILED, failure=failure)


def context_name(task: MemberTask) -> str:
    """The environment of a task's account."""
    return f"{task.fleet}/{task.member.name}"


def _planned(task: MemberTask, context: Context, seen: list[PlanReport]) -> MemberResult:
    report = plan_stacks(context, task.stacks, task.options)
    seen.append(report)
    if report.refusals:
        raise refused(report.refused, "an apply leaves this account out")
    return _result(task, MemberOutcome.PLANNED, report)


def _applied(task: MemberTask, context: Context, seen: list[PlanReport]) -> MemberResult:
    def approve(report: PlanReport) -> bool:
        seen.append(report)
        return parts_of(report) <= task.parts

    report = apply_stacks(context, task.stacks, task.options, approve)
    done = sum(
        step.outcome is Outcome.APPLIED for stack in report.results for step in stack.results
    )
    if not report.plan.has_changes:
        return _result(task, MemberOutcome.UNCHANGED, report.plan)
    if not report.approved:
        return _result(task, MemberOutcome.DIFFERS, report.plan)
    if not report.is_whole:
        return _result(task, MemberOutcome.FAILED, report.plan, _what_failed(report), done)
    return _result(task, MemberOutcome.APPLIED, report.plan, None, done, report.requests)


def _what_failed(report: ApplyReport) -> Failure:
    """The first failure of an apply, and how many more there were."""
    errors = [failure.error for failure in report.failures if failure.error is not None]
    errors += [result.unsaved for result in report.results if result.unsaved is not None]
    if not errors:
        return Failure(reference="interrupted", message="the run was stopped before its end")
    step = next((one.step.key for one in report.failures if one.error is errors[0]), "")
    found = _failure(errors[0])
    more = f"{len(errors) - 1} more failed" if len(errors) > 1 else ""
    return Failure(
        reference=found.reference,
        message=f"{step}: {found.message}" if step else found.message,
        cause="\n".join(filter(None, (found.cause, more))),
        hint=found.hint,
    )


def _failed(task: MemberTask, error: EngineError, seen: list[PlanReport]) -> MemberResult:
    # A refused plan, or a guard: nothing was sent.
    outcome = MemberOutcome.REFUSED if isinstance(error, GuardError) else MemberOutcome.FAILED
    report = seen[-1] if seen and isinstance(error, RefusedError) else None
    requests = report.requests if report is not None else 0
    return MemberResult(
        member=task.member,
        outcome=outcome,
        plan=report,
        failure=_failure(error),
        requests=requests,
    )


def _failure(error: EngineError) -> Failure:
    message, cause, hint = error.message, error.cause or "", error.hint or ""
    if isinstance(error, ProblemsError):
        cause = "\n".join(map(str, error.problems))
        if len(error.problems) == 1:
            message, cause, hint = error.problems[0].finding, "", error.problems[0].hint
    return Failure(
        reference=error.reference,
        message=str(hide(message.removeprefix(REFUSED))),
        cause=str(hide(cause)),
        hint=str(hide(hint)),
    )


def _result(
    task: MemberTask,
    outcome: MemberOutcome,
    report: PlanReport,
    failure: Failure | None = None,
    done: int = 0,
    requests: int | None = None,
) -> MemberResult:
    if not report.has_changes:
        return MemberResult(
            member=task.member, outcome=MemberOutcome.UNCHANGED, requests=report.requests
        )
    parts = parts_of(report)
    return MemberResult(
        member=task.member,
        outcome=outcome,
        group=group_of(report, parts),
        plan=report,
        parts=parts,
        failure=failure,
        done=done,
        requests=report.requests if requests is None else requests,
    )
