"""An emulator in memory and clients of the real SDK on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from tests.support import raw_requests
from tests.support.clock import Clock
from tests.support.raw_requests import Post

# The first call would otherwise write a file into the home directory.
stripe.enable_telemetry = False

START = 1_800_000_000


@pytest.fixture
def clock() -> Clock[int]:
    """A clock that only a test moves."""
    return Clock(START)


@pytest.fixture
def emulator(clock: Clock[int]) -> Iterator[Emulator]:
    """An empty emulator in memory, with repeatable ids."""
    with Emulator(clock=clock, seed=7) as made:
        yield made


@pytest.fixture
def client_for(emulator: Emulator) -> Callable[[str], stripe.StripeClient]:
    """Make a client for a key."""

    def make(key: str) -> stripe.StripeClient:
        return stripe.StripeClient(
            key, http_client=InProcessTransport(emulator), max_network_retries=0
        )

    return make


@pytest.fixture
def client(client_for: Callable[[str], stripe.StripeClient]) -> stripe.StripeClient:
    """A client with a test key."""
    return client_for("sk_test_alpha")


@pytest.fixture
def product(client: stripe.StripeClient) -> str:
    """Id of a product."""
    return client.v1.products.create({"name": "Pro"}).id


@pytest.fixture
def refused(
    client: stripe.StripeClient,
) -> Callable[..., stripe.StripeError]:
    """Call an SDK method, and return the refusal."""
    del client

    def run(method: Callable[..., object], *args: object) -> stripe.StripeError:
        with pytest.raises(stripe.StripeError) as caught:
            method(*args)
        return caught.value

    return run


@pytest.fixture
def post(emulator: Emulator) -> Post:
    """Sends a form with an idempotency key."""
    return partial(raw_requests.post, emulator)
