"""Results of commands as files: nothing but an earlier result of the same kind is overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from engine.durable_files import read_file, write_durably
from engine.errors import EngineError, UsageError
from engine.frozen import frozen


@frozen
class ResultFile:
    """A file that a person named for a result.

    An empty file, such as mktemp makes, and an earlier result are overwritten; nothing else is.

    Attributes:
        path: The file.
        shown: The same as a person typed it.
        what: What is written there, `plan file`.
        is_one: Whether bytes are those of such a result.
        error: What is raised where the file cannot be used.
        mode: Who may read and write it.
    """

    path: Path
    shown: str
    what: str
    is_one: Callable[[bytes], bool]
    error: type[EngineError] = UsageError
    mode: int = 0o644

    def check(self) -> None:
        """Find out, before the work, whether a result can be written.

        Raises:
            EngineError: of the kind `error`, if not.
        """
        if not self.path.parent.is_dir():
            raise self.error(f"there is no folder for {self.shown}", hint="make it first")
        if not os.access(self.path.parent, os.W_OK):
            raise self.error(
                f"the {self.what} {self.shown} cannot be written: its folder is read-only",
                hint="make the folder writable, or name a file in another one; nothing was changed",
            )
        if not self.path.exists():
            return
        if self.path.is_file():
            raw = self.read()
            if not raw or self.is_one(raw):
                return
        raise self.error(
            f"{self.shown} exists and is no {self.what}, so it is not overwritten",
            hint="name another file, or move that one away",
        )

    def read(self) -> bytes:
        """Read what is there.

        Raises:
            EngineError: of the kind `error`, if it cannot be read.
        """
        try:
            return read_file(self.path)
        except OSError as error:
            raise self.error(
                f"the {self.what} {self.shown} cannot be read",
                cause=error.strerror,
                hint="check its name and who may read it; nothing was changed",
            ) from error

    def write(self, raw: bytes) -> None:
        """Write a result, whole or not at all.

        Raises:
            EngineError: of the kind `error`, if that cannot be done; what was there is as it was.
        """
        self.check()
        try:
            write_durably(self.path, raw, mode=self.mode)
        except OSError as error:
            raise self.error(
                f"the {self.what} {self.shown} cannot be written",
                cause=error.strerror,
                hint="make room, or make the folder writable, and run the command again",
            ) from error

    def discard(self) -> bool:
        """Remove an earlier result, and nothing else.

        Returns:
            Whether there was one.

        Raises:
            EngineError: of the kind `error`, if it cannot be removed.
        """
        if not self.path.is_file() or not self.is_one(self.read()):
            return False
        try:
            self.path.unlink()
        except OSError as error:
            raise self.error(
                f"the earlier {self.what} {self.shown} cannot be removed",
                cause=error.strerror,
                hint="remove it yourself: it is not what this command was to write there",
            ) from error
        return True
