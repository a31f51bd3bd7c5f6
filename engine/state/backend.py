"""The storage and lock ports for state.

Implementations live in `engine.backends`; `tests/contracts` holds the suite that each passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from engine.state.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who is at work on a stack.

    Attributes:
        id: Random id of this hold of the lock.
        operation: `plan`, `apply`, `destroy`.
        who: `user@host`.
        pid: Process id on that host.
        since: UTC start, ISO 8601 to the second.
    """

    id: str
    operation: str
    who: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"{self.who} ({self.operation}, pid {self.pid}, since {self.since}, lock {self.id})"


class JournalFile(Protocol):
    """The open journal of one run: records are added to its end and nothing else.

    An implementation MUST make a record durable before `append` returns; MUST tell a whole record
    from one that a crash tore; and MUST see to it that, once `append` has returned, `reserve` more
    bytes can be appended even if the disk is full then.
    """

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Add a record, JSON on one line.

        Args:
            record: Its bytes, without a newline.
            reserve: So many bytes more will fit afterwards.

        Raises:
            StateError: if it cannot be written; the journal is as it was before.
        """
        ...

    def close(self) -> None:
        """Write no more; the journal stays."""
        ...


class StateBackend(Protocol):
    """Keeps states and the journals of runs, and lets one run at a time work on each.

    An implementation MUST make a write durable before it returns and MUST never leave a state
    that is half old and half new; MUST refuse a write with `StaleStateError` when what is stored
    is not `expected`, and with `StateError` when the state written is of another lineage or of a
    lower serial than what is stored; MUST give a lock to one holder at a time, free it when the
    holder dies, and raise `LockHeldError` naming the holder after `timeout` seconds.
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
            StaleStateError: if something else is stored.
            StateError: if it does not follow what is stored, or cannot be stored; what was stored
                before is intact.
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
    ) -> AbstractContextManager[None]:
        """Hold the run lock of a stack.

        Args:
            stack: Stack name.
            environment: Environment name.
            operation: What for; shown to whoever waits.
            timeout: Seconds to wait; 0 gives up at once.
            on_wait: Told once who holds the lock, when there is a wait.

        Raises:
            LockHeldError: if another run holds it and goes on holding it.
        """
        ...
