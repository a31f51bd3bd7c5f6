"""Files of stack modules: read as text that is written back byte for byte, and replaced whole."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import tokenize
import tomllib
from pathlib import Path

from engine.frozen import frozen


@frozen
class SourceFile:
    """A module's file as it was read.

    Attributes:
        path: The file; links to it are followed.
        content: Its bytes.
        encoding: The encoding that it names.
        text: What they say, with their own line ends.
    """

    path: Path
    content: bytes
    encoding: str
    text: str

    @classmethod
    def read(cls, path: Path) -> SourceFile:
        """Read a file.

        Raises:
            OSError: if it cannot be read.
            SyntaxError: if its encoding is unknown, or it is not in it.
            UnicodeDecodeError: if it is not in the encoding that it names.
        """
        real = path.resolve()
        content = real.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return cls(path=real, content=content, encoding=encoding, text=content.decode(encoding))

    @property
    def is_as_read(self) -> bool:
        """Whether nothing has changed it since."""
        try:
            return self.path.read_bytes() == self.content
        except OSError:
            return False

    def replace(self, content: bytes) -> None:
        """Put other bytes in its place: temporary file, fsync, rename; its mode is kept.

        Raises:
            OSError: if that cannot be done; the file is as it was.
        """
        folder = self.path.parent
        handle, name = tempfile.mkstemp(dir=folder, prefix=f".{self.path.name}.", suffix=".tmp")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(file.fileno(), self.path.stat().st_mode & 0o7777)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


_USUAL_WIDTH = 88


def line_length(root: Path) -> int:
    """How long lines of a project may be, as the configuration of its formatter says."""
    places = (
        (".ruff.toml", ()),
        ("ruff.toml", ()),
        ("pyproject.toml", ("tool", "ruff")),
        ("pyproject.toml", ("tool", "black")),
    )
    for name, path in places:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found = tomllib.loads((root / name).read_text(encoding="utf-8"))
            for part in path:
                found = found[part]
            return int(found["line-length"])
    return _USUAL_WIDTH
