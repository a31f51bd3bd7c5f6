"""What a resource that one environment alone has may be in the other one: moved, or renamed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from engine.plan.compare.natural_keys import Claim, claims_of
from engine.plan.environments.model import ResourceDifference, StackDifference
from engine.schema.resource_type import Schemas
from engine.state.model import State


def with_hints(
    stacks: Sequence[StackDifference],
    states: tuple[Mapping[str, State], Mapping[str, State]],
    names: tuple[str, str],
    schemas: Schemas,
) -> tuple[StackDifference, ...]:
    """The same with hints at resources that only one environment has.

    Args:
        stacks: What differs.
        states: All states of each environment, by stack.
        names: The environments.
        schemas: Resource types by name.
    """

    def hinted(stack: str, one: ResourceDifference) -> ResourceDifference:
        if one.in_one is None:
            return one
        own, other = states[one.in_one][stack], states[1 - one.in_one]
        place = _elsewhere(stack, one, other) or _renamed(stack, one, own, other, schemas)
        hint = f"{names[1 - one.in_one]} has it as {place}" if place else ""
        return dataclasses.replace(one, hint=hint)

    return tuple(
        dataclasses.replace(
            stack, resources=tuple(hinted(stack.stack, one) for one in stack.resources)
        )
        for stack in stacks
    )


def _elsewhere(stack: str, one: ResourceDifference, other: Mapping[str, State]) -> str:
    """The same address in another stack; empty if there is none."""
    return next(
        (
            f"{name}:{one.address}"
            for name, state in sorted(other.items())
            if name != stack and state.at(one.address) is not None
        ),
        "",
    )


def _renamed(
    stack: str,
    one: ResourceDifference,
    own: State,
    other: Mapping[str, State],
    schemas: Schemas,
) -> str:
    """Another address of the stack with the same natural key; empty if there is none."""
    wanted = set(_claims(one.type, own, one.address, schemas))
    new = (
        address
        for address, entry in sorted(other[stack].resources.items() if stack in other else ())
        if entry.type == one.type and own.at(address) is None
    )
    same = (
        address
        for address in new
        if wanted.intersection(_claims(one.type, other[stack], address, schemas))
    )
    return next(same, "")


def _claims(
    type_name: str, state: State, address: str, schemas: Schemas
) -> Iterator[tuple[tuple[str, ...], Claim]]:
    for key, claim in claims_of(schemas[type_name], state.resources[address].attributes):
        yield key.fields, claim
