"""What a store that machines share has to do: swap small heads, and keep immutable blobs.

Each stack of an environment has one head, which says who has its run lock, and which blobs are its
state and its journal. A head is changed only by compare-and-swap: of two who change the same head,
one is refused. So the lock and the state are one thing, and a run that lost the lock is refused
whatever it writes. Blobs are never changed.
"""

from __future__ import annotations

from dataclasses import field
from typing import Protocol

from engine.frozen import frozen
from engine.ports.run_locks import LockOwner


@frozen
class Head:
    """What a store knows of one stack in one environment.

    Attributes:
        write_id: Random id of this write: who reads its own knows that its write arrived.
        epoch: Counts how often the run lock was taken, or taken away; a lock is valid in one epoch.
        owner: The run that has the lock; None if none has it.
        serial: Serial of the state; 0 if there is none.
        state: Name of the blob with the state; empty if there is none.
        entry: Name of the blob that describes how the state was written, and names the entry
            before it; empty if there is none.
        journal: Beginning of the names of the journal's blobs; empty if there is no journal.
        moved: Address of the store that the states were moved to; empty if they are here.
        version: What the store calls this version, for the next swap; not part of the content.
    """

    write_id: str
    epoch: int = 0
    owner: LockOwner | None = None
    serial: int = 0
    state: str = ""
    entry: str = ""
    journal: str = ""
    moved: str = ""
    version: str = field(default="", compare=False)


class HeadChangedError(Exception):
    """A swap that was refused: the head is not the expected one, or the store cannot tell."""


class NameTakenError(Exception):
    """A blob that was not created: there is one of that name, or the store cannot tell."""


class SharedStore(Protocol):
    """Keeps heads and blobs for all machines of a team.

    An implementation MUST make each write durable before it returns, and visible to every read
    that begins after that; MUST let one of any number of concurrent swaps of a head succeed; and
    MUST raise `StoreUnavailableError` for whatever it cannot do or learn, with nothing secret in
    the message. A write whose outcome is unknown MAY have arrived: the caller reads again.
    Names are of `[A-Za-z0-9._-]`, in folders with `/`. All calls are safe from any thread.
    """

    @property
    def address(self) -> str:
        """The address of the store as messages name it, without a login."""
        ...

    def prepare(self) -> None:
        """Check once that the store keeps these promises, and can be used by this engine.

        Raises:
            StoreUnavailableError: if it cannot be reached.
            StateError: if it lacks a guarantee, which the message names, or was made by a newer
                engine.
        """
        ...

    def head(self, environment: str, stack: str) -> Head | None:
        """The head of a stack; None if there never was one."""
        ...

    def swap(self, environment: str, stack: str, head: Head, *, expected: Head | None) -> Head:
        """Store a head in place of `expected`; None if there must be none yet.

        Returns:
            The head, with the version that the store gave it.

        Raises:
            HeadChangedError: if another one is stored.
        """
        ...

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a head in an environment, sorted."""
        ...

    def places(self) -> tuple[tuple[str, str], ...]:
        """The environment and the stack of every head, sorted."""
        ...

    def create(self, name: str, content: bytes) -> None:
        """Keep a blob under a name that is free.

        Raises:
            NameTakenError: if it is not.
        """
        ...

    def put(self, name: str, content: bytes) -> None:
        """Keep a blob under a name, in place of any other: for what no decision rests on."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content of a blob; None if there is none."""
        ...

    def remove(self, name: str) -> None:
        """Remove a blob; one that is not there is a success."""
        ...

    def names(self, prefix: str) -> tuple[str, ...]:
        """The names of all blobs that begin with some text, sorted."""
        ...
