"""Progress: what a run tells while it works, line by line or under a live counter.

What must not live here: results; they are told once the run is over. A stream that breaks while
operations run is no reason to stop them, so nothing here raises.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from engine.apply.events import ApplyResult, Finding, Hook, Outcome, StepResult
from engine.plan.model import Step, StepKind
from engine.redaction import hide
from engine.views import words
from engine.views.counting import counted
from engine.views.style import PLAIN, Style

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_OUTCOME_COLOURS = {Outcome.APPLIED: "green", Outcome.FAILED: "red", Outcome.SKIPPED: "yellow"}


class LineProgress(Hook):
    """Tells each event in a line of its own; right for logs and pipes.

    Args:
        stream: Where to.
        style: Decoration.
        verbose: Tell of reading too.
    """

    def __init__(self, stream: TextIO, style: Style = PLAIN, *, verbose: bool = False) -> None:
        self._stream = stream
        self._style = style
        self._verbose = verbose

    def close(self) -> None:
        """Leave the terminal as it was; harmless to repeat."""

    def waiting_for_lock(self, stack: str, holder: str) -> None:
        """Another run holds the lock of `stack`."""
        self._tell(f"Stack {stack} is locked by {holder or 'another run'}; waiting…")

    def recovered(self, stack: str, since: str, findings: Sequence[Finding]) -> None:
        """An earlier run of `stack` had not finished, and was taken up."""
        self._tell(f"Stack {stack}: a run of {since} had not finished; this became of it:")
        for finding in findings:
            self._tell(f"  {finding.address}: {words.found(finding)}")

    def refreshing(self, stack: str, count: int) -> None:
        """`count` objects of `stack` are about to be read."""
        if self._verbose and count:
            self._tell(f"Stack {stack}: reading {counted(count, 'object')}…")

    def apply_started(self, stack: str, count: int) -> None:
        """`count` operations are about to begin."""
        if self._verbose:
            self._tell(f"Stack {stack}: {counted(count, 'operation')} to do")

    def step_started(self, step: Step) -> None:
        """An operation is about to be sent."""
        if step.kind not in _SILENT:
            self._tell(f"{step.address}: {words.doing(step)}…")

    def step_finished(self, result: StepResult) -> None:
        """An operation ended, or was skipped."""
        step = result.step
        if result.outcome is Outcome.APPLIED and step.kind in _SILENT:
            return
        text = {
            Outcome.APPLIED: f"{words.done(step)}{f' [{result.id}]' if result.id else ''}",
            Outcome.FAILED: f"could not be {words.done(step)}",
            Outcome.SKIPPED: f"not {words.done(step)}, since {_reason(result)}",
        }[result.outcome]
        self._tell(f"{step.address}: {self._style.paint(text, _OUTCOME_COLOURS[result.outcome])}")

    def stopping(self) -> None:
        """The person asked the run to stop."""
        self._tell("Stopping: what is in flight finishes and is recorded. Once more stops at once.")

    def _tell(self, line: str) -> None:
        # A signal may be heard in the middle of a line; that one tells of itself.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            self._stream.write(f"{hide(line)}\n")
            self._stream.flush()


class SilentProgress(LineProgress):
    """Tells nothing: with `--json`, or where nobody listens."""

    def _tell(self, line: str) -> None:
        pass


class LiveProgress(LineProgress):
    """The same lines, and under them how far the run has come; for terminals only."""

    def __init__(self, stream: TextIO, style: Style = PLAIN, *, verbose: bool = False) -> None:
        super().__init__(stream, style, verbose=verbose)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def close(self) -> None:
        """Take the counter off the terminal."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def apply_started(self, stack: str, count: int) -> None:
        """Begin to count the operations of a stack."""
        super().apply_started(stack, count)
        self.close()
        if count:
            self._bar = _bar(self._stream, self._style)
            self._task = self._bar.add_task(stack, total=count)
            self._bar.start()

    def step_finished(self, result: StepResult) -> None:
        """Count one operation."""
        super().step_finished(result)
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)

    def apply_finished(self, result: ApplyResult) -> None:  # noqa: ARG002 - the port's signature
        """The last operation of a stack ended."""
        self.close()

    def _tell(self, line: str) -> None:
        if self._bar is None:
            super()._tell(line)
            return
        from rich.text import Text  # noqa: PLC0415 - only a terminal that applies pays for it

        with contextlib.suppress(OSError, ValueError):
            self._bar.console.print(Text.from_ansi(hide(line)), soft_wrap=True)


_SILENT = (StepKind.RECORD,)
_STOPPED = {
    "interrupted": "the run was stopped",
    "unsaved": "the state could not be written",
}


def _bar(stream: TextIO, style: Style) -> Progress:
    from rich.console import Console  # noqa: PLC0415 - only a terminal that applies pays for it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    return Progress(
        TextColumn("Applying {task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        # That the stream is a terminal was found out before.
        console=Console(
            file=stream, force_terminal=True, no_color=not style.colour, highlight=False
        ),
        transient=True,
    )


def _reason(result: StepResult) -> str:
    if result.because in _STOPPED:
        return _STOPPED[result.because]
    return f"{result.because or 'something before it'} failed"
