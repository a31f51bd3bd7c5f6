"""The `file` secret sink: one file for each secret, readable by its user alone, never committed."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.backends.gitignore import private_folder
from engine.durable_files import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    make_folder,
    sync_folder,
    write_durably,
)
from engine.errors import SecretSinkError
from engine.redaction import remember


class FileSink:
    """Keeps secrets in `.engine/secrets/<environment>/<stack>/<name>`, 0600 in a 0700 folder."""

    def __init__(self, private: Path, environment: str) -> None:
        self._private = private
        self._environment = environment

    def _folder(self) -> Path:
        folder = private_folder(self._private, "secrets", self._environment)
        for part in (folder.parent, folder):
            part.chmod(PRIVATE_FOLDER)
        return folder

    def check(self, stack: str = "", names: Sequence[str] = ()) -> None:
        """Write and remove a file in the folder of secrets."""
        del stack, names
        try:
            with tempfile.NamedTemporaryFile(dir=self._folder(), prefix=".probe"):
                pass
        except OSError as error:
            raise self._refused(error) from error

    def store(self, stack: str, name: str, value: str) -> None:
        """Write the file of a secret."""
        remember(value)
        try:
            folder = self._folder() / stack
            make_folder(folder)
            folder.chmod(PRIVATE_FOLDER)
            write_durably(folder / name, value.encode(), mode=PRIVATE_FILE)
        except OSError as error:
            raise self._refused(error) from error

    def load(self, stack: str, name: str) -> str | None:
        """Read the file of a secret."""
        try:
            value = self._file(stack, name).read_bytes().decode()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._refused(error) from error
        remember(value)
        return value

    def remove(self, stack: str, name: str) -> None:
        """Remove the file of a secret."""
        file = self._file(stack, name)
        try:
            file.unlink()
            sync_folder(file.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._refused(error) from error

    def where(self, stack: str, name: str) -> str:
        """The file."""
        return str(self._file(stack, name))

    def _file(self, stack: str, name: str) -> Path:
        return self._private / "secrets" / self._environment / stack / name

    def _refused(self, error: OSError) -> SecretSinkError:
        return SecretSinkError(
            f"secrets cannot be kept in {error.filename or self._private}",
            cause=error.strerror,
            hint="make the folder writable for you; nothing with a secret is created until then",
        )


class FarFileSink(FileSink):
    """The same on a machine where no later run looks: it takes no secret."""

    def check(self, stack: str = "", names: Sequence[str] = ()) -> None:
        """Refuse."""
        del stack, names
        raise self._far()

    def store(self, stack: str, name: str, value: str) -> None:
        """Refuse."""
        del stack, name
        remember(value)
        raise self._far()

    def _far(self) -> SecretSinkError:
        return SecretSinkError(
            f"secrets would be kept on {socket.gethostname()}, in {self._private}, where no other "
            "machine has them",
            hint='write secrets = "command:PROGRAM ARGUMENTS" for the environment; nothing with a '
            "secret is created until then",
        )
