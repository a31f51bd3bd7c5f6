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


class FleetRuns(Protocol):
    """Keeps one record for each fleet.

    An implementation MUST write a record whole or not at all, and MUST refuse one that it did not
    write.
    """

    def read(self, fleet: str) -> FleetRecord | None:
        """The unfinished apply of a fleet; None if there is none.

        Raises:
            StateError: if it cannot be read or trusted.
        """
        ...

    def write(self, record: FleetRecord) -> None:
        """Keep a record in place of an earlier one.

        Raises:
            StateError: if it cannot be written.
        """
        ...

    def remove(self, fleet: str) -> None:
        """Forget the record of a fleet."""
        ...
