"""`engine show` and `engine output`: states and outputs; no request is sent."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from engine.errors import EngineError, UsageError
from engine.operations.modules import Modules
from engine.operations.run.context import Context
from engine.operations.run.secrets import unknown_secrets
from engine.plan.decide.references import supply_secret
from engine.stack.loader import stack_files
from engine.state.model import State
from engine.suggest import nearest
from engine.values.secret import Sealed


def states(context: Context, names: Sequence[str]) -> tuple[State, ...]:
    """The states of an environment, in order of stack names.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means every one that has a state.

    Raises:
        StateError: if one cannot be trusted.
        UsageError: if a stack that was asked for has no state.
    """
    known = context.backend.stacks(context.environment)
    found: list[State] = []
    for name in names or known:
        state = context.backend.read(name, context.environment)
        if state is None:
            near = nearest(name, known)
            raise UsageError(
                f"stack {name!r} has no state in environment {context.environment!r}",
                hint=f"did you mean {near!r}?" if near else "run engine apply first",
            )
        found.append(state)
    return tuple(found)


def outputs_to_come(context: Context, names: Sequence[str]) -> tuple[str, ...]:
    """The outputs that stacks declare, as far as their modules can be evaluated.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.
    """
    modules = Modules(context)
    found: set[str] = set()
    for name in stack_files(context.settings.stacks):
        if not names or name in names:
            with contextlib.suppress(EngineError):  # engine validate reports it
                found.update(modules.stack(name).outputs)
    return tuple(sorted(found))


def without_secret(context: Context, states: Sequence[State]) -> str:
    """Say which outputs of some states may have no value for lack of a secret, and what to do.

    Returns:
        A sentence about the first resource whose secret is not known; empty if all are known.
    """
    for state in states:
        for address, entry in state.resources.items():
            if any(unknown_secrets(context.schemas[entry.type], entry)):
                return (
                    f"the secret of {address} is not known here, so that an output of it has no "
                    f"value. {supply_secret(address, entry.id)}; engine apply then gives it one"
                )
    return ""


def reveal(context: Context, stack: str, name: str) -> str:
    """Read the value of an output, from the secret sink if it is secret.

    Raises:
        UsageError: if there is no such output, or its secret cannot be read here.
    """
    (state,) = states(context, (stack,))
    if name not in state.outputs:
        near = nearest(name, state.outputs)
        raise UsageError(
            f"stack {stack!r} has no output {name!r}",
            hint=f"did you mean {near!r}?" if near else None,
        )
    value = state.outputs[name]
    if not isinstance(value, Sealed):
        return str(value)
    secret = context.sink.load(stack, f"output.{name}")
    if secret is None:
        raise UsageError(
            f"the secret of output {name!r} cannot be read back here",
            cause=f"Where it is kept: {context.sink.where(stack, f'output.{name}')}. "
            "Stripe returns a secret once, when the object is created.",
            hint="read it there, or where the apply ran; replacing the object creates a new one",
        )
    return secret
