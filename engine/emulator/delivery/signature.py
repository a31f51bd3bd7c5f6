"""Stripe's signature of what it sends to webhook endpoints (D: `Stripe-Signature`, scheme v1)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable


def signature(body: bytes, secrets: Iterable[str], now: int) -> str:
    """The value of the header: the time, and a signature with each secret.

    Args:
        body: What is sent.
        secrets: Signing secrets, newest first; several while one is rolled.
        now: Seconds since 1970.
    """
    signed = f"{now}.".encode() + body
    made = (hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets)
    return ",".join([f"t={now}", *(f"v1={digest}" for digest in made)])
