"""Counts and estimates, by a clock of the test's own."""

from __future__ import annotations

import pytest

from engine.plan.model import StepKind
from engine.ports.outcomes import Outcome
from engine.views.progress.counters import Tally, about, short
from tests.support import build


def carried_out(tally: Tally, *moments: float) -> None:
    """Send an operation for each moment, and have it end then."""
    for moment in moments:
        step = build.step(f"stripe_product.p{tally.done}", StepKind.CREATE)
        tally.began(step.key)
        tally.ended(build.result(step, Outcome.APPLIED), moment)


def test_the_rest_takes_as_long_as_what_was_done() -> None:
    """Ten operations in ten seconds leave thirty for thirty."""
    tally = Tally("shop", total=40, since=100.0)
    carried_out(tally, *range(101, 111))
    assert tally.seconds_left(110.0) == pytest.approx(30)


@pytest.mark.parametrize(
    ("moments", "now"),
    [((), 60.0), ((1, 2, 3, 4), 60.0), ((0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 2.9)],
    ids=["nothing done", "too few", "too early"],
)
def test_no_estimate_rather_than_a_guess(moments: tuple[float, ...], now: float) -> None:
    """The first seconds say little: a burst, or one slow answer, would be taken for the rule."""
    tally = Tally("shop", total=40, since=0.0)
    carried_out(tally, *moments)
    assert tally.seconds_left(now) is None


def test_the_speed_of_late_counts() -> None:
    """A rate that was cut shows within half a minute, however fast it began."""
    tally = Tally("shop", total=1000, since=0.0)
    carried_out(tally, *[step / 100 for step in range(500)])
    carried_out(tally, *[10 + step for step in range(1, 41)])
    assert tally.seconds_left(50.0) == pytest.approx(460, rel=0.05)


def test_silence_makes_the_rest_longer() -> None:
    """While no answer comes, the estimate grows instead of standing still."""
    tally = Tally("shop", total=20, since=0.0)
    carried_out(tally, *range(1, 11))
    assert tally.seconds_left(10.0) == pytest.approx(10)
    later = tally.seconds_left(100.0)
    assert later is not None
    assert later > 90


def test_what_is_never_sent_says_nothing_of_the_rest() -> None:
    """Bookkeeping ends at once, and what is skipped never begins."""
    tally = Tally("shop", total=30, since=0.0)
    record = build.step("stripe_product.r", StepKind.RECORD)
    for _ in range(10):
        tally.ended(build.result(record, Outcome.APPLIED), 4.0)
    assert tally.seconds_left(5.0) is None
    tally.ended(build.result(record, Outcome.SKIPPED), 5.0)
    assert (tally.done, tally.left) == (10, 19)


def test_what_is_over_has_no_rest() -> None:
    """Nothing is left to be estimated."""
    tally = Tally("shop", total=6, since=0.0)
    carried_out(tally, *range(4, 10))
    assert tally.left == 0
    assert tally.seconds_left(10.0) is None


def test_the_state_names_what_there_is() -> None:
    """Under way, failed and skipped, each only if there is any."""
    tally = Tally("shop", total=9, since=0.0)
    assert tally.state() == []
    step = build.step("stripe_product.p", StepKind.CREATE)
    tally.began(step.key)
    assert tally.state() == ["1 under way"]
    tally.ended(build.result(step, Outcome.FAILED), 1.0)
    tally.ended(build.result(step, Outcome.SKIPPED), 1.0)
    assert tally.state() == ["1 failed", "1 skipped"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "about 1 s"),
        (7.2, "about 8 s"),
        (36.0, "about 40 s"),
        (60.0, "about 1 min"),
        (61.0, "about 2 min"),
        (4800.0, "about 1 h 20 min"),
    ],
)
def test_a_duration_is_as_rough_as_it_is_known(seconds: float, text: str) -> None:
    """Rounded up: who waits would rather be surprised early."""
    assert about(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(22.5, "22.5"), (100.0, "100"), (8.04, "8")])
def test_a_rate_is_short(rate: float, text: str) -> None:
    """One digit after the point, if it is not zero."""
    assert short(rate) == text
