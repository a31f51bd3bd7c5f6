"""`engine state push`: store a state that a person has as a file."""

from __future__ import annotations

import dataclasses

from engine.address import is_logical_name
from engine.errors import GuardError, StateError, UsageError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.operations.run.guards import refuse_held
from engine.operations.run.opening import report_waiting
from engine.operations.state_edit.checks import check_finished
from engine.state.codec import decode
from engine.state.model import State


@frozen
class Pushed:
    """What became of a state that was pushed.

    Attributes:
        state: The state.
        first: Its stack had none before.
        changed: It was written; False if it was stored already.
    """

    state: State
    first: bool
    changed: bool


def push_state(
    context: Context, stack: str, raw: bytes, source: str, *, lock_timeout: float = 0.0
) -> Pushed:
    """Store a state in place of an earlier one of the same lineage. Nothing is sent to Stripe.

    Args:
        context: The run's ports.
        stack: The stack.
        raw: The bytes of the state's file.
        source: Where they are from, for messages.
        lock_timeout: Seconds to wait for another run.

    Raises:
        StateError: if the bytes are no whole state, or no successor of what is stored.
        UsageError: if it is the state of another stack or environment.
        LockHeldError: if another run works on the stack, or a person locked it.
        GuardError: if it is of another account or mode.
    """
    if not is_logical_name(stack):
        raise UsageError(f"{stack!r} is no name of a stack", hint="engine stacks lists them")
    given = decode(raw, path=source)
    if (given.stack, given.environment) != (stack, context.environment):
        raise UsageError(
            f"{source} is the state of {given.environment}/{given.stack}, and not of "
            f"{context.environment}/{stack}",
            hint=f"engine state push -e {given.environment} {given.stack} FILE puts it where it "
            "belongs; under another name it would make duplicates",
        )
    refuse_held(context, (stack,))
    with context.backend.lock(
        stack,
        context.environment,
        operation="state push",
        timeout=lock_timeout,
        on_wait=report_waiting(context, stack),
        claim=context.claim,
    ):
        check_finished(context, stack)
        if context.backend.read_import(stack, context.environment) is not None:
            raise StateError(
                f"an import of {context.environment}/{stack} was interrupted",
                hint=f"run engine plan {stack} first: it finishes the import",
            )
        stored = context.backend.read(stack, context.environment)
        _check_account(context, given, stored)
        if stored is not None and _is_same(given, stored):
            return Pushed(state=stored, first=False, changed=False)
        if stored is not None:
            _check_successor(given, stored, source)
        context.backend.write(given, expected=stored)
    return Pushed(state=given, first=stored is None, changed=True)


def _is_same(given: State, stored: State) -> bool:
    """Whether two states say the same, whichever engine wrote them."""
    return dataclasses.replace(given, engine_version=stored.engine_version) == stored


def _check_successor(given: State, stored: State, source: str) -> None:
    """Refuse a state that is not a later one of the same lineage.

    Raises:
        StateError: if it is not.
    """
    place = f"{stored.environment}/{stored.stack}"
    if given.lineage != stored.lineage:
        raise StateError(
            f"{source} is of lineage {given.lineage}, and the state of {place} of {stored.lineage}",
            cause="Two states that began apart manage different objects.",
            hint=f"engine state pull {stored.stack} shows what is stored. Nothing was overwritten",
        )
    if given.serial <= stored.serial:
        other = "with other content" if given.serial == stored.serial else "which is newer"
        raise StateError(
            f"{source} has serial {given.serial}, and the state of {place} has "
            f"{stored.serial}, {other}",
            hint=f"begin with what engine state pull {stored.stack} prints, and raise its serial. "
            "Nothing was overwritten",
        )


def _check_account(context: Context, given: State, stored: State | None) -> None:
    """Refuse a state whose objects are on another account, or in another mode.

    Raises:
        GuardError: if they are.
    """
    pinned = context.settings.environment.account
    known = stored.account_id if stored is not None else ""
    for account in (pinned, known):
        if account and given.account_id and account != given.account_id:
            raise GuardError(
                f"the state is of account {given.account_id}, and {context.environment} is "
                f"{account}",
                hint="-e NAME chooses the environment. Nothing was overwritten",
            )
    modes = {given.livemode, stored.livemode if stored is not None else None} - {None}
    if len(modes) > 1:
        raise GuardError(
            f"one of the two states of {context.environment}/{given.stack} is of live mode, and "
            "the other is not",
            hint="-e NAME chooses the environment. Nothing was overwritten",
        )
