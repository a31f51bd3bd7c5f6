"""Where the code of a project is reviewed and its jobs run: GitHub, GitLab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Protocol

from engine.errors import EngineError
from engine.frozen import frozen


class CodeHostError(EngineError):
    """The host of the code refused something, or could not be reached.

    Attributes:
        status: HTTP status; None without a response.
    """

    reference = "code-host"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        cause: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, cause=cause, hint=hint)
        self.status = status

    @property
    def is_forbidden(self) -> bool:
        """Whether the token may not do this; a fork's token may only read."""
        return self.status in (401, 403, 404)


class NoSavedPlanError(CodeHostError):
    """There is no saved plan to apply: none was made, or it is not kept any more."""

    reference = "no-saved-plan"


@frozen
class ChangeRequest:
    """A pull request, or a merge request.

    Attributes:
        number: Its number.
        head: The commit at the end of its branch.
        foreign: It comes from a fork, so that its jobs get no secrets.
    """

    number: int
    head: str
    foreign: bool = False


@frozen
class Remote:
    """Where commits are pushed, and by whom.

    Attributes:
        address: A remote of the clone, or an address.
        name: Author of the commits.
        mail: Address of the author.
        settings: Settings of git for it, such as a header with a token; they are on no command
            line and in no file.
    """

    address: str
    name: str
    mail: str
    settings: Mapping[str, str] = field(default_factory=dict)


class CodeHost(Protocol):
    """One run of a job on a host.

    Methods raise `CodeHostError` where the host refuses or cannot be reached. A token MUST be in no
    message, and MUST be sent to the host's API alone.
    """

    @property
    def commit(self) -> str:
        """The commit that a plan of this run is of: the end of a branch under review."""

    @property
    def run_url(self) -> str:
        """Where this run is shown."""

    @property
    def run_id(self) -> str:
        """What names this run among all of the repository."""

    @property
    def branch(self) -> str:
        """The branch that this run is of; empty if it is of none, such as of a tag."""

    @property
    def default_branch(self) -> str:
        """The branch that changes are merged into, unless they say another one."""

    @property
    def by_hand(self) -> bool:
        """Whether a person started this run, rather than a commit or a clock."""

    @property
    def workspace(self) -> Path:
        """The top of the repository in this run."""

    @property
    def folder(self) -> Path:
        """Where files of this run are kept for its later steps."""

    @property
    def remote(self) -> Remote:
        """Where this run pushes commits to."""

    def change(self) -> ChangeRequest | None:
        """The change under review that this run is of; None if it is of a branch."""

    def is_newest(self, change: ChangeRequest) -> bool:
        """Whether its branch still ends where it did when this run was begun."""

    def merged(self) -> ChangeRequest | None:
        """The change whose merge made the commit that this run is of; None if none did."""

    def comment(self, change: ChangeRequest, marker: str, body: str) -> None:
        """Put a comment on a change, in the place of the one that begins with the marker.

        A comment of another author MUST NOT be taken for it. Of several, one is left.
        """

    def saved_plan(self, change: ChangeRequest | None, name: str) -> bytes:
        """The plan file that a run of a change, or without one this run, has kept under a name.

        A file that code of a fork may have written MUST NOT be returned.

        Raises:
            NoSavedPlanError: if there is none.
        """

    def issue(self, marker: str, title: str, body: str) -> None:
        """Open an issue, or update the open one that begins with the marker."""

    def close_issue(self, marker: str, text: str) -> None:
        """Close the open issue that begins with the marker, with a comment, if there is one."""

    def summarize(self, text: str) -> None:
        """Show a text with the run, where the host has a place for that."""

    def output(self, name: str, value: str) -> None:
        """Give a value to the later steps of the job."""
