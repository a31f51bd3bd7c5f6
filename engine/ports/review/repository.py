"""The repository: the commits that the project's files are in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from engine.frozen import frozen


@frozen
class Commit:
    """A commit of the repository.

    Attributes:
        id: Its full id.
        name: What a person called it, such as `main`.
    """

    id: str
    name: str

    def __str__(self) -> str:
        short = self.id[:9]
        return short if self.id.startswith(self.name) else f"{self.name} ({short})"


class Repository(Protocol):
    """Reads the commits of the repository around a project folder.

    An implementation MUST NOT change the repository, its index or its working tree, but for the
    settings of this clone that `set` changes; MUST raise `RepositoryError` with the reason of the
    version control where it cannot read what is asked for.
    """

    @property
    def prefix(self) -> str:
        """The project folder from the top of the repository: empty, or with `/` at its end."""
        ...

    @property
    def is_shallow(self) -> bool:
        """Whether commits are missing in this clone."""
        ...

    def commit(self, name: str) -> Commit:
        """The commit that a name means.

        Raises:
            RepositoryError: if there is none.
        """
        ...

    def find(self, name: str) -> Commit | None:
        """The commit that a name means; None if there is none."""
        ...

    def merge_base(self, first: Commit, second: Commit) -> Commit:
        """The commit at which two lines of history parted.

        Raises:
            RepositoryError: if they have none in common, or this clone does not have it.
        """
        ...

    def branch(self) -> str:
        """The branch that is checked out; empty if none is."""
        ...

    def files(self, commit: Commit, under: str = "") -> Mapping[str, str]:
        """The regular files of a commit: paths from the top of the repository, and content ids.

        Args:
            commit: The commit.
            under: Only what is in this folder, named from the top of the repository.
        """
        ...

    def contents(self, ids: Iterable[str]) -> Mapping[str, bytes]:
        """Contents by their ids."""
        ...

    def is_checked_out(self, commit: Commit) -> bool:
        """Whether the project folder holds exactly what a commit has in it."""
        ...

    def exported(self, commit: Commit) -> contextlib.AbstractContextManager[Path]:
        """The project folder of a commit, as a temporary copy."""
        ...

    def untrack(self, path: str) -> str:
        """The command that takes a file out of the commits to come, and leaves it where it is."""
        ...

    def setting(self, name: str) -> str:
        """A setting of this clone; empty if it is not set."""
        ...

    def set(self, name: str, value: str) -> None:
        """Change a setting of this clone; an empty value removes it."""
        ...
