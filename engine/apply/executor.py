"""Carrying out a plan: concurrently where it allows, with a journal of each operation.

Apply obeys the plan and decides nothing. Only the calling thread touches the state; worker threads
do nothing but send requests.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from engine.address import parse_address
from engine.apply.journal import Intent
from engine.apply.outputs import settled_outputs
from engine.apply.ports import ApplyPorts
from engine.apply.references import References
from engine.apply.schedule import Schedule
from engine.apply.secrets import (
    copy_secrets,
    forget_secrets,
    hand_over_secrets,
    keep_secrets,
    kept_secrets,
    secrets_in,
    without_secrets,
)
from engine.apply.send import is_uncertain, send
from engine.apply.state_delta import delta_of, moving, state_after
from engine.errors import EngineError, NotFoundError, StateError
from engine.plan.model import Plan, Reason, Step, StepKind
from engine.ports.outcomes import ApplyResult, Outcome, StepResult
from engine.ports.provider import RequestContext
from engine.schema.lifecycle import Verb
from engine.schema.remote import RemoteObject, id_of
from engine.state.model import Delta, Draft, State
from engine.values.secret import Sealed
from engine.values.templates import resolve

IN_FLIGHT = "engine-operation"
"""Prefix of the names of threads that wait for a response of Stripe."""
INTERRUPTED = "interrupted"
"""Why a step was skipped: the person stopped the run."""
UNSAVED = "unsaved"
"""Why a step was skipped: the journal could not be written, so nothing new begins."""


@dataclass(slots=True)
class StackRun:
    """One plan while it is carried out, in one go or with some operations held back.

    `advance` carries out what is not held back, `release` or `give_up` the rest, `finish` records
    everything. A failed operation skips what depends on it, and nothing else. The first
    Ctrl-C lets what is in flight finish; what was done is recorded either way.

    Attributes:
        plan: What to do.
        state: The state the plan was made from; after `finish`, as it was last written.
        ports: What it works with.
        hold: Keys of operations that wait for `release`.
        results: What became of the operations that are over, by key.
        sent: The secrets that each operation sent, by key.
        interrupted: The person stopped the run.
        unsaved: Why something could not be written; None while everything could.
        moved: The renames of the plan are done.
        draft: The state as it is now.
        references: What references stand for now.
        schedule: The operations that were not begun yet.
        numbers: Place of each operation in the plan, by key.
    """

    plan: Plan
    state: State
    ports: ApplyPorts
    hold: frozenset[str] = frozenset()
    results: dict[str, StepResult] = field(default_factory=dict)
    sent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    interrupted: bool = False
    unsaved: EngineError | None = None
    moved: bool = False
    draft: Draft = field(init=False)
    references: References = field(init=False)
    schedule: Schedule = field(init=False)
    numbers: Mapping[str, int] = field(init=False)
    missing: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        ports = self.ports
        self.draft = Draft(self.state)
        self.references = References(
            stack=self.plan.stack,
            draft=self.draft,
            schemas=ports.schemas,
            sink=ports.sink,
            outputs_of=ports.outputs_of,
            lookups=self.plan.lookups,
        )
        self.schedule = Schedule(self.plan.steps, hold=self.hold, in_order=ports.parallelism == 1)
        self.missing = frozenset(
            change.address for change in self.plan.changes if Reason.MISSING in change.reasons
        )
        self.numbers = {step.key: number for number, step in enumerate(self.plan.steps)}

    @property
    def failed(self) -> StepResult | None:
        """The first operation that failed; None if none did."""
        failures = (one for one in self.results.values() if one.outcome is Outcome.FAILED)
        return next(failures, None)

    def advance(self) -> None:
        """Carry out every operation that is not held back."""
        self.ports.hook.apply_started(self.plan.stack, self.schedule.left - len(self.hold))
        if self.plan.moves and not self.moved:
            self._move()
            self.moved = True
        pool = ThreadPoolExecutor(max_workers=self.ports.parallelism, thread_name_prefix=IN_FLIGHT)
        try:
            self._drive(pool)
        except BaseException:
            # Stopped at once: recovery finds out from the journal what is in flight.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def without(self, because: Mapping[str, str]) -> None:
        """Skip operations that were held back, and what waits for them.

        Args:
            because: Why, by the key of each: the key of the operation that failed.
        """
        for step in self.plan.steps:
            if step.key in because and step.key not in self.results:
                why = because[step.key]
                for other in (step, *self.schedule.without(step)):
                    self._finish(StepResult(step=other, outcome=Outcome.SKIPPED, because=why))

    def release(self) -> None:
        """Carry out what was held back."""
        if self.hold:
            self.hold = frozenset()
            self.schedule.release()
            self.advance()

    def give_up(self, because: str) -> None:
        """Skip what was held back, since the operation with this key failed."""
        for step in self.schedule.rest():
            self._finish(StepResult(step=step, outcome=Outcome.SKIPPED, because=because))

    def so_far(self) -> State:
        """The state as it would be written now, for the stacks that read its outputs."""
        state = state_after(self.plan, self.draft, self.results, whole=self.unsaved is None)
        try:
            settled = settled_outputs(self.plan, self.state, self.references, self.ports.sink)
            return state.with_outputs(settled)
        except EngineError as error:
            self.unsaved = error
            return state

    def finish(self) -> ApplyResult:
        """Write the state, and return the outcome of every operation."""
        self._last_write()
        result = ApplyResult(
            stack=self.plan.stack,
            state=self.state,
            results=tuple(self.results[step.key] for step in self.plan.steps),
            interrupted=self.interrupted,
            unsaved=self.unsaved,
        )
        self.ports.hook.apply_finished(result)
        return result

    def _move(self) -> None:
        """Carry out the renames, and copy secrets to their new names."""
        ports, stack = self.ports, self.plan.stack
        try:
            for old, new in self.plan.moves.items():
                entry = self.draft.resources[old]
                places = (parse_address(old), parse_address(new))
                copy_secrets(ports.sink, stack, ports.schemas[entry.type], entry, *places)
            for old in self.plan.moves.keys() - set(self.plan.moves.values()):
                address = parse_address(old)
                forget_secrets(ports.sink, stack, ports.schemas[address.type], address)
        except EngineError as error:
            self.unsaved = error
            return
        self._note(moving(self.draft, self.plan.moves))

    # ── the loop ──────────────────────────────────────────────────────────────────────────

    def _drive(self, pool: ThreadPoolExecutor) -> None:
        flying: dict[Future[RemoteObject | None], Step] = {}
        self._launch(pool, flying)
        while flying:
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                self._land(flying.pop(future), future)
            self._launch(pool, flying)

    def _launch(
        self, pool: ThreadPoolExecutor, flying: dict[Future[RemoteObject | None], Step]
    ) -> None:
        """Start every operation whose turn has come, as many as may be in flight at once.

        They are written down together: a journal that is far away costs a request for all of them.
        """
        wave: list[tuple[Step, Intent]] = []
        while len(flying) + len(wave) < self.ports.parallelism:
            if self.ports.stop.is_set() or self.unsaved is not None:
                self._skip_the_rest()
                break
            step = self.schedule.next()
            if step is None:
                break
            begun = self._begun(step)
            if begun is not None:
                wave.append(begun)
        if not self._written_down(wave):
            return
        ports = self.ports
        for step, intent in wave:
            key, params = intent.key, intent.step.params
            context = RequestContext(idempotency_key=key, account=step.account, fence=ports.fence)
            ports.hook.step_started(step)
            self.sent[step.key] = tuple(secrets_in(params))
            sending = (ports.provider, ports.schemas, intent.step, params, context)
            flying[pool.submit(send, *sending)] = step

    def _written_down(self, wave: Sequence[tuple[Step, Intent]]) -> bool:
        """Whether what was written down is safe.

        Only then the lock is checked, before each request: a run that gets the lock after that
        reads of the operations in the journal, and sends them with the same keys.
        """
        try:
            self.ports.journal.sync()
        except EngineError as error:
            self.unsaved = error
            for step, _ in wave:
                self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=error))
            self._skip_the_rest()
            return False
        return True

    def _skip_the_rest(self) -> None:
        stopped = self.ports.stop.is_set()
        because = INTERRUPTED if stopped else UNSAVED
        for step in self.schedule.rest():
            self.interrupted |= stopped
            self._finish(StepResult(step=step, outcome=Outcome.SKIPPED, because=because))

    def _begun(self, step: Step) -> tuple[Step, Intent] | None:
        """Write down that an operation is about to be sent; None if it is over without a request.

        Returns:
            The operation on the account that it acts on, and what was written down.
        """
        kind = self.ports.schemas[step.type]
        kept: dict[str, str] = {}
        try:
            step = self.references.on_account(step)
            params = resolve(step.params, self.references.value)
            if step.kind is StepKind.CREATE and kind.creation_only:
                self.ports.sink.check()
                salt = self.state.lineage
                kept = kept_secrets(self.ports.sink, self.plan.stack, kind, step.address, salt)
            if step.kind is StepKind.FORGET and self._is_gone(step):
                forget_secrets(self.ports.sink, self.plan.stack, kind, step.address)
            if step.other:
                hand_over_secrets(self.ports.sink, self.plan.stack, kind, step)
        except EngineError as error:
            self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=error))
            return None
        if step.kind in (StepKind.RECORD, StepKind.FORGET):
            self._note(delta_of(self.draft, step, kind, None, self.references.value_or_unknown))
            outcome = Outcome.APPLIED if self.unsaved is None else Outcome.FAILED
            self._finish(StepResult(step=step, outcome=outcome, id=step.id, error=self.unsaved))
            return None
        number = self.numbers[step.key]
        intent = Intent(
            number=number,
            step=dataclasses.replace(step, params=params, id=step.id or self._own_id(step)),
            key=f"engine-{self.ports.run}-{self.plan.stack}-{number}",
            at=self.ports.provider.now(),
            kept=kept,
        )
        try:
            self.ports.journal.intend(intent)
        except EngineError as error:
            self.unsaved = error
            self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=error))
            return None
        return step, intent

    def _is_gone(self, step: Step) -> bool:
        """Whether a resource has no object, and so no secrets, once a step is done."""
        entry = self.draft.at(step.address)
        if step.kind is StepKind.REMOVE:
            deleted = step.removal is not None and step.removal.verb is Verb.DELETE
            return deleted and entry is not None and entry.is_object(step.account, step.id)
        return step.kind is StepKind.FORGET and step.address in self.missing

    def _own_id(self, step: Step) -> str:
        entry = self.draft.at(step.address)
        return entry.id if entry is not None else ""

    # ── the outcome ───────────────────────────────────────────────────────────────────

    def _land(self, step: Step, future: Future[RemoteObject | None]) -> None:
        try:
            answer = future.result()
        except EngineError as error:
            self._fail(step, without_secrets(error, self.sent.get(step.key, ())))
            return
        except Exception as error:  # noqa: BLE001 - the others in flight still have to be recorded
            bug = EngineError(
                f"{step.key}: unexpected {type(error).__name__}", hint="this is a bug in engine"
            )
            bug.__cause__ = error
            self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=bug))
            return
        self._record(step, answer)

    def _fail(self, step: Step, error: EngineError) -> None:
        """Record a failure, and whether Stripe may have carried the request out nevertheless."""
        if isinstance(error, NotFoundError) and not error.hint:
            gone = f"what {step.address} needs is not there, or not any more"
            error = error.with_hint(f"{gone}; run engine plan again to see where things stand")
        if isinstance(error, StateError):
            # The lock was lost, or cannot be asked: the next run finds out about earlier tries.
            self.unsaved = error
        elif is_uncertain(error):
            later = "whether Stripe carried it out is found out by the next engine plan or apply"
            error = error.with_hint(f"{error.hint}; {later}" if error.hint else later)
        else:
            try:
                self.ports.journal.failed(self.numbers[step.key])
            except EngineError as failure:
                self.unsaved = failure
        self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=error))

    def _record(self, step: Step, answer: RemoteObject | None) -> None:
        ended = id_of(answer) if answer is not None else step.id
        kind = self.ports.schemas[step.type]
        error: EngineError | None = None
        try:
            # Before the journal says that it was carried out: after that, no run asks again.
            keep_secrets(self.ports.sink, self.plan.stack, step, kind, answer)
            if self._is_gone(step):
                forget_secrets(self.ports.sink, self.plan.stack, kind, step.address)
        except EngineError as failure:
            error = failure
        # What happened on Stripe is remembered even while it cannot be written down: the next
        # write that succeeds carries it.
        delta = delta_of(self.draft, step, kind, answer, self.references.value_or_unknown)
        self.draft.change(delta)
        if answer is not None and step.kind not in (StepKind.REMOVE, StepKind.DETACH):
            self.references.answers[step.address] = answer
        try:
            if error is None:
                self.ports.journal.done(self.numbers[step.key], delta)
            else:
                # Sent again with the same key, the operation is answered with the secret again.
                self.ports.journal.note(delta)
        except EngineError as failure:
            self.unsaved = error = failure
        outcome = Outcome.APPLIED if error is None else Outcome.FAILED
        self._finish(StepResult(step=step, outcome=outcome, id=ended, error=error))

    def _note(self, delta: Delta) -> None:
        """Record a change of the state that needs no request."""
        self.draft.change(delta)
        try:
            self.ports.journal.note(delta)
        except EngineError as failure:
            self.unsaved = failure

    def _finish(self, result: StepResult) -> None:
        step = result.step
        self.results[step.key] = result
        self.ports.hook.step_finished(result)
        if result.outcome is Outcome.APPLIED:
            self.schedule.done(step)
        elif result.outcome is Outcome.FAILED and self.unsaved is None:
            for other in self.schedule.without(step):
                self._finish(StepResult(step=other, outcome=Outcome.SKIPPED, because=step.key))

    # ── the end ───────────────────────────────────────────────────────────────────────────

    def _last_write(self) -> None:
        """The state with all that happened, and the outputs as far as they can be kept."""
        self.state = self.so_far()
        try:
            self.state = self.ports.save(self.state)
            for name, value in self.draft.base.outputs.items():
                now = self.state.outputs.get(name)
                if isinstance(value, Sealed) and not isinstance(now, Sealed):
                    self.ports.sink.remove(self.plan.stack, f"output.{name}")
        except EngineError as error:
            self.unsaved = error
