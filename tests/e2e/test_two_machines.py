"""Two machines and one store: in turn, at once, and one that finishes what a killed one began.

A machine is a process with a folder, a host name and a boot id of its own.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.testing.observers import Observer, observing
from engine.emulator.wire.messages import Request
from tests.support.store_addresses import STORE_ADDRESSES, StoreAddress

COUNT = 200
STACK = """from engine.stripe import Product

for number in range({}):
    Product(f"p{{number}}", name=f"Product {{number}}")
"""
KEY = "sk_test_machines"


_BOOT = "/proc/sys/kernel/random/boot_id"


def _can_be_machines() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "--uts", "--mount", "mount", "--bind", _BOOT, _BOOT]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - ours


@pytest.fixture(params=STORE_ADDRESSES)
def store(request: pytest.FixtureRequest) -> Iterator[StoreAddress]:
    """The address of an empty store."""
    if not _can_be_machines():
        pytest.skip("needs the right to have a host name and mounts of one's own (unshare)")
    with STORE_ADDRESSES[request.param]() as address:
        yield address


class Machine:
    """A folder with the project, a host name, and the time since when it runs."""

    def __init__(self, root: Path, host: str, store: StoreAddress, api: str) -> None:
        self.root = root / host
        self.api = api
        self._host = host
        (self.root / "stacks").mkdir(parents=True)
        (self.root / "boot_id").write_text(f"{uuid.uuid4()}\n", encoding="ascii")
        self.declare(COUNT)
        (self.root / "pyproject.toml").write_text(
            '[tool.engine.environments.test]\napi-key = "env:STRIPE_API_KEY"\n'
            f'state = "{store.state}"\n'
        )
        self._environ = {
            **os.environ,
            "HOME": str(self.root),
            "STRIPE_API_KEY": KEY,
            "STRIPE_API_BASE": api,
            **store.login,
        }

    def declare(self, count: int) -> None:
        """Declare so many products."""
        (self.root / "stacks" / "shop.py").write_text(STACK.format(count))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        named = f'hostname "$0" && mount --bind boot_id {_BOOT} && exec "$@"'
        machine = ["unshare", "--uts", "--mount", "sh", "-c", named, self._host]
        command = [*machine, sys.executable, "-m"]
        return subprocess.Popen(  # noqa: S603 - ours
            [*command, "engine", *words, "-e", "test"],
            cwd=self.root,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """The exit code, the result and the diagnostics of a command."""
        process = self.begin(*words)
        out, err = process.communicate()
        return process.returncode, out, err


class At(Observer):
    """Lets another machine try after some creations, and kills the runner after some more."""

    def __init__(self, other: Machine) -> None:
        self.runner: subprocess.Popen[str] | None = None
        self.tried: tuple[int, str, str] | None = None
        self._numbers = itertools.count(1)
        self._over = threading.Event()
        self._other = other

    def answered(self, request: Request, status: int, body: bytes) -> None:
        """Count, in the thread of the request, which waits meanwhile."""
        del status, body
        if request.method.upper() != "POST" or not request.path.startswith("/v1/products"):
            return
        number = next(self._numbers)
        if number == COUNT // 4:
            self.tried = self._other.run("apply", "--yes")
            self._over.set()
        if number == COUNT // 2 and self.runner is not None:
            self._over.wait()
            os.kill(self.runner.pid, signal.SIGKILL)


class Waiting(Observer):
    """Starts another machine at the first creation, and lets that end when the other one waits."""

    def __init__(self, other: Machine) -> None:
        self.begun: list[subprocess.Popen[str]] = []
        self.said = ""
        self._other = other
        self._lock = threading.Lock()

    def answered(self, request: Request, status: int, body: bytes) -> None:
        """Start it, in the thread of the request."""
        del status, body
        if request.method.upper() != "POST" or not request.path.startswith("/v1/products"):
            return
        with self._lock:
            if not self.begun:
                self.begun.append(self._other.begin("apply", "--yes", "--lock-timeout", "600"))
                said = self.begun[0].stderr
                assert said is not None
                while "@" not in self.said and (line := said.readline()):
                    self.said += line


def test_a_runner_is_killed_and_its_disk_is_lost(tmp_path: Path, store: StoreAddress) -> None:
    """The one that waits sees who works; another machine finishes: 200 objects, empty plan."""
    with Emulator() as emulator, EmulatorServer(emulator) as server:
        first = Machine(tmp_path, "runner-1", store, server.url)
        second = Machine(tmp_path, "runner-2", store, server.url)
        at = At(second)
        with observing(at):
            at.runner = first.begin("apply", "--yes")
            at.runner.communicate()
        assert at.runner.returncode == -signal.SIGKILL
        shutil.rmtree(first.root)

        assert at.tried is not None
        code, _, refused = at.tried
        assert code == 3
        assert "@runner-1 (apply, pid" in refused

        code, _, refused = second.run("apply", "--yes")
        assert code == 3  # whether that machine is gone only a person, or time, can say
        lock = refused.partition("engine unlock ")[2].split()[0]
        assert second.run("unlock", lock, "--force")[0] == 0

        code, out, err = second.run("apply", "--yes")
        assert (code, "was recovered" in out) == (0, True), err
        code, out, _ = second.run("plan", "--detailed-exitcode")
        assert (code, "No changes." in out) == (0, True)
        assert len(second.run("state", "list")[1].split()) == COUNT
        assert _products(second) == COUNT


def test_two_machines_apply_in_turn_and_at_once(tmp_path: Path, store: StoreAddress) -> None:
    """Each goes on where the other ended; of two at once the second waits, and says for whom."""
    with Emulator() as emulator, EmulatorServer(emulator) as server:
        first = Machine(tmp_path, "laptop", store, server.url)
        second = Machine(tmp_path, "runner", store, server.url)
        for turn, machine in enumerate((first, second), start=1):
            machine.declare(turn)
            code, out, err = machine.run("apply", "--yes")
            assert (code, "1 created" in out) == (0, True), err

        for machine in (first, second):
            machine.declare(8)
        waiting = Waiting(second)
        with observing(waiting):
            code, _, err = first.run("apply", "--yes")
        assert code == 0, err
        out, err = waiting.begun[0].communicate()
        assert waiting.begun[0].returncode == 0, err
        assert "@laptop (apply, pid" in waiting.said
        assert "No changes" in out
        assert _products(first) == 8


def _products(machine: Machine) -> int:
    """How many products the account has, by another client."""
    bases: Any = {"api": machine.api}
    client = stripe.StripeClient(KEY, base_addresses=bases, max_network_retries=0)
    return sum(1 for _ in client.v1.products.list({"limit": 100}).auto_paging_iter())
