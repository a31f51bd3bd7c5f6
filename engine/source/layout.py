"""The order of a module: what belongs together, and everything after what it refers to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.schema.resource_type import Schemas
from engine.source.model import WrittenResource
from engine.values.paths import get_path, parse_path
from engine.values.targets import AttributeTarget
from engine.values.templates import targets_in

_HEADINGS = {
    "files": "Files",
    "accounts": "Accounts",
    "tax": "Taxes",
    "billing": "Meters and billing",
    "catalog": "Products and prices",
    "discounts": "Discounts",
    "payments": "Payments",
    "portal": "Customer portal",
    "customers": "Customers",
    "issuing": "Issuing",
    "radar": "Radar",
    "terminal": "Terminal",
    "treasury": "Treasury",
    "apps": "Apps",
    "testing": "Testing",
    "webhooks": "Webhooks",
}
"""What types are part of, in the order in which a module has it, with its heading."""
_ORDER = {stack: number for number, stack in enumerate(_HEADINGS)}


@frozen(eq=False)
class Group:
    """Resources that are written together: one, then what belongs to it.

    Attributes:
        heading: What they are part of.
        resources: In their order.
    """

    heading: str
    resources: tuple[WrittenResource, ...]


def references(resource: WrittenResource) -> dict[ResourceAddress, None]:
    """The addresses that a resource refers to, in reading order."""
    targets = targets_in([dict(resource.arguments), dict(resource.lifecycle)])
    return {target.address: None for target in targets if isinstance(target, AttributeTarget)}


def groups(resources: Sequence[WrittenResource], schemas: Schemas) -> list[Group]:
    """The resources of a module in the order in which they are written.

    Each comes after what it refers to, as far as the references have no cycle.

    Args:
        resources: In the order that they keep where nothing else decides.
        schemas: Resource types by name.

    Raises:
        ValueError: if two have one address, so that one of them would be lost.
    """
    twice = [
        where for where, count in Counter(one.address for one in resources).items() if count > 1
    ]
    if twice:
        raise ValueError(f"{', '.join(twice)} cannot be written twice in one module")
    return _Layout(resources, schemas).groups()


class _Layout:
    def __init__(self, resources: Sequence[WrittenResource], schemas: Schemas) -> None:
        self.schemas = schemas
        self.by_address = {resource.address: resource for resource in resources}
        self.turn = {
            resource.address: self._turn(resource, n) for n, resource in enumerate(resources)
        }
        self.references = {
            resource.address: [other for other in references(resource) if other in self.by_address]
            for resource in resources
        }
        self.above = {resource.address: self._parent(resource) for resource in resources}
        self.root = {where: self._root(where) for where in self.by_address}

    def groups(self) -> list[Group]:
        members: dict[ResourceAddress, list[ResourceAddress]] = defaultdict(list)
        for where in self.by_address:
            members[self.root[where]].append(where)
        outward = {
            root: dict.fromkeys(
                self.root[other] for where in inside for other in self.references[where]
            )
            for root, inside in members.items()
        }
        ordered = _after_what_they_need(members, outward, self.turn.__getitem__)
        return [self._group(root, members[root]) for root in ordered]

    def _group(self, root: ResourceAddress, members: list[ResourceAddress]) -> Group:
        inside = set(members)
        needs = {
            where: [root, *(other for other in self.references[where] if other in inside)]
            for where in members
        }
        # What it belongs to comes first, even if it refers to one of the others.
        needs[root] = []
        ordered = _after_what_they_need(members, needs, self.turn.__getitem__)
        return Group(
            heading=_HEADINGS[self.schemas[root.type].stack],
            resources=tuple(self.by_address[where] for where in ordered),
        )

    def _turn(self, resource: WrittenResource, number: int) -> tuple[Any, ...]:
        kind = self.schemas[resource.address.type]
        return _ORDER[kind.stack], kind.name, number

    def _parent(self, resource: WrittenResource) -> ResourceAddress | None:
        under = self.schemas[resource.address.type].naming.under
        value = get_path(resource.arguments, parse_path(under)) if under else None
        for target in targets_in(value):
            if isinstance(target, AttributeTarget) and target.address in self.by_address:
                return target.address
        return None

    def _root(self, where: ResourceAddress) -> ResourceAddress:
        passed = [where]
        while (above := self.above[passed[-1]]) is not None:
            if above in passed:
                return where  # things that belong to each other: each is by itself
            passed.append(above)
        return passed[-1]


def _after_what_they_need(
    entries: Iterable[ResourceAddress],
    needs: Mapping[ResourceAddress, Iterable[ResourceAddress]],
    turn: Callable[[ResourceAddress], Any],
) -> list[ResourceAddress]:
    """Entries by their turn, each after all that it needs; in a cycle, by their turn."""
    done: dict[ResourceAddress, None] = {}
    began: set[ResourceAddress] = set()
    for entry in sorted(entries, key=turn):
        waiting = [(entry, iter(sorted(needs[entry], key=turn)))] if entry not in began else []
        began.add(entry)
        while waiting:
            current, rest = waiting[-1]
            following = next((other for other in rest if other not in began), None)
            if following is None:
                done[current] = None
                waiting.pop()
            else:
                began.add(following)
                waiting.append((following, iter(sorted(needs[following], key=turn))))
    return list(done)
