"""What became of the moves of subscribers to another price."""

from __future__ import annotations

import enum

from engine.errors import EngineError
from engine.frozen import frozen
from engine.plan.subscribers.moves import Moves, Row


class Became(enum.StrEnum):
    """What became of one move."""

    MOVED = "moved"
    """It was carried out, in this run or in an earlier one of the same file."""
    THERE = "there"
    """It was on the new price already, and not by these moves."""
    CHANGED = "changed"
    """It is not what it was when the file was made, so that it was left alone."""
    FAILED = "failed"
    """Stripe refused it, or did not answer."""
    NOT_BEGUN = "not_begun"
    """The run was stopped before."""


@frozen(kw_only=False)
class Moved:
    """What became of the move of one subscription.

    Attributes:
        row: The move.
        became: What became of it.
        why: Why it was left alone, or the answer of Stripe; empty if it was moved.
        earlier: An earlier run of the same file had moved it.
    """

    row: Row
    became: Became
    why: str = ""
    earlier: bool = False


@frozen
class MovesReport:
    """What became of the moves of a file.

    Attributes:
        name: The name by which the moves are known.
        moves: The moves.
        approved: A person approved them; False if they refused.
        ended: What became of each, in order.
        interrupted: The person stopped the run.
        unsaved: Why the record of the run could not be written; None if it was.
        undo: The moves that bring back those that were moved; None if none was, or these are moves
            back themselves.
        unsure: Subscriptions that the moves which these undo may have moved, and that are not among
            them: an answer of Stripe was lost.
        requests: Calls made to Stripe, reading included.
        writes: How many of them could change something.
    """

    name: str
    moves: Moves
    approved: bool = True
    ended: tuple[Moved, ...] = ()
    interrupted: bool = False
    unsaved: EngineError | None = None
    undo: Moves | None = None
    unsure: tuple[str, ...] = ()
    requests: int = 0
    writes: int = 0

    def count(self, became: Became) -> int:
        """How many moves became this."""
        return sum(one.became is became for one in self.ended)

    @property
    def is_whole(self) -> bool:
        """Whether all was done that could be: what is left alone is left alone for good."""
        left = self.count(Became.FAILED) + self.count(Became.NOT_BEGUN)
        return not (left or self.interrupted or self.unsure or self.unsaved is not None)
