"""`engine lock` and `engine unlock`: put, release and list locks."""

from __future__ import annotations

from engine.address import is_logical_name
from engine.errors import UsageError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import RunLock
from engine.stack.loader import stack_files
from engine.suggest import nearest


@frozen
class Locks:
    """All locks.

    Attributes:
        held: Held locks, by environment and stack.
        runs: Run locks, by environment and stack.
    """

    held: tuple[HeldLock, ...]
    runs: tuple[RunLock, ...]


def locks(context: Context) -> Locks:
    """The locks of all environments.

    Raises:
        StateError: if a held lock cannot be read.
    """
    return Locks(held=context.backend.held_locks(), runs=context.backend.run_locks())


def hold_lock(context: Context, stack: str, reason: str) -> HeldLock:
    """Refuse every apply of a stack until the lock is released.

    Args:
        context: The run's ports; its environment is the lock's.
        stack: Stack name; empty for every stack of the environment.
        reason: Why, in one line.

    Raises:
        LockHeldError: if it is locked already.
        UsageError: if there is no such stack, or no reason.
    """
    reason = " ".join(reason.split())
    if not reason or not reason.isprintable():
        raise UsageError("a lock needs a reason", hint='say why: --reason "launch freeze"')
    known = sorted({*stack_files(context.settings.stacks), *_stored(context)})
    if stack and stack not in known:
        near = nearest(stack, known)
        raise UsageError(
            f"there is no stack {stack!r}",
            hint=f"did you mean {context.environment}/{near}?" if near else None,
        )
    return context.backend.put_held_lock(context.environment, stack, reason=reason)


def release_lock(context: Context, stack: str) -> str:
    """Release a held lock, and return the path of its removed file.

    Args:
        context: The run's ports; its environment is the lock's.
        stack: Stack name; empty for the lock on the whole environment.

    Raises:
        UsageError: if it is not locked.
    """
    if stack and not is_logical_name(stack):
        raise UsageError(
            f"{stack!r} is no name of a stack", hint="engine lock lists what is locked"
        )
    return context.backend.drop_held_lock(context.environment, stack)


def unlock(context: Context, id: str, *, force: bool) -> RunLock:
    """Take a run lock from a run that ended or, with force, from one that hangs.

    Raises:
        LockHeldError: if the run is still at work, and `force` is not set.
        UsageError: if no run lock has that id.
    """
    for lock in context.backend.held_locks():
        if lock.id == id:
            raise UsageError(
                f"{id} is a held lock: {lock}",
                hint=f"release it: engine lock {lock.place} --release",
            )
    return context.backend.unlock(id, force=force)


def _stored(context: Context) -> tuple[str, ...]:
    return context.backend.stacks(context.environment)
