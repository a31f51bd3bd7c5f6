"""Run locks: one run at a time works on a stack."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import field
from typing import Protocol, TypeAlias

from engine.frozen import frozen


@frozen
class LockOwner:
    """The run that has the lock of a stack.

    Attributes:
        id: Random id of this hold of the lock.
        operation: `plan`, `apply`, `destroy`.
        who: `user@host`.
        pid: Process id on that host.
        since: UTC start, ISO 8601 to the second.
        host: Name of the host.
        boot: Which boot of that host, and which of its process namespaces; empty if unknown.
        started: When the process started, in the host's own count; empty if unknown.
        url: Address of the CI run it is part of; empty outside of CI.
        claim: Id of a larger run that it is part of: another try of the same work has the same
            one, and may take the lock; empty if it is part of none.
        gone: The process is known to have ended: this record is all that is left of it.
    """

    id: str
    operation: str
    who: str
    pid: int
    since: str
    host: str = ""
    boot: str = ""
    started: str = ""
    url: str = ""
    claim: str = ""
    gone: bool = False

    def __str__(self) -> str:
        parts = [self.operation, f"pid {self.pid}", f"since {self.since}", f"lock {self.id}"]
        if self.url:
            parts.append(self.url)
        if self.gone:
            parts.append("a process that is gone")
        return f"{self.who} ({', '.join(parts)})"


@frozen
class RunLock:
    """A run lock that a run has, or that still names a run whose process ended.

    Attributes:
        environment: Environment name.
        stack: Stack name.
        owner: That run.
        store: The store that it is in, for people; empty where that is not shown.
    """

    environment: str
    stack: str
    owner: LockOwner
    store: str = field(default="", compare=False)


class Hold(Protocol):
    """A run lock while it is held.

    A lock can be lost: its file is deleted, or a person gives it to another run. So its owner MUST
    check it before every write to the service and every write of the state.
    """

    @property
    def owner(self) -> LockOwner:
        """Its owner: this run."""
        ...

    def check(self) -> None:
        """Make sure that the lock is still held; cheap, and safe from any thread.

        Raises:
            LockLostError: if it is not. This run may not write then.
        """
        ...


Watching: TypeAlias = Callable[[RunLock, float], None]
"""Shows a lock whose owner is watched for signs of life, and the seconds that are left."""


def watch_silently(lock: RunLock, seconds: float) -> None:
    """Show nothing of a watch."""


class RunLocks(Protocol):
    """Keeps two runs from working on one stack at the same time.

    An implementation MUST give a lock to one run at a time, MUST free it when that run's process
    ends, and MUST raise `LockHeldError` that names the owner after `timeout` seconds.
    """

    def lock(
        self,
        stack: str,
        environment: str,
        *,
        operation: str,
        timeout: float,
        on_wait: Callable[[LockOwner | None], None],
        claim: str = "",
    ) -> AbstractContextManager[Hold]:
        """Hold the run lock of a stack.

        Args:
            stack: Stack name.
            environment: Environment name.
            operation: What for; shown to those who wait.
            timeout: Seconds to wait; 0 gives up at once.
            on_wait: Called with the owner when a wait begins, and again when the owner changes;
                None if the lock names no owner.
            claim: Id of a larger run: a lock whose owner has the same one is that of an earlier try
                of this work, and is taken from it. Where a lock ends with its process, as that of a
                file does, it has no meaning.

        Raises:
            LockHeldError: if another run holds it and goes on holding it.
        """
        ...

    def run_locks(self) -> tuple[RunLock, ...]:
        """The run locks of all environments that name an owner, by environment and stack."""
        ...

    def unlock(self, id: str, *, force: bool, on_watch: Watching = watch_silently) -> RunLock:
        """Take a run lock from its owner.

        The lock of a process that ended is free already; only its record is removed. With `force`
        the lock of a running process is taken too: its next write MUST be refused.

        Args:
            id: Of the lock, as shown.
            force: Also from a run that is still at work.
            on_watch: Called with the lock and the seconds that are left, when its owner begins to
                be watched for signs of life, and again from time to time.

        Returns:
            The lock as it was.

        Raises:
            UsageError: if no run lock has that id.
            LockHeldError: if the run is still at work, and `force` is not set.
        """
        ...
