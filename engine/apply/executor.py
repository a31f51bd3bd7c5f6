"""Carrying out a plan: concurrently where it allows, one durable record after every operation.

Apply obeys the plan alone. All state is touched by the calling thread only; worker threads do
nothing but talk to the provider.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from engine.apply.events import ApplyResult, Hook, Outcome, StepResult
from engine.apply.fold import folded, without_replacement
from engine.apply.ports import OutputsOf, Save, SecretSink
from engine.apply.secrecy import secret_name, secrets_in, without_secrets
from engine.errors import EngineError, NotFoundError, ProviderError
from engine.plan.model import Plan, Step, StepKind
from engine.plan.normal import is_sealed
from engine.plan.outputs import kept_output
from engine.provider.base import Provider, RemoteObject, RequestContext, id_of
from engine.provider.schema import Removal, Schemas, Verb
from engine.state.model import State
from engine.values import (
    UNKNOWN,
    AttributeTarget,
    OutputTarget,
    Path,
    Sensitive,
    Target,
    get_path,
    plain,
    resolve,
)

_REFUSED = 400
INTERRUPTED = "interrupted"
"""What skipped a step when the person stopped the run."""
UNSAVED = "unsaved"
"""What skipped a step when the state could not be written: nothing new is begun then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What one apply works with.

    Attributes:
        provider: Where the objects are.
        schemas: Resource types by name.
        save: Makes a state durable.
        sink: Where secrets go.
        outputs_of: Reads other stacks' outputs.
        hook: Told of everything.
        run: Random id of this run, part of every idempotency key.
        parallelism: Operations in flight at once.
        stop: Set when the person asks the run to stop.
    """

    provider: Provider
    schemas: Schemas
    save: Save
    sink: SecretSink
    outputs_of: OutputsOf
    hook: Hook
    run: str
    parallelism: int
    stop: threading.Event = field(default_factory=threading.Event)


def execute(plan: Plan, state: State, around: Surroundings) -> ApplyResult:
    """Carry out a plan.

    A failed operation skips what depends on it, and nothing else. The first Ctrl-C lets what is
    in flight finish; what was done is recorded either way.

    Args:
        plan: What to do.
        state: The state the plan was made from.
        around: What to do it with.
    """
    return _Run(plan, state, around).run()


@dataclass(slots=True)
class _Run:
    plan: Plan
    state: State
    around: Surroundings
    results: dict[str, StepResult] = field(default_factory=dict)
    answers: dict[str, RemoteObject] = field(default_factory=dict)
    sent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    interrupted: bool = False
    unsaved: EngineError | None = None

    def run(self) -> ApplyResult:
        self.around.hook.apply_started(self.plan.stack, len(self.plan.steps))
        if self.plan.moves:
            self._move()
        with ThreadPoolExecutor(max_workers=self.around.parallelism) as pool:
            self._drive(pool)
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

    # ── the loop ──────────────────────────────────────────────────────────────────────────

    def _drive(self, pool: ThreadPoolExecutor) -> None:
        waiting = list(self.plan.steps)
        flying: dict[Future[RemoteObject | None], Step] = {}
        while waiting or flying:
            waiting = self._launch(pool, waiting, flying)
            if not flying:
                continue
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                self._land(flying.pop(future), future)

    def _launch(
        self,
        pool: ThreadPoolExecutor,
        waiting: list[Step],
        flying: dict[Future[RemoteObject | None], Step],
    ) -> list[Step]:
        """Start every step whose turn has come; skip those whose turn never will."""
        left: list[Step] = []
        for step in waiting:
            blocker = self._blocker(step)
            if blocker:
                self._finish(StepResult(step=step, outcome=Outcome.SKIPPED, because=blocker))
            elif len(flying) >= self.around.parallelism or not all(
                key in self.results for key in step.after
            ):
                left.append(step)
            else:
                self._start(pool, step, flying)
        return left

    def _blocker(self, step: Step) -> str:
        if self.around.stop.is_set():
            self.interrupted = True
            return INTERRUPTED
        if self.unsaved is not None:
            return UNSAVED
        for key in step.after:
            result = self.results.get(key)
            if result is not None and result.outcome is not Outcome.APPLIED:
                return key if result.outcome is Outcome.FAILED else result.because
        return ""

    def _start(
        self,
        pool: ThreadPoolExecutor,
        step: Step,
        flying: dict[Future[RemoteObject | None], Step],
    ) -> None:
        try:
            params = resolve(step.params, self._value)
            if step.kind is StepKind.CREATE and self._secrets(step):
                self.around.sink.check()
        except EngineError as error:
            self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=error))
            return
        if step.kind in (StepKind.RECORD, StepKind.FORGET):
            self._record(step, None)
            return
        self.around.hook.step_started(step)
        number = self.plan.steps.index(step)
        context = RequestContext(
            idempotency_key=f"engine-{self.around.run}-{self.plan.stack}-{number}",
            account=step.account,
        )
        id = step.id or self._own_id(step)
        self.sent[step.key] = tuple(secrets_in(params))
        flying[pool.submit(self._send, step, id, params, context)] = step

    def _own_id(self, step: Step) -> str:
        entry = self.state.at(step.address)
        return entry.id if entry is not None else ""

    def _send(
        self, step: Step, id: str, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject | None:
        """One operation; runs in a worker thread."""
        provider, kind = self.around.provider, self.around.schemas[step.type]
        if step.kind is StepKind.REMOVE:
            return self._take_away(step, id, context)
        if step.kind is StepKind.CREATE:
            return provider.create(kind, plain(params), context)
        if step.kind is StepKind.CALL:
            return provider.call(kind, id, step.call, plain(params), context)
        return provider.update(kind, id, plain(params), context)

    def _take_away(self, step: Step, id: str, context: RequestContext) -> RemoteObject | None:
        kind, removal = self.around.schemas[step.type], step.removal
        if removal is None or removal.verb is Verb.KEEP:
            return None
        try:
            return self._end(step.type, id, removal, context)
        except NotFoundError:
            return None  # somebody was faster; the wish is fulfilled
        except ProviderError as error:
            ways = kind.removals[kind.removals.index(removal) + 1 :] if removal.or_next else ()
            if error.status != _REFUSED or not ways:
                raise
            other = dataclasses.replace(
                context, idempotency_key=f"{context.idempotency_key}-{ways[0].verb}"
            )
            return self._end(step.type, id, ways[0], other)

    def _end(
        self, type_name: str, id: str, removal: Removal, context: RequestContext
    ) -> RemoteObject | None:
        provider, kind = self.around.provider, self.around.schemas[type_name]
        if removal.call:
            return provider.call(kind, id, removal.call, removal.params, context)
        if removal.params:
            return provider.update(kind, id, removal.params, context)
        provider.delete(kind, id, context)
        return None

    # ── what came of it ───────────────────────────────────────────────────────────────────

    def _land(self, step: Step, future: Future[RemoteObject | None]) -> None:
        try:
            answer = future.result()
        except EngineError as error:
            blanked = without_secrets(error, self.sent.get(step.key, ()))
            self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=blanked))
            return
        except Exception as error:  # noqa: BLE001 - the others in flight still have to be recorded
            bug = EngineError(
                f"{step.key}: unexpected {type(error).__name__}", hint="this is a bug in engine"
            )
            bug.__cause__ = error
            self._finish(StepResult(step=step, outcome=Outcome.FAILED, error=bug))
            return
        self._record(step, answer)

    def _record(self, step: Step, answer: RemoteObject | None) -> None:
        ended = id_of(answer) if answer is not None else step.id
        error: EngineError | None = None
        try:
            self._keep_secrets(step, answer)
        except EngineError as failure:
            error = failure
        # What happened on Stripe is remembered even while it cannot be written down: the next
        # write that succeeds carries it.
        kind = self.around.schemas[step.type]
        if error is not None and step.supersedes:
            self.state = without_replacement(self.state, step, ended)
        else:
            self.state = folded(self.state, step, kind, answer, self._value_or_unknown)
            if answer is not None and step.kind not in (StepKind.REMOVE, StepKind.DETACH):
                self.answers[str(step.address)] = answer
        try:
            self.state = self.around.save(self.state)
        except EngineError as failure:
            self.unsaved = error = failure
        outcome = Outcome.APPLIED if error is None else Outcome.FAILED
        self._finish(StepResult(step=step, outcome=outcome, id=ended, error=error))

    def _keep_secrets(self, step: Step, answer: RemoteObject | None) -> None:
        if step.kind is not StepKind.CREATE:
            return
        for path in self._secrets(step):
            value = get_path(answer, path)
            if value:
                name = secret_name(step.address, path)
                self.around.sink.store(self.plan.stack, name, str(value))

    def _secrets(self, step: Step) -> tuple[Path, ...]:
        """Where an answer may hold what Stripe tells once."""
        return self.around.schemas[step.type].told_once

    def _finish(self, result: StepResult) -> None:
        self.results[result.step.key] = result
        self.around.hook.step_finished(result)

    def _move(self) -> None:
        state = self.state
        for old, new in self.plan.moves.items():
            state = state.with_move(old, new)
        self.state = self.around.save(state)

    # ── references ────────────────────────────────────────────────────────────────────────

    def _value(self, target: Target) -> Any:
        """What a reference stands for now."""
        if isinstance(target, OutputTarget):
            found = self.around.outputs_of(target)
            if found is UNKNOWN:
                raise EngineError(
                    f"stack {target.stack!r} has no output {target.name!r}",
                    hint=f"apply {target.stack} first, or correct the name",
                )
            return found
        found = self._attribute(target)
        if found is UNKNOWN:
            raise EngineError(
                f"{target} is not known",
                cause=f"{target.address} is not in the state, or Stripe did not tell this field.",
                hint="run engine plan again",
            )
        return found

    def _value_or_unknown(self, target: Target) -> Any:
        try:
            return self._value(target)
        except EngineError:
            return UNKNOWN

    def _attribute(self, target: AttributeTarget) -> Any:
        text = str(target.address)
        first, *rest = target.attribute.split(".")
        entry = self.state.resources.get(text)
        if target.address.lookup:
            return get_path(self.plan.lookups.get(text), (first, *rest), UNKNOWN)
        if entry is None:
            return UNKNOWN
        if first == "id":
            # A child is kept with its parent, `prod_1/feat_2`; others refer to its own id.
            child = bool(self.around.schemas[entry.type].parent)
            return entry.id.rpartition("/")[2] if child else entry.id
        if is_sealed(get_path(entry.attributes, (first, *rest))):
            secret = self.around.sink.load(self.plan.stack, str(target))
            return UNKNOWN if secret is None else Sensitive(secret)
        for source in (self.answers.get(text, {}), entry.attributes):
            found = get_path(source, (first, *rest), UNKNOWN)
            if found is not UNKNOWN:
                return found
        return UNKNOWN

    def _settle_outputs(self) -> None:
        """Record every output that can be told; one that cannot keeps its last value."""
        if self.plan.wanted_outputs is None:
            return
        outputs: dict[str, Any] = {}
        for name, (value, sensitive) in self.plan.wanted_outputs.items():
            try:
                found = resolve(value, self._value)
            except EngineError:
                if name in self.state.outputs:
                    outputs[name] = self.state.outputs[name]
                continue
            kept = kept_output(found, sensitive=sensitive, salt=self.state.lineage)
            if is_sealed(kept):
                self.around.sink.store(self.plan.stack, f"output.{name}", str(plain(found)))
            outputs[name] = kept
        self.state = self.around.save(self.state.with_outputs(outputs))

    def _last_write(self) -> None:
        """Outputs, and whatever an earlier write could not carry."""
        try:
            self._settle_outputs()
            self.state = self.around.save(self.state)
        except EngineError as error:
            self.unsaved = error
