"""Moving states from one store to another: what a store does for it, and what a migration is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from engine.frozen import frozen
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version

Versions: TypeAlias = Callable[[int], Iterator[tuple[Version, bytes]]]
"""Gives the versions of a state with a higher serial than some, the oldest first."""


@frozen
class Pointer:
    """What a store keeps in place of the states of an environment.

    Attributes:
        address: Of the other store, as the setting `state` names it.
        arriving: A migration from there has begun and has not ended; else the states went there.
    """

    address: str
    arriving: bool = False


class StateMoves(Protocol):
    """Takes states from another store as they are, and leaves pointers to where its own went.

    An implementation MUST raise `StatesMovedError`, with the address of the pointer, for every use
    of an environment that has one: locks, states, versions, journals, imports and held locks.
    """

    def pointer(self, environment: str) -> Pointer | None:
        """The pointer of an environment; None if its states are here."""
        ...

    def point(self, environment: str, pointer: Pointer | None) -> None:
        """Leave a pointer, in place of any other; None removes it.

        One that says where the states went MUST take their place: it empties, of the stacks whose
        run lock this process has, the state and the pending import, and releases the held locks.
        Versions stay. A run that took a lock before and has written nothing yet MUST be refused
        when it writes. Killed at any point, the same call again MUST finish it.

        Raises:
            StateError: if it cannot be stored.
        """
        ...

    def moving(self, environment: str) -> AbstractContextManager[None]:
        """Use an environment whatever its pointer says, while the block runs."""
        ...

    def kept(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a state, a journal or a pending import, sorted."""
        ...

    def environments(self) -> tuple[str, ...]:
        """Names of the environments of which anything is kept, also a held lock or a pointer."""
        ...

    def versions(self, stack: str, environment: str, after: int) -> Iterator[tuple[Version, bytes]]:
        """The versions of a state with a higher serial than `after`, the oldest first.

        One of each serial; what cannot be read is left out.
        """
        ...

    def receive(self, stack: str, environment: str, raw: bytes, versions: Versions) -> int:
        """Store the bytes of a state as they are, with its versions if this store keeps any.

        Returns:
            How many earlier versions were stored.

        Raises:
            LockLostError: if the run has lost the lock of the stack.
            StateError: if it cannot be stored, or is read back as something else.
        """
        ...

    def keep_held_lock(self, lock: HeldLock) -> None:
        """Hold a lock as it is, with its id, owner and date; one that is held so is a success.

        Raises:
            LockHeldError: if another one is held in its place.
            StateError: if it cannot be stored.
        """
        ...


@frozen
class MigratingStack:
    """A stack that moves.

    Attributes:
        stack: Its name.
        serial: Serial of its state; 0 if it has none.
        lineage: Lineage of its state.
        resources: How many resources it has.
        replaces: Serial of the earlier state in the new place; 0 if it has none.
        there: The new place has the same state already.
        pending_import: It has a pending import.
        moves_record: It is no stack, but the record of a plan of moves that was not carried out
            whole.
        versions: How many earlier versions were moved with it; None until it has moved.
    """

    stack: str
    serial: int = 0
    lineage: str = ""
    resources: int = 0
    replaces: int = 0
    there: bool = False
    pending_import: bool = False
    moves_record: bool = False
    versions: int | None = None


@frozen
class MigratingEnvironment:
    """An environment whose states move.

    Attributes:
        environment: Its name; that of an account of a fleet too.
        stacks: Its stacks, by name.
        held_locks: Its held locks, which move with them.
        begun: An earlier migration was interrupted.
        moved: All of it is in the new place, and the old one points there.
    """

    environment: str
    stacks: tuple[MigratingStack, ...] = ()
    held_locks: tuple[HeldLock, ...] = ()
    begun: bool = False
    moved: bool = False


@frozen
class StateSetting:
    """The line of pyproject.toml that says where the states of an environment are kept.

    Attributes:
        table: The table that it belongs to, `[tool.engine.environments.live]`.
        line: Its line; 0 if there is none yet.
        value: What it has to say.
        right: It says so.
    """

    table: str
    line: int
    value: str
    right: bool


@frozen
class Migration:
    """What moves, or has moved.

    Attributes:
        environment: The environment of the command.
        source: Where the states are, as the setting `state` names it.
        target: Where they go.
        environments: It, and the accounts of its fleets.
        setting: The setting that has to name the new place.
        approved: It was carried out; else it is only shown.
    """

    environment: str
    source: str
    target: str
    environments: tuple[MigratingEnvironment, ...]
    setting: StateSetting
    approved: bool = False
