"""Progress at a terminal: the lines, and under them how far the run has come."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from engine.ports.fleet.tasks import MemberResult
from engine.ports.hook import Traffic
from engine.ports.outcomes import ApplyResult
from engine.redaction import hide
from engine.views.plural import counted
from engine.views.progress.counters import FleetTally, Listed, Reading, Tally, about
from engine.views.progress.lines import LineProgress, held_back
from engine.views.style import PLAIN, Style, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

_PATIENCE = 1.0
"""Seconds before a reading is shown: most have ended by then."""
_A_SECOND = 5
"""How many times per second the display is drawn."""
_BAR, _SHORTEST_BAR = 30, 8
_GAP = "  "


class LiveProgress(LineProgress):
    """The same lines, and under them a bar, counts and an estimate; for terminals only."""

    def __init__(
        self,
        stream: TextIO,
        style: Style = PLAIN,
        *,
        verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream, style, verbose=verbose, clock=clock)
        self._live: Live | None = None

    def close(self) -> None:
        """Take the display off the terminal."""
        with self._lock:
            live, self._live = self._live, None
            if live is not None:
                with contextlib.suppress(OSError, ValueError):
                    live.stop()

    def refreshed(self, stack: str) -> None:
        """All that a plan needs has been read."""
        with self._lock:
            super().refreshed(stack)
            self.close()

    def surveyed(self) -> None:
        """All lists of the account have been read."""
        with self._lock:
            super().surveyed()
            self.close()

    def apply_started(self, stack: str, count: int) -> None:
        """Begin to show the operations of a stack."""
        super().apply_started(stack, count)
        if count:
            self._open()

    def apply_finished(self, result: ApplyResult) -> None:
        """The last operation of a stack ended."""
        super().apply_finished(result)
        self.close()

    def fleet_started(self, total: int) -> None:
        """Begin to show the accounts of a fleet."""
        super().fleet_started(total)
        if total:
            self._open()

    def member_finished(self, result: MemberResult) -> None:
        """An account of a fleet has ended."""
        super().member_finished(result)
        if self._fleet is not None and self._fleet.done >= self._fleet.total:
            self.close()

    def _count_accounts(self, fleet: FleetTally) -> None:
        """The display shows the count."""

    def _look(self) -> None:
        """Show a reading that takes long. The display replaces the summaries."""
        reading = self._reading or self._listed
        if (
            self._live is None
            and reading is not None
            and self._clock() - reading.since >= _PATIENCE
        ):
            self._open()

    def _open(self) -> None:
        from rich.live import Live

        self.close()
        console = _console(self._stream, self._style)
        self._live = Live(
            console=console,
            get_renderable=lambda: self._board(console.width),
            refresh_per_second=_A_SECOND,
            transient=True,
            redirect_stdout=False,
        )
        with contextlib.suppress(OSError, ValueError):
            self._live.start(refresh=True)
            # A run that is killed could not show it again.
            console.show_cursor(show=True)

    def _board(self, width: int) -> Text:
        """Draw the display. The display's own thread calls this, without the lock."""
        from rich.text import Text

        tally, reading, listed = self._tally, self._reading, self._listed
        fleet = self._fleet
        fancy = "utf" in (getattr(self._stream, "encoding", None) or "utf-8").lower()
        if fleet is not None and tally is None:
            lines = [", ".join(_fitting(fleet.parts(self._clock()), width, needed=1, gap=", "))]
        elif tally is not None:
            lines = working(
                tally, self._traffic, self._clock(), width=width, style=self._style, fancy=fancy
            )
        elif reading is not None:
            lines = still_reading(reading, self._traffic, width=width)
        else:
            lines = still_listing(listed, self._traffic, width=width) if listed else []
        return Text.from_ansi("\n".join(lines), no_wrap=True)

    def _write(self, line: str) -> None:
        with self._lock:
            if self._live is None:
                super()._write(line)
                return
            from rich.text import Text

            with contextlib.suppress(OSError, ValueError):
                self._live.console.print(Text.from_ansi(visible(hide(line))), soft_wrap=True)


def _console(stream: TextIO, style: Style) -> Console:
    """A console on a stream that the caller knows to be a terminal."""
    from rich.console import Console

    class LastingConsole(Console):
        def on_broken_pipe(self) -> None:
            """Show nothing more; by default rich would end the program, and with it the run."""
            self.quiet = True

    return LastingConsole(
        file=stream, force_terminal=True, no_color=not style.colour, highlight=False
    )


def working(
    tally: Tally, traffic: Traffic | None, now: float, *, width: int, style: Style, fancy: bool
) -> list[str]:
    """Show how far the operations of a stack have come: two lines that fit, or less.

    Args:
        tally: The operations.
        traffic: How requests fare; None if Stripe is not spoken to.
        now: The moment, by the clock of the tally.
        width: Columns of the terminal.
        style: Decoration.
        fancy: The stream can show more than ASCII.
    """
    left = tally.seconds_left(now)
    head, counts = f"Applying {tally.stack}", f"{tally.done:,} of {tally.total:,}"
    estimate = f"{about(left)} left" if left is not None else ""
    first = _fitting([head, counts, estimate], width, needed=2)
    room = width - 1 - len(_GAP.join(first)) - len(_GAP)
    if room >= _SHORTEST_BAR:
        bar = _bar(tally.done / max(tally.total, 1), min(room, _BAR), style, fancy=fancy)
        first.insert(1, bar)
    second = _fitting([*tally.state(), held_back(traffic)], width, needed=0, gap=", ")
    return [_GAP.join(first), ", ".join(second)]


def still_reading(reading: Reading, traffic: Traffic | None, *, width: int) -> list[str]:
    """Show how far the reading of a stack has come: one line that fits.

    Args:
        reading: The reading.
        traffic: How requests fare; None if Stripe is not spoken to.
        width: Columns of the terminal.
    """
    done = f"Reading {reading.stack}: {counted(reading.answered, 'request')} answered"
    return [", ".join(_fitting([done, held_back(traffic)], width, needed=1, gap=", "))]


def still_listing(listed: Listed, traffic: Traffic | None, *, width: int) -> list[str]:
    """Show how far the reading of an account has come: one line that fits.

    Args:
        listed: What was read.
        traffic: How requests fare; None if Stripe is not spoken to.
        width: Columns of the terminal.
    """
    first, answered, *most = listed.parts()
    parts = [first, answered, held_back(traffic), *most]
    return [", ".join(_fitting(parts, width, needed=1, gap=", "))]


def _fitting(parts: list[str], width: int, *, needed: int, gap: str = _GAP) -> list[str]:
    """The parts that fit on one line; the first `needed` ones stay in any case."""
    kept = [part for part in parts if part]
    while len(kept) > needed and len(gap.join(kept)) >= width:
        kept.pop()
    return kept


def _bar(share: float, length: int, style: Style, *, fancy: bool) -> str:
    filled = min(int(share * length), length)
    full, empty = ("━", "─") if fancy else ("#", "-")
    return style.paint(full * filled, "green") + style.paint(empty * (length - filled), "dim")
