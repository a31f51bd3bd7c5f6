"""What is left of an apply on a fleet, so that it can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from engine.frozen import frozen


@frozen
class FleetRecord:
    """An apply on a fleet that is not finished.

    Attributes:
        fleet: Name of the fleet.
        claim: Random id of the run: what goes on with it may take the locks of lost workers.
        stacks: The stacks that are applied.
        options: The options that decide what the plans are, as text.
        groups: What the approved plans of each group do, by the key of the group.
        left: The accounts that are not done, by name, with the key of their group.
    """

    fleet: str
    claim: str
    stacks: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)


class RecordChangedError(Exception):
    """A swap that was refused: another record is kept than the expected one."""


class FleetRuns(Protocol):
    """Keeps one record for each fleet.

    An implementation MUST write a record whole or not at all; MUST let one of any number of swaps
    that expect the same record succeed; and MUST refuse to read what it did not write.
    """

    @property
    def place(self) -> str:
        """Where records are, for people: `on this machine`, or `in s3://...`."""
        ...

    def read(self, fleet: str) -> FleetRecord | None:
        """The unfinished apply of a fleet; None if there is none.

        Raises:
            StateError: if it cannot be read or trusted.
        """
        ...

    def swap(self, fleet: str, record: FleetRecord | None, *, expected: FleetRecord | None) -> None:
        """Keep a record in place of the expected one; None means none.

        Raises:
            RecordChangedError: if another one is kept.
            StateError: if it cannot be written; the write may have arrived.
        """
        ...
