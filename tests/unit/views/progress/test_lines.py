"""What a run tells while it works."""

from __future__ import annotations

import io

import pytest

from engine.errors import EngineError
from engine.plan.model import StepKind
from engine.ports.fleet.members import Member
from engine.ports.fleet.tasks import MemberOutcome, MemberResult
from engine.ports.outcomes import Outcome
from engine.schema.lifecycle import Removal, Verb
from engine.views.progress.lines import LineProgress, SilentProgress
from engine.views.progress.live import LiveProgress
from engine.views.style import Style
from tests.support import build, fleets
from tests.support.clock import Clock


class Broken(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        """Refuse."""
        del text
        raise BrokenPipeError


def run_all(hook: LineProgress) -> None:
    """Tell a hook of one of everything."""
    create = build.step("stripe_product.p", StepKind.CREATE)
    remove = build.step("stripe_price.q", StepKind.REMOVE, removal=Removal(verb=Verb.ARCHIVE))
    record = build.step("stripe_price.r", StepKind.RECORD)
    forget = build.step("stripe_price.s", StepKind.FORGET)
    hook.waiting_for_lock("saas", "ada@host")
    hook.waiting_for_lock("saas", "")
    hook.refreshing("saas", 2)
    hook.refreshing("empty", 0)
    hook.answered()
    hook.refreshed("empty")
    hook.apply_started("saas", 4)
    for step in (create, remove, record):
        hook.step_started(step)
    hook.step_finished(build.result(create, Outcome.APPLIED, id="prod_1"))
    hook.step_finished(build.result(remove, Outcome.FAILED, error=EngineError("no")))
    hook.step_finished(build.result(record, Outcome.APPLIED))
    for because in (remove.key, "interrupted", "unsaved", ""):
        hook.step_finished(build.result(forget, Outcome.SKIPPED, because=because))
    hook.step_finished(build.result(forget, Outcome.APPLIED))
    hook.apply_finished(build.applied(build.plan()).results[0])
    hook.close()


QUIET = [
    "Stack saas is locked by ada@host; waiting…",
    "Stack saas is locked by another run; waiting…",
    "stripe_product.p: creating…",
    "stripe_price.q: archiving…",
    "stripe_product.p: created [prod_1]",
    "stripe_price.q: could not be archived",
    "stripe_price.s: not forgotten, since remove stripe_price.q failed",
    "stripe_price.s: not forgotten, since the run was stopped",
    "stripe_price.s: not forgotten, since the state could not be written",
    "stripe_price.s: not forgotten, since something before it failed",
    "stripe_price.s: forgotten",
]


def test_each_event_is_a_line() -> None:
    """Waiting, beginning and ending of operations; bookkeeping is not worth a line."""
    stream = io.StringIO()
    run_all(LineProgress(stream))
    assert stream.getvalue().splitlines() == QUIET


def test_verbose_tells_of_reading_too() -> None:
    """Numbers of objects and operations."""
    stream = io.StringIO()
    run_all(LineProgress(stream, verbose=True))
    lines = stream.getvalue().splitlines()
    assert [line for line in lines if line not in QUIET] == [
        "Stack saas: reading 2 objects…",
        "Stack saas: 4 operations to do",
    ]


def test_outcomes_are_coloured() -> None:
    """Green, red and yellow."""
    stream = io.StringIO()
    run_all(LineProgress(stream, Style(colour=True)))
    assert "\x1b[32mcreated [prod_1]\x1b[0m" in stream.getvalue()
    assert "\x1b[31mcould not be archived\x1b[0m" in stream.getvalue()


def test_silence_is_complete() -> None:
    """With `--json` stderr is for errors."""
    stream = io.StringIO()
    run_all(SilentProgress(stream))
    assert stream.getvalue() == ""


@pytest.mark.parametrize("kind", [LineProgress, LiveProgress])
def test_a_broken_stream_does_not_stop_an_apply(kind: type[LineProgress]) -> None:
    """Objects half made for the sake of a message nobody reads would be a poor trade."""
    hook = kind(Broken())
    step = build.step("stripe_product.p", StepKind.CREATE)
    hook.step_started(step)
    hook.step_finished(build.result(step, Outcome.APPLIED))
    hook.close()


def test_a_terminal_sees_the_same_lines_and_a_counter() -> None:
    """The counter stands below the lines while a stack is applied."""
    stream = io.StringIO()
    run_all(LiveProgress(stream))
    text = stream.getvalue()
    for line in QUIET:
        assert line in text
    assert "Applying saas" in text


def test_a_stack_without_operations_gets_no_counter() -> None:
    """Nothing is counted, and closing what was never opened is harmless."""
    stream = io.StringIO()
    hook = LiveProgress(stream)
    hook.apply_started("saas", 0)
    hook.apply_finished(build.applied(build.plan()).results[0])
    hook.close()
    assert stream.getvalue() == ""


class Line:
    """Traffic that stands still."""

    waiting = 14
    rate = 22.5


@pytest.fixture
def stream() -> io.StringIO:
    """A log."""
    return io.StringIO()


@pytest.fixture
def clock() -> Clock[float]:
    """A clock at zero."""
    return Clock(0.0)


def carry_out(hook: LineProgress, clock: Clock[float], count: int, seconds: float) -> None:
    """Tell of operations that begin and end one after the other."""
    for number in range(count):
        step = build.step(f"stripe_product.p{number}", StepKind.CREATE)
        hook.step_started(step)
        clock.now += seconds
        hook.step_finished(build.result(step, Outcome.APPLIED))


def sums(stream: io.StringIO) -> list[str]:
    """The lines that sum up."""
    return [line for line in stream.getvalue().splitlines() if line.startswith("Stack ")]


def test_a_long_apply_is_summed_up_now_and_then(stream: io.StringIO, clock: Clock[float]) -> None:
    """Every ten seconds at most: how far, what is under way, how long the rest takes."""
    hook = LineProgress(stream, clock=clock)
    hook.apply_started("shop", 1040)
    for number in range(18):
        hook.step_started(build.step(f"stripe_price.r{number}", StepKind.CREATE))
    carry_out(hook, clock, count=80, seconds=0.25)
    assert sums(stream) == [
        "Stack shop: 40 of 1,040 done, 18 under way, about 5 min left",
        "Stack shop: 80 of 1,040 done, 18 under way, about 4 min left",
    ]
    hook.connected(Line())
    carry_out(hook, clock, count=40, seconds=0.25)
    assert sums(stream)[2] == (
        "Stack shop: 120 of 1,040 done, 18 under way, "
        "14 waiting for the rate limit (22.5/s), about 4 min left"
    )


def test_a_short_apply_is_not_summed_up(stream: io.StringIO, clock: Clock[float]) -> None:
    """Its lines say it all; nor is one that has just come to its end."""
    hook = LineProgress(stream, clock=clock)
    hook.apply_started("shop", 9)
    carry_out(hook, clock, count=9, seconds=1)
    hook.apply_started("cart", 1)
    carry_out(hook, clock, count=1, seconds=60)
    assert sums(stream) == []


def test_of_many_operations_the_ends_are_told(stream: io.StringIO, clock: Clock[float]) -> None:
    """A log of 10,000 objects says once what became of each."""
    hook = LineProgress(stream, clock=clock)
    hook.apply_started("shop", 101)
    carry_out(hook, clock, count=1, seconds=1)
    failed, skipped = (build.step(f"stripe_price.{name}", StepKind.CREATE) for name in "fs")
    hook.step_finished(build.result(failed, Outcome.FAILED, error=EngineError("no")))
    hook.step_finished(build.result(skipped, Outcome.SKIPPED, because=failed.key))
    for because in ("interrupted", "unsaved"):
        hook.step_finished(build.result(skipped, Outcome.SKIPPED, because=because))
    assert stream.getvalue().splitlines() == [
        "stripe_product.p0: created",
        "stripe_price.f: could not be created",
        "stripe_price.s: not created, since create stripe_price.f failed",
    ]


def test_of_many_operations_the_beginnings_are_told_if_asked(
    stream: io.StringIO, clock: Clock[float]
) -> None:
    """With `-v`."""
    hook = LineProgress(stream, verbose=True, clock=clock)
    hook.apply_started("shop", 101)
    carry_out(hook, clock, count=1, seconds=1)
    assert "stripe_product.p0: creating…" in stream.getvalue()


def test_a_long_reading_is_told(stream: io.StringIO, clock: Clock[float]) -> None:
    """Every ten seconds, and only while it lasts."""
    hook = LineProgress(stream, clock=clock)
    hook.refreshing("shop", 5000)
    for _ in range(100):
        clock.now += 0.25
        hook.answered()
    hook.refreshed("shop")
    clock.now += 60
    hook.answered()
    assert sums(stream) == [
        "Stack shop: still reading, 40 requests answered",
        "Stack shop: still reading, 80 requests answered",
    ]


def test_a_cut_of_the_rate_is_told_once_in_a_while(
    stream: io.StringIO, clock: Clock[float]
) -> None:
    """Stripe refuses in bursts; the rate it settles at is in the next line."""
    hook = LineProgress(stream, clock=clock)
    for now, rate in ((0.0, 12.5), (2.0, 8.0), (9.0, 6.0), (12.0, 11.0)):
        clock.now = now
        hook.slowed(rate)
    assert stream.getvalue().splitlines() == [
        "Stripe limits the rate: going on at 12.5 requests/s",
        "Stripe limits the rate: going on at 11 requests/s",
    ]


def test_silence_is_complete_however_long_it_takes(
    stream: io.StringIO, clock: Clock[float]
) -> None:
    """Neither sums nor rates with `--json`."""
    hook = SilentProgress(stream, clock=clock)
    hook.apply_started("shop", 200)
    hook.slowed(12.5)
    carry_out(hook, clock, count=150, seconds=1)
    assert stream.getvalue() == ""


def test_the_reading_of_an_account_is_summed_up() -> None:
    """Every ten seconds, and at its end if asked for: counts, since no total is known."""
    stream, clock = io.StringIO(), Clock(0.0)
    hook = LineProgress(stream, verbose=True, clock=clock)
    hook.surveying()
    hook.listed("price", 100)
    hook.answered()
    assert stream.getvalue() == ""
    clock.now = 11.0
    hook.listed("product", 1200)
    hook.answered()
    hook.surveyed()
    hook.listed("price", 1)
    hook.surveyed()
    assert (
        stream.getvalue().splitlines()
        == [
            "Reading the account: 1,300 objects, 2 requests answered, 1200 products, 100 prices",
        ]
        * 2
    )


def run_fleet(hook: LineProgress, count: int, clock: Clock[float]) -> None:
    """Plan a fleet whose last account fails, one account each second."""
    hook.fleet_started(count)
    for member in fleets.members(1, count - 1):
        clock.now += 1.0
        hook.member_finished(MemberResult(member=member, outcome=MemberOutcome.PLANNED))
    clock.now += 1.0
    for result in fleets.failed((Member(name="bad\x1b[31m\nshop"),)):
        hook.member_finished(result)
    hook.close()


def test_a_fleet_is_counted(stream: io.StringIO, clock: Clock[float]) -> None:
    """A line for so many accounts and for each that failed, none for the others."""
    run_fleet(LineProgress(stream, clock=clock), 200, clock)
    assert stream.getvalue().splitlines() == [
        "100 of 200 accounts, 1 a second",
        "bad\\u001b[31m\\nshop: failed: the key of bad\\u001b[31m\\nshop is not accepted",
        "200 of 200 accounts, 1 failed, 1 a second",
    ]


def test_a_fleet_that_fails_as_a_whole_is_no_thousand_lines(
    stream: io.StringIO, clock: Clock[float]
) -> None:
    """The first ones show what is wrong, and the count goes on."""
    hook = LineProgress(stream, clock=clock)
    hook.fleet_started(2000)
    for result in fleets.failed(fleets.members(1, 200)):
        hook.member_finished(result)
    lines = stream.getvalue().splitlines()
    assert [": failed: " in line for line in lines[:20]] == [True] * 20
    assert lines[20:] == [
        "Further accounts that fail are counted here, and listed at the end.",
        "100 of 2,000 accounts, 100 failed",
        "200 of 2,000 accounts, 200 failed",
    ]


def test_each_account_of_a_fleet_if_asked(stream: io.StringIO, clock: Clock[float]) -> None:
    """How each ended."""
    run_fleet(LineProgress(stream, verbose=True, clock=clock), 3, clock)
    assert stream.getvalue().splitlines()[:2] == ["acct_1: planned", "acct_2: planned"]


def test_a_terminal_counts_a_fleet_in_place(stream: io.StringIO, clock: Clock[float]) -> None:
    """One line that is taken off at the end; failures stay."""
    run_fleet(LiveProgress(stream, clock=clock), 200, clock)
    assert "0 of 200 accounts" in stream.getvalue()
    assert "failed: the key of" in stream.getvalue()


def test_a_fleet_that_was_not_announced_is_no_line(stream: io.StringIO) -> None:
    """Whatever the order of the notifications."""
    (result,) = fleets.failed(fleets.members(1, 1))
    LineProgress(stream).member_finished(result)
    assert not stream.getvalue()
