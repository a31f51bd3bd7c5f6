"""`engine state pull`: the bytes of a stored state."""

from __future__ import annotations

from engine.operations.run.context import Context
from engine.operations.state_edit.checks import check_stored


def pull_state(context: Context, stack: str) -> bytes:
    """The bytes of a state exactly as they are stored, valid or not.

    Raises:
        UsageError: if the stack has no state.
        StateError: if they cannot be read.
    """
    check_stored(context, stack)
    return context.backend.stored(stack, context.environment) or b""
