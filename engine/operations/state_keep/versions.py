"""`engine state history` and `engine state show STACK@41`: earlier versions of a state."""

from __future__ import annotations

import contextlib

from engine.address import is_logical_name
from engine.errors import StateError, UsageError
from engine.operations.run.context import Context
from engine.ports.history import Version
from engine.state.model import State


def history_of(context: Context, stack: str, limit: int) -> tuple[Version, ...]:
    """The versions of a state, the newest first.

    Raises:
        UsageError: if there are none.
        StateError: if the store keeps none.
    """
    _check_name(stack)
    found = context.backend.history(stack, context.environment, limit=limit)
    if not found:
        raise _no_state(context, stack)
    return found


def newest_of(context: Context, stack: str) -> State:
    """The state that is stored now.

    Raises:
        UsageError: if there is none.
        StateError: if it cannot be trusted.
    """
    _check_name(stack)
    stored = context.backend.read(stack, context.environment)
    if stored is None:
        raise _no_state(context, stack)
    return stored


def version_of(context: Context, stack: str, serial: int) -> State:
    """The state with a serial, also if that is the one that is stored now.

    Raises:
        UsageError: if there is none.
        StateError: if the store keeps no versions, or this one cannot be trusted.
    """
    _check_name(stack)
    stored = None
    with contextlib.suppress(StateError):  # an earlier version is a way out of a damaged one
        stored = context.backend.read(stack, context.environment)
    if stored is not None and stored.serial == serial:
        return stored
    found = context.backend.version(stack, context.environment, serial)
    if found is None:
        raise UsageError(
            f"there is no state of {context.environment}/{stack} with serial {serial}",
            hint=f"engine state history {stack} shows which there are",
        )
    return found


def _check_name(stack: str) -> None:
    if not is_logical_name(stack):
        raise UsageError(f"{stack!r} is no name of a stack", hint="engine stacks lists them")


def _no_state(context: Context, stack: str) -> UsageError:
    return UsageError(
        f"stack {stack} has no state in environment {context.environment}",
        hint="engine state list shows what there is",
    )
