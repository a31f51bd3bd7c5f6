"""The only door to the SDK's HTTP: raw JSON in and out, its errors translated, retries ours.

The SDK does not retry a plain 429 and ignores `Retry-After`; here every request that is safe to
send again is, with the same idempotency key. No key and no secret leaves this module in a
message.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import (
    AuthenticationError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    ProviderError,
    RateLimitedError,
)
from engine.values import CLEAR, Sensitive

_KEY = re.compile(r"\b((?:sk|rk)_(?:live|test)_|whsec_)[A-Za-z0-9_]+")
_OTHER_MODE = re.compile(r"a similar object exists in (live|test) mode")
_CONFLICT, _TOO_MANY, _SERVER = 409, 429, 500
_LONGEST_WAIT = 30.0
_FIRST_WAIT = 0.5


def redact(text: str) -> str:
    """Take keys and webhook secrets out of a text."""
    return _KEY.sub(r"\1***", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How to reach Stripe.

    Attributes:
        api_key: The key, wrapped.
        api_base: Address of a Stripe-compatible server; empty for Stripe itself.
        transport: An SDK HTTP client to use instead of the network; None for the network.
        retries: How often a request is tried again.
        sleep: Waits some seconds.
    """

    api_key: Sensitive
    api_base: str = ""
    transport: Any = None
    retries: int = 6
    sleep: Callable[[float], object] = time.sleep


class StripeHTTP:
    """Sends requests and counts them; safe to use from several threads."""

    def __init__(self, options: ClientOptions) -> None:
        # The SDK costs over 100 ms: a command that never asks Stripe never pays.
        import stripe  # noqa: PLC0415

        stripe.enable_telemetry = False
        bases: Any = {"api": options.api_base} if options.api_base else None
        self._sdk = stripe.StripeClient(
            str(options.api_key.value),
            base_addresses=bases,
            http_client=options.transport,
            max_network_retries=0,
        )
        self._options = options
        self._jitter = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._count = threading.Lock()
        self.requests = 0
        self.writes = 0

    def get(self, path: str, params: Mapping[str, Any], *, account: str = "") -> dict[str, Any]:
        """Read."""
        return self._send("get", path, params, {"stripe_account": account or None})

    def post(
        self, path: str, params: Mapping[str, Any], *, idempotency_key: str, account: str = ""
    ) -> dict[str, Any]:
        """Create or change; the same key never acts twice."""
        options = {"stripe_account": account or None, "idempotency_key": idempotency_key}
        return self._send("post", path, params, options)

    def delete(self, path: str, *, account: str = "") -> dict[str, Any]:
        """Delete."""
        return self._send("delete", path, {}, {"stripe_account": account or None})

    def _send(
        self, method: str, path: str, params: Mapping[str, Any], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        import stripe  # noqa: PLC0415

        given = {name: value for name, value in options.items() if value is not None}
        body = encode(params)
        attempt = 0
        while True:
            with self._count:
                self.requests += 1
                self.writes += method != "get"
            try:
                answer: Any = self._sdk.raw_request(method, path, **body, **given)
            except stripe.StripeError as error:
                if attempt >= self._options.retries or not _may_retry(error):
                    raise translate(error, path, self._options) from None
                self._options.sleep(self._wait(error, attempt))
                attempt += 1
                continue
            found: dict[str, Any] = answer.data
            return found

    def _wait(self, error: Any, attempt: int) -> float:
        """Seconds before the next try: what Stripe asks for, or doubling with jitter."""
        asked = (error.headers or {}).get("Retry-After")
        try:
            if asked is not None:
                return min(float(asked), _LONGEST_WAIT)
        except ValueError:
            pass
        most = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
        return float(most * self._jitter.uniform(0.5, 1.0))


def encode(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as v1 takes them: CLEAR is an empty string.

    The SDK's encoder drops None and empty lists and dicts without a word, so none reach it.
    """
    return {name: _encoded(value) for name, value in params.items() if value is not None}


def _encoded(value: Any) -> Any:
    if value is CLEAR:
        return ""
    if isinstance(value, Sensitive):
        return _encoded(value.value)
    if isinstance(value, Mapping):
        return encode(value)
    if isinstance(value, (list, tuple)):
        return [_encoded(inner) for inner in value]
    return str.__str__(value) if isinstance(value, str) else value


def _may_retry(error: Any) -> bool:
    """Whether the same request, with the same key, may be sent again."""
    headers = error.headers or {}
    if error.http_status is None:
        return True  # no answer; a write carries its idempotency key
    told = str(headers.get("Stripe-Should-Retry", "")).lower()
    if told in ("true", "false"):
        return told == "true"
    if headers.get("Idempotent-Replayed") == "true":
        return False  # the same answer would come for ever
    return error.http_status in (_CONFLICT, _TOO_MANY) or error.http_status >= _SERVER


def translate(error: Any, path: str, options: ClientOptions) -> ProviderError:
    """Say in our words what the SDK raised."""
    status = error.http_status
    message = redact(str(error.user_message or error).strip())
    # The SDK hands the code on for some statuses only; the body always has it.
    told = error.error
    details: dict[str, Any] = {
        "status": status,
        "code": error.code or getattr(told, "code", None),
        "param": getattr(error, "param", None) or getattr(told, "param", None),
        "request_id": error.request_id,
    }
    if status is None:
        where = options.api_base or "https://api.stripe.com"
        return ConnectionFailedError(
            f"Stripe could not be reached at {where}",
            cause=message.splitlines()[0] if message else None,
            hint="check the network and STRIPE_API_BASE, then run the command again",
        )
    other = _OTHER_MODE.search(message)
    if other is not None:
        return NotFoundError(
            message, hint=f"this key is for the other mode: use a {other[1]}-mode key", **details
        )
    kind, hint = _KINDS.get(status, (ProviderError, None))
    if details["code"] == "resource_missing":
        kind = NotFoundError
    if status >= _SERVER:
        hint = "Stripe had a fault; run the command again in a while"
    return kind(message or f"{path}: HTTP {status}", hint=hint, **details)


_KINDS: Mapping[int, tuple[type[ProviderError], str | None]] = {
    401: (AuthenticationError, "check the API key of this environment; it is not shown here"),
    403: (PermissionDeniedError, "give the key this permission in the Dashboard, or use another"),
    404: (NotFoundError, None),
    429: (
        RateLimitedError,
        "something else uses up the account's rate limit; lower --parallelism or run it later",
    ),
}
