"""A fleet of connected accounts on a Dask cluster of two workers, of which one is killed half way.

The emulator is in this process, the command and its cluster in processes of their own.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.testing import faults
from tests.benchmarks.harness import Table
from tests.support.connected_fleet import KEY, OBJECTS, connect_accounts, write_fleet

REQUESTS = 3
"""The most that a plan without changes may cost an account."""
_LOOP = 20
_ON_DASK = ("--fleet", "shops", "--dask", "local:2")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """How a command on the fleet ended: its document, seconds, and bytes at most.

    Attributes:
        document: What it printed.
        seconds: By the clock.
        command: Memory of the command, which has the scheduler, at most.
        worker: Memory of a worker at most.
    """

    document: dict[str, Any]
    seconds: float
    command: int
    worker: int


class _Project:
    """A platform, and the project of its fleet."""

    def __init__(self, root: Path, accounts: int) -> None:
        self.root = root
        self.emulator = Emulator(seed=7)
        self.server = EmulatorServer(self.emulator)
        self.server.__enter__()
        self.accounts = connect_accounts(self.emulator, accounts)
        write_fleet(root, self.server.url)
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the platform."""
        self.server.__exit__(None, None, None)
        self.emulator.close()

    def run(self, *words: str) -> _Ended:
        """Run a command."""
        environ = {**os.environ, "PLATFORM_KEY": KEY, "PYTHONPATH": str(Path.cwd())}
        most = Counter[str]()
        began = time.perf_counter()
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(  # noqa: S603 - the words are the benchmark's own
                [sys.executable, "-m", "engine", *words, "--json"],
                cwd=self.root,
                env=environ,
                stdout=out,
                stderr=subprocess.DEVNULL,
            )
            self._process = process
            ended = threading.Event()
            watch = threading.Thread(target=_watch, args=(process.pid, most, ended))
            watch.start()
            code = process.wait()
            ended.set()
            watch.join()
            out.seek(0)
            text = out.read()
        if code:
            raise RuntimeError(f"{' '.join(words)} exited with {code}: {text[-2000:].decode()}")
        return _Ended(
            document=json.loads(text),
            seconds=time.perf_counter() - began,
            command=most["command"],
            worker=most["worker"],
        )

    def kill_a_worker(self, _: object) -> None:
        """End one of the workers of the command that runs."""
        if self._process is not None:
            os.kill(_workers(self._process.pid)[0].pid, signal.SIGKILL)


def measure(table: Table, sizes: tuple[int, ...]) -> None:
    """Apply and plan fleets of several sizes, and hold them to what is promised.

    Args:
        table: Takes the figures.
        sizes: How many accounts, from few to many.
    """
    plans: dict[int, _Ended] = {}
    loop = 0.0
    for accounts in sizes:
        with tempfile.TemporaryDirectory() as folder:
            project = _Project(Path(folder) / "project", accounts)
            try:
                plans[accounts] = _one(table, project)
                if accounts == sizes[0]:
                    loop = _loop(project)
            finally:
                project.close()
    many = sizes[-1]
    each = {size: ended.seconds / size for size, ended in plans.items()}
    middle = sizes[len(sizes) // 2]
    table.add(
        f"no-change plan: time an account, {many} to {middle} accounts",
        each[many] / each[middle],
        "x",
        bound=1.5,
    )
    table.add(
        f"no-change plan of {many}: times faster than a loop of plans",
        loop / each[many],
        "x",
        bound=5,
        at_least=True,
    )
    for who in ("command", "worker"):
        table.add(
            f"memory of the {who}, {many} to {middle} accounts",
            getattr(plans[many], who) / getattr(plans[middle], who),
            "x",
            bound=1.5,
        )


def _one(table: Table, project: _Project) -> _Ended:
    count = len(project.accounts)
    project.emulator.faults.add(
        faults.before(project.kill_a_worker),
        method="POST",
        skip=count * OBJECTS // 2,
        times=1,
    )
    applied = project.run("apply", *_ON_DASK, "--yes")
    made = Counter(
        (one.account, one.params.get("lookup_key") or one.params["name"])
        for one in project.emulator.history
    )
    right = Counter(account for account, _ in made)
    wrong = sum(right[account] != OBJECTS for account in project.accounts)
    table.add(f"apply {count} accounts x {OBJECTS}, a worker killed", applied.seconds, "s")
    table.add("  accounts that are not right", wrong, "", bound=0)
    twice = sum(times > 1 for times in made.values())
    table.add("  objects that are there twice", twice, "", bound=0)
    project.emulator.log.clear()
    planned = project.run("plan", *_ON_DASK)
    if len(planned.document["unchanged"]) != count:
        raise RuntimeError("the plan after the apply is not empty")
    table.add(f"no-change plan of {count} accounts", planned.seconds, "s")
    requests = len(project.emulator.log) / count
    table.add("  requests an account", requests, "", bound=REQUESTS)
    return planned


def _loop(project: _Project) -> float:
    """Seconds an account of single plans, one after the other."""
    some = project.accounts[:_LOOP]
    return sum(project.run("plan", "-e", f"shops/{one}").seconds for one in some) / len(some)


def _workers(pid: int) -> list[Any]:
    psutil: Any = importlib.import_module("psutil")  # comes with distributed
    found = psutil.Process(pid).children(recursive=True)
    return [one for one in found if "spawn_main" in " ".join(one.cmdline())]


def _watch(pid: int, most: Counter[str], ended: threading.Event) -> None:
    """Note the memory that a command and its workers have, until it ended."""
    psutil: Any = importlib.import_module("psutil")
    while not ended.wait(0.25):
        try:
            command = psutil.Process(pid).memory_info().rss
            workers = [one.memory_info().rss for one in _workers(pid)]
        except psutil.Error:
            continue
        most["command"] = max(most["command"], command)
        most["worker"] = max([most["worker"], *workers])
