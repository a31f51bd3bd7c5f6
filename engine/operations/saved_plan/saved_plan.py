"""Save a plan, and apply exactly the saved plan or refuse it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

from engine.graph.build import ResourceGraph
from engine.operations.apply import conclude, with_digests
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.cross_checks.readers import refuse_reads
from engine.operations.cross_checks.stale_state import refuse_stale
from engine.operations.cross_checks.transfers import with_givers
from engine.operations.impact.impact import impacts_of
from engine.operations.plan import plan_session
from engine.operations.policies import with_policies
from engine.operations.refresh.read import Place
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session, session_of
from engine.operations.run.orphans import orphans_of
from engine.operations.run.recovery import secrets_of
from engine.operations.run.session import Session
from engine.operations.saved_plan.staleness import (
    AGAIN,
    check_account,
    check_origin,
    check_state,
    read_preconditions,
    refused_plan,
    require_unchanged,
)
from engine.operations.validate import graphs_to_plan
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Plan, PlanReport
from engine.plan.saved.file import SavedPlan, SavedStack
from engine.plan.saved.plan_json import wanted_with_secrets
from engine.plan.saved.step_json import has_sealed, with_secrets
from engine.plan.saved.take_preconditions import preconditions_of
from engine.ports.outcomes import ApplyReport
from engine.schema.remote import RemoteObject
from engine.state.codec import state_digest

# ── saving ────────────────────────────────────────────────────────────────────────────


def plan_to_save(
    context: Context, names: Sequence[str], options: PlanOptions, *, reading: bool = False
) -> tuple[PlanReport, SavedPlan]:
    """Plan stacks, and record the preconditions of the plans.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.
        options: What the person asked for.
        reading: It is to be read first of all, so that held locks are warnings, as in a plan.

    Raises:
        EngineError: if the stacks cannot be planned.
    """
    graphs = graphs_to_plan(context, names, destroy=options.destroy)
    graphs = with_givers(context, graphs, options)
    with open_session(
        context, graphs, operation="plan", lock_timeout=options.lock_timeout, reading=reading
    ) as session:
        report = with_digests(session, plan_session(session, options), options)
        report = dataclasses.replace(report, saved=True)
        by_name = {graph.stack.name: graph for graph in graphs}
        # Without a refresh the account was not read yet.
        account = session.check_account()
        saved = SavedPlan(
            engine_version=context.engine_version,
            environment=report.environment,
            embedded=report.embedded,
            account_id=account.id,
            livemode=account.livemode,
            options=options,
            stacks=tuple(_bound(session, plan, by_name[plan.stack]) for plan in report.plans),
            requests=report.requests,
            impacts=report.impacts,
            impact_asked=report.impact_asked,
            policies=report.policies,
        )
        return report, saved


def _bound(session: Session, plan: Plan, graph: ResourceGraph) -> SavedStack:
    observed = session.observed[plan.stack]
    outputs = {str(target): session.kept_output(target) for target in observed.outputs}
    state, prior = session.states[plan.stack], session.prior[plan.stack]
    schemas = session.context.schemas
    preconditions = preconditions_of(plan, graph, prior, observed, schemas, outputs)
    # What is stored, without what is to come from other stacks.
    digest = state_digest(state) if state.serial else ""
    preconditions = dataclasses.replace(preconditions, digest=digest)
    return SavedStack(plan=plan, preconditions=preconditions)


# ── applying ──────────────────────────────────────────────────────────────────────────


def apply_saved(
    context: Context,
    saved: SavedPlan,
    approve: Callable[[PlanReport], bool],
    *,
    lock_timeout: float = 0.0,
) -> ApplyReport:
    """Carry out exactly a saved plan, or refuse it.

    Args:
        context: The run's ports.
        saved: The plan.
        approve: Called with the plan, under the lock, when its preconditions were checked.
        lock_timeout: Seconds to wait for another run.

    Returns:
        The plan and the outcomes; failed steps are part of them and not raised.

    Raises:
        GuardError: if it was made for another environment, account, mode or engine; if a state,
            an output or an object that it was made from has changed; if a secret in it is not
            declared now; or if a guard refuses it.
        LockHeldError: if another run works on one of the stacks.
        StateError: if a state cannot be trusted, or cannot be written.
        StackError: if a secret is needed, and the stack that declares it has problems.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    check_origin(context, saved)
    # A stack without a module is in the plan too if it is destroyed, or gives something to another.
    graph_of = functools.cache(lambda name: graphs_to_plan(context, (name,), destroy=True)[0])
    names = [stack.plan.stack for stack in saved.stacks]
    with session_of(
        context, names, graph_of, operation="apply", lock_timeout=lock_timeout
    ) as session:
        account = session.check_account()
        check_account(saved, account)
        for stack in saved.stacks:
            check_state(session, stack)
        actual = read_preconditions(session, saved.stacks)
        plans = tuple(require_unchanged(session, stack, actual) for stack in saved.stacks)
        others = other_states(session)
        plans = refuse_stale(session, plans)
        plans = refuse_reads(session, plans, "destroy" if saved.options.destroy else "apply")
        report = dataclasses.replace(
            saved.report(),
            account_id=account.id,
            livemode=account.livemode,
            plans=plans,
            requests=session.requests,
            server=context.settings.environment.server,
            orphans=orphans_of(context, others, others),
        )
        _note_observed(session, saved, actual)
        report = with_policies(context, report, functools.partial(impacts_of, session, plans))
        if not report.refusals:  # a module that runs for its secrets has no part in the policies
            filled = tuple(_filled(plan, graph_of) for plan in report.plans)
            report = dataclasses.replace(report, plans=filled)
        reads = {stack.plan.stack: stack.preconditions.reads for stack in saved.stacks}
        # The review of the plan has confirmed its removals.
        return conclude(session, report, reads, approve, saved.options, lambda *_: True)


def _note_observed(
    session: Session, saved: SavedPlan, actual: Mapping[Place, RemoteObject]
) -> None:
    """Note in the session what was read, for those who count what uses an object."""
    for stack in saved.stacks:
        name = stack.plan.stack
        session.prior.setdefault(name, session.states[name])
        session.observed[name] = Observed(
            objects={
                was.address: actual.get((was.type, was.account, was.id))
                for was in stack.preconditions.objects
            }
        )


# ── its secrets ───────────────────────────────────────────────────────────────────────────


def _filled(plan: Plan, graph_of: Callable[[str], ResourceGraph]) -> Plan:
    """A plan with the secrets that its stack declares in place of their fingerprints.

    Raises:
        GuardError: if one is not declared now.
    """
    wanted = plan.wanted_outputs or {}
    if not has_sealed(
        [[step.params for step in plan.steps], [value for value, _ in wanted.values()]]
    ):
        return plan
    secrets = secrets_of(graph_of(plan.stack), plan.lineage)
    steps = tuple(
        dataclasses.replace(step, params=with_secrets(step.params, secrets)) for step in plan.steps
    )
    outputs = wanted_with_secrets(plan.wanted_outputs, secrets)
    unknown: list[str] = [step.address for step in steps if has_sealed(step.params)]
    unknown += [
        f"output {name}" for name, (value, _) in (outputs or {}).items() if has_sealed(value)
    ]
    if unknown:
        raise refused_plan(
            f"the saved plan sends a secret of {unknown[0]} that stack {plan.stack} does not "
            "declare any more",
            stack=plan.stack,
            cause="Secrets are not kept in plan files: they are read from the stack again, and "
            "known by their fingerprints.",
            hint="set the variables that it comes from as they were when the plan was made "
            f"(ENGINE_VAR_NAME), or {AGAIN}",
        )
    return dataclasses.replace(plan, steps=steps, wanted_outputs=outputs)
