"""Pace: how fast requests may follow each other, for the account and for each endpoint.

Stripe allows 25 requests a second in a sandbox and 100 live, for the whole account and whoever
speaks to it, and 25 for one endpoint (docs.stripe.com/rate-limits). A pace keeps below its rates
without bursts: whoever wants to send is given the next free moment. When Stripe refuses all the
same, the pace is halved, comes back to nearly what Stripe let through, and from there feels its
way up slowly. What must not live here: what is sent, and what is tried again.
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
"""How much of that is ours: live traffic shares the limit, and is worth more than a plan."""

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
        rate: Requests a second; None while nothing is known to limit it.
        most: Rate that it was given; it is never exceeded. None if any will do.
        ceiling: What the service was seen to let through a second; None before a refusal.
        free_at: The next free moment, in seconds of the pace's clock.
    """

    rate: float | None
    most: float | None = None
    ceiling: float | None = None
    free_at: float = 0.0
    _changed_at: float = 0.0
    _passed: deque[float] = field(default_factory=deque)

    def reserve(self, earliest: float) -> float:
        """Take the next free moment, no earlier than that."""
        self._recover(earliest)
        moment = max(earliest, self.free_at)
        if self.rate is not None:
            self.free_at = moment + 1 / self.rate
        return moment

    def passed(self, now: float) -> None:
        """A request was let through."""
        self._passed.append(now)
        while self._passed[0] < now - _WINDOW:
            self._passed.popleft()

    def refused(self, now: float) -> bool:
        """A request was refused; whether the rate was cut for it.

        Refusals of what was sent before a cut are told together with the one that led to it.
        """
        if self.ceiling is not None and now - self._changed_at < _WINDOW:
            return False
        through = sum(1 for moment in self._passed if moment >= now - _WINDOW)
        if self.ceiling is None or self.rate is None:
            # Too early to have seen much: nothing of Stripe's is limited below this.
            ceiling = max(float(through), SANDBOX_RATE)
        else:
            ceiling = max(float(through), self.rate * _DOUBT)
        self.ceiling = ceiling if self.rate is None else min(ceiling, self.rate)
        self.rate = max(self.ceiling * _HALF, _LEAST)
        self._changed_at = now
        self.free_at = max(self.free_at, now + 1 / self.rate)
        return True

    def _recover(self, now: float) -> None:
        """Back to nearly the ceiling within seconds, then upwards: first hardly, then boldly.

        A ceiling that was measured well is kept close to for seconds; one that was measured at a
        bad moment, or that somebody else's traffic had lowered, does not hold the pace down.
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
    """Gives out moments to send at; safe to use from several threads."""

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
            clock: Tells seconds that never go back.
            sleep: Waits some seconds.
            on_cut: Told the new rate whenever a refusal cuts one.
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
        """Requests a second that the account is asked now; None for no limit."""
        return self._account.rate

    @property
    def waiting(self) -> int:
        """Requests that wait until they may be sent."""
        return self._waiting

    def wait(self, endpoint: str) -> None:
        """Return when a request to an endpoint may be sent."""
        # One after the other: who waits for an endpoint must not keep a moment of the account's.
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
        """A request was answered, and not with a refusal of its rate."""
        with self._lock:
            now = self._clock()
            self._account.passed(now)
            self._bucket(endpoint).passed(now)

    def refused(self, endpoint: str, *, reason: str = "", retry_after: float | None = None) -> None:
        """A request was refused for its rate.

        Args:
            endpoint: Where it went.
            reason: What Stripe says was exceeded, `endpoint-rate` or `global-rate`, say; empty if
                it does not.
            retry_after: Seconds that Stripe asks everybody to wait; None if it does not.
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


def rates_for(*, livemode: bool, told: float | None) -> tuple[float, float]:
    """Rates for the account and for an endpoint, in requests a second.

    Args:
        livemode: Real money, which shares the limit with live traffic.
        told: Rate that the configuration names; it holds for both.
    """
    if told is not None:
        return told, told
    limit, share = (LIVE_RATE, LIVE_SHARE) if livemode else (SANDBOX_RATE, SANDBOX_SHARE)
    return limit * share, ENDPOINT_RATE * share
