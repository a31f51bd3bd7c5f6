"""The Stripe SDK, answered by an emulator of the same process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import stripe

from engine.bootstrap.project import EMBEDDED_KEY
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport

API_KEY = EMBEDDED_KEY
"""The API key of the account that an `EmulatedProject` is applied to; it opens nothing else."""


def client_of(emulator: Emulator, api_key: str = API_KEY) -> stripe.StripeClient:
    """A client of the SDK that an emulator answers, without a socket.

    Args:
        emulator: The emulator.
        api_key: The key, which decides the account.
    """
    return stripe.StripeClient(api_key, http_client=InProcessTransport(emulator))


@contextlib.contextmanager
def global_client(emulator: Emulator, api_key: str = API_KEY) -> Iterator[None]:
    """Let an emulator answer `stripe.Price.retrieve(...)` and all other calls without a client.

    Args:
        emulator: The emulator.
        api_key: The key, which decides the account.
    """
    before = stripe.api_key, stripe.default_http_client
    stripe.api_key, stripe.default_http_client = api_key, InProcessTransport(emulator)
    try:
        yield
    finally:
        stripe.api_key, stripe.default_http_client = before
