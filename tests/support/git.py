"""Running git, whatever the configuration of the machine says."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: Path, *words: str) -> str:
    """Run git in a folder; what it writes."""
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
