"""`engine drift`: how Stripe differs from the last applies; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.graph.build import ResourceGraph
from engine.operations.cross_checks.owners import owners_in
from engine.operations.cross_checks.transfers import settle_transfers
from engine.operations.drift.causes import find_causes
from engine.operations.drift.unmanaged import find_unmanaged
from engine.operations.refresh.read import Place
from engine.operations.refresh.refresh import observe, read_known
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session
from engine.operations.run.orphans import orphans_of
from engine.operations.run.session import Session
from engine.operations.validate import graphs_to_plan
from engine.plan.drifted import find_drifted
from engine.plan.inputs.options import PlanOptions
from engine.ports.drift.report import DriftReport, StackDrift
from engine.schema.remote import RemoteObject
from engine.stack.loader import stack_files

_READING = PlanOptions(refresh_only=True)
"""Only what the states record is read: nothing is made, so no key has to be free."""
_WITHOUT_MODULE = replace(_READING, destroy=True)
"""The same of a stack without a module, of which nothing but its destruction is planned."""


def drift_of_stacks(
    context: Context,
    names: Sequence[str],
    *,
    unmanaged: bool = False,
    lock_timeout: float = 0.0,
) -> DriftReport:
    """Compare what the states of some stacks record with Stripe and with the code.

    Args:
        context: The run's ports.
        names: Stacks asked for, with a module or without; none means all.
        unmanaged: List the objects that no stack manages, instead of counting them.
        lock_timeout: Seconds to wait for another run.

    Raises:
        StackError: if the stacks have problems.
        LockHeldError: if another run works on one of them.
        StateError: if a state cannot be trusted.
        GuardError: if the key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
        UsageError: if there is no such stack.
    """
    asked = tuple(names) or tuple(_every(context))
    # As for a destroy: a stack without a module declares nothing.
    graphs = graphs_to_plan(context, asked, destroy=True)
    with open_session(
        context, graphs, operation="drift", lock_timeout=lock_timeout, reading=True
    ) as session:
        return _report(session, unmanaged=unmanaged)


def _every(context: Context) -> Iterator[str]:
    yield from stack_files(context.settings.stacks)
    yield from (orphan.stack for orphan in orphans_of(context))


def _report(session: Session, *, unmanaged: bool) -> DriftReport:
    environment = session.context.settings.environment
    account = session.check_account()
    settle_transfers(session, _READING)
    known = [(graph, session.prior[graph.stack.name]) for graph in session.graphs]
    read = read_known(session.context, session, known, _WITHOUT_MODULE)
    stacks = _with_causes(session, [_stack(session, graph, read) for graph in session.graphs])
    left_out = find_unmanaged(session, whole=unmanaged)
    return DriftReport(
        environment=environment.name,
        embedded=environment.emulator,
        account_id=account.id,
        livemode=account.livemode,
        stacks=stacks,
        requests=session.requests,
        server=environment.server,
        unmanaged=left_out,
        listed=unmanaged,
    )


def _stack(
    session: Session, graph: ResourceGraph, read: Mapping[Place, RemoteObject]
) -> StackDrift:
    context, name = session.context, graph.stack.name
    state, transfers = session.prior[name], session.transfers[name]
    outputs, owners = session.outputs_read_by(graph), owners_in(session)
    options = _READING if graph.stack.file else _WITHOUT_MODULE
    seen = observe(context, session, graph, state, options, outputs, read, owners, transfers)
    context.hook.refreshed(name)
    return StackDrift(
        stack=name,
        environment=context.environment,
        serial=state.serial,
        objects=len(state.resources),
        has_module=bool(graph.stack.file),
        drifted=find_drifted(graph, state, seen, context.schemas),
        warnings=session.recovery_warnings.get(name, ()),
    )


def _with_causes(session: Session, stacks: Sequence[StackDrift]) -> tuple[StackDrift, ...]:
    drifted = [entry for stack in stacks for entry in stack.drifted]
    if not drifted:
        return tuple(stacks)
    causes = iter(find_causes(session.provider, session.context.schemas, drifted))
    return tuple(
        replace(stack, causes={entry.address: next(causes) for entry in stack.drifted})
        for stack in stacks
    )
