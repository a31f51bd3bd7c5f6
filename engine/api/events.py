"""What happens while a call works, as records for a callable of the caller."""

from __future__ import annotations

import dataclasses
import enum
import logging
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from engine.errors import EngineError
from engine.frozen import frozen
from engine.plan.model import Step
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyResult, Outcome, RecoveredStep, StepResult
from engine.views import vocabulary
from engine.views.style import printable


class EventKind(enum.StrEnum):
    """What happened."""

    WAITING = "waiting"
    """Another run has the lock of the stack."""
    RECOVERED = "recovered"
    """What an interrupted run of the stack left was finished."""
    READING = "reading"
    """The objects of the stack are about to be read."""
    READ = "read"
    """They have been read."""
    APPLYING = "applying"
    """The operations of the stack are about to begin."""
    STEP_STARTED = "step-started"
    """An operation is about to be sent."""
    STEP_FINISHED = "step-finished"
    """An operation ended, or was skipped."""
    APPLIED = "applied"
    """The operations of the stack have ended."""
    SLOWED = "slowed"
    """Stripe refused requests for their rate, so they are sent more slowly."""
    STOPPING = "stopping"
    """A signal asked for an end: what is in flight is finished, and nothing else begun."""


@frozen
class Event:
    """One thing that happened while a call works.

    Attributes:
        kind: What happened.
        message: The same in words, as the command line shows it.
        stack: The stack; empty where it is about no stack alone.
        address: The resource of an operation; empty of all else.
        outcome: What became of an operation that has ended: `applied`, `failed` or `skipped`.
        id: The object that the operation ended up with; empty if none.
        error: Why an operation failed.
    """

    kind: EventKind
    message: str
    stack: str = ""
    address: str = ""
    outcome: str = ""
    id: str = ""
    error: EngineError | None = None


OnEvent: TypeAlias = Callable[[Event], object]
"""Gets each event. It is called in the thread of the call, but for `slowed`; its errors are logged
to `engine.api`, and it is not called again after one, so that no run ends halfway for them."""


def hook_of(on_event: OnEvent | None) -> Hook:
    """The hook that notifies a callable, if there is one."""
    return _Notifier(on_event)


def was_stopped(hook: Hook) -> bool:
    """Whether a signal asked the run of a hook for an end."""
    return isinstance(hook, _Notifier) and hook.stopped


class _Notifier(Hook):
    """Makes records of what happens.

    Attributes:
        stopped: A signal asked for an end.
    """

    def __init__(self, on_event: OnEvent | None) -> None:
        """Notify a callable, if there is one."""
        self.stopped = False
        self._on_event = on_event
        self._lock = threading.RLock()
        self._stack = ""

    def _notify(self, event: Event) -> None:
        with self._lock:
            if self._on_event is None:
                return
            try:
                self._on_event(dataclasses.replace(event, message=printable(event.message)))
            except Exception:
                self._on_event = None
                logging.getLogger("engine.api").exception(
                    "on_event failed at %r and is not called again", event.kind.value
                )

    def waiting_for_lock(self, stack: str, owner: str) -> None:
        message = f"stack {stack} is locked by {owner}"
        self._notify(Event(kind=EventKind.WAITING, message=message, stack=stack))

    def recovered(self, stack: str, since: str, findings: Sequence[RecoveredStep]) -> None:
        what = ", ".join(f"{one.address}: {vocabulary.what_happened(one)}" for one in findings)
        message = f"stack {stack}: a run of {since} had not finished; {what}"
        self._notify(Event(kind=EventKind.RECOVERED, message=message, stack=stack))

    def refreshing(self, stack: str, count: int) -> None:
        message = f"stack {stack}: reading {count} objects"
        self._notify(Event(kind=EventKind.READING, message=message, stack=stack))

    def refreshed(self, stack: str) -> None:
        message = f"stack {stack}: read"
        self._notify(Event(kind=EventKind.READ, message=message, stack=stack))

    def apply_started(self, stack: str, count: int) -> None:
        self._stack = stack
        message = f"stack {stack}: {count} operations to do"
        self._notify(Event(kind=EventKind.APPLYING, message=message, stack=stack))

    def step_started(self, step: Step) -> None:
        message = f"{step.address}: {vocabulary.doing(step)}"
        self._notify(
            Event(
                kind=EventKind.STEP_STARTED,
                message=message,
                stack=self._stack,
                address=step.address,
            )
        )

    def step_finished(self, result: StepResult) -> None:
        step = result.step
        done = vocabulary.done(step)
        ended = {
            Outcome.APPLIED: f"{done}{f' [{result.id}]' if result.id else ''}",
            Outcome.FAILED: f"could not be {done}: {result.error.message if result.error else ''}",
            Outcome.SKIPPED: f"not {done}, because of {result.because}",
        }[result.outcome]
        self._notify(
            Event(
                kind=EventKind.STEP_FINISHED,
                message=f"{step.address}: {ended}",
                stack=self._stack,
                address=step.address,
                outcome=result.outcome.value,
                id=result.id,
                error=result.error,
            )
        )

    def apply_finished(self, result: ApplyResult) -> None:
        message = f"stack {result.stack}: {len(result.results)} operations ended"
        self._notify(Event(kind=EventKind.APPLIED, message=message, stack=result.stack))

    def slowed(self, rate: float) -> None:
        message = f"Stripe limits the rate: going on at {rate:g} requests a second"
        self._notify(Event(kind=EventKind.SLOWED, message=message))

    def stopping(self) -> None:
        self.stopped = True
        self._notify(Event(kind=EventKind.STOPPING, message="stopping: in flight is finished"))
