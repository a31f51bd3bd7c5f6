"""What a run tells while it works."""

from __future__ import annotations

import io
from typing import Any

import pytest

from engine.apply.events import Outcome
from engine.errors import EngineError
from engine.plan.model import StepKind
from engine.provider.schema import Removal, Verb
from engine.views.progress import LineProgress, LiveProgress, SilentProgress
from engine.views.style import Style


class Broken(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        """Refuse."""
        del text
        raise BrokenPipeError


def run_all(hook: LineProgress, build: Any) -> None:
    """Tell a hook of one of everything."""
    create = build.step("stripe_product.p", StepKind.CREATE)
    remove = build.step("stripe_price.q", StepKind.REMOVE, removal=Removal(verb=Verb.ARCHIVE))
    record = build.step("stripe_price.r", StepKind.RECORD)
    forget = build.step("stripe_price.s", StepKind.FORGET)
    hook.waiting_for_lock("saas", "ada@host")
    hook.waiting_for_lock("saas", "")
    hook.refreshing("saas", 2)
    hook.refreshing("empty", 0)
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


def test_each_event_is_a_line(build: Any) -> None:
    """Waiting, beginning and ending of operations; bookkeeping is not worth a line."""
    stream = io.StringIO()
    run_all(LineProgress(stream), build)
    assert stream.getvalue().splitlines() == QUIET


def test_verbose_tells_of_reading_too(build: Any) -> None:
    """Numbers of objects and operations."""
    stream = io.StringIO()
    run_all(LineProgress(stream, verbose=True), build)
    lines = stream.getvalue().splitlines()
    assert [line for line in lines if line not in QUIET] == [
        "Stack saas: reading 2 objects…",
        "Stack saas: 4 operations to do",
    ]


def test_outcomes_are_coloured(build: Any) -> None:
    """Green, red and yellow."""
    stream = io.StringIO()
    run_all(LineProgress(stream, Style(colour=True)), build)
    assert "\x1b[32mcreated [prod_1]\x1b[0m" in stream.getvalue()
    assert "\x1b[31mcould not be archived\x1b[0m" in stream.getvalue()


def test_silence_is_complete(build: Any) -> None:
    """With `--json` stderr is for errors."""
    stream = io.StringIO()
    run_all(SilentProgress(stream), build)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("kind", [LineProgress, LiveProgress])
def test_a_broken_stream_does_not_stop_an_apply(kind: type[LineProgress], build: Any) -> None:
    """Objects half made for the sake of a message nobody reads would be a poor trade."""
    hook = kind(Broken())
    step = build.step("stripe_product.p", StepKind.CREATE)
    hook.step_started(step)
    hook.step_finished(build.result(step, Outcome.APPLIED))
    hook.close()


def test_a_terminal_sees_the_same_lines_and_a_counter(build: Any) -> None:
    """The counter stands below the lines while a stack is applied."""
    stream = io.StringIO()
    run_all(LiveProgress(stream), build)
    text = stream.getvalue()
    for line in QUIET:
        assert line in text
    assert "Applying saas" in text


def test_a_stack_without_operations_gets_no_counter(build: Any) -> None:
    """Nothing is counted, and closing what was never opened is harmless."""
    stream = io.StringIO()
    hook = LiveProgress(stream)
    hook.apply_started("saas", 0)
    hook.apply_finished(build.applied(build.plan()).results[0])
    hook.close()
    assert stream.getvalue() == ""
