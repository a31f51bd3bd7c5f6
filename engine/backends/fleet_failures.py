"""The accounts of a fleet that failed and are not done since, as a file of this machine."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from engine.address import is_environment_name
from engine.backends.gitignore import private_folder
from engine.durable_files import PRIVATE_FILE, write_durably
from engine.errors import UsageError
from engine.ports.fleet.members import environment_of

FAILED = "@failed"
"""What `--only` calls them."""
_MOST = 16 * 2**20


class FileFleetFailures:
    """Keeps `.engine/fleets/NAME.failed`, a line for each account. Nothing depends on it."""

    def __init__(self, private: Path, fleet: str) -> None:
        """Args: private: folder that is never committed. fleet: name of the fleet."""
        self._private, self._fleet = private, fleet

    def meant(self, words: tuple[str, ...], members: Collection[str]) -> tuple[str, ...]:
        """The words of the command line, with the failed accounts for `@failed`.

        Args:
            words: The words.
            members: The names of all accounts: one that left the fleet is not tried again.

        Raises:
            UsageError: if it is among them, and none failed.
        """
        if FAILED not in words:
            return words
        failed = [name for name in self._read() if name in members]
        if not failed:
            raise UsageError(
                f"{FAILED}: no account of fleet {self._fleet!r} has failed on this machine and is "
                "not done since",
                hint=f"plan all of them: engine plan --fleet {self._fleet}",
            )
        return tuple(dict.fromkeys((*(word for word in words if word != FAILED), *failed)))

    def note(self, done: Collection[str], failed: Collection[str]) -> None:
        """Note what became of accounts; of all others nothing changes."""
        before = self._read()
        now = sorted({*(name for name in before if name not in done), *failed})
        if now == before:
            return
        # A convenience: a full disk must not end a run that did its work.
        with contextlib.suppress(OSError):
            if not now:
                self._path.unlink(missing_ok=True)
                return
            private_folder(self._private, "fleets")
            write_durably(
                self._path, "".join(f"{name}\n" for name in now).encode(), mode=PRIVATE_FILE
            )

    def _read(self) -> list[str]:
        try:
            with self._path.open("rb") as file:
                lines = file.read(_MOST).decode("utf-8", "replace").splitlines()
        except OSError:
            return []
        return sorted(
            name for name in lines if is_environment_name(environment_of(self._fleet, name))
        )

    @property
    def _path(self) -> Path:
        return self._private / "fleets" / f"{self._fleet}.failed"
