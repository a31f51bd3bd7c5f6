"""Requests to an emulator as they are on the wire, without an SDK."""

from __future__ import annotations

from typing import Protocol

from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request, Response

KEY = "sk_test_alpha"


class Post(Protocol):
    """Sends a form with an idempotency key."""

    def __call__(self, path: str, form: str, key: str = ..., api_key: str = ...) -> Response:
        """The response."""


def post(emulator: Emulator, path: str, form: str, key: str = "k", api_key: str = KEY) -> Response:
    """Send a form with an idempotency key."""
    headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": key}
    return emulator.handle(Request.to("POST", path, headers, form))


def send(
    emulator: Emulator,
    method: str,
    path: str,
    form: str = "",
    *,
    api_key: str = KEY,
    **headers: str,
) -> Response:
    """Send a request; further headers are written with underscores, `stripe_account=`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return emulator.handle(
        Request.to(method, path, {"authorization": f"Bearer {api_key}", **named}, form)
    )


def count(emulator: Emulator, path: str = "/v1/products") -> int:
    """How many objects a list shows."""
    request = Request.to("GET", f"{path}?limit=100", {"Authorization": f"Bearer {KEY}"})
    return len(emulator.handle(request).document["data"])
