"""A rename that a plan does not know of, as it is shown."""

from __future__ import annotations

from engine.address import ResourceAddress
from engine.frozen import frozen


@frozen
class Rename:
    """A resource that is no longer declared, and a new one that is most likely the same.

    Attributes:
        stack: The stack that declares the new one.
        giver: The stack that has the old one; empty if it is the same.
        old: The address that it had.
        new: The address that it has.
        same: What the two have in common.
        loses: What it would lose by being made anew; empty if nothing.
        line: Where the new one is declared, `stacks/saas.py:12`.
    """

    stack: str
    old: ResourceAddress
    new: ResourceAddress
    same: str
    line: str
    giver: str = ""
    loses: str = ""

    @property
    def before(self) -> str:
        """The old resource, as the stack of the new one names it."""
        return f"{self.giver}:{self.old}" if self.giver else str(self.old)

    @property
    def moved(self) -> str:
        """The line that says so, to be pasted."""
        return f'moved("{self.before}", "{self.new}")'

    @property
    def file(self) -> str:
        """The module that the line belongs into."""
        return f"stacks/{self.stack}.py"

    def __str__(self) -> str:
        lost = f" Made anew, it loses {self.loses}." if self.loses else ""
        return (
            f"{self.before} is not declared any more, and {self.new} ({self.line}) is new. They "
            f"agree in {self.same}.{lost} If it is the same object, add to {self.file}: "
            f"{self.moved}"
        )
