"""Plan files on the command line: distinguishing them from stacks, reading and writing them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from engine.cli.invocation import Invocation
from engine.durable_files import PRIVATE_FILE
from engine.errors import PlanFileError, UsageError
from engine.frozen import frozen

if TYPE_CHECKING:
    from engine.backends.result_files import ResultFile
    from engine.plan.saved.file import SavedPlan
    from engine.schema.resource_type import Schemas


@frozen(kw_only=False)
class NamedFile(ABC):
    """A plan as a person named its file, readable by its user alone.

    Attributes:
        shown: The name as typed.
        path: The file; a relative name starts from the folder of the command.
    """

    shown: str
    path: Path

    what: ClassVar[str]
    """What such a file is called in messages."""

    @classmethod
    def named(cls, invocation: Invocation, name: str) -> Self:
        """The file of a name."""
        return cls(name, invocation.path(name))

    @staticmethod
    @abstractmethod
    def is_one(raw: bytes) -> bool:
        """Whether bytes begin as those of such a file, damaged or not."""

    @property
    def file(self) -> ResultFile:
        """The file as bytes."""
        from engine.backends.result_files import ResultFile

        return ResultFile(
            path=self.path,
            shown=self.shown,
            what=self.what,
            is_one=self.is_one,
            error=PlanFileError,
            mode=PRIVATE_FILE,
        )

    def check(self) -> None:
        """Check before planning that a plan can be written.

        Raises:
            PlanFileError: if not.
        """
        self.file.check()

    def discard(self) -> bool:
        """Remove an earlier plan from the file; returns whether there was one.

        Raises:
            PlanFileError: if it cannot be removed.
        """
        return self.file.discard()


@frozen(kw_only=False)
class PlanFile(NamedFile):
    """A plan of stacks."""

    what = "plan file"

    @staticmethod
    def is_one(raw: bytes) -> bool:
        """Whether bytes begin as those of a plan file, damaged or not."""
        from engine.plan.saved.file import is_plan_file

        return is_plan_file(raw)

    def read(self, schemas: Schemas) -> SavedPlan:
        """Read the plan.

        Raises:
            PlanFileError: if it cannot be read or is not a complete plan.
        """
        from engine.plan.saved.file import decode

        return decode(self.file.read(), schemas, path=self.shown)

    def write(self, saved: SavedPlan) -> None:
        """Write a plan.

        Raises:
            PlanFileError: if that cannot be done.
        """
        from engine.plan.saved.file import encode

        self.file.write(encode(saved))


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
