"""The state store: where the states of all stacks are kept."""

from __future__ import annotations

from typing import Protocol

from engine.errors import Problem
from engine.state.advice import Advice
from engine.state.model import State


class StateStore(Protocol):
    """Keeps one state for each stack and environment.

    An implementation MUST make a write durable before it returns and MUST never leave a state
    that is half old and half new; MUST refuse a write with `StaleStateError` when what is stored
    is not `expected`, and with `StateError` when the state written is of another lineage or of a
    lower serial than what is stored; MUST refuse a write with `LockLostError` if the run took
    the stack's lock from it and has lost that lock since.
    """

    @property
    def address(self) -> str:
        """Where all states are, as messages name it: a folder, or an address without a login."""
        ...

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a state in an environment, sorted."""
        ...

    def environments(self) -> tuple[str, ...]:
        """Names of the environments in which a stack has a state, sorted.

        Those in which a stack had a run lock only MAY be among them.
        """
        ...

    def place(self, stack: str, environment: str) -> str:
        """Where a state is or would be, as messages name it."""
        ...

    def stored(self, stack: str, environment: str) -> bytes | None:
        """The bytes of a state, valid or not; None if there never was one.

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
        """Store a state in place of `expected`; None if there must be none yet.

        Raises:
            LockLostError: if the run has lost the lock of the stack.
            StaleStateError: if something else is stored.
            StateError: if it does not follow what is stored, or cannot be stored; what was stored
                before is intact.
        """
        ...

    def remove(self, state: State) -> None:
        """Remove a state, so that its stack has none.

        Raises:
            LockLostError: if the run has lost the lock of the stack.
            StaleStateError: if something else is stored.
            StateError: if it cannot be removed.
        """
        ...

    def restore(self, state: State) -> str:
        """Store a state in place of any other, readable or not, and keep the old one aside.

        A journal is put aside too: it belongs to the old state.

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

    def check_works(self, environment: str) -> None:
        """Find out whether states and locks of an environment would work, and leave nothing behind.

        Raises:
            StateError: if they would not.
        """
        ...

    def advice(self, place: str) -> Advice:
        """What people can do with other programs about what is stored at a place.

        Every phrase MUST be true of this store: hints show them.
        """
        ...

    def how_to_share(self, what: str) -> str:
        """What makes a change reach other machines, such as "Commit WHAT".

        Args:
            what: What was changed: a place, or a few words for several.

        Returns:
            The beginning of a sentence; empty if the change is there already.
        """
        ...

    def exposed(self) -> tuple[Problem, ...]:
        """Problems that would publish secrets, or journals of runs, together with the states."""
        ...
