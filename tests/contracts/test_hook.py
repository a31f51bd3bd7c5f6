"""What every hook holds to: the run goes on, whatever it is notified of."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import EngineError
from engine.plan.model import StepKind
from engine.ports.hook import Hook
from engine.ports.outcomes import Found, Outcome, RecoveredStep
from engine.views.progress.lines import LineProgress, SilentProgress
from engine.views.progress.live import LiveProgress
from tests.support import build
from tests.support.clock import Clock

THREADS = 8


class Broken(io.StringIO):
    """A stream whose reader is gone."""

    def write(self, text: str) -> int:
        """Refuse."""
        del text
        raise BrokenPipeError


class Traffic:
    """Requests that wait, and a rate."""

    waiting = 3
    rate: float | None = 25.0


HOOKS: dict[str, Callable[[], Hook]] = {
    "none": Hook,
    "silent": lambda: SilentProgress(io.StringIO()),
    "lines": lambda: LineProgress(io.StringIO(), verbose=True, clock=Clock(0.0)),
    "lines to a closed pipe": lambda: LineProgress(Broken(), clock=Clock(0.0)),
    "live": lambda: LiveProgress(io.StringIO(), clock=Clock(0.0)),
    "live to a closed pipe": lambda: LiveProgress(Broken(), clock=Clock(0.0)),
}


def notifications(hook: Hook) -> list[Callable[[], None]]:
    """One of each, in the order of a run."""
    step = build.step("stripe_product.p", StepKind.CREATE)
    found = RecoveredStep(address=step.address, what=Found.RECORDED, id="prod_0")
    results = [
        build.result(step, Outcome.APPLIED, id="prod_1"),
        build.result(step, Outcome.FAILED, error=EngineError("no")),
        build.result(step, Outcome.SKIPPED, because="interrupted"),
    ]
    return [
        lambda: hook.waiting_for_lock("s", "ada@host"),
        lambda: hook.recovered("s", "2026-11-29T10:00:00+00:00", (found,)),
        lambda: hook.connected(Traffic()),
        lambda: hook.refreshing("s", 2),
        hook.answered,
        lambda: hook.refreshed("s"),
        hook.surveying,
        lambda: hook.listed("price", 100),
        hook.answered,
        hook.surveyed,
        lambda: hook.apply_started("s", 3),
        lambda: hook.step_started(step),
        lambda: hook.slowed(12.5),
        *(lambda result=result: hook.step_finished(result) for result in results),
        hook.stopping,
        lambda: hook.apply_finished(build.applied(build.plan()).results[0]),
    ]


@pytest.fixture(params=HOOKS)
def hook(request: pytest.FixtureRequest) -> Hook:
    """Each hook there is."""
    return HOOKS[request.param]()


def close(hook: Hook) -> None:
    """Take the display away, where there is one."""
    if isinstance(hook, LineProgress):
        hook.close()


def test_8_1_a_run_is_notified_of(hook: Hook) -> None:
    """One of each, and none is answered with an error."""
    assert [notify() for notify in notifications(hook)] == [None] * 18
    close(hook)


def test_8_2_no_order_is_an_error(hook: Hook) -> None:
    """Backwards, and twice: a run that is cut off may leave out any."""
    backwards = [*reversed(notifications(hook)), *notifications(hook)]
    assert [notify() for notify in backwards] == [None] * 36
    close(hook)


def test_8_3_threads_notify_at_any_moment(hook: Hook) -> None:
    """Of responses and of a slower rate, while the run itself goes on."""
    with ThreadPoolExecutor(THREADS) as pool:
        sent = [pool.submit(hook.answered) for _ in range(50 * THREADS)]
        sent += [pool.submit(hook.slowed, float(rate)) for rate in range(1, THREADS)]
        sent += [pool.submit(hook.listed, f"type {number}", 100) for number in range(THREADS)]
        for notify in notifications(hook):
            notify()
    assert {future.result() for future in sent} == {None}
    close(hook)
