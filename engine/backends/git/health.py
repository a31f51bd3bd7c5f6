"""Whether git keeps and merges the states of a project as it should, for `engine doctor`."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.backends.git.repository import GitRepository
from engine.backends.git.setup import THIS_ENGINE, missing
from engine.backends.gitignore import would_be_committed
from engine.errors import RepositoryError
from engine.ports.upkeep.diagnosis import Finding, note, ok, warning
from engine.settings.model import Settings

_FILES = "file"


class GitHealth:
    """The checks of one project; they read, and change nothing."""

    def __init__(self, settings: Settings) -> None:
        """Args: settings: those of the project, and of the environment whose states are meant."""
        self._settings = settings
        self._repository = GitRepository(settings.root)

    @functools.cached_property
    def _concerned(self) -> bool:
        """Whether states are files of a repository."""
        return self._settings.state == _FILES and self._why_not is None

    @functools.cached_property
    def _why_not(self) -> RepositoryError | None:
        try:
            _ = self._repository.prefix
        except RepositoryError as error:
            return error
        return None

    def repository(self) -> Iterator[Finding]:
        """Whether the project is in a repository, where states are files."""
        if self._settings.state != _FILES:
            yield ok("states are in a store: there is nothing for git to keep or to merge")
        elif self._why_not is not None:
            yield note(self._why_not.message, self._why_not.hint or "")

    def committed(self, stacks: Sequence[str]) -> Iterator[Finding]:
        """Whether states are in the last commit, as they are.

        Args:
            stacks: The stacks of the environment that have one.
        """
        environment = self._settings.environment
        if not self._concerned or environment.emulator:
            return  # an embedded account is on this machine alone, and so are its states
        folder = self._settings.states / environment.name
        shown = folder.relative_to(self._settings.root).as_posix()
        if not would_be_committed(folder / "any.json"):
            yield warning(
                f"git ignores {shown}, so that its states reach no other machine",
                "take the line out of .gitignore, or keep the states in a store",
            )
            return
        changed = tuple(self._not_committed(folder, shown, stacks))
        if changed:
            yield warning(
                f"not committed as they are: the states of {', '.join(changed)}",
                f"git add {shown} && git commit",
            )
        elif stacks:
            yield ok(f"the states of {environment.name} are committed")

    def merging(self) -> Iterator[Finding]:
        """Whether git merges and shows states with this engine, in this clone."""
        if not self._concerned:
            return
        if any(missing(self._settings.root, self._repository, THIS_ENGINE)):
            yield warning("git does not merge states by resource in this clone", "engine git-setup")
        else:
            yield ok("git merges states by resource, and shows them readably")

    def _not_committed(self, folder: Path, shown: str, stacks: Sequence[str]) -> Iterator[str]:
        """The stacks whose states are not in the last commit with the same bytes."""
        head, under = self._repository.find("HEAD"), self._repository.prefix + shown
        files = self._repository.files(head, under) if head is not None else {}
        for name in stacks:
            raw = _read(folder / f"{name}.json")
            if files.get(f"{under}/{name}.json") not in (_blob("sha1", raw), _blob("sha256", raw)):
                yield name


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _blob(algorithm: str, content: bytes) -> str:
    """The id that git gives a content."""
    header = b"blob %d\0" % len(content)
    return hashlib.new(algorithm, header + content, usedforsecurity=False).hexdigest()
