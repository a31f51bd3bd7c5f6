"""Planning: what an apply would do, and nothing done."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence

from engine.address import ResourceAddress
from engine.errors import UsageError
from engine.graph.build import ResourceGraph
from engine.operations.refresh.probes import inquire
from engine.operations.refresh.read import Place
from engine.operations.refresh.refresh import observe, read_known
from engine.operations.run.context import Context
from engine.operations.run.other_stacks import orphaned, other_states, with_other_stacks
from engine.operations.run.session import Session, open_session
from engine.operations.run.stale_state import refuse_stale
from engine.operations.validate import load_graphs
from engine.plan.checks import CONFIRM, removals_to_confirm
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Plan, PlanReport
from engine.plan.planner import make_plan
from engine.schema.remote import RemoteObject
from engine.stack.meant import nearest
from engine.state.held_lock import HeldLock


def plan_stacks(context: Context, names: Sequence[str], options: PlanOptions) -> PlanReport:
    """Plan stacks.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.
        options: What the person asked for.

    Raises:
        StackError: if the stacks have problems.
        LockHeldError: if another run works on one of them.
        StateError: if a state cannot be trusted.
        GuardError: if the key answers for another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    graphs = load_graphs(context, names)
    with open_session(
        context, graphs, operation="plan", lock_timeout=options.lock_timeout, reading=True
    ) as session:
        return plan_session(session, options)


def plan_session(session: Session, options: PlanOptions) -> PlanReport:
    """Plan the stacks of an open session.

    Raises:
        GuardError: if the key answers for another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
        UsageError: if an address in the options is in no stack.
    """
    _check_addresses(session, options)
    account = session.check_account() if options.refresh else None
    graphs = _ordered(session, options)
    known = [(graph, session.states[graph.stack.name]) for graph in graphs]
    read = read_known(session.context, session, known, options)
    plans = tuple(_plan_one(session, graph, options, read) for graph in graphs)
    if options.refresh:
        plans = refuse_stale(session, plans)
    others = other_states(session)
    orphans = orphaned(session, others)
    plans = with_other_stacks(session, plans, options, others, orphans)
    plans = tuple(
        dataclasses.replace(plan, warnings=(*session.taken_up.get(plan.stack, ()), *plan.warnings))
        for plan in plans
    )
    if account is not None and account.livemode:
        plans = tuple(_without_sandbox(session, plan) for plan in plans)
    held = session.context.backend.held_locks(session.context.environment)
    plans = tuple(_with_held(plan, held) for plan in plans)
    environment = session.context.settings.environment
    if environment.live or (account is not None and account.livemode):
        plans = tuple(_with_removals(session, plan, options) for plan in plans)
    pinned = next((state for state in session.states.values() if state.account_id), None)
    return PlanReport(
        environment=environment.name,
        embedded=environment.emulator,
        account_id=account.id if account else (pinned.account_id if pinned else ""),
        livemode=account.livemode if account else (pinned.livemode if pinned else None),
        plans=plans,
        requests=session.requests,
        server=environment.server,
        options=options,
        orphans=tuple(orphans),
        taken_up=bool(session.taken_up),
    )


def _without_sandbox(session: Session, plan: Plan) -> Plan:
    """Refuse what exists in test mode only."""
    schemas = session.context.schemas
    refused = tuple(
        f"{change.address} ({change.line}): live mode has no {schemas[change.type].title}. Declare "
        "it in environments of test mode only"
        for change in plan.pending
        if change.line and schemas[change.type].life.sandbox_only
    )
    return dataclasses.replace(plan, refusals=(*plan.refusals, *refused))


def _with_held(plan: Plan, held: Sequence[HeldLock]) -> Plan:
    """Warn of held locks, which an apply of this plan respects."""
    warnings = tuple(
        f"an apply is refused while {lock}. To release it: engine lock {lock.place} --release"
        for lock in held
        if lock.covers(plan.environment, plan.stack)
    )
    return dataclasses.replace(plan, warnings=(*plan.warnings, *warnings))


def _with_removals(session: Session, plan: Plan, options: PlanOptions) -> Plan:
    """Say what an apply has to be told by name, since the account is live."""
    schemas = session.context.schemas
    unnamed = removals_to_confirm((plan,), schemas, options.confirmed_removals)
    if not unnamed:
        return plan
    naming = " ".join(f"{CONFIRM} {address}" for address in unnamed)
    warning = f"the account is live, so an apply has to be told what it ends: {naming}"
    return dataclasses.replace(plan, warnings=(*plan.warnings, warning))


def _ordered(session: Session, options: PlanOptions) -> tuple[ResourceGraph, ...]:
    """Stacks in the order they are applied: removals run against the reading of outputs."""
    return session.graphs[::-1] if options.destroy else session.graphs


def _plan_one(
    session: Session,
    graph: ResourceGraph,
    options: PlanOptions,
    read: Mapping[Place, RemoteObject],
) -> Plan:
    state = session.states[graph.stack.name]
    outputs = session.outputs_read_by(graph)
    context = session.context
    planned = functools.partial(
        make_plan,
        graph,
        state,
        schemas=context.schemas,
        options=options,
        stamped=context.settings.ownership_stamp,
    )
    observed = observe(context, session, graph, state, options, outputs, read)
    draft = planned(observed)
    told = inquire(context, session, graph, state, draft, observed)
    session.observed[graph.stack.name] = told
    context.hook.refreshed(graph.stack.name)
    plan = draft if told is observed else planned(told)
    session.expect(plan)
    return plan


def _check_addresses(session: Session, options: PlanOptions) -> None:
    known = {
        address
        for graph in session.graphs
        for address in (*graph.declarations, *session.states[graph.stack.name].resources)
    }
    # Not the removals that were confirmed: an earlier run of the same command may be through.
    named: tuple[ResourceAddress, ...] = (*options.targets, *options.excludes, *options.replace)
    for address in named:
        if str(address) not in known:
            near = nearest(str(address), tuple(sorted(known)))
            raise UsageError(
                f"{address} is neither declared nor in the state",
                hint=f"did you mean {near}?" if near else None,
            )
