"""Plans of moves as files: distinguishing them from other plans, reading and writing them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from engine.cli.invocation import Invocation
from engine.cli.plan_files import NamedFile, PlanFile
from engine.durable_files import read_file
from engine.frozen import frozen

if TYPE_CHECKING:
    from engine.plan.subscribers.moves import Moves
    from engine.schema.resource_type import Schemas


@frozen(kw_only=False)
class MovesFile(NamedFile):
    """A plan of moves of subscribers."""

    what = "plan of moves"

    @staticmethod
    def is_one(raw: bytes) -> bool:
        """Whether bytes begin as those of a plan of moves, damaged or not."""
        from engine.plan.subscribers.file import is_moves_file

        return is_moves_file(raw)

    def read(self, schemas: Schemas) -> tuple[str, Moves]:
        """Read the moves, and the name by which they are known.

        Raises:
            PlanFileError: if it cannot be read or is not a complete plan.
        """
        from engine.plan.subscribers.file import decode_moves, id_of_moves

        raw = self.file.read()
        moves = decode_moves(raw, schemas, path=self.shown)
        return id_of_moves(raw), moves

    def write(self, moves: Moves) -> None:
        """Write moves.

        Raises:
            PlanFileError: if that cannot be done.
        """
        from engine.plan.subscribers.file import encode_moves

        self.file.write(encode_moves(moves))


def moves_file(invocation: Invocation, file: PlanFile | None) -> MovesFile | None:
    """The file that a person named as a plan, if it is one of moves."""
    if file is None:
        return None
    path = invocation.path(file.shown)
    with contextlib.suppress(OSError):
        if MovesFile.is_one(read_file(path)):
            return MovesFile(file.shown, path)
    return None
