"""What the states say; nothing is asked of Stripe."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from engine.address import ResourceAddress, parse_address
from engine.api.project import Project
from engine.api.records import ByAddress, shown_value
from engine.apply.secrets import secret_names
from engine.errors import UsageError
from engine.frozen import frozen
from engine.operations import show
from engine.operations.run.context import Context
from engine.state.model import ResourceState
from engine.state.model import State as Recorded
from engine.suggest import nearest


@frozen
class Resource:
    """One resource as the last apply left it; `SECRET` is in the place of each secret.

    Attributes:
        stack: Its stack.
        address: The resource, `stripe_price.pro`.
        type: Its resource type.
        id: Stripe's id.
        declared: The arguments of the declaration, references as `${address.attribute}`.
        attributes: What Stripe returned: what is declared, and what others refer to.
        dependencies: Addresses that it refers to.
        account: Connected account that it is on; empty for the key's own.
        former: Ids of the archived objects that it replaced, newest first.
    """

    stack: str
    address: str
    type: str
    id: str
    declared: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    account: str = ""
    former: tuple[str, ...] = ()


@frozen
class State:
    """What is known of one stack in one environment.

    Attributes:
        stack: Name of the stack.
        environment: Name of the environment.
        serial: Goes up by one with each run that changes the state.
        lineage: Random, and the same as long as the state exists.
        account: The account that the objects are on; empty if it is not known.
        livemode: It is in live mode; None if it is not known.
        outputs: Values by name; `SECRET` in the place of a secret, which `reveal` reads.
        resources: The resources by address.
    """

    stack: str
    environment: str
    serial: int
    lineage: str
    account: str
    livemode: bool | None
    outputs: Mapping[str, Any]
    resources: ByAddress[Resource]


def states(project: Project, stacks: Collection[str] = ()) -> dict[str, State]:
    """The states of the environment, by stack.

    Args:
        project: The project.
        stacks: Names of stacks; none means every one that has a state.

    Raises:
        EngineError: if a state cannot be trusted, or a stack that was asked for has none.
    """
    with project.opened() as context:
        return {state.stack: state_of(state) for state in _recorded(context, stacks)}


def outputs(project: Project, stack: str | None = None) -> dict[str, Any]:
    """The outputs of the environment by name; `SECRET` in the place of a secret.

    Args:
        project: The project.
        stack: Name of the stack; None for all.

    Raises:
        UsageError: if two stacks have an output of one name, or the stack has no state.
        EngineError: if a state cannot be trusted.
    """
    found: dict[str, Any] = {}
    owner: dict[str, str] = {}
    for name, state in states(project, () if stack is None else (stack,)).items():
        for key, value in state.outputs.items():
            if key in found:
                raise UsageError(
                    f"several stacks have an output {key}: {owner[key]}, {name}",
                    hint="name the stack",
                )
            found[key], owner[key] = value, name
    return found


def reveal(project: Project, name: str, stack: str | None = None) -> str:
    """A secret: that of an output, or, by its address, the one that Stripe returned of an object.

    This is the one function that returns a secret.

    Args:
        project: The project.
        name: Name of an output, or address of a resource: `stripe_webhook_endpoint.events`.
        stack: Name of the stack; None for the one that has it.

    Raises:
        UsageError: if there is no such output or resource, it has no secret, or the secret is
            not kept where it can be read.
        EngineError: if a state cannot be trusted.
    """
    with project.opened() as context:
        found = _recorded(context, () if stack is None else (stack,))
        having = [state for state in found if name in state.outputs or name in state.resources]
        if len(having) != 1:
            known = {key for state in found for key in (*state.outputs, *state.resources)}
            raise _not_one(name, [state.stack for state in having], known)
        (state,) = having
        if name in state.outputs:
            return show.reveal(context, state.stack, name)
        return _secret_of(context, state, parse_address(name))


def _not_one(name: str, stacks: list[str], known: Collection[str]) -> UsageError:
    if stacks:
        return UsageError(
            f"several stacks have {name}: {', '.join(stacks)}", hint=f"say which: {stacks[0]!r}"
        )
    near = nearest(name, tuple(known))
    return UsageError(
        f"no state has an output or a resource {name}",
        hint=f"did you mean {near}?" if near else "apply the stack first",
    )


def _secret_of(context: Context, state: Recorded, address: ResourceAddress) -> str:
    kind = context.schemas[address.type]
    for secret in secret_names(kind, address).values():
        found = context.sink.load(state.stack, secret)
        if found is None:
            raise UsageError(
                f"the secret of {address} cannot be read back here",
                cause=f"Where it is kept: {context.sink.where(state.stack, secret)}.",
                hint="read it there, or where the apply ran",
            )
        return found
    raise UsageError(f"{address} has no secret: Stripe returns all of a {kind.title}")


def _recorded(context: Context, stacks: Collection[str]) -> tuple[Recorded, ...]:
    return show.states(context, (stacks,) if isinstance(stacks, str) else tuple(stacks))


def state_of(state: Recorded) -> State:
    """The record of a state, without its secrets."""
    return State(
        stack=state.stack,
        environment=state.environment,
        serial=state.serial,
        lineage=state.lineage,
        account=state.account_id,
        livemode=state.livemode,
        outputs=shown_value(state.outputs),
        resources=ByAddress(
            (
                (state.stack, address, _maker(state.stack, address, entry))
                for address, entry in state.resources.items()
            ),
            f"is not in the state of {state.environment}/{state.stack}",
        ),
    )


def _maker(stack: str, address: str, entry: ResourceState) -> Any:
    return lambda: Resource(
        stack=stack,
        address=address,
        type=entry.type,
        id=entry.id,
        declared=shown_value(entry.declared),
        attributes=shown_value(entry.attributes),
        dependencies=entry.dependencies,
        account=entry.account,
        former=tuple(id for _, id in entry.archived),
    )
