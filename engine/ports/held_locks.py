"""Held locks: a person locks a stack until a person releases it."""

from __future__ import annotations

from dataclasses import field
from typing import Protocol

from engine.frozen import frozen


@frozen
class HeldLock:
    """A lock that a person put on a stack, or on a whole environment.

    Attributes:
        id: Random id of this lock.
        environment: Environment name.
        stack: Stack name; empty for every stack of the environment.
        who: `user@host`.
        since: UTC, ISO 8601 to the second.
        reason: Why, in a person's words; one line.
        file: Path that has to reach the other machines, for people; empty if there is none.
        store: The store that it is in, for people; empty where that is not shown.
    """

    id: str
    environment: str
    stack: str
    who: str
    since: str
    reason: str
    file: str = field(default="", compare=False)
    store: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """What it locks, as people type it: `live/portals`, or `live` for the environment."""
        return f"{self.environment}/{self.stack}" if self.stack else self.environment

    def covers(self, environment: str, stack: str) -> bool:
        """Whether it refuses applies of a stack."""
        return environment == self.environment and self.stack in ("", stack)

    def __str__(self) -> str:
        return f"{self.place} is locked by {self.who} since {self.since}: {self.reason}"


class HeldLocks(Protocol):
    """Keeps the locks that people put on stacks, for every machine that has the states.

    An implementation MUST keep a lock until it is released, and MUST raise rather than pass over
    a lock that it cannot read.
    """

    def held_locks(self, environment: str = "") -> tuple[HeldLock, ...]:
        """The held locks of an environment, or of all of them, by environment and stack.

        Raises:
            StateError: if one cannot be read: what it locks is unknown then.
        """
        ...

    def put_held_lock(self, environment: str, stack: str, *, reason: str) -> HeldLock:
        """Lock a stack until the lock is released, on every machine that has the states.

        Args:
            environment: Environment name.
            stack: Stack name; empty for every stack of the environment.
            reason: Why, in one line.

        Raises:
            LockHeldError: if it is held already.
            StateError: if it cannot be stored.
        """
        ...

    def drop_held_lock(self, environment: str, stack: str) -> str:
        """Release a held lock, one that cannot be read too.

        Returns:
            The path that has to reach the other machines, for people; empty if there is none.

        Raises:
            UsageError: if there is none.
            StateError: if it cannot be removed.
        """
        ...
