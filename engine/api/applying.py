"""Carry out plans."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from engine.address import parse_address
from engine.api.events import OnEvent, was_stopped
from engine.api.planning import Plan, plan
from engine.api.project import Project
from engine.api.reading import State, state_of
from engine.errors import EngineError, InterruptedRunError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.operations.saved_plan.saved_plan import apply_saved
from engine.plan.checks import removals_to_confirm, unconfirmed
from engine.plan.saved.file import SavedPlan, decode
from engine.ports.outcomes import ApplyReport
from engine.views.formats import report_view_of
from engine.views.style import PLAIN, printable
from engine.views.text.applied import failure_text
from engine.views.view import ViewOptions


@frozen
class StepOutcome:
    """One operation and what became of it.

    Attributes:
        stack: Its stack.
        address: The resource.
        step: What it was, `create stripe_price.pro`.
        kind: What it did: `create`, `update`, `remove`, ...
        outcome: What became of it: `applied`, `failed` or `skipped`.
        id: The object that it ended up with; empty if none.
        error: Why it failed; None unless it did.
        because: The operation whose failure skipped it; empty unless it was skipped.
    """

    stack: str
    address: str
    step: str
    kind: str
    outcome: str
    id: str = ""
    error: EngineError | None = None
    because: str = ""


class Applied:
    """What an apply did.

    Attributes:
        plan: What was to be done.
        outcomes: Every operation and what became of it, in order.
        states: The states of the stacks as they are now, by stack; of those that have one.
        requests: Calls made to Stripe, reading included.
        writes: How many of them could change something.
    """

    def __init__(self, plan: Plan, report: ApplyReport, states: Mapping[str, State]) -> None:
        """Made by `apply`."""
        self.plan = plan
        self.states: Mapping[str, State] = states
        self.requests: int = report.requests
        self.writes: int = report.writes
        self.outcomes: tuple[StepOutcome, ...] = tuple(
            StepOutcome(
                stack=result.stack,
                address=str(one.step.address),
                step=one.step.key,
                kind=one.step.kind.value,
                outcome=one.outcome.value,
                id=one.id,
                error=one.error,
                because=one.because,
            )
            for result in report.results
            for one in result.results
        )
        self._report = report

    def __repr__(self) -> str:
        return f"<Applied to {self.plan.environment}: {len(self.outcomes)} operations>"

    @property
    def complete(self) -> bool:
        """Whether everything that was planned was done and recorded."""
        return self._report.is_whole

    def text(self, *, verbose: bool = False) -> str:
        """What was done, as `engine apply` writes it, without colours."""
        view = report_view_of("text")(ViewOptions(style=PLAIN, verbose=verbose))
        return view.written(view.applied(self._report, "Apply"))


class ApplyFailedError(EngineError):
    """An apply that was not completed; what was done is recorded.

    Attributes:
        applied: What was done, and what became of every operation.
    """

    reference: ClassVar[str] = "apply-failed"

    def __init__(self, applied: Applied, text: str) -> None:
        failed = [one for one in applied.outcomes if one.outcome == "failed"]
        first = f": {failed[0].step}" if failed else ""
        super().__init__(
            f"the apply was not completed{first}",
            cause=text,
            hint="plan again: what was done is in the states",
        )
        self.applied = applied


def apply(
    plan: Plan,
    *,
    confirm_removals: Collection[str] = (),
    lock_timeout: float = 0.0,
    on_event: OnEvent | None = None,
) -> Applied:
    """Carry out exactly this plan, or refuse it if anything that it was made from has changed.

    In the main thread, the first Ctrl-C, or SIGTERM, stops gently: what is in flight is finished
    and recorded, and then `KeyboardInterrupt` is raised.

    Args:
        plan: The plan.
        confirm_removals: On a live account: the addresses of all that it may lose by removals, and
            by replacements that lose something.
        lock_timeout: Seconds to wait for another run.
        on_event: Called with each event.

    Raises:
        ApplyFailedError: if an operation failed, or a state could not be written.
        GuardError: if the plan is refused, or what it was made from has changed.
        EngineError: if the run cannot begin; nothing was changed.
    """
    raw = plan.encoded("nothing was changed")
    with plan.project.opened(on_event) as context:
        # Read anew, as from a file: nothing that was done to the value has a part in it.
        saved = decode(raw, context.schemas, path="the plan")
        _check_confirmed(context, saved, confirm_removals)
        try:
            report = apply_saved(context, saved, lambda _: True, lock_timeout=lock_timeout)
        except InterruptedRunError as error:
            raise KeyboardInterrupt from error
        states = _states(context, plan.stacks)
        stopped = was_stopped(context.hook)
    if stopped:  # also if nothing was left to do: the program is to end
        raise KeyboardInterrupt from InterruptedRunError(
            "the run was stopped; what was in flight is finished and recorded",
            hint="plan again for what is left",
        )
    applied = Applied(plan, report, states)
    if not report.is_whole:
        raise ApplyFailedError(applied, printable(failure_text(report, PLAIN)))
    return applied


def destroy(
    project: Project,
    stacks: Collection[str] = (),
    *,
    confirm_removals: Collection[str] = (),
    lock_timeout: float = 0.0,
    on_event: OnEvent | None = None,
) -> Applied:
    """Remove what stacks made, as far as Stripe allows: `apply(plan(project, destroy=True))`.

    Args:
        project: The project.
        stacks: Names of stacks; none means all.
        confirm_removals: As for `apply`.
        lock_timeout: Seconds to wait for another run.
        on_event: Called with each event.

    Raises:
        EngineError: as for `plan` and `apply`.
    """
    removal = plan(project, stacks, destroy=True, lock_timeout=lock_timeout, on_event=on_event)
    return apply(
        removal, confirm_removals=confirm_removals, lock_timeout=lock_timeout, on_event=on_event
    )


def _check_confirmed(context: Context, saved: SavedPlan, named: Collection[str]) -> None:
    """Check that all is named that a live account would lose.

    Raises:
        GuardError: if something is not.
    """
    if not (saved.livemode or context.settings.environment.live):
        return
    confirmed = [*saved.options.confirmed_removals, *map(parse_address, named)]
    plans = [one.plan for one in saved.stacks]
    unnamed = removals_to_confirm(plans, context.schemas, confirmed)
    if unnamed:
        names = ", ".join(f'"{address}"' for address in unnamed)
        raise unconfirmed(unnamed, context.environment, f"confirm_removals=[{names}]")


def _states(context: Context, names: Collection[str]) -> dict[str, State]:
    found = {name: context.backend.read(name, context.environment) for name in names}
    return {name: state_of(state) for name, state in found.items() if state is not None}
