"""What a plan of a fleet asks of a store: so much for each account, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends.shared.backend import SharedBackend
from engine.bootstrap import states
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.version import VERSION
from tests.support.command_line import run_here
from tests.support.connected_fleet import KEY, connect_accounts, write_fleet
from tests.support.fakes.memory_store import MemoryStore, Shelf
from tests.support.surroundings import clear

STACK = "from engine.stripe import Product\nProduct('pro', name='Pro')\n"
MOVED = """
from engine import moved
from engine.stripe import Product
Product('pro', name='Pro')
moved('gone:stripe_product.old', 'stripe_product.new')
Product('new', name='New')
"""


@pytest.fixture
def asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[int, str], int]:
    """Counts what a plan asks of the store, for so many accounts and a module."""

    def asked(count: int, module: str) -> int:
        root, shelf = tmp_path / str(count), Shelf()

        def opened(*_: object) -> SharedBackend:
            return SharedBackend(MemoryStore(shelf), engine_version=VERSION)

        monkeypatch.setitem(states._STATE_BACKENDS, "memory", opened)
        with Emulator(seed=5) as emulator, EmulatorServer(emulator) as server:
            connect_accounts(emulator, count)
            write_fleet(root, server.url, 'state = "memory:x"')
            (root / "stacks/shop.py").write_text(STACK, encoding="utf-8")
            applied = run_here(capfd, "-C", str(root), "apply", "--fleet", "shops", "--yes")
            assert applied.code == 0, applied.err
            (root / "stacks/shop.py").write_text(module, encoding="utf-8")
            shelf.calls.clear()
            planned = run_here(capfd, "-C", str(root), "plan", "--fleet", "shops")
            assert planned.code in (0, 1, 4), planned.err
        return len(shelf.calls)

    clear(monkeypatch)
    monkeypatch.setenv("PLATFORM_KEY", KEY)
    return asked


@pytest.mark.parametrize("module", [STACK, MOVED], ids=["unchanged", "moved"])
def test_a_plan_asks_as_much_for_each_account_of_a_larger_fleet(
    asked: Callable[[int, str], int], module: str
) -> None:
    """Not the square of their number, as where each account reads the states of all others."""
    few, many = asked(3, module), asked(9, module)
    assert many - few <= 2 * few
