"""`engine stacks`: the stacks of a project in the order of an apply; no request is sent."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.errors import GraphError, Problem, StateError
from engine.frozen import frozen
from engine.graph.dag import topological_order
from engine.operations.modules import Modules
from engine.operations.run.context import Context
from engine.operations.run.orphans import orphan_at
from engine.operations.run.reads import reads_of
from engine.operations.validate import NOT_EVALUATED, cycle_problem
from engine.plan.orphan import Orphan
from engine.ports.held_locks import HeldLock
from engine.ports.overview import ListedStack, Overview, StackState
from engine.ports.run_locks import RunLock
from engine.stack.authoring import NO_ACCOUNT
from engine.stack.checks.outputs import references_of
from engine.stack.loader import stack_files
from engine.stack.model import Stack
from engine.values.targets import Elsewhere, OutputTarget

_Reads = Mapping[str, tuple[str, ...]]
"""Names of outputs, by the stack whose they are."""


def overview(context: Context, *, everywhere: bool) -> Overview:
    """Every stack that has a module or a state.

    A module with mistakes and a state that cannot be read are listed with what is wrong with them.

    Args:
        context: The run's ports; the modules are evaluated for its environment.
        everywhere: Show the states of all environments, not of that one alone.
    """
    modules = Modules(context)
    stacks = {name: modules.stack(name) for name in stack_files(context.settings.stacks)}
    locks, unread = _locks(context)
    table = _Table(context, stacks, locks, context.backend.run_locks(), everywhere=everywhere)
    states = {name: tuple(table.of(name)) for name in table.names()}
    reads = {name: _reads(stack) for name, stack in stacks.items()}
    # Of a module that stopped half way, what its last apply read is all there is to know.
    stopped = {name for name, stack in stacks.items() if _stops(stack)}
    reads |= {name: table.recorded_reads(name) for name in stopped}
    order, problems = _order(stacks, reads)
    waves = _waves(order, reads) if not problems else {}
    reads |= {name: table.recorded_reads(name) for name in states if name not in stacks}
    return Overview(
        environment=context.environment,
        stacks=tuple(
            _listed(name, stacks.get(name), waves.get(name, 0), reads, states.get(name, ()))
            for name in (*order, *(name for name in states if name not in stacks))
        ),
        problems=problems,
        unread=unread,
    )


def _listed(
    name: str,
    stack: Stack | None,
    wave: int,
    reads: Mapping[str, _Reads],
    states: tuple[StackState, ...],
) -> ListedStack:
    return ListedStack(
        name=name,
        file=stack.file if stack is not None else "",
        wave=wave,
        reads=reads[name],
        read_by=tuple(sorted(other for other, read in reads.items() if name in read)),
        outputs=tuple(sorted(stack.outputs)) if stack is not None else (),
        states=states,
        problems=tuple(one for one in stack.problems if one.reference != NO_ACCOUNT)
        if stack is not None
        else (),
    )


# ── the modules ───────────────────────────────────────────────────────────────────────────


def _stops(stack: Stack) -> bool:
    """Whether a module was not evaluated to its end."""
    return any(problem.reference in NOT_EVALUATED for problem in stack.problems)


def _reads(stack: Stack) -> _Reads:
    """The outputs that a module reads, those that it uses by their names."""
    targets = [target for _, _, entries in references_of(stack) for _, target in entries]
    return _by_stack(
        stack.reads_outputs_of, [target for target in targets if isinstance(target, OutputTarget)]
    )


def _by_stack(stacks: Iterable[str], targets: Iterable[Elsewhere]) -> _Reads:
    found: dict[str, set[str]] = {name: set() for name in stacks}
    for target in targets:
        names = found.setdefault(target.stack, set())
        if isinstance(target, OutputTarget):
            names.add(target.name)
    return {name: tuple(sorted(outputs)) for name, outputs in sorted(found.items())}


def _order(
    stacks: Mapping[str, Stack], reads: Mapping[str, _Reads]
) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """The stacks in the order of an apply, and why that is not known."""
    problems = tuple(
        problem for stack in stacks.values() if _stops(stack) for problem in stack.problems
    )
    try:
        return topological_order({name: set(read) for name, read in reads.items()}), problems
    except GraphError as error:
        return tuple(stacks), (*problems, cycle_problem(error, tuple(stacks.values())))


def _waves(order: Sequence[str], reads: Mapping[str, _Reads]) -> dict[str, int]:
    waves: dict[str, int] = {}
    for name in order:
        waves[name] = 1 + max((waves.get(read, 0) for read in reads[name]), default=0)
    return waves


# ── the states ────────────────────────────────────────────────────────────────────────────


def _locks(context: Context) -> tuple[Sequence[HeldLock], str]:
    """The held locks, and why they cannot be read."""
    try:
        store = context.backend.address
        held = context.backend.held_locks()
        return [dataclasses.replace(lock, store=store) for lock in held], ""
    except StateError as error:
        return (), error.message


@frozen(kw_only=False)
class _Table:
    """What is stored of stacks, by environment.

    Attributes:
        context: The run's ports.
        modules: The stacks that have a module, as it was evaluated.
        held: Every held lock.
        runs: Every run lock that names a run.
        everywhere: All environments are shown.
    """

    context: Context
    modules: Mapping[str, Stack]
    held: Sequence[HeldLock]
    runs: Sequence[RunLock]
    everywhere: bool

    def environments(self) -> tuple[str, ...]:
        """The environments that are shown."""
        if not self.everywhere:
            return (self.context.environment,)
        return tuple(
            sorted(
                {*self.context.backend.environments(), *(lock.environment for lock in self.held)}
            )
        )

    def names(self) -> tuple[str, ...]:
        """Stacks that have a state or a lock, sorted."""
        stored = {
            name for place in self.environments() for name in self.context.backend.stacks(place)
        }
        return tuple(sorted(stored | {lock.stack for lock in self.held if lock.stack}))

    def of(self, name: str) -> Iterator[StackState]:
        """A stack in each environment in which it has a state or a lock of its own."""
        for environment in self.environments():
            locks = [lock for lock in self.held if lock.covers(environment, name)]
            stored = name in self.context.backend.stacks(environment)
            if stored or any(lock.stack for lock in locks):
                yield self._state(name, environment, locks[0] if locks else None)

    def _state(self, name: str, environment: str, held: HeldLock | None) -> StackState:
        backend = self.context.backend
        run = next(
            (
                lock
                for lock in self.runs
                if (lock.environment, lock.stack) == (environment, name) and not lock.owner.gone
            ),
            None,
        )
        orphan = None if name in self.modules else self._orphan(name, environment)
        try:
            state = backend.read(name, environment)
            unfinished = run is None and bool(backend.read_journal(name, environment))
        except StateError as error:
            return StackState(
                environment=environment, held=held, run=run, orphan=orphan, problem=error.message
            )
        if state is None:
            return StackState(environment=environment, held=held, run=run)
        found = StackState(
            environment=environment, held=held, run=run, unfinished=unfinished, orphan=orphan
        )
        return found.of(state)

    def _orphan(self, name: str, environment: str) -> Orphan | None:
        stored = self.context.backend.stacks(environment)
        new = {
            other: stack.declarations
            for other, stack in self.modules.items()
            if other not in stored
        }
        return orphan_at(self.context, environment, name, declared=new)

    def recorded_reads(self, name: str) -> _Reads:
        """The outputs that a stack without a module read at its last applies."""
        found: list[Elsewhere] = []
        for environment in self.environments():
            with contextlib.suppress(StateError):
                state = self.context.backend.read(name, environment)
                found += reads_of(state) if state is not None else ()
        return _by_stack((), found)
