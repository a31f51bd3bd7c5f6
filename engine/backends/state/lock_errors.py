"""The errors of run locks and of held locks, the same for every backend."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from engine.errors import LockHeldError, LockLostError, UsageError
from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import LockOwner


def locked_by_another(stack: str, environment: str, owner: LockOwner | None) -> LockHeldError:
    """Error for taking a lock that another run has.

    Args:
        stack: Stack name.
        environment: Environment name.
        owner: Owner of the lock; None if the lock names none.
    """
    hint = "wait for it to end, or give --lock-timeout SECONDS to wait here"
    if owner is not None:
        hint += f". If it hangs: engine unlock {owner.id}"
    return LockHeldError(f"{environment}/{stack} is locked by {owner or 'another run'}", hint=hint)


def still_running(
    stack: str,
    environment: str,
    owner: LockOwner,
    *,
    cause: str = "Its lock ends when it does; nothing has to be unlocked after it.",
) -> LockHeldError:
    """Error for unlocking a run that is still at work."""
    here = owner.host == socket.gethostname()
    where = "" if here else f" on {owner.host or owner.who}"
    return LockHeldError(
        f"{environment}/{stack} is locked by {owner}, which is still at work",
        cause=cause,
        hint=f"stop it with kill {owner.pid}{where}: it finishes what is in flight, records it "
        f"and frees the lock. If it cannot be stopped, engine unlock {owner.id} --force lets the "
        "next run in, and that one can no longer write",
    )


def no_such_lock(id: str, known: Iterable[str]) -> UsageError:
    """Error for an id that no run lock has."""
    ids = ", ".join(known)
    return UsageError(
        f"no run holds a lock with the id {id!r}",
        hint=f"run locks are held with the ids: {ids}"
        if ids
        else "no run holds any; engine lock lists them",
    )


def already_held(lock: HeldLock) -> LockHeldError:
    """Error for putting a held lock where there is one."""
    return LockHeldError(
        str(lock), hint=f"release it first: engine lock {lock.place} --release; nothing was changed"
    )


def not_held(environment: str, stack: str) -> UsageError:
    """Error for releasing a lock that is not held."""
    return UsageError(
        f"{environment}{'/' if stack else ''}{stack} is not locked",
        hint="engine lock lists what is",
    )


def lock_lost(
    stack: str,
    environment: str,
    *,
    cause: str = "Its file was deleted or replaced, or engine unlock --force let another run in.",
) -> LockLostError:
    """Error for a run whose lock was taken from it."""
    return LockLostError(
        f"the lock of {environment}/{stack} is no longer held by this run",
        cause=cause,
        hint="this run writes nothing more; engine plan shows what there is now",
    )
