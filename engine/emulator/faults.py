"""Faults for tests: answers that are errors, and connections that break.

    emulator.faults.add(rate_limited(), method="POST", path="/v1/prices", skip=2, times=1)

What must not live here: how a connection breaks, which is each door's own affair.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from engine.emulator.errors import StripeRefusal, key_in_use, more_permissions

_FOREVER: Final = 1 << 62
_RATE_LIMITED = (
    "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode. "
    "You can learn more about rate limits here https://stripe.com/docs/rate-limits."
)
_LOCKED = (
    "This object cannot be accessed right now because another API request or Stripe process is "
    "currently accessing it. If you see this error intermittently, retry the request. If you see "
    "this error frequently and are making multiple concurrent requests to a single object, make "
    "your requests serially or at a lower rate. For more details, see "
    "https://stripe.com/docs/rate-limits#object-lock-timeouts."
)
_UNKNOWN = (
    "An unknown error occurred. Please try again, or contact support at "
    "https://support.stripe.com/ if the problem persists."
)


class ConnectionBroken(Exception):  # noqa: N818 - it is what happened, not a failure of ours
    """The connection breaks before an answer arrives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a fault does to a request.

    Attributes:
        refusal: The error it is answered with; None to break the connection.
        executed: The request is carried out all the same, and only its answer is lost.
        saved: The error is kept as the first answer to the request's idempotency key, as Stripe
            does with the 500s of requests whose execution had begun (D).
    """

    refusal: StripeRefusal | None
    executed: bool = False
    saved: bool = False


@dataclass(slots=True, kw_only=True)
class Fault:
    """An effect waiting for its requests.

    Attributes:
        effect: What it does.
        method: Which it strikes; `*` for any.
        path: Which paths it strikes; `*` stands for any part.
        skip: So many matching requests pass first.
        times: So many are struck.
    """

    effect: Effect
    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int = 1

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one it waits for."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class Faults:
    """The faults of one emulator, in the order they were added."""

    _waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self,
        effect: Effect,
        *,
        method: str = "*",
        path: str = "*",
        skip: int = 0,
        times: int | None = 1,
    ) -> Fault:
        """Let a fault strike matching requests.

        Args:
            effect: What it does; the functions of this module make them.
            method: HTTP method; `*` for any.
            path: Path with `*` for any part, `/v1/prices/*`.
            skip: So many matching requests pass first.
            times: So many are struck; None for every one from then on.
        """
        fault = Fault(
            effect=effect,
            method=method,
            path=path,
            skip=skip,
            times=_FOREVER if times is None else times,
        )
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Take every fault away."""
        with self._lock:
            self._waiting.clear()

    @property
    def pending(self) -> int:
        """How many faults have not struck as often as they should."""
        with self._lock:
            return len(self._waiting)

    def strike(self, method: str, path: str) -> Effect | None:
        """The effect on a request; counts it. Only the first fault that matches is counted."""
        if not self._waiting:
            return None
        with self._lock:
            for fault in self._waiting:
                if not fault.matches(method, path):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault.effect
        return None


def answer(message: str, *, status: int, executed: bool = False, **error: Any) -> Effect:
    """Any error; see `StripeRefusal` for what it may hold."""
    return Effect(refusal=StripeRefusal(message, status=status, **error), executed=executed)


def rate_limited(reason: str = "global-rate", retry_after: int | None = None) -> Effect:
    """429 for too many requests, with the header that says of what (D)."""
    headers = [("Stripe-Rate-Limited-Reason", reason)]
    if retry_after is not None:
        headers.append(("Retry-After", str(retry_after)))
    return Effect(
        refusal=StripeRefusal(_RATE_LIMITED, status=429, code="rate_limit", headers=tuple(headers))
    )


def lock_timeout() -> Effect:
    """429 for an object that another request holds."""
    headers = (("Stripe-Rate-Limited-Reason", "resource-specific"), ("Stripe-Should-Retry", "true"))
    return Effect(refusal=StripeRefusal(_LOCKED, status=429, code="lock_timeout", headers=headers))


def conflict() -> Effect:
    """409, which says nothing but "again"."""
    headers = (("Stripe-Should-Retry", "true"),)
    return Effect(refusal=StripeRefusal(_LOCKED, status=409, code="lock_timeout", headers=headers))


def in_use(key: str) -> Effect:
    """409 for an idempotency key whose first request is still under way."""
    return Effect(refusal=key_in_use(key))


def server_error(status: int = 500, *, saved: bool = False, executed: bool = False) -> Effect:
    """A failure of Stripe's own.

    Args:
        status: 500, 502, 503 or 504.
        saved: The idempotency key keeps it; nothing was carried out.
        executed: It was carried out, and the answer got lost on the way.
    """
    refusal = StripeRefusal(_UNKNOWN, status=status, type="api_error")
    return Effect(refusal=refusal, saved=saved, executed=executed)


def unauthenticated(shown: str = "sk_test_***") -> Effect:
    """401, as for a key that was rolled or has expired."""
    return Effect(
        refusal=StripeRefusal(
            f"Expired API Key provided: {shown}", status=401, code="api_key_expired"
        )
    )


def permission_denied(
    account: str, title: str = "Prices Write", permission: str = "plan_write"
) -> Effect:
    """403, as for a restricted key without a permission."""
    return Effect(refusal=more_permissions("rk_test_***", account, title, permission))


def dropped(*, executed: bool = False) -> Effect:
    """The connection breaks, before the request arrives or after it was carried out."""
    return Effect(refusal=None, executed=executed)
