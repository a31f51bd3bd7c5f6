"""State as a value: frozen records, and how one becomes the next."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from engine.frozen import frozen
from engine.state.superseded import superseded_object

FORMAT_VERSION = 6
"""The newest state format this engine writes and reads."""

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@frozen
class RemovalPolicy:
    """What is declared about removal, kept for when the declaration is gone.

    Attributes:
        protect: Removal and replacement are refused.
        keep: Removal forgets the object and leaves it on Stripe.
        account: Connected account the object is on; empty for the key's own.
    """

    protect: bool = False
    keep: bool = False
    account: str = ""


@frozen
class ResourceState:
    """One resource as the last apply left it.

    Attributes:
        type: Resource type, `stripe_price`.
        id: Stripe's id.
        declared: The arguments of the declaration, references as `${address.attribute}`.
        attributes: What Stripe returned: declared leaves, and what others refer to.
        dependencies: Addresses it refers to, sorted.
        superseded: Ids of objects it replaced that still have to be removed; those on another
            account as `engine.state.superseded` names them.
        removal_policy: What is declared about removal.
        triggers: Fingerprints of what its `replace_triggered_by` names of other stacks.
        imported: Its object was not made from here, so that what Stripe never returns of it is not
            known unless it is declared.
        former: Names, as in `superseded`, of objects that it replaced and that Stripe only
            archives, newest first: customers may still pay by them.
    """

    type: str
    id: str
    declared: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    attributes: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    dependencies: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    removal_policy: RemovalPolicy = field(default_factory=RemovalPolicy)
    triggers: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    imported: bool = False
    former: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """The connected account its object is on; empty for the key's own."""
        return self.removal_policy.account

    def is_object(self, account: str, id: str) -> bool:
        """Whether an object of its type is its own."""
        return (self.account, self.id) == (account, id)

    @property
    def left(self) -> tuple[tuple[str, str], ...]:
        """Account and id of each object it replaced that still has to be removed."""
        return tuple(superseded_object(name, self.account) for name in self.superseded)

    @property
    def archived(self) -> tuple[tuple[str, str], ...]:
        """Account and id of each object it replaced that Stripe only archives."""
        return tuple(superseded_object(name, self.account) for name in self.former)

    def records(self, account: str, id: str) -> bool:
        """Whether an object of its type is its own, or one that it replaced."""
        return self.is_object(account, id) or (account, id) in self.left


@frozen
class RemovedObject:
    """An object that was removed as far as Stripe allows, and that can be revived.

    Attributes:
        type: Resource type.
        id: Stripe's id.
        account: Connected account it is on; empty for the key's own.
        former: What its resource had replaced before, as `ResourceState.former`.
    """

    type: str
    id: str
    account: str = ""
    former: tuple[str, ...] = ()


@frozen
class State:
    """What the engine knows of one stack in one environment.

    Attributes:
        stack: Stack name.
        environment: Environment name.
        lineage: Random, made once; two states with different ones are unrelated.
        serial: Goes up by one with each run that changes the state.
        account_id: Account the objects are on; empty until the first apply, or if Stripe does
            not return it.
        livemode: Real money; None until the first apply.
        api_version: Stripe API version of the last apply; empty before it.
        engine_version: Version that wrote the file; empty for a state never written.
        outputs: Values by name.
        resources: Resources by address.
        removed: Objects that Stripe only archived, by the address they had.
        reads: What its stack reads of other stacks, by their names: outputs and places in them,
            `prices.month`, sorted.
        applied: Digest of what the last complete apply declared; empty if what the state records
            was changed in another way since, or an earlier engine wrote it.
        merged: It was merged from two states, and no apply has compared all of it with Stripe
            since.
    """

    stack: str
    environment: str
    lineage: str
    serial: int = 0
    account_id: str = ""
    livemode: bool | None = None
    api_version: str = ""
    engine_version: str = ""
    outputs: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    resources: Mapping[str, ResourceState] = field(default_factory=lambda: _EMPTY)
    removed: Mapping[str, RemovedObject] = field(default_factory=lambda: _EMPTY)
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    applied: str = ""
    merged: bool = False

    def at(self, address: str) -> ResourceState | None:
        """The resource at an address; None if there is none."""
        return self.resources.get(address)

    def same_content(self, other: State) -> bool:
        """Whether two states differ in nothing but their serial and the version that wrote them."""
        return (
            dataclasses.replace(self, serial=other.serial, engine_version=other.engine_version)
            == other
        )

    def same_declarations(self, other: State) -> bool:
        """Whether two states record the same resources with the same declarations."""
        return self.resources.keys() == other.resources.keys() and all(
            entry.declared == other.resources[address].declared
            for address, entry in self.resources.items()
        )

    def with_resource(self, address: str, resource: ResourceState) -> State:
        """This state with a resource set."""
        return dataclasses.replace(self, resources={**self.resources, address: resource})

    def with_move(self, old: str, new: str) -> State:
        """This state with a resource under another address, in the dependencies of others too."""
        resources = {
            new if address == old else address: dataclasses.replace(
                resource,
                dependencies=tuple(
                    sorted(new if need == old else need for need in resource.dependencies)
                ),
            )
            for address, resource in self.resources.items()
        }
        return dataclasses.replace(self, resources=resources)

    def with_outputs(self, outputs: Mapping[str, Any]) -> State:
        """This state with its outputs replaced."""
        return dataclasses.replace(self, outputs=dict(outputs))


@frozen
class Delta:
    """What one operation changes in a state, so that its cost is not that of the state.

    Attributes:
        resources: New resources by address; None for one that goes.
        removed: New archived objects by address; None for one that is forgotten.
    """

    resources: Mapping[str, ResourceState | None] = field(default_factory=lambda: _EMPTY)
    removed: Mapping[str, RemovedObject | None] = field(default_factory=lambda: _EMPTY)


@dataclass(slots=True)
class Draft:
    """A state while operations change it one after the other.

    Attributes:
        base: The state it began as; all that no operation changes is taken from it.
        resources: Resources by address.
        removed: Objects that Stripe only archived, by address.
    """

    base: State
    resources: dict[str, ResourceState] = field(init=False)
    removed: dict[str, RemovedObject] = field(init=False)

    def __post_init__(self) -> None:
        self.resources = dict(self.base.resources)
        self.removed = dict(self.base.removed)

    @property
    def lineage(self) -> str:
        """The lineage of the state, the salt of its fingerprints."""
        return self.base.lineage

    def at(self, address: str) -> ResourceState | None:
        """The resource at an address; None if there is none."""
        return self.resources.get(address)

    def change(self, delta: Delta) -> None:
        """Apply a change."""
        _put(self.resources, delta.resources)
        _put(self.removed, delta.removed)

    def state(self) -> State:
        """The state as it is now."""
        return dataclasses.replace(
            self.base, resources=dict(self.resources), removed=dict(self.removed)
        )


_Entry = TypeVar("_Entry")


def _put(entries: dict[str, _Entry], changes: Mapping[str, _Entry | None]) -> None:
    for address, entry in changes.items():
        if entry is None:
            entries.pop(address, None)
        else:
            entries[address] = entry


def new_state(stack: str, environment: str, lineage: str | None = None) -> State:
    """The empty state a stack begins with, of a lineage of its own."""
    return State(stack=stack, environment=environment, lineage=lineage or secrets.token_hex(16))
