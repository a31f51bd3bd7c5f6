"""Held locks: a person locks a stack until a person releases it."""

from __future__ import annotations

from typing import Protocol

from engine.state.held_lock import HeldLock


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
