"""How fast requests may follow each other: against a clock of the test's own and a limiter."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import pytest

from engine.stripe.http.rate_limiter import RateLimiter, rates_for


@dataclass
class Time:
    """A clock that moves when somebody sleeps.

    Attributes:
        now: Seconds.
        slept: Every wait.
    """

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """What time it is."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    """A clock."""
    return Time()


def sent(
    pace: RateLimiter, time: Time, count: int, endpoint: str = "post /v1/products"
) -> list[float]:
    """Moments at which so many requests in a row may be sent, from now."""
    start = time.now
    found: list[float] = []
    for _ in range(count):
        pace.wait(endpoint)
        found.append(time.now - start)
    return found


def test_no_limit_no_wait(time: Time) -> None:
    """Nothing is known to limit it: nobody waits."""
    pace = RateLimiter(rate=None, clock=time.clock, sleep=time.sleep)
    sent(pace, time, 100)
    assert time.slept == []
    assert pace.rate is None


def test_no_second_holds_more_than_the_rate(time: Time) -> None:
    """Requests are spaced evenly, the first goes at once, and idle time is not saved up."""
    pace = RateLimiter(rate=10, clock=time.clock, sleep=time.sleep)
    assert sent(pace, time, 4) == pytest.approx([0, 0.1, 0.2, 0.3])
    time.now += 60
    assert sent(pace, time, 3) == pytest.approx([0, 0.1, 0.2])


def test_an_endpoint_has_a_rate_of_its_own(time: Time) -> None:
    """Others go on meanwhile, as fast as the account may."""
    pace = RateLimiter(rate=100, endpoint_rate=10, clock=time.clock, sleep=time.sleep)
    assert sent(pace, time, 3) == pytest.approx([0, 0.1, 0.2])
    assert sent(pace, time, 2, "get /v1/prices") == pytest.approx([0.01, 0.1])


def test_who_waits_for_an_endpoint_holds_up_nobody_else() -> None:
    """A moment of the account's is taken when the endpoint is free, not in advance."""
    waits: list[float] = []
    pace = RateLimiter(rate=10, endpoint_rate=1, clock=lambda: 0.0, sleep=waits.append)
    pace.wait("slow")
    pace.wait("slow")
    pace.wait("other")
    assert waits == pytest.approx([1.0, 0.1, 0.2])


def test_it_tells_how_many_wait(time: Time) -> None:
    """Whoever sleeps is counted, and no longer than that, even if the sleep is cut short."""
    seen: list[int] = []

    def interrupted(_: float) -> None:
        seen.append(pace.waiting)
        raise KeyboardInterrupt

    def sleeping(_: float) -> None:
        seen.append(pace.waiting)
        if len(seen) < 3:
            pace.wait("e")  # another one comes meanwhile

    pace = RateLimiter(rate=10, clock=time.clock, sleep=sleeping)
    pace.wait("e")
    assert pace.waiting == 0
    pace.wait("e")
    assert seen == [1, 2, 3]
    assert pace.waiting == 0
    pace = RateLimiter(rate=10, clock=time.clock, sleep=interrupted)
    pace.wait("e")
    with pytest.raises(KeyboardInterrupt):
        pace.wait("e")
    assert pace.waiting == 0


def test_everybody_waits_as_long_as_stripe_asks(time: Time) -> None:
    """`Retry-After` holds for every endpoint."""
    pace = RateLimiter(rate=None, clock=time.clock, sleep=time.sleep)
    pace.refused("post /v1/products", retry_after=7.0)
    assert sent(pace, time, 1, "get /v1/prices") == pytest.approx([7.0])


def test_a_refusal_halves_the_pace_and_it_comes_back(time: Time) -> None:
    """To nearly what was let through within seconds, then slowly, and never above its rate."""
    told: list[float] = []
    pace = RateLimiter(rate=40, clock=time.clock, sleep=time.sleep, on_cut=told.append)
    for _ in range(40):
        pace.wait("e")
        pace.passed("e")
    pace.refused("e", reason="global-rate")
    pace.refused("e", reason="global-rate")  # of what was sent before: told with the first
    assert told == [20.0]
    found: list[float] = []
    for _ in range(4):
        time.now += 1
        pace.wait("e")
        found.append(pace.rate or 0.0)
    assert found[0] == pytest.approx(32.1, abs=1)
    assert found[1:] == sorted(found[1:])
    assert all(38 <= rate <= 40 for rate in found[1:])


def test_a_refusal_of_one_endpoint_slows_that_one(time: Time) -> None:
    """The account goes on at its rate."""
    pace = RateLimiter(rate=None, clock=time.clock, sleep=time.sleep)
    pace.refused("e", reason="endpoint-rate")
    assert pace.rate is None
    assert sent(pace, time, 2, "other") == [0, 0]
    assert sent(pace, time, 2, "e")[1] > 0


@pytest.mark.parametrize(
    ("livemode", "told", "found"),
    [(False, None, (22.5, 22.5)), (True, None, (50.0, 12.5)), (True, 80.0, (80.0, 80.0))],
)
def test_the_rates_of_a_mode(
    told: float | None, found: tuple[float, float], *, livemode: bool
) -> None:
    """Nine tenths of a sandbox's limits, half of live ones, or what the configuration names."""
    assert rates_for(livemode=livemode, chosen=told) == found


class Limiter:
    """A bucket of tokens that fills steadily: how Stripe counts, as far as anybody can see."""

    def __init__(self, rate: float, size: float) -> None:
        """Args: rate: tokens a second; size: most of them saved up."""
        self.rate, self.size, self.tokens, self.at = rate, size, size, 0.0

    def take(self, now: float) -> bool:
        """Whether a request is let through."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def share_of(limiter: Limiter, *, latency: float, workers: int, count: int) -> float:
    """How much of a limit is used by so many requests, whose pace is told nothing of it."""
    time = Time(0.0)
    waits: list[float] = []
    pace = RateLimiter(rate=None, clock=time.clock, sleep=waits.append)
    events: list[tuple[float, int, str, int]] = []
    order = left = 0

    def push(at: float, what: str, tries: int) -> None:
        nonlocal order
        order += 1
        heapq.heappush(events, (at, order, what, tries))

    def send(at: float, tries: int) -> None:
        time.now = at
        waits.clear()
        pace.wait("e")
        push(at + sum(waits), "send", tries)

    for _ in range(workers):
        left += 1
        send(0.0, 0)
    while events:
        now, _, what, tries = heapq.heappop(events)
        time.now = now
        if what == "send":
            passes = limiter.take(now)
            push(now + (latency if passes else 0.01), "passed" if passes else "refused", tries)
        elif what == "refused":
            pace.refused("e", reason="global-rate")
            send(now + 0.375 * 2 ** min(tries, 2), tries + 1)
        else:
            pace.passed("e")
            if left < count:
                left += 1
                send(now, 0)
    return count / time.now / limiter.rate


@pytest.mark.parametrize("latency", [0.05, 0.3])
@pytest.mark.parametrize("rate", [5, 25, 100])
def test_a_limit_that_nobody_told_of_is_nearly_used_up(rate: float, latency: float) -> None:
    """At least 80 % of it, from the first request to the last."""
    share = share_of(Limiter(rate, rate), latency=latency, workers=20, count=int(rate * 30))
    assert share > (0.8 if latency < 0.1 or rate < 100 else 0.6)  # 20 in 0.3 s are 67 a second
