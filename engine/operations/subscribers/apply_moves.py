"""`engine apply FILE` of a plan of moves: carry out exactly it, and keep what undoes it.

Each move is an operation of the executor, with a journal of its own in the state backend. What
Stripe has decides what is left to do, so that nothing is done twice.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from engine.address import address
from engine.apply.executor import StackRun
from engine.apply.ports import ApplyPorts
from engine.catalog.loader import type_name
from engine.errors import EngineError, InterruptedRunError, ProviderError, StateError
from engine.operations.run.context import Context
from engine.operations.run.guards import check_permissions, check_usable, refuse_held
from engine.operations.run.interrupt import stoppable
from engine.operations.run.opening import report_waiting
from engine.operations.run.session import Session
from engine.operations.saved_plan.staleness import check_account, refused_plan
from engine.operations.show import states
from engine.operations.subscribers.find import Named, subscribed_type
from engine.operations.subscribers.plan_moves import managed_ids
from engine.operations.subscribers.recheck import CHANGED, THERE, Look, Rechecking
from engine.operations.subscribers.record import Record, close_record, end_undone, open_record
from engine.operations.subscribers.undo import undo_of
from engine.operations.subscribers.view import read_prices
from engine.plan.model import Plan, PlanReport, Step, StepKind
from engine.plan.refusal import PlanRule
from engine.plan.subscribers.moves import Moves, Proration, Row
from engine.plan.subscribers.outcome import Became, Moved, MovesReport
from engine.plan.subscribers.price_facts import PriceFacts, facts_of
from engine.ports.outcomes import ApplyResult, Outcome, StepResult
from engine.ports.provider import RequestContext
from engine.ports.run_locks import Hold
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType

LOCK = "subscriber-moves"
"""The name of the lock by which one run at a time moves subscribers in an environment."""
_AT_ONCE = {"payment_behavior": "error_if_incomplete", "off_session": True}
"""With a move that charges at once: if the payment fails, the subscription stays as it is."""
_ELSEWHERE = "it is on neither price any more"


def apply_moves(
    context: Context,
    name: str,
    moves: Moves,
    approve: Callable[[Moves], bool],
    keep: Callable[[Moves], None],
    *,
    earlier: Moves | None = None,
    lock_timeout: float = 0.0,
) -> MovesReport:
    """Carry out moves, those that are left of them.

    Args:
        context: The run's ports.
        name: The name by which the moves are known.
        moves: The moves.
        approve: Called under the lock, before the first move.
        keep: Keeps the moves that bring back what was moved, before the record of the run ends.
        earlier: What it kept after earlier runs of the same moves.
        lock_timeout: Seconds to wait for another run.

    Returns:
        What became of each; failures are part of it and not raised.

    Raises:
        GuardError: if they were made for another environment, account or mode, or a price is not
            as they need it.
        LockHeldError: if another run moves subscribers, or a person holds the lock.
        StateError: if the record of the run cannot be read or written.
        ProviderError: if Stripe refuses or cannot be reached before the first move.
        InterruptedRunError: if the person stopped the run without waiting.
    """
    _check_environment(context, moves)
    stacks = tuple(dict.fromkeys(price.stack for price in moves.prices if price.stack))
    refuse_held(context, (LOCK, *stacks))
    with _locked(context, (name, moves.undoes), lock_timeout) as (fence, hold):
        session = Session(context)
        check_account(moves, session.check_account())
        run = _Moving(context, session, name, moves, fence)
        run.prepare()
        if not approve(moves):
            return run.report(approved=False)
        refuse_held(context, (LOCK, *stacks))
        run.check_permissions()
        try:
            with stoppable(context.hook.stopping) as stop:
                return run.carry_out(hold, stop, keep, earlier)
        except KeyboardInterrupt as error:
            raise InterruptedRunError(
                "the run was stopped at once, without waiting for what was in flight",
                hint="it is in the record of the run: apply the same file again, which finds out "
                "what became of it, goes on, and writes what undoes all of it",
            ) from error


def _check_environment(context: Context, moves: Moves) -> None:
    """Check that moves are of this environment, and that it has a key."""
    if moves.environment != context.environment:
        raise refused_plan(
            f"the moves are of environment {moves.environment!r}, and this run uses "
            f"{context.environment!r}",
            PlanRule.PLAN_OF_ANOTHER_PLACE,
            hint=f"add -e {moves.environment} if they are to be applied there; nothing was changed",
        )
    check_usable(context.settings.environment)


@contextlib.contextmanager
def _locked(context: Context, names: Sequence[str], timeout: float) -> Iterator[tuple[Hold, Hold]]:
    """Hold the lock of all moves of an environment, and those of records; the first two."""
    with contextlib.ExitStack() as locks:
        first, second, *_ = (
            locks.enter_context(
                context.backend.lock(
                    one,
                    context.environment,
                    operation="apply",
                    timeout=timeout,
                    on_wait=report_waiting(context, one),
                    claim=context.claim,
                )
            )
            for one in (LOCK, *filter(None, names))
        )
        yield first, second


@dataclass(slots=True)
class _Moving:
    """The moves of one file while they are carried out."""

    context: Context
    session: Session
    name: str
    moves: Moves
    fence: Hold
    ended: dict[str, Moved] = field(default_factory=dict)
    look: Look = field(init=False)
    provider: Rechecking = field(init=False)
    prices: Mapping[str, RemoteObject] = field(init=False)
    kind: ResourceType = field(init=False)
    named: str = field(init=False)

    def prepare(self) -> None:
        """Read the prices, and decide by them how subscriptions are looked at.

        Raises:
            UsageError: if one does not exist.
            RefusedError: if customers cannot be moved to one.
        """
        moves, context = self.moves, self.context
        how = subscribed_type(context.schemas[moves.type])
        self.named, self.kind = how.named, context.schemas[type_name(how.by)]
        wanted = [Named(type=moves.type, id=one.id, account=moves.account) for one in moves.prices]
        found = (read_prices(context, self.session.provider, (one,)) for one in wanted)
        self.prices = {one.id: price for [(one, price)] in found}
        for target in moves.targets:
            self._check_target(moves.prices[target].id)
        for facts in moves.prices if not moves.undoes else ():
            self._check_terms(facts)
        managed = managed_ids(states(context, ()), self.kind.name)
        self.look = Look(moves, self.named, self.prices, managed)
        rows = {row.id: row for row in moves.rows}
        self.provider = Rechecking(self.session.provider, self.look, rows)

    def _check_target(self, id: str) -> None:
        if not (self.prices[id]["active"] or self.moves.undoes):
            raise refused_plan(
                f"{id} was archived since the moves were planned, and Stripe moves no subscription "
                "to an archived price",
                hint="plan the moves again, to the price that took its place; nothing was changed",
            )

    def _check_terms(self, facts: PriceFacts) -> None:
        if facts.terms != facts_of(self.prices[facts.id]).terms:
            raise refused_plan(
                f"what {facts.id} costs was changed since the moves were planned: its "
                "currency_options or its tax_behavior",
                hint="plan the moves again, so that what customers will pay is reviewed; nothing "
                "was changed",
            )

    def check_permissions(self) -> None:
        """Check, before the first write, that the key may move subscriptions."""
        plan = self._plan(self.moves.rows[:1])
        report = PlanReport(
            environment=self.moves.environment,
            embedded=self.moves.embedded,
            account_id=self.moves.account_id,
            livemode=self.moves.livemode,
            plans=(plan,),
            requests=0,
        )
        environment = self.context.settings.environment
        check_permissions(self.session.provider, self.context.schemas, report, environment)

    def carry_out(
        self,
        hold: Hold,
        stop: Event,
        keep: Callable[[Moves], None],
        earlier: Moves | None,
    ) -> MovesReport:
        """Move those that are left, keep what undoes that, and end the record of the run."""
        account = self.session.check_account()
        record = open_record(self.context, self.name, account, hold, self.provider)
        moved = record.moved | ({row.id for row in earlier.rows} if earlier else set())
        self._survey(moved, record.unsure)
        left = [row for row in self.moves.rows if row.id not in self.ended]
        result = None
        with self._targets_active(needed=bool(left), resumed=record.resumed):
            if left:
                result = self._run(record, left, stop)
        undo = None
        if not self.moves.undoes:
            done = [one.row for one in self.ended.values() if one.became is Became.MOVED]
            undo = undo_of(self.moves, self.name, done, earlier, self.look)
        if undo is not None:
            try:
                keep(undo)
            except EngineError:
                record.journal.file.close()
                raise
        report = self.report(result=result, undo=undo)
        # What could not be written stays in the record, from which the next apply goes on.
        with contextlib.suppress(*([StateError] if report.unsaved is not None else [])):
            # The way back needs no record of what it moved.
            close_record(self.context, record, end=report.is_whole or bool(self.moves.undoes))
            if report.is_whole and self.moves.undoes:
                unsure = end_undone(self.context, self.moves.undoes)
                return dataclasses.replace(report, unsure=unsure)
        return report

    def _survey(self, moved: frozenset[str] | set[str], unsure: frozenset[str]) -> None:
        """Read the lists of the prices, and set apart what needs no move, or cannot have one."""
        rows = {row.id: row for row in self.moves.rows}
        seen: set[str] = set()
        for found in self._on(self.moves.sources, rows):
            row = rows[found["id"]]
            seen.add(row.id)
            self._settle(row, self.look.why_not(row, found), moved, unsure)
        missing = {id: row for id, row in rows.items() if id not in seen}
        if not missing:
            return
        for found in self._on(self.moves.targets, rows):
            there = missing.pop(found["id"], None)
            if there is not None:
                self._settle(there, self.look.why_not(there, found), moved, unsure)
        for row in missing.values():
            self.ended[row.id] = Moved(row, Became.CHANGED, _ELSEWHERE)

    def _on(self, places: Sequence[int], rows: Mapping[str, Row]) -> Iterator[RemoteObject]:
        for place in places:
            filters = {self.named: self.moves.prices[place].id}
            pages = self.session.provider.pages(self.kind, filters, account=self.moves.account)
            for page in pages:
                yield from (found for found in page if found["id"] in rows)

    def _settle(
        self, row: Row, why: str, moved: frozenset[str] | set[str], unsure: frozenset[str]
    ) -> None:
        if why == THERE and (row.id in moved or row.id in unsure):
            self.ended[row.id] = Moved(row, Became.MOVED, earlier=True)
        elif why:
            became = Became.THERE if why == THERE else Became.CHANGED
            self.ended[row.id] = Moved(row, became, why)

    @contextlib.contextmanager
    def _targets_active(self, *, needed: bool, resumed: bool) -> Iterator[None]:
        """Make archived prices active while subscriptions go back to them, and archive them again.

        One that a run which was killed left active is archived even if no move is left. One that a
        person has made active since the moves were planned stays so.
        """
        kind = self.context.schemas[self.moves.type]
        facts = [self.moves.prices[place] for place in self.moves.targets]
        archived = [one.id for one in facts if one.archived]
        active = {id for id in archived if self.prices[id]["active"]}
        ending = [id for id in archived if (resumed if id in active else needed)]
        revival, removal = kind.life.revival, kind.life.removals[0]
        for id in ending:
            if id not in active and revival is not None:
                self._set(kind, id, revival.params or {})
        try:
            yield
        finally:
            for id in ending:
                self._set(kind, id, removal.params)

    def _set(self, kind: ResourceType, id: str, params: Mapping[str, Any]) -> None:
        key = f"engine-{self.context.new_id()}"
        context = RequestContext(key, account=self.moves.account, fence=self.fence.check)
        self.session.provider.update(kind, id, params, context)

    def _run(self, record: Record, rows: Sequence[Row], stop: Event) -> ApplyResult:
        context = self.context
        run = StackRun(
            self._plan(rows),
            record.state,
            ApplyPorts(
                provider=self.provider.as_provider(),
                schemas=context.schemas,
                journal=record.journal,
                fence=self.fence.check,
                save=lambda state: state,
                sink=context.sink,
                outputs_of=lambda _: None,
                hook=context.hook,
                run=context.new_id(),
                parallelism=context.settings.parallelism,
                stop=stop,
            ),
        )
        run.advance()
        result = run.finish()
        for row, one in zip(rows, result.results, strict=True):
            self.ended[row.id] = _became(row, one)
        return result

    def _plan(self, rows: Sequence[Row]) -> Plan:
        total = len(rows)
        steps = (self._step(row, f"{number}-of-{total}") for number, row in enumerate(rows, 1))
        return Plan(
            stack=self.name,
            environment=self.moves.environment,
            lineage=self.name,
            serial=0,
            steps=tuple(steps),
        )

    def _step(self, row: Row, name: str) -> Step:
        moves = self.moves
        item: dict[str, Any] = {"id": row.item, self.named: moves.prices[row.new].id}
        if row.quantity is not None:
            item["quantity"] = row.quantity
        charges = moves.new_cycle or moves.proration is Proration.ALWAYS_INVOICE
        return Step(
            key=f"move {row.id}",
            kind=StepKind.UPDATE,
            address=address(self.kind.name, name),
            type=self.kind.name,
            id=row.id,
            params={
                "items": [item],
                "proration_behavior": moves.proration.value,
                **(_AT_ONCE if charges and not row.invoiced else {}),
            },
            account=moves.account,
        )

    def report(
        self,
        *,
        approved: bool = True,
        result: ApplyResult | None = None,
        undo: Moves | None = None,
    ) -> MovesReport:
        """What became of the moves."""
        rows = self.moves.rows if approved else ()
        return MovesReport(
            name=self.name,
            moves=self.moves,
            approved=approved,
            ended=tuple(self.ended[row.id] for row in rows),
            interrupted=result is not None and result.interrupted,
            unsaved=None if result is None else result.unsaved,
            undo=undo,
            requests=self.session.requests,
            writes=self.session.writes,
        )


def _became(row: Row, result: StepResult) -> Moved:
    if result.outcome is Outcome.APPLIED:
        return Moved(row, Became.MOVED)
    if result.outcome is Outcome.SKIPPED:
        return Moved(row, Became.NOT_BEGUN)
    error = result.error
    if isinstance(error, ProviderError) and error.code == CHANGED:
        became = Became.THERE if error.message == THERE else Became.CHANGED
        return Moved(row, became, error.message)
    return Moved(row, Became.FAILED, _why(error))


def _why(error: EngineError | None) -> str:
    """The answer of Stripe, on a line."""
    return " ".join(str(error.message if error is not None else "").split())
