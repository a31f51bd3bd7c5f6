"""Translate the SDK's exceptions into the engine's errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ForeignAnswerError,
    NotFoundError,
    PermissionDeniedError,
    ProviderError,
    RateLimitedError,
)
from engine.ports.provider import OUT_OF_REACH
from engine.redaction import redact
from engine.stripe.http.retries import header, is_replayed, status_of

_SERVER = 500
_OTHER_MODE = re.compile(r"a similar object exists in (live|test) mode")
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")\n]+)")
_NETWORK = re.compile(r"\(Network error: (.{1,200})")
_CUT_OFF = "Its answer was cut off on the way, or came from another server."

_KINDS: Mapping[int, tuple[type[ProviderError], str | None]] = {
    401: (AuthenticationError, "check the API key of this environment; it is not shown here"),
    403: (PermissionDeniedError, "give the key this permission in the Dashboard, or use another"),
    404: (NotFoundError, None),
    429: (
        RateLimitedError,
        "something else uses up the account's rate limit; lower --parallelism or run it later",
    ),
}


def translate(error: Any, path: str, server: str) -> ProviderError:
    """The engine's error for an exception of the SDK.

    Args:
        error: The exception.
        path: Path of the request.
        server: Address of the server.
    """
    status = status_of(error)
    if status is None:
        return _no_answer(error, server)
    # The SDK's exception has the code for some statuses only; the body always has it.
    body = error.error
    message = redact(str(getattr(body, "message", None) or "").strip())
    details: dict[str, Any] = {
        "status": status,
        "code": error.code or getattr(body, "code", None),
        "param": getattr(error, "param", None) or getattr(body, "param", None),
        "request_id": error.request_id or header(error.headers, "Request-Id") or None,
        "replayed": is_replayed(error),
    }
    other = _OTHER_MODE.search(message)
    if other is not None:
        return NotFoundError(
            message, hint=f"this key is for the other mode: use a {other[1]}-mode key", **details
        )
    kind, hint = _KINDS.get(status, (ProviderError, None))
    if details["code"] == "resource_missing":
        kind = NotFoundError
    if details["code"] == OUT_OF_REACH:
        hint = (
            "check the account's id; if it was disconnected from your platform, it has to be "
            "connected again"
        )
    if status >= _SERVER:
        hint = "Stripe had a fault; run the command again in a while"
    return kind(message or f"{path}: HTTP {status}", hint=hint, **details)


def _no_answer(error: Any, server: str) -> ConnectionFailedError:
    """Error for a request without a response of Stripe's: whether it was carried out is unknown."""
    why = getattr(error, "why", None)
    if why is None and error.http_status is not None:
        why = _CUT_OFF
    if why is not None:
        return ForeignAnswerError(
            f"what answers at {server} does not answer as Stripe does",
            cause=why,
            hint="check STRIPE_API_BASE, and the proxy if there is one, then run the command again",
        )
    return ConnectionFailedError(
        f"Stripe could not be reached at {server}",
        cause=_network_cause(redact(str(error.user_message or error).strip())),
        hint="check the network, the proxy, and the server's address where you gave one (api-base, "
        "STRIPE_API_BASE), then run the command again",
    )


def _network_cause(message: str) -> str | None:
    """The part of the SDK's long text that the operating system or the server wrote."""
    found = _ERRNO.search(message) or _NETWORK.search(message)
    if found is not None:
        return found[1].strip().removesuffix(")")
    return message.splitlines()[0] if message else None
