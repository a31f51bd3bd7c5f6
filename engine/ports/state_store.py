"""The storage and lock ports for state.

Implementations live in `engine.backends`; `tests/contracts` holds the suite that each passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from engine.errors import Problem
from engine.ports.journal import JournalFile
from engine.ports.run_locks import Hold, Holder, RunLock
from engine.state.held_lock import HeldLock
from engine.state.model import State


class StateBackend(Protocol):
    """Keeps states and the journals of runs, and lets one run at a time work on each.

    An implementation MUST make a write durable before it returns and MUST never leave a state
    that is half old and half new; MUST refuse a write with `StaleStateError` when what is stored
    is not `expected`, and with `StateError` when the state written is of another lineage or of a
    lower serial than what is stored; MUST give a lock to one holder at a time, free it when the
    holder dies, and raise `LockHeldError` naming the holder after `timeout` seconds; MUST refuse a
    write with `LockLostError` while it has given out the stack's lock and that is held no more.
    """

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a state in an environment, sorted."""
        ...

    def environments(self) -> tuple[str, ...]:
        """Names of the environments in which a stack has a state, sorted."""
        ...

    def place(self, stack: str, environment: str) -> str:
        """Where a state is or would be, as messages name it."""
        ...

    def stored(self, stack: str, environment: str) -> bytes | None:
        """The bytes of a state, to be believed or not; None if there never was one.

        Raises:
            StateError: if they cannot be read.
        """
        ...

    def read(self, stack: str, environment: str) -> State | None:
        """Read a state; None if there never was one.

        Raises:
            StateError: if it cannot be trusted.
        """
        ...

    def write(self, state: State, *, expected: State | None) -> None:
        """Store a state in place of `expected`; None if nothing may be there.

        Raises:
            LockLostError: if the lock this backend gave out for the stack is held no more.
            StaleStateError: if something else is stored.
            StateError: if it does not follow what is stored, or cannot be stored; what was stored
                before is intact.
        """
        ...

    def remove(self, state: State) -> None:
        """Remove a state, so that its stack has none.

        Raises:
            LockLostError: if the lock this backend gave out for the stack is held no more.
            StaleStateError: if something else is stored.
            StateError: if it cannot be removed.
        """
        ...

    def restore(self, state: State) -> str:
        """Store a state whatever is stored there, readable or not, which is kept aside.

        So is a journal: what it says is of what was stored.

        Returns:
            Where the state that was stored is now, as messages name it; empty if there was none.

        Raises:
            StateError: if it cannot be stored; what was stored before is intact.
        """
        ...

    def exposed(self) -> tuple[Problem, ...]:
        """What would let secrets, or the journals of runs, be committed with the states."""
        ...

    def check_writable(self, stack: str, environment: str) -> None:
        """Find out before the first call to Stripe whether a write can succeed.

        Raises:
            StateError: if it cannot.
        """
        ...

    def read_journal(self, stack: str, environment: str) -> tuple[bytes, ...] | None:
        """Read the journal that an unfinished run left; None if there is none.

        A last record that a crash tore is left out.

        Raises:
            StateError: if a record is damaged that others follow.
        """
        ...

    def begin_journal(
        self, stack: str, environment: str, records: Sequence[bytes], *, reserve: int
    ) -> JournalFile:
        """Begin a journal with some records, in place of one that is there.

        Args:
            stack: Stack name.
            environment: Environment name.
            records: What it begins with.
            reserve: So many bytes more will fit.

        Raises:
            StateError: if there is no room for it; one that was there is intact.
        """
        ...

    def end_journal(self, stack: str, environment: str) -> None:
        """Remove the journal: the state holds all that it said.

        Raises:
            StateError: if it cannot be removed.
        """
        ...

    def lock(
        self,
        stack: str,
        environment: str,
        *,
        operation: str,
        timeout: float,
        on_wait: Callable[[Holder | None], None],
    ) -> AbstractContextManager[Hold]:
        """Hold the run lock of a stack.

        Args:
            stack: Stack name.
            environment: Environment name.
            operation: What for; shown to whoever waits.
            timeout: Seconds to wait; 0 gives up at once.
            on_wait: Told who holds the lock when a wait begins, and again when that changes.

        Raises:
            LockHeldError: if another run holds it and goes on holding it.
        """
        ...

    def run_locks(self) -> tuple[RunLock, ...]:
        """The run locks of all environments that name a holder, by environment and stack."""
        ...

    def unlock(self, id: str, *, force: bool) -> RunLock:
        """Take a run lock from its holder.

        A lock whose holder is gone is free already; the record of it is taken away. With `force` a
        lock that is held is taken away too: the run that held it MUST be refused its next write.

        Args:
            id: Of the hold, as shown.
            force: Also from a run that is still there.

        Returns:
            The lock as it was.

        Raises:
            UsageError: if no run lock has that id.
            LockHeldError: if the run is still there, and `force` is not set.
        """
        ...

    def held_locks(self, environment: str = "") -> tuple[HeldLock, ...]:
        """The held locks of an environment, or of all of them, by environment and stack.

        Raises:
            StateError: if one cannot be read: it is not known what it locks then.
        """
        ...

    def put_held_lock(self, environment: str, stack: str, *, reason: str) -> HeldLock:
        """Hold a lock until somebody releases it, on every machine that has the states.

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
            StateError: if it cannot be taken away.
        """
        ...
