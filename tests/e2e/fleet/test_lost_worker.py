"""A worker of a cluster that is there is given up as lost, and wakes up in the middle of the run.

Its accounts are another one's then, with locks, journals and all. With `--faults=whole` alone: Dask
needs seconds to give a worker up.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.testing import faults
from engine.emulator.wire.messages import Request
from tests.support.command_line import run_here
from tests.support.connected_fleet import KEY, OBJECTS, connect_accounts, write_fleet
from tests.support.store_addresses import STORE_ADDRESSES
from tests.support.surroundings import clear

pytest.importorskip("distributed", reason="distributed is not installed")

ACCOUNTS = 16
POSTS = ACCOUNTS * OBJECTS
THREADS = "4"
_ADDRESS = "Scheduler at:"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(autouse=True)
def _whole(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--faults") != "whole":
        pytest.skip("runs with --faults=whole")


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts programs of Dask, which end with the test."""
    started: list[subprocess.Popen[str]] = []

    def starting(program: str, *words: str, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *words]
        own = ["--host", "127.0.0.1", "--no-dashboard"]
        started.append(subprocess.Popen([*command, *own], text=True, **options))  # noqa: S603 - Dask
        return started[-1]

    yield starting
    for process in reversed(started):
        with process:
            process.kill()


def test_a_lost_worker_that_wakes_up_sends_nothing_that_is_there(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Stopped after a quarter, and woken when more is done than the other one could do alone."""
    clear(monkeypatch)
    monkeypatch.setenv("PLATFORM_KEY", KEY)
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL", "3s")
    root = tmp_path / "project"
    with (
        STORE_ADDRESSES["s3"]() as store,
        Emulator(seed=7) as emulator,
        EmulatorServer(emulator) as server,
    ):
        for name, value in store.login.items():
            monkeypatch.setenv(name, value)
        accounts = connect_accounts(emulator, ACCOUNTS)
        write_fleet(root, server.url, f'state = "{store.state}"')
        monkeypatch.chdir(root)
        scheduler = start("scheduler", "--port", "0", stderr=subprocess.PIPE)
        address = _address(scheduler)
        # Without a nanny, which would end it.
        worker, _ = (
            start("worker", address, "--no-nanny", "--nthreads", THREADS, stderr=subprocess.DEVNULL)
            for _ in range(2)
        )

        def send(number: int) -> Callable[[Request], None]:
            return lambda _: os.kill(worker.pid, number)

        for number, skip in ((signal.SIGSTOP, POSTS // 4), (signal.SIGCONT, POSTS * 9 // 10)):
            emulator.faults.add(faults.before(send(number)), method="POST", skip=skip, times=1)
        words = ("--fleet", "shops", "--dask", address)
        applied = run_here(capfd, "apply", *words, "--yes", "--json")
        assert applied.code == 0, applied.out[-2000:] + applied.err
        made = Counter(
            (one.account, one.params.get("lookup_key") or one.params.get("name"))
            for one in emulator.history
        )
        assert set(made.values()) == {1}
        assert Counter(account for account, _ in made) == dict.fromkeys(accounts, OBJECTS)
        planned = json.loads(run_here(capfd, "plan", "--fleet", "shops", "--json").out)
        assert sorted(planned["unchanged"]) == sorted(accounts)


def _address(scheduler: subprocess.Popen[str]) -> str:
    """What a scheduler says that its address is."""
    assert scheduler.stderr is not None
    lines = itertools.dropwhile(lambda line: _ADDRESS not in line, scheduler.stderr)
    return next(lines).partition(_ADDRESS)[2].split()[0]
