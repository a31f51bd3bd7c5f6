"""Timing whole processes, and a table of what came out beside what it is held to.

What must not live here: what is measured, and any import that makes this process large.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a process cost, from its start to its end; medians if it was run several times.

    Attributes:
        seconds: By the clock.
        cpu: Seconds of processor time, the system's on its behalf included.
        peak: Bytes of memory it held at most.
        output: What the last of the runs wrote to stdout.
    """

    seconds: float
    cpu: float
    peak: float
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command to be measured.

    Attributes:
        words: The program and its arguments.
        folder: Where it runs.
        environ: Its environment, whole: nothing of the person's own changes a figure.
    """

    words: Sequence[str]
    folder: Path
    environ: Mapping[str, str]

    def run(self, *, codes: Sequence[int] = (0,)) -> Ran:
        """Run it once.

        Args:
            codes: Exit codes that say it worked.

        Raises:
            RuntimeError: if it did not, with what it wrote.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
            began = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603 - the words are the benchmark's own
                self.words, cwd=self.folder, env=dict(self.environ), stdout=out, stderr=told
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            output = out.read().decode()
            if process.returncode not in codes:
                told.seek(0)
                raise RuntimeError(
                    f"{' '.join(self.words)} exited with {process.returncode}:\n"
                    f"{output[-2000:]}{told.read().decode()[-2000:]}"
                )
        return Ran(
            seconds=seconds,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=usage.ru_maxrss * 1024.0,
            output=output,
        )


def medians(commands: Sequence[Command], times: int) -> list[Ran]:
    """Run commands in turn, so that what slows the machine slows all of them alike.

    Args:
        commands: What to run.
        times: How often each.
    """
    runs: list[list[Ran]] = [[] for _ in commands]
    for _ in range(times):
        for command, some in zip(commands, runs, strict=True):
            some.append(command.run())
    return [
        Ran(
            seconds=statistics.median(run.seconds for run in some),
            cpu=statistics.median(run.cpu for run in some),
            peak=statistics.median(run.peak for run in some),
            output=some[-1].output,
        )
        for some in runs
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        what: What was done, and what was measured of it.
        value: What came out.
        unit: What it is counted in.
        bound: What it is held to; None if to nothing.
        at_least: The bound is the least it may be, not the most.
    """

    what: str
    value: float
    unit: str = ""
    bound: float | None = None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Whether it keeps its bound: `ok`, `MISSED`, or nothing if it has none."""
        if self.bound is None:
            return ""
        kept = self.value >= self.bound if self.at_least else self.value <= self.bound
        return "ok" if kept else "MISSED"

    def __str__(self) -> str:
        shown = f"{self.what:<66}{_short(self.value):>9} {self.unit:<9}"
        if self.bound is None:
            return shown.rstrip()
        side = "least" if self.at_least else "most"
        share = self.value / self.bound if self.bound else float(self.value != 0)
        return f"{shown}at {side} {_short(self.bound):>7} {share:>6.2f} of it  {self.verdict}"


def _short(value: float) -> str:
    """A number in three figures, or whole."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


@dataclass(slots=True)
class Table:
    """What came out so far, told line by line as it does.

    Attributes:
        figures: The lines.
        tell: Takes each.
    """

    figures: list[Figure]
    tell: Callable[[str], object]

    def title(self, text: str) -> None:
        """Begin a part of the table."""
        self.tell(f"\n{text}")

    def add(
        self,
        what: str,
        value: float,
        unit: str = "",
        *,
        bound: float | None = None,
        at_least: bool = False,
    ) -> None:
        """Add a line; see `Figure`."""
        figure = Figure(what=what, value=value, unit=unit, bound=bound, at_least=at_least)
        self.figures.append(figure)
        self.tell(f"  {figure}")

    @property
    def missed(self) -> list[Figure]:
        """Lines that do not keep their bound."""
        return [figure for figure in self.figures if figure.verdict == "MISSED"]
