"""The state backends that there are, and what tests put into them."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.backends.http.address import parse_server
from engine.backends.http.backend import HttpBackend
from engine.backends.http.client import Client
from engine.backends.shared.backend import SharedBackend
from engine.backends.shared.hold import Timing
from engine.backends.state.file_backend import FileBackend
from engine.ports.backend import StateBackend
from engine.ports.run_locks import LockOwner
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State, new_state
from tests.support.fakes.memory_backend import MemoryBackend
from tests.support.fakes.memory_store import MemoryStore
from tests.support.postgres_server import fresh_stores, pgbouncer
from tests.support.state_server import StateServer

LONG_ENOUGH = 600.0
"""Seconds that no test ever waits for: a stop for what has hung."""
VERSION = "9.9.9"
QUICK = Timing(beat=0.05, poll=0.02)
"""Signs of life for tests that watch them; a life is over as late as everywhere."""


def local_backend(root: Path) -> StateBackend:
    """The backend of a project folder."""
    return FileBackend(root / "state", root / ".engine", engine_version=VERSION)


def _memory_backend(_: Path) -> StateBackend:
    return MemoryBackend(engine_version=VERSION)


def _shared_backend(_: Path) -> StateBackend:
    return SharedBackend(MemoryStore(), engine_version=VERSION, timing=QUICK)


def _postgres_backend(_: Path) -> StateBackend:
    return SharedBackend(fresh_stores()(), engine_version=VERSION, timing=QUICK)


def _pooled_backend(_: Path) -> StateBackend:
    return SharedBackend(fresh_stores(pgbouncer)(), engine_version=VERSION, timing=QUICK)


@functools.cache
def _state_server(*, gitlab: bool) -> StateServer:
    """One server a process, for all tests; it ends with the process."""
    server = StateServer(gitlab=gitlab)
    atexit.register(server.close)
    return server


def _http_backend(root: Path) -> StateBackend:
    # Each test has a part of the server of its own.
    address = f"{_state_server(gitlab=False).address}/{secrets.token_hex(8)}/{root.name[:9]}"
    return http_backend(address)


def _gitlab_backend(_: Path) -> StateBackend:
    project = secrets.token_hex(8)
    server = _state_server(gitlab=True)
    return http_backend(f"{server.address}/api/v4/projects/{project}/terraform/state")


def http_backend(address: str) -> StateBackend:
    """The backend of a state server, which waits for no longer than a moment."""
    client = Client(parse_server(address), ("user", "hunter22-hunter22"), wait=_moment)
    return HttpBackend(client, engine_version=VERSION, wait=_moment)


def _moment(_: float) -> None:
    """Let other threads work, and go on."""
    threading.Event().wait(0.002)


BACKENDS: dict[str, Callable[[Path], StateBackend]] = {
    "local": local_backend,
    "memory": _memory_backend,
    "shared": _shared_backend,
    "postgresql": _postgres_backend,
    "pgbouncer": _pooled_backend,
    "http": _http_backend,
    "gitlab": _gitlab_backend,
}


def a_state(serial: int = 1, **changes: Any) -> State:
    """A state with something of everything in it."""
    full = dataclasses.replace(
        new_state("shop", "test", "lineage-1"),
        serial=serial,
        account_id="acct_1",
        livemode=False,
        api_version="2026-10-28.endive",
        engine_version=VERSION,
        outputs={"id": "prod_1", "nested": {"list": [1, 2.5, None, True, "ß"]}},
        resources={
            "stripe_product.pro": ResourceState(
                type="stripe_product",
                id="prod_1",
                declared={"name": "Pro", "default_price": "${stripe_price.m.id}"},
                attributes={"name": "Pro", "metadata": {}},
                dependencies=("stripe_price.m",),
                superseded=("prod_0",),
                removal_policy=RemovalPolicy(protect=True, keep=True, account="acct_2"),
            )
        },
        removed={"stripe_price.m": RemovedObject(type="stripe_price", id="price_1")},
    )
    return dataclasses.replace(full, **changes)


def silent(_: LockOwner | None) -> None:
    """Ignore who owns the lock."""


def hold(backend: StateBackend, stack: str = "shop", environment: str = "test") -> Any:
    """The lock, without waiting for it."""
    return backend.lock(stack, environment, operation="apply", timeout=0, on_wait=silent)
