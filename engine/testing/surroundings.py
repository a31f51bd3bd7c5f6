"""The variables of the process while a test runs: without a key of a real account."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from engine.redaction import keys_in

_NAMES = ("STRIPE_API_KEY", "STRIPE_SECRET_KEY", "STRIPE_API_BASE", "ENGINE_ENVIRONMENT")


@contextlib.contextmanager
def without_keys() -> Iterator[None]:
    """Take every variable that holds an API key of Stripe's out of the environment, until the end.

    A test that by mistake asks Stripe itself then has no key to do it with: neither one of the
    environment nor the one that an application gave to the SDK when it was imported.
    """
    taken = {name: value for name, value in os.environ.items() if name in _NAMES or keys_in(value)}
    for name in taken:
        del os.environ[name]
    sdk = sys.modules.get("stripe")
    key = getattr(sdk, "api_key", None)
    real = bool(keys_in(key or ""))
    if real:
        sdk.api_key = None  # type: ignore[union-attr]
    try:
        yield
    finally:
        if real:
            sdk.api_key = key  # type: ignore[union-attr]
        for name, value in taken.items():
            os.environ.setdefault(name, value)
