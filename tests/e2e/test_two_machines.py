"""Two machines and one store: one at a time, and a runner that is killed is finished by another.

A machine is a process with a folder and a host name of its own.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.testing.observers import Observer, observing
from engine.emulator.wire.messages import Request
from tests.support.object_servers import S3_LOGIN, put

COUNT = 200
STACK = f"""from engine.stripe import Product

for number in range({COUNT}):
    Product(f"p{{number}}", name=f"Product {{number}}")
"""
KEY = "sk_test_machines"


def _has_host_names() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "--uts", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - ours


@pytest.fixture
def bucket() -> Iterator[str]:
    """The address of a store in an empty bucket."""
    server = pytest.importorskip("moto.server", reason="needs the extra `stores`")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    url = f"http://{host}:{port}"
    put(f"{url}/machines")
    yield f"s3://machines/engine?endpoint={url}&region=us-east-1"
    running.stop()


class Machine:
    """A folder with the project, and a host name."""

    def __init__(self, root: Path, host: str, state: str, api: str) -> None:
        self.root = root / host
        self.api = api
        self._host = host
        (self.root / "stacks").mkdir(parents=True)
        (self.root / "stacks" / "shop.py").write_text(STACK)
        (self.root / "pyproject.toml").write_text(
            f'[tool.engine.environments.test]\napi-key = "env:STRIPE_API_KEY"\nstate = "{state}"\n'
        )
        self._environ = {
            **os.environ,
            "HOME": str(self.root),
            "STRIPE_API_KEY": KEY,
            "STRIPE_API_BASE": api,
            **S3_LOGIN,
        }

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        named = 'hostname "$0" && exec "$@"'
        command = ["unshare", "--uts", "sh", "-c", named, self._host, sys.executable, "-m"]
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


@pytest.mark.skipif(not _has_host_names(), reason="needs the right to make a host name (unshare)")
def test_a_runner_is_killed_and_its_disk_is_lost(tmp_path: Path, bucket: str) -> None:
    """The one that waits sees who works; another machine finishes: 200 objects, empty plan."""
    with Emulator() as emulator, EmulatorServer(emulator) as server:
        first = Machine(tmp_path, "runner-1", bucket, server.url)
        second = Machine(tmp_path, "runner-2", bucket, server.url)
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


def _products(machine: Machine) -> int:
    """How many products the account has, by another client."""
    bases: Any = {"api": machine.api}
    client = stripe.StripeClient(KEY, base_addresses=bases, max_network_retries=0)
    return sum(1 for _ in client.v1.products.list({"limit": 100}).auto_paging_iter())
