"""`engine apply`: plan under the lock, ask for approval, carry out, record."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from engine.address import ResourceAddress
from engine.apply.executor import INTERRUPTED, UNSAVED, StackRun
from engine.apply.ports import ApplyPorts
from engine.apply.schedule import endings, partings
from engine.apply.secrets import secrets_to_come
from engine.errors import EngineError, InterruptedRunError
from engine.operations.cross_checks.other_stacks import records
from engine.operations.cross_checks.stale_state import refuse_stale
from engine.operations.cross_checks.transfers import with_givers
from engine.operations.plan import plan_session
from engine.operations.run.context import Context
from engine.operations.run.guards import check_permissions, refuse_held
from engine.operations.run.interrupt import stoppable
from engine.operations.run.opening import open_session
from engine.operations.run.orphans import drop_empty
from engine.operations.run.session import Session
from engine.operations.validate import graphs_to_plan
from engine.plan.checks import refused, removals_to_confirm, unconfirmed
from engine.plan.declared import declared_digest, is_as_applied
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import Owner
from engine.plan.model import Plan, PlanReport, StepKind
from engine.ports.outcomes import ApplyReport, ApplyResult, Outcome

Confirm = Callable[[PlanReport, Sequence[ResourceAddress]], bool]
"""Asks a person about the removals of these plans on a live account."""


def apply_stacks(
    context: Context,
    names: Sequence[str],
    options: PlanOptions,
    approve: Callable[[PlanReport], bool],
    *,
    confirm: Confirm | None = None,
) -> ApplyReport:
    """Plan stacks and carry the plans out.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.
        options: What the person asked for.
        approve: Called once with all plans, under the lock, if they change something. It is also
            called with refused plans, to show them; its answer has no effect then.
        confirm: Called, on a live environment, with the removals and replacements that the
            options do not name; None refuses them.

    Returns:
        The plans and the outcomes; failed steps are part of them and not raised.

    Raises:
        StackError: if the stacks have problems.
        LockHeldError: if another run works on one of them, or one has a held lock.
        StateError: if a state cannot be trusted, or cannot be written.
        SecretSinkError: if the secret sink cannot keep the secrets to come.
        GuardError: if a rule refuses the plan, or the key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached while planning.
    """
    graphs = graphs_to_plan(context, names, destroy=options.destroy)
    graphs = with_givers(context, graphs, options)
    operation = "destroy" if options.destroy else "apply"
    with open_session(
        context, graphs, operation=operation, lock_timeout=options.lock_timeout
    ) as session:
        report = plan_session(session, options)
        if not options.refresh:
            session.check_account()
            report = dataclasses.replace(report, plans=refuse_stale(session, report.plans))
        report = with_digests(session, report, options)
        reads = {graph.stack.name: graph.stack.reads_outputs_of for graph in graphs}
        return conclude(session, report, reads, approve, options, confirm)


def with_digests(session: Session, report: PlanReport, options: PlanOptions) -> PlanReport:
    """Plans with the digests of what their stacks declare, where a plan is of all of its stack.

    A state that would be written for its digest alone has one already, or records something else
    than what is declared: an apply without a change rewrites no others.
    """
    if options.targets or options.excludes or options.destroy or options.refresh_only:
        return report
    graphs = {graph.stack.name: graph for graph in session.graphs if graph.stack.file}

    def digest(plan: Plan) -> str:
        state, graph = session.states[plan.stack], graphs.get(plan.stack)
        if graph is None:
            return ""
        idle = not (plan.steps or plan.outputs or plan.moves or plan.reads != state.reads)
        if idle and not state.applied and not state.merged and is_as_applied(graph, state):
            return ""
        return declared_digest(graph)

    plans = tuple(dataclasses.replace(plan, declared=digest(plan)) for plan in report.plans)
    return dataclasses.replace(report, plans=plans)


def conclude(
    session: Session,
    report: PlanReport,
    reads: Mapping[str, Collection[str]],
    approve: Callable[[PlanReport], bool],
    options: PlanOptions,
    confirm: Confirm | None,
) -> ApplyReport:
    """Ask for approval of plans, and carry them out.

    Args:
        session: The session that holds their states.
        report: The plans.
        reads: For each stack, the stacks whose outputs it reads.
        approve: As in `apply_stacks`.
        options: What the person asked for.
        confirm: As in `apply_stacks`.

    Raises:
        StateError: if a state cannot be written.
        SecretSinkError: if the secret sink cannot keep the secrets to come.
        GuardError: if a rule refuses the plan, or the key belongs to another account or mode.
        InterruptedRunError: if the person stopped the run without waiting for requests in
            flight.
    """
    context = session.context
    if report.has_changes or report.refusals:
        approved = approve(report)
        if report.refusals:
            raise refused(report.refused, "nothing was changed")
        if not approved or not _confirmed(context, report, options, confirm):
            return _report(session, report, approved=False, results=())
        _check_before_writing(session, report)
    try:
        with stoppable(context.hook.stopping) as stop:
            results = _carry_out(session, report, reads, stop)
    except KeyboardInterrupt as error:
        raise InterruptedRunError(
            "the run was stopped at once, without waiting for what was in flight",
            hint="it is in the journal: the next engine plan or apply finds out what became of it",
        ) from error
    ended = drop_empty(context, filter(None, session.loaded.values()))
    return _report(session, report, approved=report.has_changes, results=results, ended=ended)


def _confirmed(
    context: Context,
    report: PlanReport,
    options: PlanOptions,
    confirm: Confirm | None,
) -> bool:
    """Whether every removal on a live account is confirmed."""
    if not (report.livemode or context.settings.environment.live):
        return True
    unnamed = removals_to_confirm(report.plans, context.schemas, options.confirmed_removals)
    if unnamed and confirm is None:
        raise unconfirmed(unnamed, context.environment)
    return confirm is None or not unnamed or confirm(report, unnamed)


def _check_before_writing(session: Session, report: PlanReport) -> None:
    """Check what may have changed while a person read the plan, and what only Stripe knows."""
    context = session.context
    refuse_held(context, tuple(session.states))
    for hold in session.holds.values():
        hold.check()
    session.check_account()
    for plan in report.plans:
        _check_sink(context, plan)
    check_permissions(session.provider, context.schemas, report, context.settings.environment)


def _check_sink(context: Context, plan: Plan) -> None:
    """Check that all secrets that a plan may create can be kept."""
    coming = secrets_to_come(plan, context.schemas)
    if coming:
        context.sink.check(plan.stack, coming)


def _carry_out(
    session: Session,
    report: PlanReport,
    reads: Mapping[str, Collection[str]],
    stop: threading.Event,
) -> tuple[ApplyResult, ...]:
    """Carry out plans in their order, and removals of objects that other stacks refer to last.

    The removals of a stack wait until all stacks of the run that read its outputs are applied. If
    one of those fails, the removals are left to the next plan.

    Raises:
        StateError: if a stack's journal cannot be written; what was done before is recorded.
        SecretSinkError: if the secret sink cannot keep the secrets to come.
    """
    run = session.context.new_id()
    read = {name for names in reads.values() for name in names}
    runs: list[StackRun] = []
    failed: dict[str, str] = {}
    try:
        for plan in report.plans:
            state = session.states[plan.stack]
            if not (
                plan.steps
                or plan.outputs
                or plan.moves
                or plan.reads != state.reads
                or plan.declared not in ("", state.applied)
            ):
                continue
            because = next((failed[name] for name in reads[plan.stack] if name in failed), "")
            if because:
                failed[plan.stack] = because  # what it reads was not created
                continue
            hold = partings(plan.steps)
            if plan.stack in read:
                hold |= endings(plan.steps)
            ports = _ports(session, plan, run, stop)
            stack = StackRun(plan, state, ports, hold)
            runs.append(stack)
            stack.advance()
            session.states[plan.stack] = stack.so_far()
            if stack.interrupted or stack.unsaved is not None:
                break
            if stack.failed is not None:
                failed[plan.stack] = stack.failed.step.key
        for stack in runs:
            stack.without(dict(_not_taken(session, stack.plan, runs, failed)))
        _end(runs, reads, failed)
    except EngineError:
        for stack in runs:
            stack.give_up(UNSAVED)
            stack.finish()
        raise
    return tuple(stack.finish() for stack in runs)


def _not_taken(
    session: Session, plan: Plan, runs: Sequence[StackRun], failed: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """What a stack keeps, since the stack that was to take it did not get to record it.

    Yields:
        The key of the step that would leave it, and why it is skipped.
    """
    taking = {run.plan.stack: run for run in runs}
    for step in plan.steps:
        if step.kind is not StepKind.FORGET or not step.other:
            continue
        owner = Owner.of(step.other)
        run = taking.get(owner.stack)
        results = run.results.values() if run is not None else ()
        there = [one for one in results if one.step.address == owner.address]
        taken = any(one.outcome is Outcome.APPLIED for one in there)
        if taken or records(session, owner, step):
            continue
        because = next((one.because or one.step.key for one in there), "")
        yield step.key, because or failed.get(owner.stack, INTERRUPTED)


def _ports(session: Session, plan: Plan, run: str, stop: threading.Event) -> ApplyPorts:
    """The ports for one plan; its journal is open from here on."""
    context = session.context
    context.backend.check_writable(plan.stack, plan.environment)
    _check_sink(context, plan)  # once more: an earlier stack of the run may have taken a name
    return ApplyPorts(
        provider=session.provider,
        schemas=context.schemas,
        journal=session.begin(plan.stack, run, plan.steps),
        fence=session.holds[plan.stack].check,
        save=session.save,
        sink=context.sink,
        outputs_of=session.output_of,
        hook=context.hook,
        run=run,
        parallelism=context.settings.parallelism,
        stop=stop,
    )


def _end(
    runs: Sequence[StackRun], reads: Mapping[str, Collection[str]], failed: dict[str, str]
) -> None:
    """Carry out the removals that waited, each stack after those that read its outputs."""
    unsaved = any(stack.unsaved is not None for stack in runs)
    for stack in reversed(runs):
        name = stack.plan.stack
        because = next((failed[other] for other in failed if name in reads[other]), "")
        if unsaved or because:
            failed[name] = because or UNSAVED
            stack.give_up(failed[name])
            continue
        stack.release()
        if stack.failed is not None:
            failed[name] = stack.failed.step.key


def _report(
    session: Session,
    report: PlanReport,
    *,
    approved: bool,
    results: tuple[ApplyResult, ...],
    ended: Mapping[str, int] = MappingProxyType({}),
) -> ApplyReport:
    return ApplyReport(
        plan=dataclasses.replace(report, requests=session.requests),
        approved=approved,
        results=results,
        ended=ended,
        requests=session.requests,
        writes=session.writes,
    )
