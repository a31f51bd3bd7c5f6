"""A project in a git repository: commits of it, and what a review of them says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.state.codec import decode, encode
from engine.state.model import State
from engine.version import VERSION
from tests.support.command_line import Engine
from tests.support.git import git

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


class Committed:
    """A project folder whose repository has a commit after each step."""

    def __init__(self, root: Path, engine: Engine, top: Path | None = None) -> None:
        """Make the repository.

        Args:
            root: The project folder.
            engine: Runs a command in it.
            top: The top of the repository; the project folder if None.
        """
        self.root = root
        self.top = top or root
        self._engine = engine
        git(self.top, "init", "--quiet", "--initial-branch", "main")
        self.commit("begin")

    def commit(self, message: str = "step") -> None:
        """Commit all there is."""
        git(self.top, "add", "--all")
        git(self.top, "commit", "--quiet", "--allow-empty", "--message", message)

    def run(self, *words: str) -> str:
        """Run a command that has to succeed; what it wrote."""
        ended = self._engine(*words)
        assert ended.code == 0, ended.err
        return ended.out

    def apply(self, *words: str) -> None:
        """Apply and commit."""
        self.run("apply", "--yes", *words)
        self.commit("apply")

    def review(self, range: str = "HEAD~1..HEAD", *words: str) -> dict[str, Any]:
        """What a review says, as a document."""
        ended = self._engine("review", range, "--json", *words)
        document: dict[str, Any] = json.loads(ended.out)
        assert ended.code == int(bool(document["findings"])), ended.err
        return document

    def actions(self, range: str = "HEAD~1..HEAD") -> dict[str, str]:
        """What was applied, by address; nothing may be wrong."""
        document = self.review(range)
        assert (document["findings"], document["unchecked"]) == ([], [])
        return {
            change["address"]: change["action"]
            for stack in document["stacks"]
            for change in stack["changes"]
        }

    def references(self, range: str = "HEAD~1..HEAD") -> list[str]:
        """The rules that find something."""
        return sorted({finding["reference"] for finding in self.review(range)["findings"]})

    def state_file(self, stack: str = "shop", environment: str = "local") -> Path:
        """The file of a state."""
        return self.root / "state" / environment / f"{stack}.json"

    def forge(self, change: Callable[[State], State], stack: str = "shop") -> None:
        """Change a state as a person with our code could, with the right digest, and commit it."""
        file = self.state_file(stack)
        state = decode(file.read_bytes(), path=str(file))
        file.write_bytes(encode(change(state), engine_version=VERSION))
        self.commit("forged")
