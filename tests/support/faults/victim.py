"""A process that runs applies, in the middle of which something goes wrong at a chosen point.

Reads one JSON object a line, an `Order`. A child is forked for each, so that the engine is imported
once. Answers with a JSON object: `code` (exit code, negative if killed), `points` (how many there
were; 0 if it was killed) and `told` (what went wrong). What is a point: every write, fsync, rename,
unlink and allocation, and every request, before Stripe sees it and after it was answered.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.bootstrap.project import open_project
from engine.cli.main import run as command_line
from engine.errors import EngineError
from engine.operations.apply import apply_stacks
from engine.plan.inputs.options import PlanOptions
from engine.stripe.http.client import StripeHTTP
from tests.support.faults.disk import Disk

WRITES = ("write", "pwrite")
SYNCS = ("fsync", "fdatasync")
NAMES = ("replace", "rename", "unlink", "link")
ROOM = "posix_fallocate"
CALLS = (*WRITES, *SYNCS, *NAMES, ROOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One apply, another command or a destroy, and what goes wrong in it.

    Attributes:
        root: Project folder.
        environ: Environment variables.
        parallelism: Operations in flight at once.
        words: Run this command instead, in the project folder; none for an apply.
        destroy: Destroy these stacks instead; none for an apply.
        at: 1-based number of the point where it goes wrong; 0 for nowhere.
        stop: Stopped there instead, until it is let go on.
        torn: Killed in the middle of a write, not before it.
        error: Error number that calls fail with, instead of a kill; 0 for none.
        calls: Calls that fail so; requests and other calls are no points then.
        lasting: All of these calls fail from that point on, not the one alone.
        quota: Bytes that files may have from that point on, instead of a kill; negative for any.
        short: Bytes that one write takes at most, all the time; 0 for any.
        clock: Seconds that the clock of this process is wrong by.
        survivors: Folder for what the disk has when it is killed; empty for the folder as it is.
        luck: Decides what survives of what was not synced; 0 for nothing.
        image: Device file to copy when it is killed, and where to; empty for none.
    """

    root: str
    environ: dict[str, str] = field(default_factory=dict)
    parallelism: int = 1
    words: tuple[str, ...] = ()
    destroy: tuple[str, ...] = ()
    at: int = 0
    stop: bool = False
    torn: bool = False
    error: int = 0
    calls: tuple[str, ...] = CALLS
    lasting: bool = False
    quota: int = -1
    short: int = 0
    clock: int = 0
    survivors: str = ""
    luck: int = 0
    image: tuple[str, ...] = ()


class Saboteur:
    """Counts points and lets things go wrong at one of them."""

    def __init__(self, order: Order) -> None:
        """Args: order: what goes wrong, and where."""
        self.order = order
        self.points = 0
        self._lock = threading.Lock()
        self._disk = Disk(Path(order.root)) if order.survivors else None

    def _is_due(self) -> bool:
        """Count; whether this is the point, or one after it where things go on being wrong."""
        with self._lock:
            self.points += 1
            at = self.order.at
            return bool(at) and (self.points == at or (self.order.lasting and self.points > at))

    def die(self) -> None:
        """As `kill -9` does it, or the loss of power; or stop."""
        if self.order.stop:
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if self._disk is not None:
            luck = random.Random(self.order.luck) if self.order.luck else None  # noqa: S311
            self._disk.rebuild(Path(self.order.survivors), luck)
        if self.order.image:
            shutil.copyfile(*self.order.image)
        os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """A call of the operating system that may go wrong."""

        def wrapped(*args: Any, **options: Any) -> Any:
            order = self.order
            if name in order.calls and self._is_due():
                if order.error:
                    raise OSError(order.error, os.strerror(order.error))
                if order.quota >= 0:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (order.quota, order.quota))
                else:
                    if order.torn and name in WRITES:
                        file, content, *rest = args
                        call(file, content[: len(content) // 2], *rest)
                    self.die()
            if order.short and name in WRITES:
                file, content, *rest = args
                return call(file, content[: order.short], *rest)
            found = call(*args, **options)
            if self._disk is not None and name in SYNCS:
                self._disk.synced(args[0])
            return found

        return wrapped

    def sending(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """A request that may be the last, before or after it was answered."""

        def wrapped(*args: Any, **options: Any) -> Any:
            counts = not self.order.error and self.order.quota < 0
            if counts and self._is_due():
                self.die()
            answer = send(*args, **options)
            if counts and self._is_due():
                self.die()
            return answer

        return wrapped


def run(order: Order) -> tuple[int, str, int]:
    """Apply; tell the exit code, what went wrong, and how many points there were."""
    os.environ.update(order.environ)
    real_time = time.time
    time.time = lambda: real_time() + order.clock
    saboteur = Saboteur(order)
    for name in CALLS:
        setattr(os, name, saboteur.around(name, getattr(os, name)))
    StripeHTTP._send = saboteur.sending(StripeHTTP._send)  # type: ignore[method-assign]
    if order.words:
        words = ["-C", order.root, *order.words]
        told = io.StringIO()
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
            code = command_line(words)
        return code, told.getvalue(), saboteur.points
    context = open_project(Path(order.root), parallelism=order.parallelism)
    options = PlanOptions(allow_mass_change=True, destroy=bool(order.destroy))
    try:
        done = apply_stacks(context, order.destroy, options, lambda _: True)
    except EngineError as error:
        return error.exit_code, str(error), saboteur.points
    errors = [str(failure.error) for failure in done.failures]
    errors += [str(result.unsaved) for result in done.results if result.unsaved is not None]
    return (1 if errors else 0), "\n".join(errors), saboteur.points


def main() -> None:
    """Fork a child for each order."""
    write = os.write
    # To find it out, a file is made in each folder that may be it: a killed child leaves one.
    tempfile.gettempdir()
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                found = run(Order(**json.loads(line)))
            except BaseException as error:  # noqa: BLE001 - told to whoever gave the order
                found = 70, repr(error), 0
            write(writer, json.dumps(found).encode())
            os._exit(found[0])
        os.close(writer)
        if json.loads(line).get("stop"):
            os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
        with os.fdopen(reader) as file:
            told = json.loads(file.read() or '[0, "", 0]')
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        sys.stdout.write(json.dumps({"code": code, "told": told[1], "points": told[2]}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
