"""`engine plan`: what an apply would do; nothing is changed."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.address import ResourceAddress
from engine.errors import StateError, UsageError
from engine.graph.across import dependencies_elsewhere
from engine.graph.build import ResourceGraph
from engine.operations.cross_checks.accounts_in_use import accounts_in_use
from engine.operations.cross_checks.claims import refuse_double_claims
from engine.operations.cross_checks.other_stacks import (
    made_again,
    other_states,
)
from engine.operations.cross_checks.owners import made_for_another_name, owners_in
from engine.operations.cross_checks.readers import Readers
from engine.operations.cross_checks.referrers import warned_of_deleted
from engine.operations.cross_checks.stale_state import stale_refusals
from engine.operations.cross_checks.transfers import (
    left_in_givers,
    settle_transfers,
    taken_outside,
    with_givers,
)
from engine.operations.impact.impact import impacts_of
from engine.operations.policies import with_policies
from engine.operations.refresh.probes import read_for_draft
from engine.operations.refresh.read import Place
from engine.operations.refresh.refresh import observe, read_known
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session
from engine.operations.run.orphans import orphans_of
from engine.operations.run.session import Session
from engine.operations.validate import graphs_to_plan
from engine.plan.checks import CONFIRM, removals_to_confirm
from engine.plan.impact import Impact
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Plan, PlanReport
from engine.plan.orphan import Orphan
from engine.plan.planner import make_plan
from engine.plan.refusal import PlanRule, Refusal
from engine.plan.rename import Rename
from engine.plan.renames import find_renames
from engine.ports.held_locks import HeldLock
from engine.schema.remote import RemoteObject
from engine.suggest import nearest


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
        GuardError: if the key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    graphs = graphs_to_plan(context, names, destroy=options.destroy)
    graphs = with_givers(context, graphs, options)
    with open_session(
        context, graphs, operation="plan", lock_timeout=options.lock_timeout, reading=True
    ) as session:
        return plan_session(session, options)


def plan_session(session: Session, options: PlanOptions) -> PlanReport:
    """Plan the stacks of an open session.

    Raises:
        GuardError: if the key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
        UsageError: if an address in the options is in no stack.
    """
    _check_addresses(session, options)
    _check_not_merged(session, options)
    account = session.check_account() if options.refresh else None
    plans = _plans(session, options)
    stale = stale_refusals(session, plans) if options.refresh else {}
    orphans = _orphans(session, options)
    renames = _renames(session, plans, orphans)
    environment = session.context.settings.environment
    livemode = account is not None and bool(account.livemode)
    held = _held_locks(session.context)
    readers = Readers(session, plans, "destroy" if options.destroy else "apply")

    def warnings(plan: Plan) -> Iterator[str]:
        yield from session.recovery_warnings.get(plan.stack, ())
        yield from plan.warnings
        yield from (str(one) for one in renames if one.loses and one.stack == plan.stack)
        yield from _of_the_store(session, held, plan, first=plan is plans[0])
        if environment.live or livemode:
            yield from _to_confirm(session, plan, options)

    def refusals(plan: Plan) -> Iterator[Refusal]:
        yield from made_again(plan, orphans)  # it explains the others: all keys are taken
        yield from made_for_another_name(session, plan)
        yield from taken_outside(session, plan)
        yield from stale.get(plan.stack, ())  # and so does a state that is older than the account
        yield from plan.refusals
        yield from readers.refusals(plan)
        yield from accounts_in_use(session, plans, plan)
        yield from _sandbox_only(session, plan) if livemode else ()

    pinned = next((state for state in session.states.values() if state.account_id), None)
    report = PlanReport(
        environment=environment.name,
        embedded=environment.emulator,
        account_id=account.id if account else (pinned.account_id if pinned else ""),
        livemode=account.livemode if account else (pinned.livemode if pinned else None),
        plans=tuple(
            replace(plan, warnings=tuple(warnings(plan)), refusals=tuple(refusals(plan)))
            for plan in plans
        ),
        impacts=_impacts(session, plans, options, live=environment.live or livemode),
        requests=session.requests,
        server=environment.server,
        options=options,
        renames=renames,
        orphans=orphans,
        recovered=bool(session.recovery_warnings),
        impact_asked=_asks_for_impact(session, options),
        notes=tuple(_other_api_versions(session)),
    )
    impacts = functools.partial(impacts_of, session, plans, refresh=options.refresh)  # requests
    return replace(with_policies(session.context, report, impacts), requests=session.requests)


def _other_api_versions(session: Session) -> Iterator[str]:
    """Which states another API version wrote, a sentence for each version."""
    spoken = session.context.api_version
    written: dict[str, list[str]] = {}
    for name, state in sorted(session.states.items()):
        if state.api_version not in ("", spoken):
            written.setdefault(state.api_version, []).append(name)
    for version, stacks in written.items():
        yield (
            f"written with API version {version}, and this plan is made with {spoken}: the state "
            f"of {', '.join(stacks)}. engine upgrade shows what is different, and the next apply "
            "that changes something there records the version"
        )


def _asks_for_impact(session: Session, options: PlanOptions) -> bool:
    return options.impact or session.context.settings.impact


def _impacts(
    session: Session, plans: Sequence[Plan], options: PlanOptions, *, live: bool
) -> tuple[Impact, ...]:
    """What uses what the plans end or change; unasked, only what ends on a live account."""
    asked = _asks_for_impact(session, options)
    if not asked and not live:
        return ()
    return impacts_of(session, plans, refresh=options.refresh, ended_only=not asked)


def _plans(session: Session, options: PlanOptions) -> tuple[Plan, ...]:
    """The plan of each stack, in the order of the apply, as that stack alone decides it."""
    graphs = _ordered(session, options)
    settle_transfers(session, options)
    known = [(graph, session.prior[graph.stack.name]) for graph in graphs]
    read = read_known(session.context, session, known, options)
    made = tuple(_plan_one(session, graph, options, read) for graph in graphs)
    plans = warned_of_deleted(made, session.context.schemas)
    return refuse_double_claims(session, _with_dependencies_elsewhere(session, plans))


def _with_dependencies_elsewhere(session: Session, plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Plans whose changes name what they refer to in other stacks of the run, too."""
    graphs = {graph.stack.name: graph for graph in session.graphs}
    stacks = {name: graph.stack for name, graph in graphs.items()}

    def completed(plan: Plan) -> Plan:
        needs = dependencies_elsewhere(graphs[plan.stack], stacks)
        if not needs:
            return plan
        changes = (
            replace(
                change,
                dependencies=tuple(sorted({*change.dependencies, *needs[change.address]})),
            )
            if change.line and change.address in needs
            else change
            for change in plan.changes
        )
        return replace(plan, changes=tuple(changes))

    return tuple(map(completed, plans))


def _orphans(session: Session, options: PlanOptions) -> tuple[Orphan, ...]:
    """Stacks without a module, with what stays in them."""
    unrecorded = {
        graph.stack.name: graph.declarations
        for graph in session.graphs
        if session.loaded[graph.stack.name] is None
    }
    others = other_states(session)
    states = others if options.destroy else {**others, **left_in_givers(session)}
    return orphans_of(session.context, states, states, unrecorded)


def _renames(
    session: Session, plans: Sequence[Plan], orphans: Sequence[Orphan]
) -> tuple[Rename, ...]:
    """What is removed and made anew, but for what the move of a whole stack settles."""
    read = {name: state for name, state in other_states(session).items() if state is not None}
    states = {**read, **session.states, **session.prior, **left_in_givers(session)}
    lost = [orphan.stack for orphan in orphans if orphan.stack in states]
    whole = {(orphan.stack, orphan.renamed) for orphan in orphans}
    found = find_renames(plans, session.graphs, states, lost, session.context.schemas)
    return tuple(
        rename
        for rename in found
        if rename.old != rename.new or (rename.giver, rename.stack) not in whole
    )


def _sandbox_only(session: Session, plan: Plan) -> Iterator[Refusal]:
    """Why a plan is refused in live mode: what exists in test mode only."""
    for change in plan.pending:
        kind = session.context.schemas[change.type]
        if change.line and kind.life.sandbox_only:
            yield Refusal(
                f"{change.address} ({change.line}): live mode has no {kind.title}. Declare it in "
                "environments of test mode only",
                PlanRule.TEST_MODE_ONLY,
                address=change.address,
                line=change.line,
            )


def _held_locks(context: Context) -> Mapping[str, Sequence[HeldLock]]:
    """The held locks of the environment, and of the fleet and the environment it belongs to."""
    places = context.settings.environment.lock_places
    return {place: context.backend.held_locks(place) for place in places}


def _of_the_store(
    session: Session, held: Mapping[str, Sequence[HeldLock]], plan: Plan, *, first: bool
) -> Iterator[str]:
    """Warn of held locks, which an apply respects, and once of what a new store lacks."""
    for place, locks in held.items():
        for lock in locks:
            if lock.covers(place, plan.stack):
                yield (
                    f"an apply is refused while {lock}. To release it: engine lock {lock.place} "
                    "--release"
                )
    backend, environment = session.context.backend, session.context.environment
    caveats = backend.advice("").caveats if first else ()
    if caveats and not any(session.loaded.values()) and not backend.stacks(environment):
        yield from caveats


def _to_confirm(session: Session, plan: Plan, options: PlanOptions) -> Iterator[str]:
    """Warn which removals an apply on a live account needs as options."""
    schemas = session.context.schemas
    unnamed = removals_to_confirm((plan,), schemas, options.confirmed_removals)
    if unnamed:
        naming = " ".join(f"{CONFIRM} {address}" for address in unnamed)
        yield f"the account is live, so an apply needs the names of what it ends: {naming}"


def _ordered(session: Session, options: PlanOptions) -> tuple[ResourceGraph, ...]:
    """The stacks in the order of the apply: a destroy begins with those that read outputs."""
    return session.graphs[::-1] if options.destroy else session.graphs


def _plan_one(
    session: Session,
    graph: ResourceGraph,
    options: PlanOptions,
    read: Mapping[Place, RemoteObject],
) -> Plan:
    state = session.prior[graph.stack.name]
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
    owners, transfers = owners_in(session), session.transfers[graph.stack.name]
    observed = observe(context, session, graph, state, options, outputs, read, owners, transfers)
    observed = replace(
        observed, remade=session.remade_for(outputs), changing=session.changing_for(outputs)
    )
    draft = planned(observed)
    complete = read_for_draft(context, session, graph, state, draft, observed)
    session.observed[graph.stack.name] = complete
    context.hook.refreshed(graph.stack.name)
    plan = draft if complete is observed else planned(complete)
    session.expect(plan, graph.stack.outputs)
    return plan


def _check_not_merged(session: Session, options: PlanOptions) -> None:
    """Refuse to believe a state that was merged, unread: no apply has seen what it records.

    Raises:
        StateError: if one was.
    """
    merged = [name for name, state in session.states.items() if state.merged]
    if merged and not options.refresh:
        raise StateError(
            f"the state of {', '.join(merged)} was merged from two, and what it records was never "
            "compared with Stripe",
            hint="plan without --no-refresh; a complete apply settles it",
        )


def _check_addresses(session: Session, options: PlanOptions) -> None:
    known = {
        address
        for graph in session.graphs
        for address in (*graph.declarations, *session.states[graph.stack.name].resources)
    }
    # Not the confirmed removals: an earlier run of the same command may have made them.
    named: tuple[ResourceAddress, ...] = (*options.targets, *options.excludes, *options.replace)
    for address in named:
        if address not in known:
            near = nearest(address, tuple(sorted(known)))
            raise UsageError(
                f"{address} is neither declared nor in the state",
                hint=f"did you mean {near}?" if near else None,
            )
