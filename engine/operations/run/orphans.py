"""Stacks that have a state and no module: finding them, and refusing to evaluate them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from engine.address import parse_address
from engine.apply.journal import read_journal
from engine.errors import StateError, UsageError
from engine.graph.build import ResourceGraph
from engine.operations.run.context import Context
from engine.operations.run.reads import reads_of
from engine.plan.orphan import Orphan
from engine.stack.loader import stack_files
from engine.stack.model import Location, Stack
from engine.state.model import State


def orphans_of(
    context: Context,
    names: Collection[str] | None = None,
    states: Mapping[str, State | None] | None = None,
    declared: Mapping[str, Collection[str]] | None = None,
) -> tuple[Orphan, ...]:
    """The stacks of the environment without a module whose states manage something.

    A state that cannot be read may manage something, so it is among them.

    Args:
        context: The run's ports.
        names: Stacks to look at; None means all.
        states: All that are to be looked at and were read already, by stack; None for one that
            cannot be read.
        declared: Addresses that stacks without a state declare, by stack.
    """
    modules = stack_files(context.settings.stacks)
    stored = context.backend.stacks(context.environment) if states is None else sorted(states)
    return tuple(
        orphan
        for name in stored
        if name not in modules and (names is None or name in names)
        if (orphan := orphan_at(context, context.environment, name, states, declared))
    )


def orphan_at(
    context: Context,
    environment: str,
    name: str,
    states: Mapping[str, State | None] | None = None,
    declared: Mapping[str, Collection[str]] | None = None,
) -> Orphan | None:
    """What a stack without a module manages in an environment; None if it manages nothing.

    Args:
        context: The run's ports.
        environment: Environment name.
        name: Stack name.
        states: As for `orphans_of`.
        declared: As for `orphans_of`.
    """
    backend = context.backend
    try:
        state = (states or {}).get(name) or backend.read(name, environment)
        records = backend.read_journal(name, environment)
        made = _made(context, records) if records else ()
    except StateError as error:
        problem = f"its state cannot be read: {error.message}"
        hint = error.hint or ""
        return Orphan(stack=name, environment=environment, problem=problem, advice=hint)
    addresses = {*(state.resources if state is not None else ()), *made}
    if not addresses:
        return None
    return Orphan(
        stack=name,
        environment=environment,
        addresses=tuple(sorted(map(parse_address, addresses))),
        unfinished=bool(records),
        renamed=_renamed(addresses, declared or {}),
    )


def _made(context: Context, records: Sequence[bytes]) -> Iterator[str]:
    """What an unfinished run has made, or may have made."""
    unfinished = read_journal(records, context.schemas, {})
    yield from (intent.step.address for intent in unfinished.pending)
    for delta in unfinished.deltas:
        yield from (address for address, entry in delta.resources.items() if entry is not None)


def _renamed(addresses: Collection[str], declared: Mapping[str, Collection[str]]) -> str:
    """The stack that declares most of some addresses; empty if none declares one."""
    shared = {name: len({*addresses} & {*new}) for name, new in declared.items()}
    best = max(shared, key=lambda name: shared[name], default="")
    return best if shared.get(best) else ""


def refuse_without_module(context: Context, names: Sequence[str]) -> None:
    """Refuse to evaluate a stack that has a state and no module, and say what it holds.

    Args:
        context: The run's ports.
        names: Stacks that a person named; none if they named none.

    Raises:
        UsageError: if one of them, or the only one there is, has no module.
    """
    modules = stack_files(context.settings.stacks)
    if modules and not set(names) - set(modules):
        return
    for orphan in orphans_of(context, names or None):
        raise UsageError(
            f"stack {orphan.stack} has a state in environment {orphan.environment} and no module "
            f"stacks/{orphan.stack}.py",
            cause=f"It manages {orphan.held}." if not orphan.problem else orphan.held,
            hint="put its module back, or:\n" + "\n".join(f"  {line}" for line in orphan.lines),
        )


def without_module(context: Context, names: Sequence[str]) -> tuple[str, ...]:
    """Those of some stacks that have a state, whatever it holds, and no module."""
    modules = stack_files(context.settings.stacks)
    stored = context.backend.stacks(context.environment)
    return tuple(name for name in dict.fromkeys(names) if name not in modules and name in stored)


def graph_of_state(context: Context, name: str) -> ResourceGraph:
    """A graph that declares nothing, so that a plan removes what the state records.

    It reads the outputs that the last apply read, so that it goes before those whose they are.

    Raises:
        StateError: if the state cannot be trusted.
    """
    state = context.backend.read(name, context.environment)
    place = Location(context.backend.place(name, context.environment), 0)
    reads = reads_of(state) if state is not None else ()
    return empty_graph(name, {target.stack: place for target in reads})


def empty_graph(name: str, reads: Mapping[str, Location] | None = None) -> ResourceGraph:
    """The graph of a stack that declares nothing: its module is not needed, or does not exist."""
    stack = Stack(name=name, file="", reads_outputs_of=reads or {})
    return ResourceGraph(stack=stack, order=(), edges={}, deferred={}, triggers={}, targets={})


def drop_empty(context: Context, states: Iterable[State]) -> dict[str, int]:
    """Remove the states of stacks without a module that record nothing any more.

    What Stripe only archived is still recorded, so that it is revived if the module comes back.

    Args:
        context: The run's ports.
        states: States as they are stored.

    Returns:
        How many objects each stack without a module and without resources still records; 0 if its
        state was removed.

    Raises:
        StateError: if a state cannot be removed.
    """
    modules = stack_files(context.settings.stacks)
    left: dict[str, int] = {}
    for state in states:
        if state.stack in modules or state.resources or state.outputs:
            continue
        if context.backend.read_journal(state.stack, state.environment):
            continue  # the outcome of a step is unknown
        left[state.stack] = len(state.removed)
        if not state.removed:
            context.backend.remove(state)
    return left
