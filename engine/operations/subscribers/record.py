"""The record of moves: a journal in the state backend, which outlives a run that is killed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from engine.apply.journal import Journal, Run, first_record, objects_of, read_journal
from engine.apply.recovery import RecoveryPorts, recover
from engine.apply.references import References
from engine.errors import StateError, UntrustedStateError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.operations.subscribers.recheck import Rechecking
from engine.ports.outcomes import Found
from engine.ports.provider import Account
from engine.ports.run_locks import Hold
from engine.state.model import Delta, Draft, State, new_state


@frozen
class Record:
    """The record of the moves of one file.

    Attributes:
        journal: Where further moves are written down.
        moved: Subscriptions that earlier runs moved.
        unsure: Those of which only Stripe can say whether an earlier run moved them.
        state: A state without resources, for the executor: moves change none.
        resumed: A run that was interrupted left it.
    """

    journal: Journal
    moved: frozenset[str]
    unsure: frozenset[str]
    state: State
    resumed: bool = False


def open_record(
    context: Context, name: str, account: Account, hold: Hold, provider: Rechecking
) -> Record:
    """Open the record of some moves, and find out what an interrupted run left in flight.

    Args:
        context: The run's ports.
        name: The name by which the moves are known: that of the journal, and of its lock.
        account: The account of the key.
        hold: The lock.
        provider: Sends what has to be sent again, with its own idempotency key.

    Raises:
        StateError: if the record cannot be read or written.
        ProviderError: if Stripe cannot be asked.
    """
    records = _records(context, name)
    if records:
        return _recovered(context, name, records, hold, provider)
    state = new_state(name, context.environment, name)
    since = dt.datetime.fromtimestamp(context.clock(), dt.UTC)
    run = Run(
        id=name,
        stack=name,
        environment=context.environment,
        lineage=name,
        serial=0,
        objects=objects_of(state),
        account_id=account.id,
        livemode=account.livemode,
        since=since.isoformat(timespec="seconds"),
    )
    first = (first_record(run),)
    file = context.backend.begin_journal(name, context.environment, first, reserve=0)
    return Record(journal=Journal(run, file), moved=frozenset(), unsure=frozenset(), state=state)


def _records(context: Context, name: str) -> tuple[bytes, ...]:
    try:
        return context.backend.read_journal(name, context.environment) or ()
    except UntrustedStateError as error:
        raise StateError(
            f"what was done of the plan of moves {name} cannot be read: {error.file} is damaged",
            cause=error.why,
            hint="bring it back from a backup. Without one, remove it and apply the same file "
            "again: none is moved twice, but of those that are on the new price already, only "
            "those in the file that brings them back are still known to be moved",
        ) from error


def _recovered(
    context: Context, name: str, records: Sequence[bytes], hold: Hold, provider: Rechecking
) -> Record:
    """The record of a run that was interrupted, with what became of what was in flight."""
    state = new_state(name, context.environment, name)
    unfinished = read_journal(records, context.schemas, {})
    connected, draft = provider.as_provider(), Draft(state)
    ports = RecoveryPorts(
        provider=lambda: connected,
        schemas=context.schemas,
        sink=context.sink,
        references=References(
            stack=name,
            draft=draft,
            schemas=context.schemas,
            sink=context.sink,
            outputs_of=lambda _: None,
        ),
        fence=hold.check,
    )
    provider.recovering = True
    findings = recover(unfinished, draft, ports)
    provider.recovering = False
    file = context.backend.begin_journal(name, context.environment, records, reserve=0)
    journal = Journal(unfinished.run, file)
    moved = {intent.step.id for intent in unfinished.done}
    unsure: set[str] = set()
    for intent, finding in zip(unfinished.pending, findings, strict=True):
        if finding.what is Found.CONFIRMED:
            journal.done(intent.number, Delta())
            moved.add(intent.step.id)
            continue
        journal.failed(intent.number)
        if finding.what is Found.LEFT:
            unsure.add(intent.step.id)
    context.hook.recovered(name, unfinished.run.since, findings)
    return Record(
        journal=journal,
        moved=frozenset(moved),
        unsure=frozenset(unsure),
        state=state,
        resumed=True,
    )


def close_record(context: Context, record: Record, *, end: bool) -> None:
    """Close the record, and end it once what undoes all of it is in a file.

    Until then the next run of the same file, on any machine, knows from it what was moved.

    Raises:
        StateError: if it cannot be ended: the next apply of the same file reads it again.
    """
    record.journal.file.close()
    place = (record.journal.run.stack, context.environment)
    if end and not record.journal.open:
        context.backend.end_journal(*place)
        return
    kept = context.backend.read_journal(*place) or ()
    context.backend.begin_journal(*place, kept, reserve=0).close()  # without the room for more


def end_undone(context: Context, name: str) -> tuple[str, ...]:
    """End the record of moves that were all brought back, unless only Stripe knows of some.

    Returns:
        The subscriptions that may have been moved, and that the list to undo them does not have.

    Raises:
        StateError: if it cannot be read or ended.
    """
    records = _records(context, name)
    if not records:
        return ()
    pending = read_journal(records, context.schemas, {}).pending
    if not pending:
        context.backend.end_journal(name, context.environment)
    return tuple(intent.step.id for intent in pending)
