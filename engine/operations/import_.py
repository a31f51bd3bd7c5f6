"""`engine import`: read an existing object and record it under an address.

Its secret, which no response holds any more, comes from the secret sink or from the person.
"""

from __future__ import annotations

import dataclasses

from engine.address import ResourceAddress
from engine.errors import GuardError, NotFoundError, UsageError
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.operations.cross_checks.owners import owners_in
from engine.operations.refresh.refresh import observe, read_known
from engine.operations.run.context import Context
from engine.operations.run.guards import refuse_held
from engine.operations.run.opening import open_session
from engine.operations.run.record_existing import as_declared
from engine.operations.run.secrets import (
    keep_supplied,
    the_secret_of,
    unknown_secrets,
    with_kept_secrets,
)
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
from engine.values.paths import dotted
from engine.values.secret import Sensitive


@frozen
class Imported:
    """What an import recorded.

    Attributes:
        state: The state as written.
        id: Stripe's id of the object.
        known_before: The object was in the state already; only its secret is new.
        kept_at: Where the secret is that the sink kept for this address; empty if it kept none.
        unknown: Paths of secrets that are not known.
    """

    state: State
    id: str
    known_before: bool
    kept_at: str
    unknown: tuple[str, ...]


def import_object(
    context: Context,
    address: ResourceAddress,
    id: str,
    *,
    secret: Sensitive | None = None,
    lock_timeout: float = 0.0,
) -> Imported:
    """Record an existing object under a declared address; nothing is written to Stripe.

    Fields that Stripe does not return count as declared, so that they never cause a replacement.
    The next plan shows where the object differs from the declaration.

    Args:
        context: The run's ports.
        address: The declaration.
        id: Stripe's id; for a child with its parent, `prod_1/feat_2`. Empty for the secret of an
            object that is in the state already.
        secret: The object's secret; None if the person has none.
        lock_timeout: Seconds to wait for another run.

    Raises:
        UsageError: if no stack declares the address, it has an object already, or the secret does
            not have the form of one.
        SecretSinkError: if the secret cannot be kept.
        NotFoundError: if there is no such object.
        GuardError: if a resource of another stack is this object.
        EngineError: if the stack cannot be planned.
    """
    graphs = load_graphs(context, (), recorded=False)
    graph = _declaring(graphs, address)
    name, kind = graph.stack.name, context.schemas[address.type]
    refuse_held(context, (name,))
    if secret is not None:
        the_secret_of(kind, address)
    with open_session(
        context, graphs, operation="import", lock_timeout=lock_timeout, reading=True
    ) as session:
        state = session.states[name]
        held = state.at(address)
        _check_held(held, address, id, secret)
        session.check_account()
        record = held or _recorded(session, _importing(graph, address, id), address, id)
        kept_at = ""
        if secret is not None:
            record = keep_supplied(context.sink, state, address, record, kind, secret)
        else:
            found = with_kept_secrets(context.sink, state, address, record, kind)
            if found != record:
                kept_at = context.sink.where(name, the_secret_of(kind, address)[1])
            record = found
        return Imported(
            state=session.save(state.with_resource(address, record)),
            id=record.id,
            known_before=held is not None,
            kept_at=kept_at,
            unknown=tuple(map(dotted, unknown_secrets(kind, record))),
        )


def _check_held(
    held: ResourceState | None, address: ResourceAddress, id: str, secret: Sensitive | None
) -> None:
    """Refuse an address that is another object's, and a secret of what no state records."""
    if held is None and not id:
        raise UsageError(
            f"no object is recorded for {address}",
            hint="import it together with its secret: "
            f"engine import {address} ID --secret-from-stdin",
        )
    if held is not None and (secret is None or id not in ("", held.id)):
        raise UsageError(
            f"{address} is {held.id} already",
            hint="nothing to import; to put another object there, release this one first "
            "with removed(ADDRESS)",
        )


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
