"""`engine import`: read an existing object and record it under an address."""

from __future__ import annotations

import dataclasses

from engine.address import ResourceAddress
from engine.errors import GuardError, NotFoundError, UsageError
from engine.graph.build import ResourceGraph
from engine.operations.cross_checks.owners import owners_in
from engine.operations.refresh.refresh import observe, read_known
from engine.operations.run.context import Context
from engine.operations.run.guards import refuse_held
from engine.operations.run.opening import open_session
from engine.operations.run.record_existing import as_declared
from engine.operations.run.session import Session
from engine.operations.validate import load_graphs
from engine.plan.decide.key_conflicts import owned
from engine.plan.inputs.accounts import is_known
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import key_of, key_of_object
from engine.plan.inputs.transfers import Transfers
from engine.plan.planner import make_plan
from engine.stack.model import Import
from engine.state.model import ResourceState, State
from engine.suggest import nearest


def import_object(
    context: Context, address: ResourceAddress, id: str, *, lock_timeout: float = 0.0
) -> State:
    """Record an existing object under a declared address; nothing is written to Stripe.

    Fields that Stripe does not return count as declared, so that they never cause a replacement.
    The next plan shows where the object differs from the declaration.

    Args:
        context: The run's ports.
        address: The declaration.
        id: Stripe's id; for a child with its parent, `prod_1/feat_2`.
        lock_timeout: Seconds to wait for another run.

    Returns:
        The state as written.

    Raises:
        UsageError: if no stack declares the address, or it has an object already.
        NotFoundError: if there is no such object.
        GuardError: if a resource of another stack is this object.
        EngineError: if the stack cannot be planned.
    """
    graphs = load_graphs(context, (), recorded=False)
    graph = _declaring(graphs, address)
    name = graph.stack.name
    refuse_held(context, (name,))
    with open_session(
        context, graphs, operation="import", lock_timeout=lock_timeout, reading=True
    ) as session:
        state = session.states[name]
        held = state.at(address)
        if held is not None:
            raise UsageError(
                f"{address} is {held.id} already",
                hint="nothing to import; to put another object there, release this one first "
                "with removed(ADDRESS)",
            )
        session.check_account()
        record = _recorded(session, _importing(graph, address, id), address, id)
        return session.save(state.with_resource(address, record))


def _declaring(graphs: tuple[ResourceGraph, ...], address: ResourceAddress) -> ResourceGraph:
    known: list[str] = []
    for graph in graphs:
        if address in graph.declarations:
            return graph
        known.extend(graph.declarations)
    near = nearest(address, known)
    raise UsageError(
        f"no stack declares {address}",
        hint=f"did you mean {near}?" if near else "declare it first, then import the object",
    )


def _importing(graph: ResourceGraph, address: ResourceAddress, id: str) -> ResourceGraph:
    """The graph as if its stack contained `import_(ADDRESS, ID)`."""
    location = graph.declarations[address].location
    wanted = Import(address=address, id=id, location=location)
    stack = dataclasses.replace(graph.stack, imports={address: wanted})
    return dataclasses.replace(graph, stack=stack)


def _not_there(title: str, id: str, account: str) -> NotFoundError:
    if not is_known(account):
        return NotFoundError(
            f"there is no {title} {id!r} on {account}: no apply has made that account yet",
            hint="apply the account first: engine apply --target ADDRESS",
        )
    where = f"account {account}" if account else "this account"
    return NotFoundError(f"there is no {title} {id!r} on {where}", hint="check the id and the mode")


def _recorded(
    session: Session, graph: ResourceGraph, address: ResourceAddress, id: str
) -> ResourceState:
    context, state = session.context, session.states[graph.stack.name]
    outputs = session.outputs_read_by(graph)
    options = PlanOptions(targets=(address,))
    read = read_known(context, session, [(graph, state)], options)
    owners = owners_in(session)
    transfers = Transfers()
    observed = observe(context, session, graph, state, options, outputs, read, owners, transfers)
    actual = observed.imports.get(address)
    plan = make_plan(graph, state, observed, context.schemas, options)
    change = next(change for change in plan.changes if change.address == address)
    if actual is None:
        raise _not_there(context.schemas[address.type].title, id, change.account)
    declaration = graph.declarations[address]
    key = key_of_object(address.type, change.account, actual)
    owner = owners.elsewhere(graph.stack.name, key)
    if owner is not None:
        raise GuardError(owned(declaration, id, owner), hint="nothing was changed")
    own = next((other for other, entry in state.resources.items() if key_of(entry) == key), None)
    if own is not None:
        raise GuardError(
            f"{id} is {own} of stack {graph.stack.name} already",
            hint=f"to have it as {address}: engine state mv {own} {address}; nothing was changed",
        )
    return as_declared(
        context.schemas,
        graph,
        change,
        actual,
        lineage=state.lineage,
        outputs=outputs,
        others=state.resources,
    )
