"""Runs in processes of their own, which are killed or disturbed at a chosen point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KILLED = -signal.SIGKILL
"""Exit code of a process that was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended.

    Attributes:
        code: Exit code; negative if it was killed.
        told: What went wrong, as a person reads it.
        points: How many points it had; 0 if it was killed.
    """

    code: int
    told: str
    points: int


class Victim:
    """The process that forks those that something happens to."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.faults.victim"],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, root: Path, **order: Any) -> Ending:
        """Apply in a child of its own; see `victim.Order` for what may happen to it."""
        return Ending(**json.loads(self._said(root, **order)))

    @contextmanager
    def stopped(self, root: Path, at: int, **order: Any) -> Iterator[Callable[[], Ending]]:
        """Apply in a child that is stopped at a point; yields what lets it go on to its end."""
        child, endings = int(self._said(root, at=at, stop=True, **order)), list[Ending]()

        def resume() -> Ending:
            assert self._process.stdout is not None
            os.kill(child, signal.SIGCONT)
            endings.append(Ending(**json.loads(self._process.stdout.readline())))
            return endings[0]

        try:
            yield resume
        finally:
            if not endings:
                resume()

    def _said(self, root: Path, **order: Any) -> str:
        environ = {name: os.environ[name] for name in ("STRIPE_API_KEY", "STRIPE_API_BASE")}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"root": str(root), "environ": environ, **order})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def kill(self, root: Path, at: int, **order: Any) -> None:
        """Apply in a child that is killed at a point."""
        end = self.run(root, at=at, **order)
        assert end.code == KILLED, end.told

    def close(self) -> None:
        """End it."""
        self._process.communicate()
