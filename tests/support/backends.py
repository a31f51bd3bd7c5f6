"""The state backends that there are, and what tests put into them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.backends.shared.backend import SharedBackend
from engine.backends.shared.hold import Timing
from engine.backends.state.file_backend import FileBackend
from engine.ports.backend import StateBackend
from engine.ports.run_locks import LockOwner
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State, new_state
from tests.support.fakes.memory_backend import MemoryBackend
from tests.support.fakes.memory_store import MemoryStore
from tests.support.postgres_server import fresh_stores

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


BACKENDS: dict[str, Callable[[Path], StateBackend]] = {
    "local": local_backend,
    "memory": _memory_backend,
    "shared": _shared_backend,
    "postgresql": _postgres_backend,
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
