"""Plan files on the command line: distinguishing them from stacks, reading and writing them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.invocation import Invocation
from engine.durable_files import PRIVATE_FILE
from engine.errors import PlanFileError, UsageError
from engine.frozen import frozen

if TYPE_CHECKING:
    from engine.backends.result_files import ResultFile
    from engine.plan.saved.file import SavedPlan
    from engine.schema.resource_type import Schemas


@frozen(kw_only=False)
class PlanFile:
    """A plan file as a person named it, readable by its user alone.

    Attributes:
        shown: The name as typed.
        path: The file; a relative name starts from the folder of the command.
    """

    shown: str
    path: Path

    @classmethod
    def named(cls, invocation: Invocation, name: str) -> PlanFile:
        """The file of a name."""
        return cls(name, invocation.path(name))

    @property
    def _file(self) -> ResultFile:
        from engine.backends.result_files import ResultFile
        from engine.plan.saved.file import is_plan_file

        return ResultFile(
            path=self.path,
            shown=self.shown,
            what="plan file",
            is_one=is_plan_file,
            error=PlanFileError,
            mode=PRIVATE_FILE,
        )

    def read(self, schemas: Schemas) -> SavedPlan:
        """Read the plan.

        Raises:
            PlanFileError: if it cannot be read or is not a complete plan.
        """
        from engine.plan.saved.file import decode

        return decode(self._file.read(), schemas, path=self.shown)

    def check(self) -> None:
        """Check before planning that a plan can be written.

        Raises:
            PlanFileError: if not.
        """
        self._file.check()

    def write(self, saved: SavedPlan) -> None:
        """Write a plan.

        Raises:
            PlanFileError: if that cannot be done.
        """
        from engine.plan.saved.file import encode

        self._file.write(encode(saved))

    def discard(self) -> bool:
        """Remove an earlier plan from the file; returns whether there was one.

        Raises:
            PlanFileError: if it cannot be removed.
        """
        return self._file.discard()


def plan_file_among(invocation: Invocation, words: Sequence[str]) -> PlanFile | None:
    """The plan file that a person named where stacks can be named; None if these are stacks.

    A word with a dot or a separator in it names a file, since no stack is called that. Any other
    word names a stack, or, if there is none, a file that exists.

    Raises:
        UsageError: if it could be both, or is not the only word.
    """
    name = next((word for word in words if _is_file(invocation, word)), None)
    if name is None:
        return None
    if len(words) > 1:
        raise UsageError(
            f"{name} is a plan file, and those are applied or shown alone",
            hint="name one plan file, or only stacks",
        )
    return PlanFile.named(invocation, name)


def _is_file(invocation: Invocation, word: str) -> bool:
    if "." in word or "/" in word or os.sep in word:
        _refuse_module(invocation, word)
        return True
    if not invocation.path(word).is_file():
        return False
    if (invocation.root / "stacks" / f"{word}.py").is_file():
        raise UsageError(
            f"{word} is a stack, and a file of that name is here",
            hint=f"write ./{word} for the file; for the stack, give the file another name",
        )
    return True


def _refuse_module(invocation: Invocation, word: str) -> None:
    path = Path(word)
    if path.suffix == ".py" and (invocation.root / "stacks" / path.name).is_file():
        raise UsageError(f"{word} is a stack module", hint=f"name the stack: {path.stem}")
