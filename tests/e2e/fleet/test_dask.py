"""A fleet on a Dask cluster: a worker that is killed in the middle, and a limit that all keep.

With `--faults=whole` a thousand accounts are applied, else forty.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import Counter
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

psutil: Any = pytest.importorskip("psutil", reason="distributed is not installed")
pytest.importorskip("distributed", reason="distributed is not installed")
pytest.importorskip("cryptography", reason="cryptography is not installed")

ACCOUNTS = 24
"""So many have more to send than their limit lets through at once."""


def _workers(pid: int | None = None) -> list[Any]:
    """The workers of a cluster that a process has of its own; of this one, if none is named."""
    return [
        child
        for child in psutil.Process(pid).children(recursive=True)
        if "spawn_main" in " ".join(child.cmdline())
    ]


def _kill_a_worker(_: Request) -> None:
    """End the first of the cluster's two workers; it fails if there is none."""
    os.kill(_workers()[0].pid, signal.SIGKILL)


@pytest.fixture
def accounts(request: pytest.FixtureRequest) -> int:
    """How many accounts a fleet of files has: 1,000 where everything is to be tried."""
    return 1_000 if request.config.getoption("--faults") == "whole" else 40


def test_every_account_is_right_and_nothing_is_there_twice(
    accounts: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """And a plan of all of them then costs three requests an account at most."""
    clear(monkeypatch)
    _lose_a_worker(tmp_path, monkeypatch, capfd, accounts)


@pytest.mark.parametrize("name", ["s3", "postgresql"])
def test_a_lost_workers_accounts_are_finished_from_a_shared_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    """Their locks stay where the worker that is lost had them; its run takes them again."""
    clear(monkeypatch)
    with STORE_ADDRESSES[name]() as store:
        for variable, value in store.login.items():
            monkeypatch.setenv(variable, value)
        _lose_a_worker(tmp_path, monkeypatch, capfd, 8, f'state = "{store.state}"')


def _lose_a_worker(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    count: int,
    more: str = "",
) -> None:
    """Apply a fleet, kill one of two workers half way, and look at all that is there then."""
    monkeypatch.setenv("PLATFORM_KEY", KEY)
    with Emulator(seed=7) as emulator, EmulatorServer(emulator) as server:
        accounts = connect_accounts(emulator, count)
        write_fleet(root / "project", server.url, more)
        monkeypatch.chdir(root / "project")
        emulator.faults.add(
            faults.before(_kill_a_worker), method="POST", skip=count * OBJECTS // 2, times=1
        )
        words = ("--fleet", "shops", "--dask", "local:2")
        applied = run_here(capfd, "apply", *words, "--yes", "--json")
        assert applied.code == 0, applied.out[-2000:] + applied.err
        _check_all_is_there_once(emulator, accounts)
        emulator.log.clear()
        planned = json.loads(run_here(capfd, "plan", *words, "--json").out)
        assert (planned["groups"], planned["failed"]) == ([], [])
        assert sorted(planned["unchanged"]) == sorted(accounts)
        assert len(emulator.log) <= 3 * count


def _check_all_is_there_once(emulator: Emulator, accounts: list[str]) -> None:
    made = Counter(
        (one.account, one.object, one.params.get("lookup_key") or one.params.get("name"))
        for one in emulator.history
    )
    assert set(made.values()) == {1}
    assert Counter(account for account, _, _ in made) == dict.fromkeys(accounts, OBJECTS)


def test_a_worker_that_hangs_does_not_keep_the_command_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The second Ctrl-C ends it, and says whose work was not over; --resume finishes all."""
    clear(monkeypatch)
    monkeypatch.setenv("PLATFORM_KEY", KEY)
    root = tmp_path / "project"
    hung: queue.SimpleQueue[int] = queue.SimpleQueue()

    def hang(_: Request) -> None:
        pid = _workers(process.pid)[0].pid
        os.kill(pid, signal.SIGSTOP)
        hung.put(pid)

    with Emulator(seed=7) as emulator, EmulatorServer(emulator) as server:
        accounts = connect_accounts(emulator, 8)
        write_fleet(root, server.url)
        monkeypatch.chdir(root)
        emulator.faults.add(faults.before(hang), method="POST", skip=2 * OBJECTS, times=1)
        words = ("apply", "--fleet", "shops", "--dask", "local:2")
        process = subprocess.Popen(  # noqa: S603 - the engine
            [sys.executable, "-m", "engine", *words, "--yes"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        with process:
            # A command that ends by itself must not be waited for.
            threading.Thread(target=lambda: hung.put(process.wait()), daemon=True).start()
            worker = hung.get()
            process.send_signal(signal.SIGINT)
            heard = list(itertools.takewhile(lambda line: "Stopping:" not in line, process.stderr))
            process.send_signal(signal.SIGINT)
            heard += process.stderr
        assert process.returncode == 130
        assert "In the middle of their work were acct_" in "".join(heard)
        assert not psutil.pid_exists(worker)
        assert run_here(capfd, *words, "--resume", "--json").code == 0
        _check_all_is_there_once(emulator, accounts)


def test_two_workers_keep_one_limit_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each of them alone could send as much as the platform may."""
    clear(monkeypatch)
    monkeypatch.setenv("PLATFORM_KEY", KEY)
    root = tmp_path / "project"
    with Emulator(seed=7, rate=25) as emulator, EmulatorServer(emulator) as server:
        connect_accounts(emulator, ACCOUNTS)
        write_fleet(root, server.url, more="requests-per-second = 22")
        monkeypatch.chdir(root)
        words = ("--fleet", "shops", "--dask", "local:2")
        planned = json.loads(run_here(capfd, "plan", *words, "--json").out)
        assert sum(len(group["accounts"]) for group in planned["groups"]) == ACCOUNTS
        refused = sum(entry.status == 429 for entry in emulator.log)
        assert refused <= len(emulator.log) // 20
