"""A served emulator, and the programs that others wrote for Stripe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer

_INSTALL = (
    "npm install --prefix DIR stripe@23 stripe-18@npm:stripe@18 stripe-14@npm:stripe@14 "
    "@stripe/cli@1, and set ENGINE_CLIENTS to DIR"
)


@pytest.fixture(scope="session")
def served() -> Iterator[EmulatorServer]:
    """One server for all; each test has an API key, and so an account, of its own."""
    with Emulator() as emulator, EmulatorServer(emulator) as server:
        yield server


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where npm put the clients."""
    folder = os.environ.get("ENGINE_CLIENTS", "")
    if not folder or shutil.which("node") is None:
        pytest.skip(f"needs node, and Stripe's clients: {_INSTALL}")
    return Path(folder) / "node_modules"
