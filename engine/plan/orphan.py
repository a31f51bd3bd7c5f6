"""A stack that has a state and no module: what it holds, and the three ways on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from engine.address import ResourceAddress
from engine.frozen import frozen

SHOWN = 3
"""Most addresses that a line names."""


@frozen
class Orphan:
    """A stack of an environment that has a state with objects, or a damaged one, and no module.

    Attributes:
        stack: Stack name.
        environment: Environment name.
        addresses: What its state manages, in address order; empty if it cannot be read. Of an
            unfinished run, what it may have made is among them.
        unfinished: A run of it left a journal.
        problem: Why the state cannot be read; empty if it can.
        advice: What to do about that.
        renamed: The stack that declares the same and has no state, so that the module was most
            likely renamed to it; empty if there is none.
    """

    stack: str
    environment: str
    addresses: tuple[ResourceAddress, ...] = ()
    unfinished: bool = False
    problem: str = ""
    advice: str = ""
    renamed: str = ""

    @property
    def types(self) -> Mapping[str, int]:
        """How many resources it has, by type."""
        return dict(sorted(Counter(address.type for address in self.addresses).items()))

    @property
    def held(self) -> str:
        """What it holds, in a line."""
        if self.problem:
            return self.problem
        count = len(self.addresses)
        types = ", ".join(f"{number} {name}" for name, number in self.types.items())
        return f"{count} resource{'' if count == 1 else 's'} ({types}): {named(self.addresses)}"

    @property
    def ways(self) -> Mapping[str, str]:
        """A command for each way on, by its word; none while the state cannot be read."""
        if self.problem:
            return {}
        stack, where = self.stack, f"-e {self.environment}"
        recover = {"recover": f"engine plan --destroy {stack} {where}"}
        return {
            **(recover if self.unfinished else {}),
            "move": f"engine state mv {stack}: {self.renamed or 'NEW'}: {where}",
            "destroy": f"engine destroy {stack} {where}",
            "forget": f"engine state rm {stack}: {where}",
        }

    @property
    def lines(self) -> tuple[str, ...]:
        """What to do, a way a line."""
        if self.problem:
            return (
                self.advice,
                f"what is wrong with it: engine state verify {self.stack} -e {self.environment}",
            )
        meant = {
            "recover": "first, since a run of it has not finished",
            "move": f"its module is stacks/{self.renamed or 'NEW'}.py now",
            "destroy": "what it manages is to be removed",
            "forget": "what it manages stays on Stripe, and nothing manages it",
        }
        return tuple(f"{meant[word]}: {command}" for word, command in self.ways.items())


def named(addresses: tuple[str, ...]) -> str:
    """The first addresses of some, and how many more there are."""
    more = len(addresses) - SHOWN
    return ", ".join(addresses[:SHOWN]) + (f" and {more} more" if more > 0 else "")
