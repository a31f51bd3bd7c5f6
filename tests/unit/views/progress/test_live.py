"""The display at a terminal: what it shows, that it fits, and that nothing of it stays."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable

import pytest

from engine.plan.model import StepKind
from engine.ports.outcomes import Outcome
from engine.views.progress.counters import Listed, Reading, Tally
from engine.views.progress.live import LiveProgress, still_listing, still_reading, working
from engine.views.style import PLAIN, Style
from tests.support import build
from tests.support.clock import Clock


class Line:
    """Traffic that stands still."""

    def __init__(self, waiting: int, rate: float | None = 22.5) -> None:
        self.waiting = waiting
        self.rate = rate


@pytest.fixture
def busy() -> Tally:
    """120 of 1,000 operations done in 30 s, 18 under way."""
    tally = Tally("shop", total=1000, since=0.0)
    for number in range(138):
        step = build.step(f"stripe_product.p{number}", StepKind.CREATE)
        tally.began(step.key)
        if number >= 18:
            first = build.step(f"stripe_product.p{number - 18}", StepKind.CREATE)
            tally.ended(build.result(first, Outcome.APPLIED), (number - 17) / 4)
    return tally


def shown(tally: Tally, width: int, *, style: Style = PLAIN, fancy: bool = True) -> list[str]:
    """The display of a tally at a width."""
    return working(tally, Line(14), 30.0, width=width, style=style, fancy=fancy)


def test_it_shows_how_far_and_how_long(busy: Tally) -> None:
    """A bar, counts, an estimate, and what holds it up."""
    assert shown(busy, 80) == [
        f"Applying shop  {'━' * 3}{'─' * 27}  120 of 1,000  about 4 min left",
        "18 under way, 14 waiting for the rate limit (22.5/s)",
    ]


@pytest.mark.parametrize("width", range(28, 140))
def test_it_fits(busy: Tally, width: int) -> None:
    """A line that wraps could not be drawn over."""
    assert all(len(line) < width for line in shown(busy, width))


def test_what_matters_least_goes_first(busy: Tally) -> None:
    """The bar, then the estimate, then what waits; the counts stay."""
    assert shown(busy, 54) == [
        "Applying shop  120 of 1,000  about 4 min left",
        "18 under way, 14 waiting for the rate limit (22.5/s)",
    ]
    assert shown(busy, 36) == ["Applying shop  120 of 1,000", "18 under way"]


def test_a_stream_of_ascii_gets_an_ascii_bar(busy: Tally) -> None:
    """Rather than escapes in its place."""
    text = "\n".join(shown(busy, 80, fancy=False))
    assert "##" in text
    assert text.isascii()


def test_colour_takes_no_room(busy: Tally) -> None:
    """Escape codes are not counted, nor are there any without colour."""
    plain, coloured = shown(busy, 60), shown(busy, 60, style=Style(colour=True))
    assert "\x1b" in coloured[0]
    assert "\x1b" not in plain[0]
    for code in ("\x1b[32m", "\x1b[2m", "\x1b[0m"):
        coloured[0] = coloured[0].replace(code, "")
    assert coloured == plain


def test_a_service_without_limits_holds_nothing_up(busy: Tally) -> None:
    """The embedded emulator, say; a limit nobody knows yet has no number."""
    assert working(busy, None, 30.0, width=80, style=PLAIN, fancy=True)[1] == "18 under way"
    unknown = working(busy, Line(3, None), 30.0, width=80, style=PLAIN, fancy=True)
    assert unknown[1] == "18 under way, 3 waiting for the rate limit"


def test_reading_counts_answers() -> None:
    """How many there will be, nobody knows."""
    reading = Reading("shop", since=0.0, answered=240)
    assert still_reading(reading, Line(7), width=80) == [
        "Reading shop: 240 requests answered, 7 waiting for the rate limit (22.5/s)"
    ]
    assert still_reading(reading, Line(7), width=40) == ["Reading shop: 240 requests answered"]


@pytest.fixture
def stream() -> io.StringIO:
    """What would be a terminal."""
    return io.StringIO()


def rest_of(text: str) -> str:
    """What a terminal shows at the end: later lines drawn over earlier ones are gone."""
    return text.rpartition("\x1b[2K")[2]


def test_a_display_leaves_nothing_behind(stream: io.StringIO) -> None:
    """It is wiped when the stack is through, and the cursor was never left hidden."""
    hook = LiveProgress(stream)
    hook.connected(Line(0))
    hook.apply_started("shop", 1)
    hook.apply_finished(build.applied(build.plan()).results[0])
    hook.close()
    text = stream.getvalue()
    assert "Applying shop" in text
    assert "0 of 1" not in rest_of(text)
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


def test_a_run_that_is_cut_off_leaves_a_cursor(stream: io.StringIO) -> None:
    """Whatever kills it, the cursor is there already."""
    hook = LiveProgress(stream)
    hook.apply_started("shop", 1)
    text = stream.getvalue()
    hook.close()
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


def test_only_a_long_reading_is_shown(stream: io.StringIO) -> None:
    """A display that comes and goes in an instant would only flicker."""
    clock = Clock(0.0)
    hook = LiveProgress(stream, clock=clock)
    hook.refreshing("shop", 500)
    hook.answered()
    assert stream.getvalue() == ""
    clock.now = 1.5
    hook.answered()
    hook.refreshed("shop")
    assert "Reading shop: 2 requests answered" in stream.getvalue()
    assert "Reading" not in rest_of(stream.getvalue())
    wiped = stream.getvalue()
    hook.answered()
    clock.now = 60.0
    hook.answered()
    assert stream.getvalue() == wiped


def test_lines_stand_above_the_display(stream: io.StringIO) -> None:
    """Drawn over it, they push it down."""
    hook = LiveProgress(stream)
    hook.apply_started("shop", 2)
    hook.step_started(build.step("stripe_product.p", StepKind.CREATE))
    hook.close()
    assert "stripe_product.p: creating…" in stream.getvalue()


@pytest.mark.parametrize("ending", ["close", "refreshed"])
def test_a_display_is_taken_off_from_wherever(stream: io.StringIO, ending: str) -> None:
    """By an error too; twice is once."""
    clock = Clock(0.0)
    hook = LiveProgress(stream, clock=clock)
    end: Callable[[], None] = hook.close if ending == "close" else lambda: hook.refreshed("shop")
    hook.refreshing("shop", 1)
    clock.now = 9.0
    hook.answered()
    end()
    end()
    assert rest_of(stream.getvalue()).strip("\r\n") in ("", "\x1b[?25h")


@pytest.mark.parametrize("width", [44, 70, 90, 200])
def test_the_reading_of_an_account_fits(width: int) -> None:
    """What matters least goes first."""
    listed = Listed(0.0, answered=120, counts=Counter({"price": 9000, "product": 3000}))
    [line] = still_listing(listed, Line(14), width=width)
    assert len(line) < width
    assert line.startswith("Reading the account: 12,000 objects")
    assert ("9000 prices" in line) == (width == 200)
