"""`engine state mv` and `engine state rm`: edit a state under its lock, with checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from engine.address import ResourceAddress, parse_address
from engine.apply.secrets import copy_secrets, kept_secret, secret_names
from engine.errors import StateError, UsageError
from engine.graph.build import ResourceGraph
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session
from engine.stack.loader import stack_files
from engine.stack.model import Stack
from engine.state.model import State
from engine.suggest import nearest
from engine.values.paths import get_path
from engine.values.secret import Sealed


def move_resource(
    context: Context,
    stack: str,
    old: ResourceAddress,
    new: ResourceAddress,
    *,
    lock_timeout: float = 0.0,
) -> State:
    """Give a resource another address in its state; nothing is sent to Stripe.

    Args:
        context: The run's ports.
        stack: The stack whose state has it.
        old: Its address.
        new: The address it gets.
        lock_timeout: Seconds to wait for another run.

    Returns:
        The state as written.

    Raises:
        UsageError: if it is not in the state, or the new address is taken or of another type.
        LockHeldError: if another run works on the stack.
        StateError: if the state cannot be trusted or written.
    """
    _check_finished(context, stack)
    with open_session(
        context, (_bare(stack),), operation="state mv", lock_timeout=lock_timeout
    ) as run:
        state = run.states[stack]
        _check_there(state, old)
        if old.type != new.type or new.lookup:
            raise UsageError(
                f"{new} is no address for a {context.schemas[old.type].title}",
                hint=f"an object keeps its type: {old.type}.{new.name}",
            )
        if state.at(new) is not None:
            raise UsageError(
                f"{new} is {state.resources[new].id} already",
                hint=f"release that one first: engine state rm {new}",
            )
        kind, entry = context.schemas[old.type], state.resources[old]
        copy_secrets(context.sink, state.stack, kind, entry, old, new)
        return run.save(state.with_move(old, new))


def rename_stack(context: Context, old: str, new: str, *, lock_timeout: float = 0.0) -> State:
    """Give the state of a stack, whose module was renamed, the new name; nothing is sent to Stripe.

    The state is written under its new name before the old one is removed: an interrupted run leaves
    both, and the same command finishes it.

    Args:
        context: The run's ports.
        old: The stack's name so far.
        new: Its new name.
        lock_timeout: Seconds to wait for another run.

    Returns:
        The state as written.

    Raises:
        UsageError: if `old` has no state, a module still has the old name or none has the new one,
            or `new` has a state of its own.
        LockHeldError: if another run works on one of the stacks.
        SecretSinkError: if a secret cannot be kept under the new name.
        StateError: if a state cannot be trusted or written.
    """
    _check_modules(context, old, new)
    for stack in (old, new):
        _check_finished(context, stack)
    both = (_bare(old), _bare(new))
    with open_session(context, both, operation="state mv", lock_timeout=lock_timeout) as run:
        source, target = run.states[old], run.loaded[new]
        if target is not None and target.lineage != source.lineage:
            raise UsageError(
                f"stack {new} has a state of its own already",
                cause=f"It manages {len(target.resources)} objects.",
                hint=f"only a whole stack can be renamed: {new} must have no state yet",
            )
        if target is None:
            _carry_secrets(context, source, new)
            target = dataclasses.replace(source, stack=new, serial=source.serial + 1)
            context.backend.write(target, expected=None)
        context.backend.remove(source)
        return target


def _check_modules(context: Context, old: str, new: str) -> None:
    """Refuse to rename unless the old name has a state and no module, and the new one a module."""
    modules = stack_files(context.settings.stacks)
    stored = context.backend.stacks(context.environment)
    if old not in stored:
        near = nearest(old, stored)
        raise UsageError(
            f"stack {old} has no state in environment {context.environment}",
            hint=f"did you mean {near}:?" if near else "engine state list shows what there is",
        )
    if old in modules:
        raise UsageError(
            f"stacks/{old}.py still declares stack {old}",
            hint=f"rename the module first, to stacks/{new}.py",
        )
    if new not in modules:
        near = nearest(new, tuple(modules))
        raise UsageError(
            f"there is no module stacks/{new}.py",
            hint=f"did you mean {near}:?" if near else f"put the renamed module at stacks/{new}.py",
        )


def _carry_secrets(context: Context, state: State, new: str) -> None:
    """Keep the secrets of a stack under its new name too: Stripe returns them only once."""
    names = [
        name
        for address, entry in state.resources.items()
        for path, name in secret_names(context.schemas[entry.type], parse_address(address)).items()
        if isinstance(get_path(entry.attributes, path), Sealed)
    ]
    names += [
        f"output.{name}" for name, value in state.outputs.items() if isinstance(value, Sealed)
    ]
    for name in names:
        secret = kept_secret(context.sink, state.stack, name)
        if secret is not None:
            context.sink.store(new, name, secret)


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
    _check_finished(context, stack)
    with open_session(
        context, (_bare(stack),), operation="state rm", lock_timeout=lock_timeout
    ) as run:
        state = run.states[stack]
        for address in addresses:
            _check_there(state, address)
        gone = set(addresses)
        resources = {
            name: dataclasses.replace(
                entry, dependencies=tuple(need for need in entry.dependencies if need not in gone)
            )
            for name, entry in state.resources.items()
            if name not in gone
        }
        return run.save(dataclasses.replace(state, resources=resources))


def _bare(stack: str) -> ResourceGraph:
    """A graph that declares nothing: the module is not needed, or does not exist."""
    return ResourceGraph(
        stack=Stack(name=stack, file=""), order=(), edges={}, deferred={}, triggers={}, targets={}
    )


def _check_finished(context: Context, stack: str) -> None:
    """Refuse to work with a journal: its recovery may need what the stack declares."""
    if context.backend.read_journal(stack, context.environment):
        raise StateError(
            f"an unfinished run of {context.environment}/{stack} left a journal",
            hint=f"run engine plan {stack} first: it recovers what that run did",
        )


def _check_there(state: State, address: ResourceAddress) -> None:
    if state.at(address) is None:
        near = nearest(address, tuple(state.resources))
        raise UsageError(
            f"{address} is not in the state of {state.stack}",
            hint=f"did you mean {near}?" if near else "engine state list shows what is",
        )
