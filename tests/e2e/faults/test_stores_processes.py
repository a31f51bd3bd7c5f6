"""Processes with one store: one is stopped while another takes its lock, or killed, and wakes up.

The same as `test_stores.py` tries in one process, from the setting `state` on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from engine.emulator.testing.observers import Observer, observing
from engine.emulator.wire.messages import Request
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.team import BEFORE, EACH_ONCE, NEWEST
from tests.support.faults.victims import Victim
from tests.support.store_addresses import STORE_ADDRESSES, StoreAddress

REQUESTS = {"calls": ("none",)}
"""Only requests to Stripe are points."""


class Writes(Observer):
    """Counts what is asked to change something."""

    count = 0

    def answered(self, request: Request, status: int, body: bytes) -> None:
        """Count."""
        del status, body
        self.count += request.method.upper() != "GET"


@pytest.fixture(params=STORE_ADDRESSES)
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, StoreAddress]]:
    """The address of an empty store, and its name."""
    with STORE_ADDRESSES[request.param]() as opened:
        yield request.param, opened


@pytest.fixture(scope="module")
def other() -> Iterator[Victim]:
    """The process of those that are stopped."""
    process = Victim()
    yield process
    process.close()


@pytest.fixture(scope="module")
def points(shop: Shop, victim: Victim) -> int:
    """How many requests an undisturbed run sends, each counted before and after it."""
    return victim.run(shop.fresh(BEFORE), **REQUESTS).points


def test_a_stopped_process_wakes_up(
    shop: Shop,
    victim: Victim,
    other: Victim,
    address: tuple[str, StoreAddress],
    points: int,
    trying: Trying,
) -> None:
    """It was stopped between two creations: it sends no more, and says why."""
    (name, store), writes = address, Writes()
    folder = shop.fresh(BEFORE)
    (folder / "pyproject.toml").write_text(f'[tool.engine]\nstate = "{store.state}"\n')
    environ = {
        **{key: os.environ[key] for key in ("STRIPE_API_KEY", "STRIPE_API_BASE")},
        "ENGINE_PARALLELISM": "1",
        **store.login,
    }
    apply = {"words": ("apply", "--yes"), "environ": environ}
    with (
        trying(f"{name}: a process is stopped"),
        observing(writes),
        other.stopped(folder, points - 4, **REQUESTS, **apply) as resume,
    ):
        assert writes.count == 3
        shop.write(folder, NEWEST)
        refused = victim.run(folder, **apply)
        assert refused.code == 3, refused.told
        lock = refused.told.partition("engine unlock ")[2].split()[0]
        assert victim.run(folder, words=("unlock", lock, "--force"), environ=environ).code == 0
        end = victim.run(folder, **apply)
        assert end.code == 0, end.told
        before = writes.count
        end = resume()
        assert end.code == 1
        assert "lock" in end.told
        assert writes.count == before
        assert {path: len(shop.listed(path)) for path in EACH_ONCE} == EACH_ONCE
        assert "Pro++" in {found["name"] for found in shop.listed("/v1/products")}
        plan = victim.run(folder, words=("plan", "--detailed-exitcode"), environ=environ)
        assert plan.code == 0, plan.told
