"""Make a lost or damaged state again from the account, which is only read."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from engine.address import parse_address
from engine.errors import UsageError
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.operations.cross_checks.raw_state import RawState, read_raw_state
from engine.operations.rebuild.listing import Listing
from engine.operations.rebuild.match import Claimed, named_in
from engine.operations.rebuild.project import project_of
from engine.operations.rebuild.search import Search
from engine.operations.refresh.lookups import look_up
from engine.operations.refresh.refresh import known_secrets
from engine.operations.run.context import Context
from engine.operations.run.opening import report_waiting
from engine.operations.run.record_existing import as_declared
from engine.operations.run.secrets import with_kept_secrets
from engine.operations.run.session import Session
from engine.operations.validate import load_graphs
from engine.plan.decide.references import is_certain
from engine.plan.inputs.observed import Observed
from engine.plan.planner import make_plan
from engine.ports.reports import MatchedBy, Rebuilt
from engine.schema.remote import RemoteObject, id_of
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State, new_state
from engine.values.markers import ABSENT
from engine.values.targets import Elsewhere


@frozen
class RebuildOptions:
    """What the person asked for.

    Attributes:
        force: Replace also states that can be read.
        lineage: The stack's lineage; empty to learn it from the stamps.
        declared_only: Leave out types that the stack does not declare.
        lock_timeout: Seconds to wait for another run.
    """

    force: bool = False
    lineage: str = ""
    declared_only: bool = False
    lock_timeout: float = 0.0


def rebuild_states(
    context: Context, names: Sequence[str], options: RebuildOptions
) -> tuple[Rebuilt, ...]:
    """Make states again from the objects on the account; nothing is written to Stripe.

    The object of a declared resource is the one with its ownership stamp, else the holder of its
    natural key, else the one with the id in the old state. Objects with the stack's stamp that are
    not declared are recorded too, so that the next apply removes them.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all whose state is lost or cannot be read.
        options: What the person asked for.

    Raises:
        StackError: if the stacks have problems.
        UsageError: if a state that was asked for can be read, if no objects of a stack are
            found, or if several lineages fit.
        LockHeldError: if another run works on one of them.
        GuardError: if the key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
        StateError: if a state cannot be written; what was stored before is intact.
    """
    graphs = load_graphs(context, names, recorded=False)
    if options.lineage and len(graphs) > 1:
        raise UsageError(
            "--lineage is of one stack", hint=f"name it: {graphs[0].stack.name}, for instance"
        )
    with contextlib.ExitStack() as locks:
        for name in sorted(graph.stack.name for graph in graphs):
            locks.enter_context(
                context.backend.lock(
                    name,
                    context.environment,
                    operation="rebuild",
                    timeout=options.lock_timeout,
                    on_wait=report_waiting(context, name),
                )
            )
        lost: list[tuple[ResourceGraph, RawState]] = []
        for graph in graphs:
            old = read_raw_state(context, graph.stack.name)
            if old.state is None or options.force:
                context.backend.check_writable(graph.stack.name, context.environment)
                lost.append((graph, old))
            elif names:
                raise _readable(context, old.state)
        every = load_graphs(context, (), recorded=False) if names else graphs
        if not lost:
            return ()
        return _rebuild(Session(context, every), lost, options, named=bool(names))


def _readable(context: Context, state: State) -> UsageError:
    place = context.backend.place(state.stack, state.environment)
    return UsageError(
        f"{place} can be read (serial {state.serial}): there is nothing to rebuild",
        hint="engine plan --refresh-only brings it up to what Stripe has; --force makes it again "
        "from the account all the same, and keeps this one aside",
    )


# ── the state ─────────────────────────────────────────────────────────────────────────────


def _rebuild(
    session: Session,
    lost: Sequence[tuple[ResourceGraph, RawState]],
    options: RebuildOptions,
    *,
    named: bool,
) -> tuple[Rebuilt, ...]:
    """Make states again: first what is declared, of all of them, then what is left with stamps."""
    context = session.context
    for graph, old in lost:
        session.states[graph.stack.name] = dataclasses.replace(
            new_state(graph.stack.name, context.environment, "unknown"),
            account_id=old.account_id,
            livemode=old.livemode,
        )
    session.check_account()
    listing = Listing(session.provider, context.schemas)
    project = project_of(session)
    declared = project.places(graph.stack.name for graph, _ in lost)
    listing.types(declared, declared_only=options.declared_only)
    searches: list[Search] = []
    for graph, _ in lost:
        search = Search(
            listing=listing,
            project=project,
            graph=graph,
            lookups=look_up(session, graph, context.schemas),
            lineage=options.lineage,
        )
        project.recorded[graph.stack.name] = search.claimed
        searches.append(search)
    # What is like an object is sure only once the other stacks have found theirs.
    for last in (False, True):
        for search, (graph, old) in zip(searches, lost, strict=True):
            search.outputs = session.outputs_read_by(graph)
            search.learn_lineage(old.lineage, context.advice(graph.stack.name).history)
            if last and not search.lineage:
                search.lineage = context.new_id()
            search.find(old.ids)
            session.states[graph.stack.name] = _declared_state(session, search, old)
    for search in searches:
        search.collect_rest()
    found = [search for search in searches if search.claimed or search.undeclared]
    empty = [search for search in searches if search not in found]
    # Without names, stacks that never were applied are among them.
    if empty and (named or not found):
        raise _nothing(empty[0])
    return tuple(_write(session, search) for search in found)


def _nothing(search: Search) -> UsageError:
    """That a stack has no object, with those that may be its nevertheless."""
    stack = search.graph.stack.name
    perhaps = [
        f"{address} was not taken, though it fits: {it}" for address, it in search.taken.items()
    ]
    perhaps += [
        f"{one.address} [{one.id}] has its stamp, and may be of stack {one.stack}: rebuild or "
        "apply that one first"
        for one in search.left
    ]
    return UsageError(
        f"nothing on the account belongs to stack {stack!r}: there is nothing to rebuild its state "
        "from",
        cause="\n".join(perhaps) or None,
        hint="to take an object that no state has, run engine import ADDR ID"
        if search.taken
        else "check the environment and its key; if it never was applied, run engine apply",
    )


def _declared_state(session: Session, search: Search, old: RawState) -> State:
    """The state with the resources that have objects, and with the outputs that are known."""
    context, account = session.context, session.check_account()
    state = dataclasses.replace(
        session.states[search.graph.stack.name],
        resources={},
        outputs={},
        lineage=search.lineage,
        serial=old.serial + 1,
        account_id=account.id or old.account_id,
        livemode=account.livemode,
        api_version=context.api_version,
        engine_version=context.engine_version,
    )
    state = _with_declared(context, state, search.graph, search, search.outputs)
    return _with_outputs(context, state, search.graph, search, search.outputs)


def _write(session: Session, search: Search) -> Rebuilt:
    """Add what is not declared to a state, and write it."""
    graph = search.graph
    state = session.states[graph.stack.name]
    state = _with_undeclared(_with_archived(state, graph, search), search)
    return Rebuilt(
        state=state,
        traces=search.traces,
        missing=tuple(address for address in graph.order if address not in search.claimed),
        taken=search.taken,
        undeclared=tuple(
            address for address, claimed in search.undeclared.items() if claimed.current is not None
        ),
        left=tuple(search.left),
        unread=tuple(search.listing.unread),
        aside=session.context.backend.restore(state),
    )


def _current(search: Search) -> dict[str, RemoteObject]:
    """The objects of declared resources, by address."""
    return {
        address: claimed.current
        for address, claimed in search.claimed.items()
        if claimed.current is not None
    }


def _with_declared(
    context: Context,
    state: State,
    graph: ResourceGraph,
    search: Search,
    outputs: Mapping[Elsewhere, Any],
) -> State:
    """The state with all declared resources, as an import would record them."""
    objects = _current(search)
    observed = Observed(
        imports=objects, lookups=search.lookups, outputs=outputs, account=search.project.own
    )
    unknown = dataclasses.replace(state, resources={}, removed={})
    plan = make_plan(graph, unknown, observed, context.schemas)
    for change in plan.changes:
        address = change.address
        if address not in objects:
            continue
        record = as_declared(
            context.schemas,
            graph,
            change,
            objects[address],
            lineage=state.lineage,
            outputs=outputs,
            others={*objects, *state.resources},
        )
        kind = context.schemas[change.type]
        record = with_kept_secrets(context.sink, state, address, record, kind)
        state = state.with_resource(address, record)
    return state


def _with_archived(state: State, graph: ResourceGraph, search: Search) -> State:
    """The state with archived objects, so that they are revived if they are declared again."""
    found: dict[str, RemovedObject] = {}
    for address, claimed in {**search.claimed, **search.undeclared}.items():
        if claimed.archived is None:
            continue
        declared = address in graph.declarations
        gone = RemovedObject(
            type=parse_address(address).type,
            id=id_of(claimed.archived),
            account=search.project.account(graph.stack.name, address)
            if declared
            else search.accounts[address],
            former=_former(search, address, claimed),
        )
        found[address] = gone
    return dataclasses.replace(state, removed=found)


def _with_undeclared(state: State, search: Search) -> State:
    """The state with objects that are not declared, so that the next plan removes them.

    With those that replacements left and archived, too.
    """
    for address, claimed in search.claimed.items():
        entry, former = state.at(address), _former(search, address, claimed)
        if entry is not None and (claimed.superseded or former):
            entry = dataclasses.replace(entry, superseded=claimed.superseded, former=former)
            state = state.with_resource(address, entry)
    there: dict[str, Claimed] = {**search.claimed, **search.undeclared}
    objects = {
        address: claimed.current
        for address, claimed in there.items()
        if claimed.current is not None
    }
    owners = {
        (search.schemas[parse_address(address).type].object, str(found.get("id"))): address
        for address, found in objects.items()
    }
    for address, claimed in search.undeclared.items():
        if claimed.current is None:
            continue
        kind = search.schemas[parse_address(address).type]
        named = {owners.get(name) for name in named_in(kind.root, claimed.current)}
        record = ResourceState(
            type=kind.name,
            id=id_of(claimed.current),
            dependencies=tuple(sorted(need for need in named if need and need != address)),
            superseded=claimed.superseded,
            former=_former(search, address, claimed),
            removal_policy=RemovalPolicy(
                protect=kind.life.protect, account=search.accounts[address]
            ),
            imported=True,
        )
        state = state.with_resource(address, record)
    return state


def _former(search: Search, address: str, claimed: Claimed) -> tuple[str, ...]:
    """What a resource replaced: only a stamp shows that an archived object was its own."""
    traced = search.traces.get(address, MatchedBy.STAMP)  # what is not declared has a stamp
    return claimed.former if traced is MatchedBy.STAMP else ()


def _with_outputs(
    context: Context,
    state: State,
    graph: ResourceGraph,
    search: Search,
    outputs: Mapping[Elsewhere, Any],
) -> State:
    """The state with the outputs of the stack that are known."""
    observed = Observed(
        objects={**dict.fromkeys(state.resources), **_current(search)},
        lookups=search.lookups,
        outputs=outputs,
        secrets=known_secrets(context, graph, state),
    )
    plan = make_plan(graph, state, observed, context.schemas)
    known = {
        entry.name: entry.after
        for entry in plan.outputs
        if entry.after is not ABSENT and is_certain(entry.after)
    }
    return dataclasses.replace(state, outputs=known, reads=plan.reads)
