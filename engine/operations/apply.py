"""Applying: plan under the lock, ask, carry out, record."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence

from engine.apply.events import ApplyReport, ApplyResult
from engine.apply.executor import Surroundings, execute
from engine.errors import GuardError
from engine.operations.context import Context
from engine.operations.plan import plan_session
from engine.operations.session import Session, session
from engine.operations.stopping import stoppable
from engine.operations.validate import load_graphs
from engine.plan.model import PlanReport
from engine.plan.options import PlanOptions


def apply_stacks(
    context: Context,
    names: Sequence[str],
    options: PlanOptions,
    approve: Callable[[PlanReport], bool],
) -> ApplyReport:
    """Plan stacks and carry the plans out.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.
        options: What the person asked for.
        approve: Shown all plans once, under the lock, if there is anything to agree to. A plan
            that is refused is shown too; what is answered to it does not count.

    Returns:
        What was planned and what became of it; failed operations are in there, not raised.

    Raises:
        StackError: if the stacks have problems.
        LockHeldError: if another run works on one of them.
        StateError: if a state cannot be trusted, or cannot be written.
        GuardError: if a rule refuses the plan, or the key answers for another account or mode.
        ProviderError: if Stripe refuses or cannot be reached while planning.
    """
    graphs = load_graphs(context, names)
    with session(context, graphs, operation="apply", lock_timeout=options.lock_timeout) as opened:
        report = plan_session(opened, options)
        if report.has_changes or report.refusals:
            approved = approve(report)
            _refuse(report)
            if not approved:
                return _report(opened, report, approved=False, results=())
            opened.check_account()
        with stoppable(context.hook.stopping) as stop:
            results = _carry_out(opened, report, stop)
        return _report(opened, report, approved=report.has_changes, results=results)


def _refuse(report: PlanReport) -> None:
    if report.refusals:
        first, *others = report.refusals
        raise GuardError(
            f"the plan is refused: {first}",
            cause="\n".join(others) or None,
            hint="nothing was changed",
        )


def _carry_out(
    opened: Session, report: PlanReport, stop: threading.Event
) -> tuple[ApplyResult, ...]:
    context = opened.context
    run = context.new_id()
    results: list[ApplyResult] = []
    reads = {graph.stack.name: graph.stack.reads_outputs_of for graph in opened.graphs}
    unfinished: set[str] = set()
    for plan in report.plans:
        if not (plan.steps or plan.outputs or plan.moves):
            continue
        if unfinished.intersection(reads[plan.stack]):
            unfinished.add(plan.stack)  # what it reads was not made
            continue
        context.backend.check_writable(plan.stack, plan.environment)
        journal = opened.begin(plan.stack, run, plan.steps)
        around = Surroundings(
            provider=opened.provider,
            schemas=context.schemas,
            journal=journal,
            save=opened.save,
            sink=context.sink,
            outputs_of=opened.output_of,
            hook=context.hook,
            run=run,
            parallelism=context.settings.parallelism,
            stop=stop,
        )
        result = execute(plan, opened.states[plan.stack], around)
        results.append(result)
        if result.interrupted or result.unsaved is not None:
            break
        if result.failures:
            unfinished.add(plan.stack)
    return tuple(results)


def _report(
    opened: Session, report: PlanReport, *, approved: bool, results: tuple[ApplyResult, ...]
) -> ApplyReport:
    return ApplyReport(
        plan=dataclasses.replace(report, requests=opened.requests),
        approved=approved,
        results=results,
        requests=opened.requests,
        writes=opened.writes,
    )
