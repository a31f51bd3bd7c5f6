"""The rate limiter: when a request may be sent, for the account and for each endpoint.

Stripe allows 25 requests a second in a sandbox and 100 live, for the whole account and all its
clients, and 25 for one endpoint (docs.stripe.com/rate-limits). The limiter stays below these rates
without bursts: each request gets the next free moment. When Stripe refuses a request all the same,
the rate is halved, returns to nearly what Stripe let through, and then rises slowly.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

SANDBOX_RATE, LIVE_RATE, ENDPOINT_RATE = 25.0, 100.0, 25.0
"""Requests a second that Stripe allows: in a sandbox, live, and for one endpoint in both."""
SANDBOX_SHARE, LIVE_SHARE = 0.9, 0.5
"""The share of it that a run uses: live traffic shares the limit and is more important."""

_LEAST = 0.5
_WINDOW = 1.0
_HALF, _DOUBT = 0.5, 0.75
_COMFORT = 0.96
_COMEBACK = 1.5
_PROBE, _HASTE = 0.01, 0.002


@dataclass(slots=True)
class Bucket:
    """The rate of one limit, and how it recovers from a refusal.

    Attributes:
        rate: Requests a second; None while no limit is known.
        most: Configured rate, which is never exceeded; None if there is none.
        ceiling: Requests a second that the service was seen to accept; None before a refusal.
        free_at: The next free moment, in seconds of the limiter's clock.
    """

    rate: float | None
    most: float | None = None
    ceiling: float | None = None
    free_at: float = 0.0
    _changed_at: float = 0.0
    _passed: deque[float] = field(default_factory=deque)

    def reserve(self, earliest: float) -> float:
        """Take the next free moment, not before `earliest`."""
        self._recover(earliest)
        moment = max(earliest, self.free_at)
        if self.rate is not None:
            self.free_at = moment + 1 / self.rate
        return moment

    def passed(self, now: float) -> None:
        """A request was accepted."""
        self._passed.append(now)
        while self._passed[0] < now - _WINDOW:
            self._passed.popleft()

    def refused(self, now: float) -> bool:
        """A request was refused; whether the rate was cut for it.

        Refusals of requests that were sent before a cut do not cut it again.
        """
        if self.ceiling is not None and now - self._changed_at < _WINDOW:
            return False
        through = sum(1 for moment in self._passed if moment >= now - _WINDOW)
        if self.ceiling is None or self.rate is None:
            # Too early to have seen much: no limit of Stripe's is below this.
            ceiling = max(float(through), SANDBOX_RATE)
        else:
            ceiling = max(float(through), self.rate * _DOUBT)
        self.ceiling = ceiling if self.rate is None else min(ceiling, self.rate)
        self.rate = max(self.ceiling * _HALF, _LEAST)
        self._changed_at = now
        self.free_at = max(self.free_at, now + 1 / self.rate)
        return True

    def _recover(self, now: float) -> None:
        """Raise the rate to nearly the ceiling within seconds, then above it, faster and faster.

        The rate stays close to a ceiling that was measured well for seconds; a ceiling that other
        traffic had lowered does not keep the rate down for long.
        """
        if self.ceiling is None or self.rate is None:
            return
        since = now - self._changed_at
        comfort = self.ceiling * _COMFORT
        if since < _COMEBACK:
            rate = self.ceiling * _HALF + (comfort - self.ceiling * _HALF) * since / _COMEBACK
        else:
            probing = since - _COMEBACK
            rate = comfort * (1 + _PROBE * probing + _HASTE * probing**3)
        self.rate = max(min(rate, self.most or rate), _LEAST)


class RateLimiter:
    """Lets each request wait for its moment; safe to use from several threads."""

    def __init__(
        self,
        *,
        rate: float | None,
        endpoint_rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        on_cut: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Begin with rates in requests a second.

        Args:
            rate: For the account; None for no limit.
            endpoint_rate: For each endpoint; None for no limit.
            clock: Returns seconds that never go back.
            sleep: Waits some seconds.
            on_cut: Called with the new rate when a refusal cuts one.
        """
        self._account = Bucket(rate, most=rate)
        self._endpoint_rate = endpoint_rate
        self._endpoints: dict[str, Bucket] = {}
        self._clock = clock
        self._sleep = sleep
        self._on_cut = on_cut
        self._held_until = 0.0
        self._waiting = 0
        self._lock = threading.Lock()

    @property
    def rate(self) -> float | None:
        """Requests a second for the account now; None for no limit."""
        return self._account.rate

    @property
    def waiting(self) -> int:
        """Requests that wait until they may be sent."""
        return self._waiting

    def wait(self, endpoint: str) -> None:
        """Return when a request to an endpoint may be sent."""
        # One after the other: a request that waits for its endpoint must not reserve a moment of
        # the account's.
        self._wait_for(self._bucket(endpoint))
        self._wait_for(self._account)

    def _wait_for(self, bucket: Bucket) -> None:
        with self._lock:
            now = self._clock()
            moment = bucket.reserve(max(now, self._held_until))
            waits = moment > now
            self._waiting += waits
        if not waits:
            return
        try:
            self._sleep(moment - now)
        finally:
            with self._lock:
                self._waiting -= 1

    def passed(self, endpoint: str) -> None:
        """A request was answered, and not refused for its rate."""
        with self._lock:
            now = self._clock()
            self._account.passed(now)
            self._bucket(endpoint).passed(now)

    def refused(self, endpoint: str, *, reason: str = "", retry_after: float | None = None) -> None:
        """A request was refused for its rate.

        Args:
            endpoint: Where it went.
            reason: The limit that Stripe names, such as `endpoint-rate` or `global-rate`; empty if
                it names none.
            retry_after: Seconds that Stripe asks its clients to wait; None if it does not.
        """
        with self._lock:
            now = self._clock()
            if retry_after is not None:
                self._held_until = max(self._held_until, now + retry_after)
            bucket = self._bucket(endpoint) if reason.startswith("endpoint") else self._account
            cut = bucket.rate if bucket.refused(now) else None
        if cut is not None:
            self._on_cut(cut)

    def _bucket(self, endpoint: str) -> Bucket:
        fresh = Bucket(self._endpoint_rate, most=self._endpoint_rate)
        return self._endpoints.setdefault(endpoint, fresh)


def rates_for(*, livemode: bool, chosen: float | None) -> tuple[float, float]:
    """Rates for the account and for an endpoint, in requests a second.

    Args:
        livemode: Real money, which shares the limit with live traffic.
        chosen: Rate in the configuration, for both; None if it has none.
    """
    if chosen is not None:
        return chosen, chosen
    limit, share = (LIVE_RATE, LIVE_SHARE) if livemode else (SANDBOX_RATE, SANDBOX_SHARE)
    return limit * share, ENDPOINT_RATE * share
