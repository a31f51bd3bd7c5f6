"""`engine lock` and `engine unlock`: put, release and list locks, in every store of a project."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

from engine.address import is_logical_name
from engine.errors import EngineError, LockHeldError, StateError, UsageError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.ports.backend import StateBackend, Store
from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import RunLock, Watching, watch_silently
from engine.stack.loader import stack_files
from engine.suggest import nearest


@frozen
class Locks:
    """All locks.

    Attributes:
        held: Held locks, by environment and stack.
        runs: Run locks, by environment and stack.
        unread: Why the locks of some stores are not known; None if all are.
    """

    held: tuple[HeldLock, ...]
    runs: tuple[RunLock, ...]
    unread: EngineError | None = None


def locks(stores: Sequence[Store]) -> Locks:
    """The locks of all environments."""
    held: list[HeldLock] = []
    runs: list[RunLock] = []
    failed: list[tuple[Store, EngineError]] = []
    for store in stores:
        try:
            backend = store.open()
            found, at_work = backend.held_locks(), backend.run_locks()
        except EngineError as error:
            failed.append((store, error))
            continue
        held += [dataclasses.replace(lock, store=backend.address) for lock in found]
        runs += [dataclasses.replace(lock, store=backend.address) for lock in at_work]
    return Locks(
        held=tuple(sorted(held, key=lambda lock: (lock.environment, lock.stack))),
        runs=tuple(sorted(runs, key=lambda lock: (lock.environment, lock.stack))),
        unread=_unread(failed, several=len(stores) > 1),
    )


def _unread(failed: Sequence[tuple[Store, EngineError]], *, several: bool) -> EngineError | None:
    if not failed:
        return None
    _, first = failed[0]
    if not several:
        return first
    names = ", ".join(name for store, _ in failed for name in store.environments)
    return StateError(
        f"the locks of {names} are not known here",
        cause="\n".join(error.message for _, error in failed),
        hint=f"{first.hint or 'run the command again'}; with -e ENV the store of ENV alone is "
        "asked",
    )


def hold_lock(context: Context, stack: str, reason: str, *, fleet: str = "") -> HeldLock:
    """Refuse every apply of a stack until the lock is released.

    Args:
        context: The run's ports; its environment is the lock's.
        stack: Stack name; empty for every stack of the environment.
        reason: Why, in one line.
        fleet: The fleet of that environment that is locked in its place; empty if none is.

    Raises:
        LockHeldError: if it is locked already.
        UsageError: if there is no such stack, or no reason.
    """
    reason = _checked(reason)
    known = sorted({*stack_files(context.settings.stacks), *_stored(context)})
    if stack and stack not in known:
        near = nearest(stack, known)
        raise UsageError(
            f"there is no stack {stack!r}",
            hint=f"did you mean {fleet or context.environment}/{near}?" if near else None,
        )
    return _put(context.backend, fleet or context.environment, stack, reason)


def hold_all(stores: Sequence[Store], reason: str) -> Iterator[HeldLock]:
    """Refuse every apply of each environment, in its own store, until the locks are released.

    An environment that is locked already stays so. What was locked before an error stays locked.

    Raises:
        EngineError: if a store cannot be opened, before anything is locked.
        UsageError: if there is no reason.
    """
    reason = _checked(reason)
    for backend, environment in _everywhere(stores):
        try:
            yield _put(backend, environment, "", reason)
        except LockHeldError:
            yield from _held(backend, environment)


def release_all(stores: Sequence[Store]) -> Iterator[tuple[HeldLock, str]]:
    """Release the held lock of each environment, and yield it with the path of its removed file.

    Locks on single stacks stay.

    Raises:
        EngineError: if a store cannot be opened, before anything is released.
    """
    for backend, environment in _everywhere(stores):
        for lock in _held(backend, environment):
            yield lock, backend.drop_held_lock(environment, "")


def _everywhere(stores: Sequence[Store]) -> list[tuple[StateBackend, str]]:
    opened = [(store.open(), store) for store in stores]
    for backend, _ in opened:
        backend.held_locks()
    return [(backend, name) for backend, store in opened for name in store.environments]


def _held(backend: StateBackend, environment: str) -> list[HeldLock]:
    """The held lock on a whole environment, if there is one."""
    return [
        dataclasses.replace(lock, store=backend.address)
        for lock in backend.held_locks(environment)
        if not lock.stack and lock.environment == environment
    ]


def _put(backend: StateBackend, environment: str, stack: str, reason: str) -> HeldLock:
    lock = backend.put_held_lock(environment, stack, reason=reason)
    return dataclasses.replace(lock, store=backend.address)


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason or not reason.isprintable():
        raise UsageError("a lock needs a reason", hint='say why: --reason "launch freeze"')
    return reason


def release_lock(context: Context, stack: str, *, fleet: str = "") -> str:
    """Release a held lock, and return the path of its removed file.

    Args:
        context: The run's ports; its environment is the lock's.
        stack: Stack name; empty for the lock on the whole environment.
        fleet: The fleet of that environment whose lock it is; empty if it is none's.

    Raises:
        UsageError: if it is not locked.
    """
    if stack and not is_logical_name(stack):
        raise UsageError(
            f"{stack!r} is no name of a stack", hint="engine lock lists what is locked"
        )
    return context.backend.drop_held_lock(fleet or context.environment, stack)


def unlock(
    stores: Sequence[Store], id: str, *, force: bool, on_watch: Watching = watch_silently
) -> RunLock:
    """Take a run lock from a run that ended or, with force, from one that hangs.

    Args:
        stores: Where it may be.
        id: Of the lock, as shown.
        force: Also from a run that is still at work.
        on_watch: See `engine.ports.run_locks.RunLocks.unlock`.

    Raises:
        LockHeldError: if the run is still at work, and `force` is not set.
        UsageError: if no run lock has that id.
        EngineError: if no store that could be read has it, and one could not be.
    """
    ids: list[str] = []
    failed: list[tuple[Store, EngineError]] = []
    for store in stores:
        try:
            backend = store.open()
            runs, held = backend.run_locks(), backend.held_locks()
        except EngineError as error:
            failed.append((store, error))
            continue
        _refuse_unlock(id, held)
        ids += [run.owner.id for run in runs]
        # A lock whose owner is not known is in no list: only its store can say that it has it.
        with contextlib.suppress(UsageError):
            run = backend.unlock(id, force=force, on_watch=on_watch)
            return dataclasses.replace(run, store=backend.address)
    unread = _unread(failed, several=len(stores) > 1)
    if unread is not None:
        raise unread
    raise UsageError(
        f"no run holds a lock with the id {id!r}",
        hint=f"run locks are held with the ids: {', '.join(ids)}"
        if ids
        else "no run holds any; engine lock lists them",
    )


def _refuse_unlock(id: str, held: Sequence[HeldLock]) -> None:
    for lock in held:
        if lock.id == id:
            raise UsageError(
                f"{id} is a held lock: {lock}",
                hint=f"release it: engine lock {lock.place} --release",
            )


def _stored(context: Context) -> tuple[str, ...]:
    return context.backend.stacks(context.environment)
