"""The rate limits of an account and of its endpoints, by a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from engine.emulator.accounts.limiter import RateLimiter
from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request, Response

Open = Callable[..., Emulator]


@dataclass
class Ticks:
    """Seconds, moved by hand.

    Attributes:
        now: Seconds from any moment on.
    """

    now: float = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    """A clock that only a test moves."""
    return Ticks()


@pytest.fixture
def limited(ticks: Ticks) -> Iterator[Open]:
    """Open an emulator with limits."""
    opened: list[Emulator] = []

    def make(rate: float | None = None, endpoint_rate: float | None = None) -> Emulator:
        opened.append(Emulator(ticks=ticks, rate=rate, endpoint_rate=endpoint_rate))
        return opened[-1]

    yield make
    for emulator in opened:
        emulator.close()


def send(
    emulator: Emulator,
    path: str = "/v1/products",
    key: str = "sk_test_a",
    method: str = "GET",
    account: str = "",
) -> Response:
    """Send one request."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k"}
    if account:
        headers["Stripe-Account"] = account
    body = "name=Pro" if method == "POST" else None
    return emulator.handle(Request.to(method, path, headers, body))


def passed(emulator: Emulator, count: int, **request: str) -> int:
    """How many of some requests at once are not refused."""
    return sum(send(emulator, **request).status != 429 for _ in range(count))


def test_a_plain_429_is_stripes(limited: Open) -> None:
    """The body seen live; no `Retry-After`, and no hint whether to retry."""
    emulator = limited(rate=1)
    send(emulator)
    refused = send(emulator)
    assert refused.status == 429
    assert refused.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert not {"Retry-After", "Stripe-Should-Retry"} & set(refused.headers)
    error = refused.document["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "rate_limit")
    assert error["message"] == (
        "Testmode request rate limit exceeded, the rate limits in testmode are lower than "
        "livemode. You can learn more about rate limits here https://stripe.com/docs/rate-limits."
    )


def test_live_mode_is_not_called_test_mode(limited: Open) -> None:
    """The text of a live key's refusal names no test mode."""
    emulator = limited(rate=1)
    send(emulator, key="sk_live_a")
    message = send(emulator, key="sk_live_a").document["error"]["message"]
    assert message.startswith("Request rate limit exceeded")


def test_a_second_fills_the_bucket(limited: Open, ticks: Ticks) -> None:
    """25 at once, one more for each 40 ms, and never more than 25 in reserve."""
    emulator = limited(rate=25)
    assert passed(emulator, 30) == 25
    ticks.now += 0.1
    assert passed(emulator, 30) == 2
    ticks.now += 3600
    assert passed(emulator, 30) == 25


def test_each_account_and_mode_has_its_own(limited: Open) -> None:
    """A sandbox does not count for the live account, nor one account for another."""
    emulator = limited(rate=2)
    for key in ("sk_test_a", "sk_live_a", "sk_test_b", "rk_test_b"):
        expected = 0 if key == "rk_test_b" else 2
        assert passed(emulator, 3, key=key) == expected


def test_connected_accounts_share_the_rate_of_the_key(limited: Open) -> None:
    """? Stripe does not say whose rate counts, so a client has to keep the smaller one."""
    for emulator in (limited(rate=2), limited(endpoint_rate=2)):
        made = emulator.seed("account", {}, key="sk_test_a")["id"]
        assert passed(emulator, 1) + passed(emulator, 3, account=made) == 2


def test_an_endpoint_has_a_rate_of_its_own(limited: Open) -> None:
    """Objects of a type share it, and another operation or type does not."""
    emulator = limited(endpoint_rate=2)
    assert passed(emulator, 3, path="/v1/products/a") == 2
    refused = send(emulator, path="/v1/products/b")
    assert refused.headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
    assert send(emulator, path="/v1/products").status == 200
    assert send(emulator, path="/v1/prices/a").status == 404


def test_what_is_refused_is_not_remembered(limited: Open, ticks: Ticks) -> None:
    """A key whose request was over the limit is free for the same request."""
    emulator = limited(rate=1)
    send(emulator)
    assert send(emulator, method="POST").status == 429
    ticks.now += 1
    answered = send(emulator, method="POST")
    assert (answered.status, answered.headers.get("Idempotent-Replayed")) == (200, None)


def test_a_reset_fills_the_buckets(limited: Open) -> None:
    """After a reset no request has been counted."""
    emulator = limited(rate=1)
    assert passed(emulator, 2) == 1
    emulator.reset()
    assert passed(emulator, 2) == 1


def test_a_slow_rate_lets_the_first_pass(ticks: Ticks) -> None:
    """A rate below one a second still allows one request at once."""
    limiter = RateLimiter(rate=0.5, ticks=ticks)
    limiter.count("a", livemode=False)
    ticks.now += 2
    limiter.count("a", livemode=False)
    assert limiter.rate == 0.5
