"""A fleet of connected accounts on a Dask cluster of two workers, of which one is killed half way.

The emulator is in this process, the command and its cluster in processes of their own. What is
compared runs in turn on the same accounts; the processor time is that of the command and all of its
workers, so that it says the same however busy the machine is.
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
_LOOP = 10
"""Single plans before the plan of the fleet, and after it."""
_MANY = 100
"""Accounts from which on a fleet is to be faster than single plans: a cluster begins in seconds."""
_ON_DASK = ("--fleet", "shops", "--dask", "local:2")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """How a command on the fleet ended: its document, seconds, and bytes at most.

    Attributes:
        document: What it printed.
        seconds: By the clock.
        cpu: Seconds of processor time, its workers' included.
        command: Memory of the command, which has the scheduler, at most.
        worker: Memory of a worker at most.
    """

    document: dict[str, Any]
    seconds: float
    cpu: float
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
            _, status, usage = os.wait4(process.pid, 0)
            code = process.returncode = os.waitstatus_to_exitcode(status)
            ended.set()
            watch.join()
            out.seek(0)
            text = out.read()
        if code:
            raise RuntimeError(f"{' '.join(words)} exited with {code}: {text[-2000:].decode()}")
        return _Ended(
            document=json.loads(text),
            seconds=time.perf_counter() - began,
            cpu=usage.ru_utime + usage.ru_stime,
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
    applies: dict[int, _Ended] = {}
    plans: dict[int, _Ended] = {}
    for accounts in sizes:
        with tempfile.TemporaryDirectory() as folder:
            project = _Project(Path(folder) / "project", accounts)
            try:
                applies[accounts] = _apply(table, project)
                plans[accounts] = _plan(table, project)
            finally:
                project.close()
    few, middle, many = sizes[0], sizes[len(sizes) // 2], sizes[-1]
    for what, ended in (("apply", applies), ("no-change plan", plans)):
        table.add(
            f"{what}: processor time an account more, {many} to {middle} accounts",
            _slope(ended, middle, many) / _slope(ended, few, middle),
            "x",
            bound=1.5,
        )
        for who in ("command", "worker"):
            table.add(
                f"{what}: memory of the {who}, {many} to {middle} accounts",
                getattr(ended[many], who) / getattr(ended[middle], who),
                "x",
                bound=1.25,
            )


def _slope(ended: dict[int, _Ended], few: int, many: int) -> float:
    """Processor time of one more account, between two sizes of a fleet."""
    return (ended[many].cpu - ended[few].cpu) / (many - few)


def _apply(table: Table, project: _Project) -> _Ended:
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
    _tell(table, f"apply {count} accounts x {OBJECTS}, a worker killed", applied)
    table.add("  accounts that are not right", wrong, "", bound=0)
    twice = sum(times > 1 for times in made.values())
    table.add("  objects that are there twice", twice, "", bound=0)
    return applied


def _plan(table: Table, project: _Project) -> _Ended:
    count = len(project.accounts)
    alone = _single_plans(project)
    project.emulator.log.clear()
    planned = project.run("plan", *_ON_DASK)
    if len(planned.document["unchanged"]) != count:
        raise RuntimeError("the plan after the apply is not empty")
    requests = len(project.emulator.log) / count
    alone += _single_plans(project)
    _tell(table, f"no-change plan of {count} accounts", planned)
    table.add("  requests an account", requests, "", bound=REQUESTS)
    for what in ("seconds", "cpu"):
        each = sum(getattr(one, what) for one in alone) / len(alone)
        table.add(
            f"  a loop of {count} single plans, in {what} of this",
            each * count / getattr(planned, what),
            "x",
            bound=5 if count >= _MANY else None,
            at_least=True,
        )
    return planned


def _single_plans(project: _Project) -> list[_Ended]:
    return [project.run("plan", "-e", f"shops/{one}") for one in project.accounts[:_LOOP]]


def _tell(table: Table, what: str, ended: _Ended) -> None:
    table.add(what, ended.seconds, "s")
    table.add("  processor time of all of it", ended.cpu, "s")
    table.add("  memory of the command, with the scheduler", ended.command / 2**20, "MB")
    table.add("  memory of a worker", ended.worker / 2**20, "MB")


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
