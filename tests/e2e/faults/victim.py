"""A process that runs applies and is killed in the middle of them, at a point that can be chosen.

Reads one JSON object a line: `root`, `environ`, `at` (the point to die at, 0 for none), `torn` (die
in the middle of a write, not before it), `parallelism`. A child is forked for each, so that the
engine is imported once. Answers with a JSON object: `code` (exit code, negative if killed) and
`points` (how many there were; 0 if it was killed). What is a point: every write, fsync, rename,
unlink and allocation, and every request, before Stripe sees it and after it was answered.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.bootstrap import open_project
from engine.operations.apply import apply_stacks
from engine.plan.options import PlanOptions
from engine.stripe.client import StripeHTTP

_CALLS = ("write", "pwrite", "fsync", "fdatasync", "replace", "rename", "unlink", "posix_fallocate")
_WRITES = ("write", "pwrite")


class Killer:
    """Counts points and dies at one of them."""

    def __init__(self, at: int, *, torn: bool) -> None:
        """Args: at: 1-based number of the point; torn: write half of what is to be written."""
        self.at = at
        self.torn = torn
        self.points = 0

    def point(self) -> bool:
        """Count; whether this is the one."""
        self.points += 1
        return self.points == self.at

    def die(self) -> None:
        """As `kill -9` does it."""
        os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """A call of the operating system that may be the last."""

        def wrapped(*args: Any, **options: Any) -> Any:
            if self.point():
                if self.torn and name in _WRITES:
                    file, content, *rest = args
                    call(file, content[: len(content) // 2], *rest)
                self.die()
            return call(*args, **options)

        return wrapped

    def sending(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """A request that may be the last, before or after it was answered."""

        def wrapped(*args: Any, **options: Any) -> Any:
            if self.point():
                self.die()
            answer = send(*args, **options)
            if self.point():
                self.die()
            return answer

        return wrapped


def run(order: dict[str, Any], report: int) -> int:
    """Apply; what is left of the process tells how it went."""
    os.environ.update(order["environ"])
    killer = Killer(order["at"], torn=order["torn"])
    real_write = os.write
    for name in _CALLS:
        setattr(os, name, killer.around(name, getattr(os, name)))
    StripeHTTP._send = killer.sending(StripeHTTP._send)  # type: ignore[method-assign]
    context = open_project(Path(order["root"]), parallelism=order["parallelism"])
    done = apply_stacks(context, (), PlanOptions(allow_mass_change=True), lambda _: True)
    whole = not done.failures and all(result.unsaved is None for result in done.results)
    real_write(report, str(killer.points).encode())
    return 0 if whole else 1


def main() -> None:
    """Fork a child for each order."""
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                code = run(json.loads(line), writer)
            except BaseException as error:  # noqa: BLE001 - told to whoever gave the order
                os.write(writer, repr(error).encode())
                code = 70
            os._exit(code)
        os.close(writer)
        with os.fdopen(reader) as file:
            told = file.read()
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        sys.stdout.write(json.dumps({"code": code, "told": told}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
