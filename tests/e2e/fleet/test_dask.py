"""A fleet on a Dask cluster: a worker that is killed in the middle, and a limit that all keep."""

from __future__ import annotations

import json
import os
import signal
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
from tests.support.surroundings import clear

psutil: Any = pytest.importorskip("psutil", reason="distributed is not installed")
pytest.importorskip("distributed", reason="distributed is not installed")
pytest.importorskip("cryptography", reason="cryptography is not installed")

ACCOUNTS = 24


def _kill_a_worker(_: Request) -> None:
    """End the first of the cluster's two workers; it fails if there is none."""
    workers = [
        child
        for child in psutil.Process().children(recursive=True)
        if "spawn_main" in " ".join(child.cmdline())
    ]
    os.kill(workers[0].pid, signal.SIGKILL)


def test_every_account_is_right_and_nothing_is_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """And a plan of all of them then costs three requests an account at most."""
    clear(monkeypatch)
    monkeypatch.setenv("PLATFORM_KEY", KEY)
    root = tmp_path / "project"
    with Emulator(seed=7) as emulator, EmulatorServer(emulator) as server:
        accounts = connect_accounts(emulator, ACCOUNTS)
        write_fleet(root, server.url)
        monkeypatch.chdir(root)
        emulator.faults.add(
            faults.before(_kill_a_worker), method="POST", skip=ACCOUNTS * OBJECTS // 2, times=1
        )
        words = ("--fleet", "shops", "--dask", "local:2")
        applied = run_here(capfd, "apply", *words, "--yes", "--json")
        assert applied.code == 0, applied.err
        made = Counter(
            (one.account, one.object, one.params.get("lookup_key") or one.params.get("name"))
            for one in emulator.history
        )
        assert set(made.values()) == {1}
        assert Counter(account for account, _, _ in made) == dict.fromkeys(accounts, OBJECTS)
        emulator.log.clear()
        planned = json.loads(run_here(capfd, "plan", *words, "--json").out)
        assert (planned["groups"], planned["failed"]) == ([], [])
        assert sorted(planned["unchanged"]) == sorted(accounts)
        assert len(emulator.log) <= 3 * ACCOUNTS


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
