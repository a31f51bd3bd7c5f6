"""Earlier versions of a state: which there are, and what each held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from engine.frozen import frozen
from engine.state.model import State


@frozen
class Version:
    """One version of a state, as it was written.

    Attributes:
        serial: Its serial.
        who: `user@host` that wrote it; empty if unknown.
        since: When that run began or the version was written, UTC, ISO 8601 to the second; empty
            if unknown. For people: nothing is decided by it.
        operation: `apply`, `destroy`, `state mv`; empty if unknown.
        url: Address of the CI run that wrote it; empty if there is none.
        resources: How many resources it has.
        place: Where it is, as messages name it, such as a commit or a blob.
    """

    serial: int
    who: str = ""
    since: str = ""
    operation: str = ""
    url: str = ""
    resources: int = 0
    place: str = ""


class StateHistory(Protocol):
    """Keeps earlier versions of states, as far as the store has them."""

    def history(self, stack: str, environment: str, *, limit: int) -> tuple[Version, ...]:
        """The versions of a state, the newest first; empty if there are none.

        Args:
            stack: Stack name.
            environment: Environment name.
            limit: The most that are returned.

        Raises:
            StateError: if the store keeps no versions, with what does; or if they cannot be read.
        """
        ...

    def version(self, stack: str, environment: str, serial: int) -> State | None:
        """The state with a serial; None if the store has none.

        Of two that had the same serial, as on two branches, the one that the newest follows.

        Raises:
            StateError: if the store keeps no versions, or this one cannot be trusted.
        """
        ...


class VersionContents(StateHistory, Protocol):
    """A history whose versions can be taken to another store."""

    def versions(self, stack: str, environment: str, after: int) -> Iterator[tuple[Version, bytes]]:
        """The versions of a state with a higher serial than `after`, the oldest first.

        One of each serial; what cannot be read is left out.
        """
        ...
