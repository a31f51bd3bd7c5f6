"""The only door to the SDK's HTTP: raw JSON in and out, its errors translated, retries ours.

The SDK does not retry a plain 429 and ignores `Retry-After`; here every request that is safe to
send again is, with the same idempotency key. No key and no secret leaves this module in a
message.
"""

from __future__ import annotations

import contextlib
import email.utils
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.apply.pace import Pace
from engine.errors import (
    AuthenticationError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    ProviderError,
    RateLimitedError,
)
from engine.redaction import redact
from engine.values import CLEAR, Sensitive

_OTHER_MODE = re.compile(r"a similar object exists in (live|test) mode")
_REFUSED, _CONFLICT, _TOO_MANY, _SERVER = 400, 409, 429, 500
_LONGEST_WAIT = 30.0
_FIRST_WAIT = 0.5
_LONGEST_HOLD = 300.0
"""Seconds that a `Retry-After` is followed at most."""
_PATIENCE, _STEADY = 5, 2
"""How many times as often a request that came too fast is tried; when its waits stop growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How to reach Stripe.

    Attributes:
        api_key: The key, wrapped.
        api_base: Address of a Stripe-compatible server; empty for Stripe itself.
        transport: An SDK HTTP client to use instead of the network; None for the network.
        retries: How often a request is tried again; one that only came too fast, a few times more.
        sleep: Waits some seconds.
        pace: Says when a request may be sent; None for as fast as they come.
        on_answer: Called after each request that was answered and not refused.
    """

    api_key: Sensitive
    api_base: str = ""
    transport: Any = None
    retries: int = 6
    sleep: Callable[[float], object] = time.sleep
    pace: Pace | None = None
    on_answer: Callable[[], None] = lambda: None


class StripeHTTP:
    """Sends requests and counts them; safe to use from several threads.

    Attributes:
        requests: How many were sent, tries included.
        writes: How many of them could change something.
        told_time: Seconds since 1970 by Stripe's own clock, as its last answer told; None before.
    """

    def __init__(self, options: ClientOptions) -> None:
        # The SDK costs over 100 ms: a command that never asks Stripe never pays.
        import stripe  # noqa: PLC0415

        stripe.enable_telemetry = False
        _quiet()
        base = options.api_base
        bases: Any = {"api": base, "files": base} if base else None
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
        self.told_time: int | None = None

    @property
    def waiting(self) -> int:
        """Requests that the pace holds back right now."""
        return self._options.pace.waiting if self._options.pace is not None else 0

    @property
    def rate(self) -> float | None:
        """Requests a second that the account is asked; None for no limit."""
        return self._options.pace.rate if self._options.pace is not None else None

    def get(
        self, path: str, params: Mapping[str, Any], *, account: str = "", route: str = ""
    ) -> dict[str, Any]:
        """Read.

        Args:
            path: Where.
            params: What of it.
            account: Connected account to ask; empty for the key's own.
            route: The path with names for its ids, for the pace of the endpoint; empty if it has
                none.
        """
        options = {"stripe_account": account or None}
        return self._send("get", path, params, options, route or path)

    def post(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        idempotency_key: str,
        account: str = "",
        route: str = "",
    ) -> dict[str, Any]:
        """Create or change; the same key never acts twice."""
        options = {"stripe_account": account or None, "idempotency_key": idempotency_key}
        return self._send("post", path, params, options, route or path)

    def delete(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        account: str = "",
        route: str = "",
    ) -> dict[str, Any]:
        """Delete."""
        options = {"stripe_account": account or None}
        return self._send("delete", path, params or {}, options, route or path)

    def upload(
        self,
        path: str,
        params: Mapping[str, Any],
        files: Mapping[str, Path],
        *,
        idempotency_key: str,
        account: str = "",
    ) -> dict[str, Any]:
        """Create from files; each is read anew for every try."""
        options = {
            "stripe_account": account or None,
            "idempotency_key": idempotency_key,
            "content_type": "multipart/form-data",
            "base": "files",
        }
        with contextlib.ExitStack() as opened:
            handles = {name: opened.enter_context(file.open("rb")) for name, file in files.items()}
            return self._send("post", path, {**params, **handles}, options, path)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any],
        options: Mapping[str, Any],
        route: str,
    ) -> dict[str, Any]:
        import stripe  # noqa: PLC0415

        given = {name: value for name, value in options.items() if value is not None}
        body = encode_v2(params) if path.startswith("/v2/") else encode(params)
        endpoint = f"{method} {route}"
        tries = _Tries(self._options.retries)
        while True:
            self._take_turn(endpoint, method)
            for value in body.values():
                if hasattr(value, "seek"):
                    value.seek(0)  # a file that an earlier try has read
            try:
                answer: Any = self._sdk.raw_request(method, path, **body, **given)
            except stripe.StripeError as error:
                self._read_clock(error.headers)
                self._keep_pace(endpoint, error)
                if not _may_retry(error) or not tries.again(error):
                    raise translate(error, path, self._options) from None
                self._options.sleep(self._wait(error, tries.made))
                continue
            self._read_clock(answer.headers)
            self._keep_pace(endpoint, None)
            self._options.on_answer()
            found: dict[str, Any] = answer.data
            return found

    def _take_turn(self, endpoint: str, method: str) -> None:
        """Wait until the request may be sent, and count it."""
        if self._options.pace is not None:
            self._options.pace.wait(endpoint)
        with self._count:
            self.requests += 1
            self.writes += method != "get"

    def _keep_pace(self, endpoint: str, error: Any) -> None:
        """Tell the pace how a request fared."""
        pace = self._options.pace
        if pace is None:
            return
        if error is None or not _is_too_fast(error):
            pace.passed(endpoint)
            return
        asked = _header(error.headers, "Retry-After")
        pace.refused(
            endpoint,
            reason=_header(error.headers, "Stripe-Rate-Limited-Reason"),
            retry_after=min(float(asked), _LONGEST_HOLD) if asked.isdecimal() else None,
        )

    def _read_clock(self, headers: Mapping[str, str] | None) -> None:
        """Remember the service's time: no clock of ours tells how old one of its keys is."""
        told = _header(headers, "Date")
        with contextlib.suppress(ValueError, TypeError):
            self.told_time = int(email.utils.parsedate_to_datetime(told).timestamp())

    def _wait(self, error: Any, made: int) -> float:
        """Seconds before the next try: what Stripe asks for, or doubling with jitter."""
        attempt = made - 1
        asked = _header(error.headers, "Retry-After")
        if asked.isdecimal():
            return min(float(asked), _LONGEST_HOLD)
        if _is_too_fast(error):
            attempt = min(attempt, _STEADY)  # the pace sees to the rest
        most = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
        return float(most * self._jitter.uniform(0.5, 1.0))


def _quiet() -> None:
    """Keep the SDK from writing down what is sent and answered.

    It prints bodies, secrets in them, to stderr if STRIPE_LOG asks for it, and logs them for
    whoever listens; what it logs is redacted.
    """
    import stripe  # noqa: PLC0415
    from stripe import _util  # noqa: PLC0415

    stripe.log = None
    _util.STRIPE_LOG = None
    logging.getLogger("stripe").addFilter(_redacted)


def _redacted(record: logging.LogRecord) -> bool:
    record.msg, record.args = redact(record.getMessage()), None
    return True


@dataclass(slots=True)
class _Tries:
    """How often a request was tried again, and whether it may be once more.

    One that came too fast did nothing wrong: it is tried more often.
    """

    most: int
    made: int = 0

    def again(self, error: Any) -> bool:
        most = self.most * _PATIENCE if _is_too_fast(error) else self.most
        self.made += 1
        return self.made <= most


def encode_v2(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as v2 takes them: JSON, in which null clears."""
    return {
        name: _encoded(value, empty=None) for name, value in params.items() if value is not None
    }


def encode(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as v1 takes them: CLEAR is an empty string.

    The SDK's encoder drops None and empty lists and dicts without a word, so none reach it.
    """
    return {name: _encoded(value) for name, value in params.items() if value is not None}


def _encoded(value: Any, *, empty: str | None = "") -> Any:
    if value is CLEAR:
        return empty
    if isinstance(value, Sensitive):
        return _encoded(value.value, empty=empty)
    if isinstance(value, Mapping):
        pairs = value.items()
        return {name: _encoded(inner, empty=empty) for name, inner in pairs if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_encoded(inner, empty=empty) for inner in value]
    return str.__str__(value) if isinstance(value, str) else value


def _may_retry(error: Any) -> bool:
    """Whether the same request, with the same key, may be sent again."""
    status = _status(error)
    if status is None:
        return True  # no answer; a write carries its idempotency key
    told = _header(error.headers, "Stripe-Should-Retry").lower()
    if told in ("true", "false"):
        return told == "true"
    if _is_replayed(error):
        return False  # the same answer would come for ever
    return status in (_CONFLICT, _TOO_MANY) or status >= _SERVER


def _status(error: Any) -> int | None:
    """HTTP status of an answer that could be read; None if there was none.

    The SDK raises with a status of success when the body was cut off, or is not Stripe's: what was
    asked may have been done then, or not, as if no answer had come.
    """
    status: int | None = error.http_status
    return status if status is not None and status >= _REFUSED else None


def _is_too_fast(error: Any) -> bool:
    """Whether a request was refused for its rate, and not for an object that is locked.

    L: the body of a 429 has had several forms over the years; the status tells.
    """
    told = error.code or getattr(error.error, "code", None)
    return bool(error.http_status == _TOO_MANY and told != "lock_timeout")


def _is_replayed(error: Any) -> bool:
    """Whether it is the saved answer to an earlier request with the same idempotency key."""
    return _header(error.headers, "Idempotent-Replayed").lower() == "true"


def _header(headers: Mapping[str, str] | None, name: str) -> str:
    """A header of the answer, however a proxy spelt its name; empty if it is not there."""
    for given, value in (headers or {}).items():
        if given.lower() == name.lower():
            return str(value).strip()
    return ""


def translate(error: Any, path: str, options: ClientOptions) -> ProviderError:
    """Say in our words what the SDK raised."""
    status = _status(error)
    message = redact(str(error.user_message or error).strip())
    # The SDK hands the code on for some statuses only; the body always has it.
    told = error.error
    details: dict[str, Any] = {
        "status": status,
        "code": error.code or getattr(told, "code", None),
        "param": getattr(error, "param", None) or getattr(told, "param", None),
        "request_id": error.request_id or _header(error.headers, "Request-Id") or None,
        "replayed": _is_replayed(error),
    }
    if status is None:
        where = options.api_base or "https://api.stripe.com"
        return ConnectionFailedError(
            f"Stripe could not be reached at {where}",
            cause=_network_cause(message) if error.http_status is None else _GARBLED,
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


def _network_cause(message: str) -> str | None:
    """What the operating system or the server said, out of the SDK's long text."""
    said = _ERRNO.search(message) or _NETWORK.search(message)
    if said is not None:
        return said[1].strip()
    return message.splitlines()[0] if message else None


_GARBLED = "Its answer was cut off on the way, or came from somebody else."
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")\n]+)")
_NETWORK = re.compile(r"\(Network error: (.{1,200})")

_KINDS: Mapping[int, tuple[type[ProviderError], str | None]] = {
    401: (AuthenticationError, "check the API key of this environment; it is not shown here"),
    403: (PermissionDeniedError, "give the key this permission in the Dashboard, or use another"),
    404: (NotFoundError, None),
    429: (
        RateLimitedError,
        "something else uses up the account's rate limit; lower --parallelism or run it later",
    ),
}
