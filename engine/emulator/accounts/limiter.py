"""Stripe's rate limits: requests a second of an account, and of an endpoint in it.

Token buckets that hold the requests of one second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from engine.emulator.wire.errors import StripeRefusal

_TEST_MODE = (
    "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode. "
    "You can learn more about rate limits here https://stripe.com/docs/rate-limits."
)
# ? Only the first sentence of the live text was seen.
_LIVE_MODE = (
    "Request rate limit exceeded. You can learn more about rate limits here "
    "https://stripe.com/docs/rate-limits."
)


def rate_limit(
    reason: str = "global-rate", *, livemode: bool = False, retry_after: int | None = None
) -> StripeRefusal:
    """Too many requests.

    A plain one has no `Retry-After` and no hint whether to retry (L).

    Args:
        reason: Which limit was exceeded (D): `global-rate`, `global-concurrency`,
            `endpoint-rate`, `endpoint-concurrency` or `resource-specific`.
        livemode: Whether live objects were asked for.
        retry_after: Seconds in a `Retry-After` header; None sends none.
    """
    headers = [("Stripe-Rate-Limited-Reason", reason)]
    if retry_after is not None:
        headers.append(("Retry-After", str(retry_after)))
    message = _LIVE_MODE if livemode else _TEST_MODE
    return StripeRefusal(message, status=429, code="rate_limit", headers=tuple(headers))


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


@dataclass(slots=True, kw_only=True)
class RateLimiter:
    """Counts requests against a rate, separately for each key.

    Attributes:
        rate: Requests a second; None for no limit.
        reason: Which limit a refusal names.
        ticks: Gives the time in seconds from any moment on.
    """

    rate: float | None
    reason: str = "global-rate"
    ticks: Callable[[], float] = time.monotonic
    _buckets: dict[Hashable, _Bucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, counted: Hashable, *, livemode: bool) -> None:
        """Count a request.

        Args:
            counted: What the rate is for, such as an account and a mode.
            livemode: Whether live objects were asked for.

        Raises:
            StripeRefusal: 429, and the request is not counted.
        """
        if self.rate is None:
            return
        most = max(1.0, self.rate)
        with self._lock:
            now = self.ticks()
            bucket = self._buckets.setdefault(counted, _Bucket(most, now))
            bucket.tokens = min(most, bucket.tokens + (now - bucket.filled) * self.rate)
            bucket.filled = now
            if bucket.tokens < 1:
                raise rate_limit(self.reason, livemode=livemode)
            bucket.tokens -= 1

    def clear(self) -> None:
        """Begin anew with full buckets."""
        with self._lock:
            self._buckets.clear()
