"""A git repository, whatever the machine's own configuration says."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - words of the test's own
        ["git", "-C", str(folder), *words],  # noqa: S607 - whichever git the machine has
        check=True,
        capture_output=True,
        env={
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.com",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        },
        text=True,
    )
    return done.stdout


@pytest.fixture
def git() -> Callable[..., str]:
    """Runs git in a folder: the folder, then its words; gives what it writes."""
    return _git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "-q")
    _git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder
