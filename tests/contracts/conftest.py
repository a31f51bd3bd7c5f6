"""The two doors of the emulator, the SDK in process and over HTTP, and every state backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
import requests
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer, serve
from engine.emulator.doors.transport import InProcessTransport
from engine.ports.backend import StateBackend
from tests.support.backends import BACKENDS

# The first call would otherwise write a file into the home directory.
stripe.enable_telemetry = False

Open: TypeAlias = Callable[[str], stripe.StripeClient]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An empty emulator in memory."""
    with Emulator() as made:
        yield made


@pytest.fixture
def server(emulator: Emulator) -> Iterator[EmulatorServer]:
    """The emulator behind a port."""
    with EmulatorServer(emulator) as running:
        yield running


@pytest.fixture(params=["in process", "http"])
def door(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Open]:
    """Open a client for a key, through one door, files included."""
    if request.param == "in process":
        yield lambda key: stripe.StripeClient(
            key, http_client=InProcessTransport(emulator), max_network_retries=0
        )
        return
    session = requests.Session()
    # No proxy of the surroundings stands between a test and loopback.
    session.trust_env = False
    running = serve(emulator)
    yield lambda key: stripe.StripeClient(
        key,
        base_addresses={"api": running.url, "files": running.url},
        http_client=stripe.RequestsClient(session=session),
        max_network_retries=0,
    )
    session.close()
    running.close()


@pytest.fixture
def client(door: Open) -> stripe.StripeClient:
    """A client with a test key."""
    return door("sk_test_contract")


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> StateBackend:
    """An empty backend."""
    return BACKENDS[request.param](tmp_path)
