"""What the stacks of a run give to each other: which, and the states that plans are made from."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.address import parse_address
from engine.apply.secrets import kept_secret, secret_names
from engine.graph.build import ResourceGraph
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.cross_checks.owners import owners_in
from engine.operations.run.context import Context
from engine.operations.run.orphans import graph_of_state, without_module
from engine.operations.run.recovery import secrets_of
from engine.operations.run.session import Session
from engine.plan.inputs.handover import Handover
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import Owner
from engine.plan.inputs.selection import moved_state
from engine.plan.inputs.transfers import find_transfers
from engine.plan.model import Action, Plan
from engine.plan.refusal import PlanRule, Refusal
from engine.state.model import State

_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


def with_givers(
    context: Context, graphs: tuple[ResourceGraph, ...], options: PlanOptions
) -> tuple[ResourceGraph, ...]:
    """The stacks of a run, and the states without a module that resources move out of.

    Args:
        context: The run's ports.
        graphs: What the stacks declare.
        options: What the person asked for; a destroy moves nothing.
    """
    if options.destroy or options.refresh_only:
        return graphs
    wanted: dict[str, set[str]] = {}
    for graph in graphs:
        for move in graph.stack.received:
            wanted.setdefault(move.stack, set()).add(move.old)
    outside = sorted(wanted.keys() - {graph.stack.name for graph in graphs})
    found = without_module(context, outside) if outside else ()
    giving = [name for name in found if _takes_part(context, name, wanted[name])]
    return (*graphs, *(graph_of_state(context, name) for name in giving))


def _takes_part(context: Context, name: str, addresses: set[str]) -> bool:
    """Whether a state, or the journal of an unfinished run, may have one of some addresses.

    One that has nothing any more, since a run was killed after it had moved all, is to be removed.
    """
    state = context.backend.read(name, context.environment)
    held = (*state.resources, *state.removed) if state is not None else ()
    emptied = state is not None and not held
    unfinished = bool(context.backend.read_journal(name, context.environment))
    return emptied or unfinished or not addresses.isdisjoint(held)


def settle_transfers(session: Session, options: PlanOptions) -> None:
    """Find out what stacks give to each other, and which states plans are made from."""
    owners = owners_in(session)
    session.transfers = find_transfers(
        session.graphs, session.states, other_states(session), owners, options
    )
    for graph in session.graphs:
        name = graph.stack.name
        state = owners.own(session.states[name], _leaving_to(session, name))
        session.prior[name] = _with_received(session, graph, state)


def _leaving_to(session: Session, name: str) -> frozenset[Owner]:
    """The resources of other stacks whose objects a stack has from now on."""
    return frozenset(
        Owner(stack, address)
        for stack, transfers in session.transfers.items()
        for address, taker in transfers.released.items()
        if taker.stack == name
    )


def left_in_givers(session: Session) -> dict[str, State]:
    """What stays in the states without a module that give something, by stack."""
    left: dict[str, State] = {}
    for graph in session.graphs:
        name, state = graph.stack.name, session.states[graph.stack.name]
        released = session.transfers[name].released
        if not graph.stack.file:
            kept = {a: entry for a, entry in state.resources.items() if a not in released}
            left[name] = dataclasses.replace(state, resources=kept)
    return left


def taken_outside(session: Session, plan: Plan) -> Iterator[Refusal]:
    """Why objects cannot end: a module that is not part of the run takes them over.

    It was not evaluated, so its text decides.

    Args:
        session: The session of the run.
        plan: The plan.
    """
    ends = [change.address for change in plan.pending if change.action is Action.DELETE]
    folder = session.context.settings.stacks
    for path in sorted(folder.glob("*.py")) if ends else ():
        text = ""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if path.stem not in session.states:
                text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        for address in _named(text, plan.stack, ends):
            names = "" if path.stem.startswith("_") else f" {plan.stack} {path.stem}"
            yield Refusal(
                f"{folder.name}/{path.name} takes over {plan.stack}:{address}, which this plan "
                f"would remove. Run both: engine apply{names}",
                PlanRule.STACK_NOT_IN_RUN,
                address=address,
            )


def _named(text: str, stack: str, addresses: Iterable[str]) -> Iterator[str]:
    """Those addresses of a stack that a module names, as `shop:TYPE.NAME` or the start of it.

    A lifecycle may name them too, so that only a module with `moved` in it counts.
    """
    if "moved" not in text:
        return
    found = re.findall(rf"""["']{re.escape(stack)}:([\w.-]*)(\{{?)""", text)
    for address in addresses:
        if any(address.startswith(name) if more else address == name for name, more in found):
            yield address


def _with_received(session: Session, graph: ResourceGraph, state: State) -> State:
    """A state with what comes from other stacks, as this one is to record it."""
    moves: dict[str, dict[str, str]] = {}
    received = session.transfers[graph.stack.name].received
    for new, owner in received.items():
        moves.setdefault(owner.stack, {})[owner.address] = new
    for stack, renamed in moves.items():
        giver = session.states[stack]
        by_name = {other.stack.name: other for other in session.graphs}
        giver, _ = moved_state(by_name[stack], giver)
        secrets = [
            *secrets_of(graph, giver.lineage).values(),
            *_returned_once(session, giver, renamed),
        ]
        state = Handover(
            giver=giver,
            receiver=state,
            moves=renamed,
            schemas=session.context.schemas,
            secrets=secrets,
        ).receiver_after()
    return state


def _returned_once(session: Session, giver: State, moves: Mapping[str, str]) -> Iterator[Any]:
    """Secrets of moved resources that the secret sink returns."""
    for old in moves:
        entry = giver.at(old)
        kind = session.context.schemas[parse_address(old).type]
        for name in secret_names(kind, parse_address(old)).values() if entry is not None else ():
            secret = kept_secret(session.context.sink, giver.stack, name)
            if secret is not None:
                yield secret
