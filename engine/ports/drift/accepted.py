"""What `engine drift --accept` did: what was written into which file, and what could not be."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from engine.frozen import frozen


@frozen
class AcceptedLeaf:
    """A leaf whose code is what Stripe has.

    Attributes:
        stack: Stack name.
        place: The address, with the path of the leaf.
        file: The module.
        code: What the code says now, as Python; empty if nothing.
    """

    stack: str
    place: str
    file: str
    code: str


@frozen
class NotAccepted:
    """A leaf that is not written into the code.

    Attributes:
        stack: Stack name.
        place: The address, with the path of the leaf.
        file: The module.
        line: The line that decides it.
        why: Why it is not written.
        by_hand: What to do instead.
    """

    stack: str
    place: str
    file: str
    line: int
    why: str
    by_hand: str


@frozen
class AcceptReport:
    """What came of the leaves that were to be accepted: all of them are, or none.

    Attributes:
        environment: Environment name.
        accepted: The leaves that can be written, in the order of the stacks.
        refused: The leaves that cannot.
        serials: Serials of the states that were written, by stack.
    """

    environment: str
    accepted: tuple[AcceptedLeaf, ...]
    refused: tuple[NotAccepted, ...]
    serials: Mapping[str, int]

    @property
    def is_whole(self) -> bool:
        """Whether all was accepted."""
        return not self.refused

    @property
    def rest(self) -> str:
        """The command that accepts what can be; empty if there is nothing left to accept."""
        if self.is_whole or not self.accepted:
            return ""
        options = [f"--accept {shlex.quote(f'{one.stack}:{one.place}')}" for one in self.accepted]
        return f"engine drift -e {self.environment} {' '.join(options)}"
