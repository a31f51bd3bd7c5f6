"""Recover what an earlier run left unfinished, before anything else is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.apply.journal import Journal, Run, read_journal
from engine.apply.recovery import RecoveryPorts, recover
from engine.apply.references import References
from engine.apply.secrets import sensitive_in
from engine.errors import GuardError, StateError
from engine.graph.build import ResourceGraph
from engine.operations.run.guards import refuse_held
from engine.operations.run.session import Session
from engine.ports.outcomes import Found, RecoveredStep
from engine.ports.provider import Account
from engine.stack.model import Stack
from engine.state.model import Draft
from engine.values.secret import Sensitive, fingerprint
from engine.values.templates import unescaped


def recover_run(session: Session, name: str, graph_of: Callable[[str], ResourceGraph]) -> None:
    """Add to the state of a stack what an unfinished run did, if there was one.

    Args:
        session: The session, with the state as it is stored.
        name: Stack name.
        graph_of: Returns what a stack declares, for its secrets.

    Raises:
        StateError: if journal and state do not fit, or cannot be read or written.
        GuardError: if the key belongs to another account or mode than the run's.
        LockHeldError: if something has to be sent again, and the stack has a held lock.
        ProviderError: if something is uncertain and Stripe cannot be asked.
    """
    context = session.context
    records = context.backend.read_journal(name, context.environment)
    if not records:
        return
    stored = session.loaded[name]
    advice = context.advice(name)
    if stored is None:
        raise StateError(
            f"an unfinished run of {context.environment}/{name} left a journal, but its state is "
            "gone",
            hint=f"bring the state back ({advice.restore}); if it is lost, engine state rebuild "
            f"{name} makes it again from the account, with what the run made",
        )
    draft = Draft(stored)
    secrets = secrets_of(graph_of(name), stored.lineage)
    unfinished = read_journal(records, context.schemas, secrets)
    if unfinished.pending:
        refuse_held(context, (name,))
        _check_run(unfinished.run, session.check_account())
    findings = recover(
        unfinished,
        draft,
        RecoveryPorts(
            provider=lambda: session.provider,
            schemas=context.schemas,
            sink=context.sink,
            references=References(
                stack=name,
                draft=draft,
                schemas=context.schemas,
                sink=context.sink,
                outputs_of=session.output_of,
            ),
            fence=session.holds[name].check,
            advice=advice,
        ),
    )
    file = context.backend.begin_journal(name, context.environment, records, reserve=0)
    session.journals[name] = Journal(unfinished.run, file)
    if session.save(draft.state()).serial != stored.serial:
        session.recovered[name] = stored.serial
    if findings:
        context.hook.recovered(name, unfinished.run.since, findings)
        session.recovery_warnings[name] = tuple(_warnings(unfinished.run.since, findings))


def _warnings(since: str, findings: Sequence[RecoveredStep]) -> Iterator[str]:
    undone = sum(finding.what in (Found.NOT_DONE, Found.LEFT) for finding in findings)
    yield (
        f"a run of {since} had not finished and was recovered: {len(findings) - undone} of its "
        f"operations are in the state now, {undone} are left to this plan"
    )
    for finding in findings:
        if finding.secret_lost:
            yield (
                f"{finding.address}: Stripe returned its secret once, when it was created, and "
                f"that answer was lost. For a new one, run engine apply --replace {finding.address}"
            )


def secrets_of(graph: ResourceGraph, salt: str) -> dict[str, Any]:
    """Secrets that a stack declares, by the fingerprint in journals and plan files."""
    return {fingerprint(value, salt): value for value in declared_secrets(graph.stack)}


def declared_secrets(stack: Stack) -> tuple[Any, ...]:
    """Secrets that a stack declares, as written and as sent."""
    outputs = stack.outputs.values()
    sources = [
        [entry.arguments for entry in stack.declarations.values()],
        [Sensitive(entry.value) if entry.sensitive else entry.value for entry in outputs],
    ]
    declared = [entry.value for entry in sensitive_in(sources)]
    # A plan file has them as they are declared, a journal as they are sent.
    return (*declared, *map(unescaped, declared))


def _check_run(run: Run, account: Account) -> None:
    """Refuse to recover a run with a key of another account or mode."""
    same_mode = None in (run.livemode, account.livemode) or run.livemode == account.livemode
    if same_mode and (not run.account_id or not account.id or run.account_id == account.id):
        return
    modes = {True: "live mode", False: "test mode", None: "a mode that Stripe does not return"}
    raise GuardError(
        f"an unfinished run of {run.environment}/{run.stack} used {run.account_id}, "
        f"{modes[run.livemode]}, but the key belongs to {account.id}, {modes[account.livemode]}",
        hint=f"use a key of {run.account_id} so that it can be recovered; nothing was changed",
    )
