"""Begin a session: check the key, lock, load, and recover what an earlier run left."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from engine.errors import StateError
from engine.graph.build import ResourceGraph
from engine.operations.run.context import Context
from engine.operations.run.guards import check_usable, refuse_held
from engine.operations.run.pending_imports import finish_import
from engine.operations.run.recovery import recover_run
from engine.operations.run.session import Session
from engine.ports.run_locks import LockOwner
from engine.state.model import new_state
from engine.state.moved import moved_to


@contextlib.contextmanager
def open_session(
    context: Context,
    graphs: tuple[ResourceGraph, ...],
    *,
    operation: str,
    lock_timeout: float,
    reading: bool = False,
) -> Iterator[Session]:
    """Lock and load the states of some stacks, in stack order, and unlock at the end.

    Args:
        context: The run's ports.
        graphs: The stacks.
        operation: What for; shown to those who wait for the locks.
        lock_timeout: Seconds to wait for another run.
        reading: Nothing is written, so that held locks do not matter.

    Raises:
        LockHeldError: if another run works on one of them, or one has a held lock.
        GuardError: if the key is for another mode than the environment.
        StateError: if a state cannot be trusted.
    """
    declared = {graph.stack.name: graph for graph in graphs}
    with session_of(
        context,
        tuple(declared),
        declared.__getitem__,
        operation=operation,
        lock_timeout=lock_timeout,
        reading=reading,
    ) as session:
        session.graphs = graphs
        yield session


@contextlib.contextmanager
def session_of(
    context: Context,
    names: Sequence[str],
    graph_of: Callable[[str], ResourceGraph],
    *,
    operation: str,
    lock_timeout: float,
    reading: bool = False,
) -> Iterator[Session]:
    """Open a session for stacks of which only the names are known.

    Args:
        context: The run's ports.
        names: Stack names, each after those whose outputs it reads.
        graph_of: Returns what a stack declares; called only if that is needed.
        operation: As for `open_session`.
        lock_timeout: Seconds to wait for another run.
        reading: As for `open_session`.

    Raises:
        LockHeldError: if another run works on one of them, or one has a held lock.
        GuardError: if the key is for another mode than the environment.
        StateError: if a state cannot be trusted.
    """
    environment = context.settings.environment
    check_usable(environment)
    if not reading:
        refuse_held(context, names)
    with contextlib.ExitStack() as locks:
        session = Session(context)
        for name in sorted(names):
            session.holds[name] = locks.enter_context(
                context.backend.lock(
                    name,
                    environment.name,
                    operation=operation,
                    timeout=lock_timeout,
                    on_wait=report_waiting(context, name),
                    claim=context.claim,
                )
            )
        unfinished = context.backend.pending_imports(environment.name)
        for name in names:
            pending = None
            if name in unfinished:
                pending = context.backend.read_import(name, environment.name)
            if pending is not None:
                finish_import(context, pending)
            stored = context.backend.read(name, environment.name)
            if stored is None:
                _refuse_left_behind(context, name)
            session.loaded[name] = stored
            session.states[name] = stored or new_state(name, environment.name, context.new_id())
        for name in names:
            recover_run(session, name, graph_of)
        yield session


def _refuse_left_behind(context: Context, stack: str) -> None:
    """Refuse to begin anew in a store while the project folder still has the state.

    Raises:
        StateError: if it has, and no pointer says that it was moved.
    """
    settings, environment = context.settings, context.environment
    path = settings.states / environment / f"{stack}.json"
    if settings.state == "file" or not path.is_file() or moved_to(path.read_bytes()):
        return
    raise StateError(
        f"{environment}/{stack} has no state in the store that pyproject.toml names, and one in "
        f"{path.relative_to(settings.root)}",
        cause="A run that began anew would make again what that one records.",
        hint=f"engine state migrate -e {settings.environment.configured} --from file --to ADDRESS "
        "moves it there, with ADDRESS as pyproject.toml has it; delete the file if it is of no "
        "use. Nothing was changed",
    )


def report_waiting(context: Context, stack: str) -> Callable[[LockOwner | None], None]:
    """Notifies the hook of the owner of a lock that the run waits for."""

    def report(owner: LockOwner | None) -> None:
        context.hook.waiting_for_lock(stack, str(owner or "another run"))

    return report
