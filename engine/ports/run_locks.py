"""Run locks: one run at a time works on a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who is at work on a stack.

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
    gone: bool = False

    def __str__(self) -> str:
        parts = [self.operation, f"pid {self.pid}", f"since {self.since}", f"lock {self.id}"]
        if self.url:
            parts.append(self.url)
        if self.gone:
            parts.append("a process that is gone")
        return f"{self.who} ({', '.join(parts)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLock:
    """A run lock that somebody holds, or that a run which died has left its name on.

    Attributes:
        environment: Environment name.
        stack: Stack name.
        holder: Who is at work, or was.
    """

    environment: str
    stack: str
    holder: Holder


class Hold(Protocol):
    """A run lock while it is held.

    A lock can be lost: its file is deleted, or somebody lets another run in. So whoever holds one
    MUST ask before every write to the service and every write of the state.
    """

    @property
    def holder(self) -> Holder:
        """Who holds it: this run."""
        ...

    def check(self) -> None:
        """Make sure that the lock is still held; cheap, and safe from any thread.

        Raises:
            LockLostError: if it is not. Nothing may be written any more.
        """
        ...
