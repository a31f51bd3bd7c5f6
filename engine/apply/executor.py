"""Carrying out a plan: concurrently where it allows, written down before and after each operation.

Apply obeys the plan alone. All state is touched by the calling thread only; worker threads do
nothing but talk to the provider.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from engine.address import parse_address
from engine.apply.journal import Intent, Journal
from engine.apply.references import References
from engine.apply.schedule import Schedule
from engine.apply.secrets import (
    carry_over,
    keep_secrets,
    kept_secret,
    let_go,
    secrets_in,
    told_names,
    without_secrets,
)
from engine.apply.send import is_uncertain, send
from engine.apply.state_delta import delta_of, moving
from engine.errors import EngineError, LockLostError, NotFoundError
from engine.plan.compare.normalize import is_sealed
from engine.plan.model import Plan, Reason, Step, StepKind
from engine.plan.outputs import kept_output
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyResult, Outcome, StepResult
from engine.ports.provider import Provider, RequestContext
from engine.ports.secret_sink import SecretSink
from engine.schema.lifecycle import Verb
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import Delta, Draft, State
from engine.values.secret import fingerprint, plain
from engine.values.targets import OutputTarget
from engine.values.templates import resolve

IN_FLIGHT = "engine-operation"
"""What the names of threads begin with that wait for Stripe's answer."""
INTERRUPTED = "interrupted"
"""What skipped a step when the person stopped the run."""
UNSAVED = "unsaved"
"""What skipped a step when the journal could not be written: nothing new is begun then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyPorts:
    """What one apply works with.

    Attributes:
        provider: Where the objects are.
        schemas: Resource types by name.
        journal: Where each operation is written down before it is sent and after.
        fence: Raises once the lock on the stack is another run's.
        save: Makes the state of the end durable, and the journal needless.
        sink: Where secrets go.
        outputs_of: Reads other stacks' outputs, UNKNOWN if there is none.
        hook: Told of everything.
        run: Random id of this run, part of every idempotency key.
        parallelism: Operations in flight at once.
        stop: Set when the person asks the run to stop.
    """

    provider: Provider
    schemas: Schemas
    journal: Journal
    fence: Callable[[], None]
    save: Callable[[State], State]
    sink: SecretSink
    outputs_of: Callable[[OutputTarget], Any]
    hook: Hook
    run: str
    parallelism: int
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class StackRun:
    """One plan while it is carried out, all at once or with some operations put off.

    `advance` carries out what is not held back, `release` or `give_up` see to the rest, `finish`
    records everything. A failed operation skips what depends on it, and nothing else. The first
    Ctrl-C lets what is in flight finish; what was done is recorded either way.

    Attributes:
        plan: What to do.
        state: The state the plan was made from; after `finish`, as it was last written.
        around: What to do it with.
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
    around: ApplyPorts
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
        around = self.around
        self.draft = Draft(self.state)
        self.references = References(
            stack=self.plan.stack,
            draft=self.draft,
            schemas=around.schemas,
            sink=around.sink,
            outputs_of=around.outputs_of,
            lookups=self.plan.lookups,
        )
        self.schedule = Schedule(self.plan.steps, hold=self.hold, in_order=around.parallelism == 1)
        self.missing = frozenset(
            str(change.address) for change in self.plan.changes if Reason.MISSING in change.reasons
        )
        self.numbers = {step.key: number for number, step in enumerate(self.plan.steps)}

    @property
    def failed(self) -> StepResult | None:
        """The first operation that failed; None if none did."""
        failures = (one for one in self.results.values() if one.outcome is Outcome.FAILED)
        return next(failures, None)

    def advance(self) -> None:
        """Carry out every operation that is not held back."""
        self.around.hook.apply_started(self.plan.stack, self.schedule.left - len(self.hold))
        if self.plan.moves and not self.moved:
            self._move()
            self.moved = True
        pool = ThreadPoolExecutor(max_workers=self.around.parallelism, thread_name_prefix=IN_FLIGHT)
        try:
            self._drive(pool)
        except BaseException:
            # Stopped at once: what is in flight is the journal's affair.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

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
        state = self.draft.state()
        try:
            return state.with_outputs(self._settled_outputs())
        except EngineError as error:
            self.unsaved = error
            return state

    def finish(self) -> ApplyResult:
        """Write the state, and tell what became of everything."""
        self._last_write()
        result = ApplyResult(
            stack=self.plan.stack,
            state=self.state,
            results=tuple(self.results[step.key] for step in self.plan.steps),
            interrupted=self.interrupted,
            unsaved=self.unsaved,
        )
        self.around.hook.apply_finished(result)
        return result

    def _move(self) -> None:
        """Rename, and have what Stripe told once where its new name is looked for."""
        around, stack = self.around, self.plan.stack
        try:
            for old, new in self.plan.moves.items():
                entry = self.draft.resources[old]
                places = (parse_address(old), parse_address(new))
                carry_over(around.sink, stack, around.schemas[entry.type], entry, *places)
            for old in self.plan.moves.keys() - set(self.plan.moves.values()):
                address = parse_address(old)
                let_go(around.sink, stack, around.schemas[address.type], address)
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
        """Start every operation whose turn has come, as many as may be in flight at once."""
        while len(flying) < self.around.parallelism:
            if self.around.stop.is_set() or self.unsaved is not None:
                self._begin_no_more()
                return
            step = self.schedule.next()
            if step is None:
                return
            self._start(pool, step, flying)

    def _begin_no_more(self) -> None:
        stopped = self.around.stop.is_set()
        because = INTERRUPTED if stopped else UNSAVED
        for step in self.schedule.rest():
            self.interrupted |= stopped
            self._finish(StepResult(step=step, outcome=Outcome.SKIPPED, because=because))

    def _start(
        self,
        pool: ThreadPoolExecutor,
        step: Step,
        flying: dict[Future[RemoteObject | None], Step],
    ) -> None:
        kind = self.around.schemas[step.type]
        kept: dict[str, str] = {}
        try:
            params = resolve(step.params, self.references.value)
            if step.kind is StepKind.CREATE and kind.creation_only:
                self.around.sink.check()
                kept = self._kept(step, kind)
            if step.kind is StepKind.FORGET and self._is_gone(step):
                let_go(self.around.sink, self.plan.stack, kind, step.address)
        except EngineError as error:
            self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=error))
            return
        if step.kind in (StepKind.RECORD, StepKind.FORGET):
            self._note(delta_of(self.draft, step, kind, None, self.references.value_or_unknown))
            outcome = Outcome.APPLIED if self.unsaved is None else Outcome.FAILED
            self._finish(StepResult(step=step, outcome=outcome, id=step.id, error=self.unsaved))
            return
        number = self.numbers[step.key]
        intent = Intent(
            number=number,
            step=dataclasses.replace(step, params=params, id=step.id or self._own_id(step)),
            key=f"engine-{self.around.run}-{self.plan.stack}-{number}",
            at=self.around.provider.now(),
            kept=kept,
        )
        try:
            self.around.journal.intend(intent)
            # Only now: a run that takes the lock over from here on knows of the operation, and
            # sends it with the same key.
            self.around.fence()
        except EngineError as error:
            self.unsaved = error
            self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=error))
            return
        self.around.hook.step_started(step)
        self.sent[step.key] = tuple(secrets_in(params))
        context = RequestContext(
            idempotency_key=intent.key, account=step.account, fence=self.around.fence
        )
        around = self.around
        flying[pool.submit(send, around.provider, around.schemas, intent.step, params, context)] = (
            step
        )

    def _kept(self, step: Step, kind: ResourceType) -> dict[str, str]:
        """Fingerprints of what the sink has under the names of a step's secrets."""
        names = told_names(kind, step.address).values()
        found = {name: kept_secret(self.around.sink, self.plan.stack, name) for name in names}
        salt = self.state.lineage
        return {name: fingerprint(value, salt) for name, value in found.items() if value}

    def _is_gone(self, step: Step) -> bool:
        """Whether a resource has no object any more once a step is done, and so no secrets."""
        entry = self.draft.at(step.address)
        if step.kind is StepKind.REMOVE:
            deleted = step.removal is not None and step.removal.verb is Verb.DELETE
            return deleted and entry is not None and entry.id == step.id
        return step.kind is StepKind.FORGET and str(step.address) in self.missing

    def _own_id(self, step: Step) -> str:
        entry = self.draft.at(step.address)
        return entry.id if entry is not None else ""

    # ── what came of it ───────────────────────────────────────────────────────────────────

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
        """Remember a failure, and whether Stripe may have done what was asked all the same."""
        if isinstance(error, NotFoundError) and not error.hint:
            gone = f"what {step.address} needs is not there, or not any more"
            error = error.with_hint(f"{gone}; run engine plan again to see where things stand")
        if isinstance(error, LockLostError):
            # An earlier try may have been carried out: whoever has the lock finds that out.
            self.unsaved = error
        elif is_uncertain(error):
            later = "whether Stripe carried it out is found out by the next engine plan or apply"
            error = error.with_hint(f"{error.hint}; {later}" if error.hint else later)
        else:
            try:
                self.around.journal.failed(self.numbers[step.key])
            except EngineError as failure:
                self.unsaved = failure
        self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=error))

    def _record(self, step: Step, answer: RemoteObject | None) -> None:
        ended = id_of(answer) if answer is not None else step.id
        kind = self.around.schemas[step.type]
        error: EngineError | None = None
        try:
            # First of all: once the journal says that it was carried out, nobody asks again.
            keep_secrets(self.around.sink, self.plan.stack, step, kind, answer)
            if self._is_gone(step):
                let_go(self.around.sink, self.plan.stack, kind, step.address)
        except EngineError as failure:
            error = failure
        # What happened on Stripe is remembered even while it cannot be written down: the next
        # write that succeeds carries it.
        delta = delta_of(self.draft, step, kind, answer, self.references.value_or_unknown)
        self.draft.change(delta)
        if answer is not None and step.kind not in (StepKind.REMOVE, StepKind.DETACH):
            self.references.answers[str(step.address)] = answer
        try:
            if error is None:
                self.around.journal.done(self.numbers[step.key], delta)
            else:
                # Sent again with the same key, the operation is answered with the secret again.
                self.around.journal.note(delta)
        except EngineError as failure:
            self.unsaved = error = failure
        outcome = Outcome.APPLIED if error is None else Outcome.FAILED
        self._finish(StepResult(step=step, outcome=outcome, id=ended, error=error))

    def _note(self, delta: Delta) -> None:
        """A change of the state that Stripe has no part in."""
        self.draft.change(delta)
        try:
            self.around.journal.note(delta)
        except EngineError as failure:
            self.unsaved = failure

    def _finish(self, result: StepResult) -> None:
        step = result.step
        self.results[step.key] = result
        self.around.hook.step_finished(result)
        if result.outcome is Outcome.APPLIED:
            self.schedule.done(step)
        elif result.outcome is Outcome.FAILED and self.unsaved is None:
            for other in self.schedule.without(step):
                self._finish(StepResult(step=other, outcome=Outcome.SKIPPED, because=step.key))

    # ── the end ───────────────────────────────────────────────────────────────────────────

    def _settled_outputs(self) -> Mapping[str, Any]:
        """Every output that can be told; one that cannot keeps its last value."""
        if self.plan.wanted_outputs is None:
            return self.state.outputs
        outputs: dict[str, Any] = {}
        for name, (value, sensitive) in self.plan.wanted_outputs.items():
            try:
                found = resolve(value, self.references.value)
            except EngineError:
                if name in self.state.outputs:
                    outputs[name] = self.state.outputs[name]
                continue
            kept = kept_output(found, sensitive=sensitive, salt=self.state.lineage)
            if is_sealed(kept):
                self.around.sink.store(self.plan.stack, f"output.{name}", str(plain(found)))
            outputs[name] = kept
        return outputs

    def _last_write(self) -> None:
        """The state with all that happened, and the outputs as far as they can be kept."""
        self.state = self.so_far()
        try:
            self.state = self.around.save(self.state)
            for name, value in self.draft.base.outputs.items():
                if is_sealed(value) and not is_sealed(self.state.outputs.get(name)):
                    self.around.sink.remove(self.plan.stack, f"output.{name}")
        except EngineError as error:
            self.unsaved = error
