"""`engine state rm`: take resources, or a stack, out of the states; objects stay on Stripe."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from engine.address import ResourceAddress
from engine.errors import UsageError
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session
from engine.operations.run.orphans import empty_graph
from engine.operations.state_edit.checks import check_finished, check_stored, not_recorded
from engine.stack.loader import stack_files
from engine.state.model import State

_OPERATION = "state rm"


def forget_resources(
    context: Context,
    stack: str,
    addresses: Sequence[ResourceAddress],
    *,
    lock_timeout: float = 0.0,
) -> State:
    """Take resources out of a state; their objects stay as they are on Stripe.

    Args:
        context: The run's ports.
        stack: The stack whose state has them.
        addresses: The resources.
        lock_timeout: Seconds to wait for another run.

    Returns:
        The state as written.

    Raises:
        UsageError: if one of them is not in the state.
        LockHeldError: if another run works on the stack.
        StateError: if the state cannot be trusted or written.
    """
    check_stored(context, stack)
    check_finished(context, stack)
    with open_session(
        context, (empty_graph(stack),), operation=_OPERATION, lock_timeout=lock_timeout
    ) as run:
        state = run.states[stack]
        for address in addresses:
            if state.at(address) is None:
                raise not_recorded(context, state, address)
        gone = set(addresses)
        resources = {
            name: dataclasses.replace(
                entry, dependencies=tuple(need for need in entry.dependencies if need not in gone)
            )
            for name, entry in state.resources.items()
            if name not in gone
        }
        return run.save(dataclasses.replace(state, resources=resources))


def forget_stack(
    context: Context, stack: str, approve: Callable[[State], bool], *, lock_timeout: float = 0.0
) -> State | None:
    """Remove the state of a stack that has no module; its objects stay as they are on Stripe.

    Args:
        context: The run's ports.
        stack: The stack.
        approve: Asks a person, who is shown what the state has.
        lock_timeout: Seconds to wait for another run.

    Returns:
        The state that was removed; None if the person did not agree.

    Raises:
        UsageError: if it has no state, or a module.
        LockHeldError: if another run works on the stack.
        StateError: if the state cannot be trusted or removed.
    """
    check_stored(context, stack)
    if stack in stack_files(context.settings.stacks):
        raise UsageError(
            f"stacks/{stack}.py declares stack {stack}: the next apply would make all of it again",
            hint=f"to end what it manages: engine destroy {stack}; to forget it, remove the module "
            "first",
        )
    check_finished(context, stack)
    with open_session(
        context, (empty_graph(stack),), operation=_OPERATION, lock_timeout=lock_timeout
    ) as run:
        state = run.states[stack]
        if not approve(state):
            return None
        context.backend.remove(state)
        return state
