"""Who owns each object: which stack's state records it, and under which address.

Two states may record one object, after a bad merge or an interrupted move: so there may be several.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from engine.frozen import frozen
from engine.schema.remote import RemoteObject, id_of
from engine.state.model import ResourceState, State


class ObjectKey(NamedTuple):
    """What identifies an object.

    Attributes:
        type: Its resource type.
        account: Connected account it is on; empty for the key's own.
        id: Stripe's id.
    """

    type: str
    account: str
    id: str


def key_of(entry: ResourceState) -> ObjectKey:
    """The object that a resource in a state is."""
    return ObjectKey(entry.type, entry.removal_policy.account, entry.id)


def key_of_object(type_name: str, account: str, found: RemoteObject) -> ObjectKey:
    """The object that was read."""
    return ObjectKey(type_name, account, id_of(found))


class Owner(NamedTuple):
    """A resource of a stack that records an object.

    Attributes:
        stack: The stack.
        address: The resource.
        environment: The environment of its state; empty for that of the run.
    """

    stack: str
    address: str
    environment: str = ""

    @classmethod
    def of(cls, text: str) -> Owner:
        """Read the text of an owner."""
        place, _, address = text.partition(":")
        environment, _, stack = place.rpartition("/")
        return cls(stack, address, environment)

    def __str__(self) -> str:
        """`shop:stripe_price.pro`, with its environment where that is another."""
        place = f"{self.environment}/{self.stack}" if self.environment else self.stack
        return f"{place}:{self.address}"


_Owners = dict[ObjectKey, tuple[Owner, ...]]


@frozen
class Ownership:
    """The owners of all objects that states of one account record.

    Attributes:
        owners: Owners by object. Of a single state that records each object once there are none.
        leaving: Owners of objects that a replacement left to be removed.
    """

    owners: Mapping[ObjectKey, tuple[Owner, ...]] = field(default_factory=dict)
    leaving: Mapping[ObjectKey, tuple[Owner, ...]] = field(default_factory=dict)

    def elsewhere(self, stack: str, key: ObjectKey) -> Owner | None:
        """The resource outside of a stack that records an object; None if there is none."""
        found = (*self.owners.get(key, ()), *self.leaving.get(key, ()))
        return next((owner for owner in found if owner.stack != stack or owner.environment), None)

    def own(self, state: State, leaving: Collection[Owner] = ()) -> State:
        """A state without the objects to remove or to revive that are another's resources now.

        Args:
            state: The state.
            leaving: Resources of other stacks that these leave to this one.
        """
        if not self.owners:
            return state

        def is_free(key: ObjectKey) -> bool:
            return all(
                o in leaving or (o.stack == state.stack and not o.environment)
                for o in self.owners.get(key, ())
            )

        resources = {
            address: dataclasses.replace(
                entry,
                superseded=tuple(
                    name
                    for name, left in zip(entry.superseded, entry.left, strict=True)
                    if is_free(ObjectKey(entry.type, *left))
                ),
            )
            if entry.superseded
            else entry
            for address, entry in state.resources.items()
        }
        removed = {
            address: gone
            for address, gone in state.removed.items()
            if is_free(ObjectKey(gone.type, gone.account, gone.id))
        }
        return dataclasses.replace(state, resources=resources, removed=removed)

    def duplicates(self) -> Iterator[tuple[ObjectKey, tuple[Owner, ...]]]:
        """Yield the objects that several resources record, with these."""
        for key, owners in self.owners.items():
            if len(owners) > 1:
                yield key, owners


def ownership_of(states: Iterable[State], environment: str) -> Ownership:
    """The owners of all objects of some states of one account.

    Args:
        states: The states.
        environment: The environment of the run.
    """
    states = tuple(states)
    owners: _Owners = {}
    leaving: _Owners = {}
    for state in states if len(states) > 1 or any(map(_has_twins, states)) else ():
        place = "" if state.environment == environment else state.environment
        for address, entry in state.resources.items():
            owner = Owner(state.stack, address, place)
            _add(owners, key_of(entry), owner)
            for account, id in entry.left:
                _add(leaving, ObjectKey(entry.type, account, id), owner)
    return Ownership(owners=owners, leaving=leaving)


def _has_twins(state: State) -> bool:
    """Whether a state may record an object twice."""
    return len({entry.id for entry in state.resources.values()}) < len(state.resources)


def _add(owners: _Owners, key: ObjectKey, owner: Owner) -> None:
    owners[key] = (*owners.get(key, ()), owner)


def way_to_settle(owners: Sequence[Owner]) -> str:
    """What to do about an object that several states record."""
    first, last = owners[0], owners[-1]
    where = f" -e {last.environment}" if last.environment else ""
    if first.environment != last.environment:
        return f"keep one and release the other: engine state rm {last.stack}:{last.address}{where}"
    names = " ".join(dict.fromkeys(owner.stack for owner in owners))
    return f"declare it in one of them and run engine apply {names}{where}"
