"""Plans of moves as files: distinguishing them from other plans, reading and writing them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.invocation import Invocation
from engine.durable_files import PRIVATE_FILE, read_file
from engine.errors import PlanFileError
from engine.frozen import frozen

if TYPE_CHECKING:
    from engine.backends.result_files import ResultFile
    from engine.cli.plan_files import PlanFile
    from engine.plan.subscribers.moves import Moves
    from engine.schema.resource_type import Schemas


@frozen(kw_only=False)
class MovesFile:
    """A plan of moves of subscribers, as a person named its file; only its user can read it.

    Attributes:
        shown: The name as typed.
        path: The file; a relative name starts from the folder of the command.
    """

    shown: str
    path: Path

    @classmethod
    def named(cls, invocation: Invocation, name: str) -> MovesFile:
        """The file of a name."""
        return cls(name, invocation.path(name))

    @property
    def _file(self) -> ResultFile:
        from engine.backends.result_files import ResultFile
        from engine.plan.subscribers.file import is_moves_file

        return ResultFile(
            path=self.path,
            shown=self.shown,
            what="plan of moves",
            is_one=is_moves_file,
            error=PlanFileError,
            mode=PRIVATE_FILE,
        )

    def read(self, schemas: Schemas) -> tuple[str, Moves]:
        """Read the moves, and the name by which they are known.

        Raises:
            PlanFileError: if it cannot be read or is not a complete plan.
        """
        from engine.plan.subscribers.file import decode_moves, id_of_moves

        raw = self._file.read()
        moves = decode_moves(raw, schemas, path=self.shown)
        return id_of_moves(raw), moves

    def check(self) -> None:
        """Check before planning that moves can be written.

        Raises:
            PlanFileError: if not.
        """
        self._file.check()

    def write(self, moves: Moves) -> None:
        """Write moves.

        Raises:
            PlanFileError: if that cannot be done.
        """
        from engine.plan.subscribers.file import encode_moves

        self._file.write(encode_moves(moves))

    def discard(self) -> bool:
        """Remove earlier moves from the file; returns whether there were any.

        Raises:
            PlanFileError: if they cannot be removed.
        """
        return self._file.discard()


def moves_file(invocation: Invocation, file: PlanFile | None) -> MovesFile | None:
    """The file that a person named as a plan, if it is one of moves."""
    if file is None:
        return None
    from engine.plan.subscribers.file import is_moves_file

    path = invocation.path(file.shown)
    with contextlib.suppress(OSError):
        if is_moves_file(read_file(path)):
            return MovesFile(file.shown, path)
    return None
