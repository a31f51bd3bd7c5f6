"""Compares one stack in two environments: which resources each has, and which fields differ."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from engine.address import parse_address
from engine.frozen import frozen
from engine.plan.compare.deep_diff import Difference, differences
from engine.plan.compare.field_changes import currency_of
from engine.plan.compare.liveness import has_ended, is_gone
from engine.plan.compare.normalize import presentable
from engine.plan.environments.model import Found, LeafDifference, ResourceDifference
from engine.plan.environments.names import Names
from engine.plan.environments.side import Side
from engine.schema.attribute import Attribute, Kind
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState, State
from engine.values.markers import ABSENT
from engine.values.paths import Path, get_path, parse_path
from engine.values.templates import targets_in

Sides: TypeAlias = tuple[Side, Side]
_ACCOUNT: Path = ("lifecycle", "account")


@frozen
class InEnvironment:
    """A stack in one environment.

    Attributes:
        state: Its state; None if there is none.
        names: What the ids of the environment name.
        read: The objects that exist, by address; None if Stripe was not read.
    """

    state: State | None
    names: Names
    read: Mapping[str, RemoteObject] | None

    @property
    def resources(self) -> Mapping[str, ResourceState]:
        """What the state records, by address."""
        return {} if self.state is None else self.state.resources

    def found(self, schemas: Schemas, address: str) -> Found | None:
        """The object at an address; None if the state records none."""
        entry = self.resources.get(address)
        if entry is None:
            return None
        actual = None if self.read is None else self.read.get(address)
        gone = self.read is not None and (
            actual is None or is_gone(schemas[entry.type], actual, entry.declared)
        )
        return Found(entry.id, gone=gone)


def compared(
    stack: str, schemas: Schemas, first: InEnvironment, second: InEnvironment
) -> tuple[ResourceDifference, ...]:
    """Compare the resources of a stack, address by address.

    Args:
        stack: Its name.
        schemas: Resource types by name.
        first: The stack in the first environment.
        second: The same in the second.
    """
    return tuple(_compared(stack, schemas, first, second))


def _compared(
    stack: str, schemas: Schemas, first: InEnvironment, second: InEnvironment
) -> Iterator[ResourceDifference]:
    for address in sorted({*first.resources, *second.resources}, key=parse_address):
        name = parse_address(address)
        found = (first.found(schemas, address), second.found(schemas, address))
        difference = ResourceDifference(address=name, type=name.type, found=found)
        if difference.in_one is not None:
            yield difference
        elif all(one is not None and not one.gone for one in found):
            one, other = (
                Side(
                    kind=schemas[name.type],
                    stack=stack,
                    entry=place.resources[name],
                    actual=None if place.read is None else place.read[name],
                    names=place.names,
                    other=other.resources[name].declared,
                )
                for place, other in ((first, second), (second, first))
            )
            leaves = tuple(_leaves(one, other))
            if leaves:
                yield dataclasses.replace(difference, leaves=leaves)


def _leaves(first: Side, second: Side) -> Iterator[LeafDifference]:
    kind, sides = first.kind, (first, second)
    yield from _account(sides)
    ended = dict(_ended(sides))
    seen = differences(first.tree(), second.tree())
    for difference in (*seen, *differences(first.unseen(), second.unseen())):
        path = difference.path
        if ended.pop(path, None) is not None or not _is_own(sides, difference):
            yield _leaf(kind, sides, difference)
    for path, (before, after) in ended.items():
        yield LeafDifference(path=path, values=(before, after), declared=True)


def _leaf(kind: ResourceType, sides: Sides, difference: Difference) -> LeafDifference:
    path = difference.path
    attribute = kind.root.at(path) or Attribute(kind=Kind.ANY)
    before, after = (
        presentable(attribute.neutral if value is ABSENT else value)
        for value in (difference.before, difference.after)
    )
    first, second = (
        currency_of(attribute, path, side.entry.declared, side.document) for side in sides
    )
    revival = kind.life.revival
    ends = revival is not None and path[0] in {*revival.live, *(revival.params or ())}
    return LeafDifference(
        path=path,
        values=(before, after),
        declared=ends or any(side.declares(path) for side in sides),
        currencies=(first, second),
    )


def _account(sides: Sides) -> Iterator[LeafDifference]:
    """The connected accounts that the objects are on, unless both are ids of no stack."""
    first, second = (_account_of(side) for side in sides)
    written = [one == "" or one.startswith("$") for one in (first, second)]
    if first != second and any(written):
        yield LeafDifference(
            path=_ACCOUNT, values=(first or ABSENT, second or ABSENT), declared=True
        )


def _account_of(side: Side) -> str:
    id = side.entry.account
    return (side.names.reference("account", id, side.stack) or id) if id else ""


def _ended(sides: Sides) -> Iterator[tuple[Path, tuple[Any, Any]]]:
    """What shows that one of the objects is archived or disabled, and the other one is not."""
    first, second = (
        side.actual is not None and has_ended(side.kind, side.actual, side.entry.declared)
        for side in sides
    )
    revival = sides[0].kind.life.revival
    if first == second or revival is None:
        return
    for name in revival.live:
        path = parse_path(name)
        before, after = (get_path(side.actual, path) for side in sides)
        yield path, (before, after)


def _is_own(sides: Sides, difference: Difference) -> bool:
    """Whether a leaf differs because each environment has objects of its own.

    Where the same reference is declared and each object has its value, nothing differs.
    The id of an object of no stack is an account's own, unless a stack names it, and so is what
    Stripe generates where nothing is declared.
    """
    path, values = difference.path, (difference.before, difference.after)
    first, second = (get_path(side.entry.declared, path) for side in sides)
    if first == second and any(targets_in(first)):
        return all(side.is_as_applied(path) for side in sides)
    if all(side.is_unknown(path, value) for side, value in zip(sides, values, strict=True)):
        return True
    declared = any(side.declares(path) for side in sides)
    return not declared and _is_generated(sides[0].kind, path, values)


def _is_generated(kind: ResourceType, path: Path, values: tuple[Any, Any]) -> bool:
    """Whether Stripe generated a leaf for each of two objects."""
    attribute = kind.root.at(path)
    pattern = attribute.generated if attribute is not None else ""
    return bool(pattern) and all(
        isinstance(value, str) and re.fullmatch(pattern, value) for value in values
    )
