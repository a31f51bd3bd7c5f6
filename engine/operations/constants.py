"""`engine output --format`: what applications use of stacks, read from their states alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from engine.errors import UsageError
from engine.operations.run.context import Context
from engine.operations.show import reveal
from engine.ports.reports import Constant, StackConstants
from engine.state.model import ResourceState, State
from engine.suggest import nearest
from engine.values.secret import holds_secret

_LABELS = ("nickname", "name", "display_name", "code", "event_name", "url")
"""Fields by which people know an object, the best first."""


def constants_of(
    context: Context,
    environments: Sequence[str],
    stacks: Collection[str] = (),
    revealed: Collection[str] = (),
) -> tuple[StackConstants, ...]:
    """Read the constants of stacks in environments, in the order of stacks, then of environments.

    Args:
        context: The run's ports; its own environment is the one whose secrets can be read.
        environments: Names of environments; none means each with a state, but for embedded ones
            where there are others.
        stacks: Names of stacks; none means all.
        revealed: Names of outputs whose secrets are wanted.

    Raises:
        UsageError: if there is no state of what was asked for, or no such output.
        StateError: if a state cannot be trusted.
    """
    states = _states(context, environments or _environments(context), stacks)
    known = {name for state in states for name in state.outputs}
    for name in revealed:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else None
            raise UsageError(f"there is no output {name}", hint=hint)
    return tuple(_of(context, state, revealed) for state in states)


def _environments(context: Context) -> tuple[str, ...]:
    """The environments whose ids an application can need: those with a state.

    Accounts of a fleet are not among them: there may be thousands, and one is named if it is meant.
    """
    backend, left_out = context.backend, context.settings.embedded
    found = (name for name in backend.environments() if name not in left_out and "/" not in name)
    shared = tuple(name for name in found if backend.stacks(name))
    return shared or (context.environment,)


def _states(
    context: Context, environments: Sequence[str], stacks: Collection[str]
) -> tuple[State, ...]:
    known = {stack for one in environments for stack in context.backend.stacks(one)}
    for stack in stacks:
        if stack not in known:
            near = nearest(stack, known)
            raise UsageError(
                f"stack {stack!r} has no state in environment {' or '.join(environments)}",
                hint=f"did you mean {near!r}?" if near else "run engine apply first",
            )
    found: dict[str, list[State]] = {}
    for environment in dict.fromkeys(environments):
        for stack in context.backend.stacks(environment):
            state = context.backend.read(stack, environment) if _is_among(stack, stacks) else None
            if state is not None:
                found.setdefault(stack, []).append(state)
        if not any(state.environment == environment for some in found.values() for state in some):
            raise UsageError(
                f"no stack that was asked for has a state in environment {environment!r}",
                hint=f"run engine apply -e {environment} first, or name other environments",
            )
    return tuple(state for stack in sorted(found) for state in found[stack])


def _is_among(stack: str, stacks: Collection[str]) -> bool:
    return not stacks or stack in stacks


def _of(context: Context, state: State, revealed: Collection[str]) -> StackConstants:
    constants: dict[str, Constant] = {}
    owners: dict[object, list[Constant]] = {}
    for address, entry in state.resources.items():
        one = _of_resource(address, entry)
        constants[_free(state, one, constants)] = one
        owners.setdefault(one.value, []).append(one)
    for one in _outputs(context, state, revealed):
        same = owners.get(one.value, []) if isinstance(one.value, str) else []
        told = _about(one, same[0]) if len(same) == 1 else one
        constants[_free(state, told, constants)] = told
    return StackConstants(
        stack=state.stack,
        environment=state.environment,
        account_id=state.account_id,
        livemode=state.livemode,
        constants=tuple(constants[name] for name in sorted(constants)),
        hidden=tuple(
            name
            for name, value in sorted(state.outputs.items())
            if holds_secret(value) and name not in revealed
        ),
    )


def constant_name(address: str) -> str:
    """The name of a resource's id: `STRIPE_PRICE_PRO_MONTHLY` of `stripe_price.pro-monthly`."""
    return address.replace(".", "_").replace("-", "_").upper()


def _of_resource(address: str, entry: ResourceState) -> Constant:
    values: Mapping[str, Any] = entry.attributes
    labels = (values.get(name) for name in _LABELS)
    return Constant(
        name=constant_name(address),
        value=entry.id,
        address=address,
        account=entry.account,
        former=tuple(id for _, id in entry.archived),
        label=next((text for text in labels if isinstance(text, str) and text), ""),
        type=entry.type,
        attributes=values,
    )


def _outputs(context: Context, state: State, revealed: Collection[str]) -> Iterator[Constant]:
    for name, value in state.outputs.items():
        if not holds_secret(value):
            yield Constant(name=name, value=value, is_output=True)
        elif name in revealed:
            secret = reveal(context, state.stack, name)
            yield Constant(name=name, value=secret, is_output=True, secret=True)


def _about(output: Constant, resource: Constant) -> Constant:
    """An output that is the id of a resource, with what is known of that."""
    return dataclasses.replace(
        resource,
        name=output.name,
        value=output.value,
        is_output=output.name != resource.name,
    )


def _free(state: State, one: Constant, others: Mapping[str, Constant]) -> str:
    """The name of a constant, unless another value of the stack has it."""
    other = others.get(one.name)
    if other is not None and (other.value, other.account) != (one.value, one.account):
        owners = [
            f"output {each.name}" if each.is_output else each.address for each in (other, one)
        ]
        raise UsageError(
            f"{' and '.join(owners)} of stack {state.stack} would both be {one.name}",
            hint="rename one of them",
        )
    return one.name
