"""Which objects of an account are what a fixture file makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.address import ResourceAddress
from engine.operations.import_account.origins.fixture_file import Made
from engine.operations.import_account.origins.origin import Origin
from engine.operations.import_account.wanted import Wanted, WantedObject
from engine.plan.compare.likeness import is_like
from engine.plan.compare.liveness import is_live
from engine.plan.compare.natural_keys import claim_of, claims_of
from engine.plan.inputs.ownership import ObjectKey
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.values.markers import UNKNOWN
from engine.values.paths import get_path
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import escaped, resolve, rewritten, targets_in

_OWNED = "a stack has it already"


def find_made(
    made: Sequence[Made],
    objects_of: Callable[[ResourceType, Mapping[str, Any]], Sequence[RemoteObject]],
    owner_of: Callable[[ObjectKey], str],
    left_out: Mapping[str, tuple[str, ...]],
    name: str,
) -> Origin:
    """Sort what a fixture file makes into what exists and what is still to be created.

    An object is found by a natural key, else by likeness if exactly one has all that the fixture
    gives. What is not found is declared.

    Args:
        made: What the file makes, in its order.
        objects_of: Returns the objects of a type that can be one with these arguments, newest
            first: those of the same parent.
        owner_of: Returns the owner of an object; empty if no stack has it.
        left_out: What of the file is not taken, by the reason.
        name: The file's name, for messages.
    """
    finder = _Finder(objects_of, owner_of)
    for one in made:
        finder.sort(one)
    owned = {_OWNED: tuple(finder.owned)} if finder.owned else {}
    return Origin(
        wanted=Wanted(objects=finder.objects, declared=finder.declared, origin=name),
        renamed={str(one.address): one.fixture for one in made if one.address.name != one.fixture},
        left_out={**left_out, **owned},
        notes=tuple(finder.notes()),
    )


class _Finder:
    """Finds objects, each with the ids of those that were found before."""

    def __init__(
        self,
        objects_of: Callable[[ResourceType, Mapping[str, Any]], Sequence[RemoteObject]],
        owner_of: Callable[[ObjectKey], str],
    ) -> None:
        self.objects: dict[ObjectKey, WantedObject] = {}
        self.declared: dict[ResourceAddress, Mapping[str, Any]] = {}
        self.owned: list[str] = []
        self._objects_of = objects_of
        self._owner_of = owner_of
        self._found: dict[ResourceAddress, tuple[ResourceType, RemoteObject]] = {}
        self._several: dict[ResourceAddress, list[str]] = {}
        self._seen: set[ResourceAddress] = set()

    def sort(self, made: Made) -> None:
        """Find the object of a fixture, or declare it."""
        kind, address = made.kind, made.address
        self._seen.add(address)
        arguments = resolve(self._of_earlier(made.arguments), self._value)
        # A response does not hold the parent, which is in its path.
        within = {kind.parent: arguments[kind.parent]} if kind.parent else {}
        free = [
            {**within, **entry}
            for entry in self._objects_of(kind, arguments)
            if self._key(kind, entry) not in self.objects
        ]
        entry = _by_key(kind, arguments, free)
        if entry is None:
            alike = [found for found in free if is_like(kind, arguments, found)]
            unowned = [found for found in alike if not self._owner_of(self._key(kind, found))]
            choice = unowned or alike
            entry = choice[0] if len(choice) == 1 else None
            if len(choice) > 1:
                self._several[address] = [id_of(found) for found in choice]
        if entry is None:
            self.declared[address] = rewritten(made.arguments, self._outside)
            return
        self._found[address] = kind, entry
        key = self._key(kind, entry)
        owner = self._owner_of(key)
        if owner:
            self.owned.append(f"{made.fixture} ({owner})")
        else:
            self.objects[key] = WantedObject(name=address.name)

    def notes(self) -> list[str]:
        """What a person should know before the import."""
        return [
            f"{address} is like {len(ids)} objects: {', '.join(ids)}. It is declared, and the next "
            f"apply creates another one; engine import {address} {ids[0]} takes that one instead"
            for address, ids in self._several.items()
        ]

    def _of_earlier(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments without those that refer to what comes later: an update sets them."""
        return {
            name: value
            for name, value in arguments.items()
            if all(
                isinstance(target, AttributeTarget) and target.address in self._seen
                for target in targets_in(value)
            )
        }

    @staticmethod
    def _key(kind: ResourceType, entry: RemoteObject) -> ObjectKey:
        return ObjectKey(kind.name, "", id_of(entry))

    def _value(self, target: Target) -> Any:
        """What a reference comes to; UNKNOWN if its object was not found."""
        place = self._found.get(target.address) if isinstance(target, AttributeTarget) else None
        if place is None or not isinstance(target, AttributeTarget):
            return UNKNOWN
        kind, entry = place
        if target.attribute == "id":
            return kind.own_id(id_of(entry))
        return get_path(entry, target.path, UNKNOWN)

    def _outside(self, target: Target) -> Any:
        """What a new declaration writes for a reference: the value of what another stack has."""
        place = self._found.get(target.address) if isinstance(target, AttributeTarget) else None
        if place is None or self._key(*place) in self.objects:
            return target
        value = self._value(target)
        return target if value is UNKNOWN else escaped(value)


def _by_key(
    kind: ResourceType, arguments: Mapping[str, Any], objects: Sequence[RemoteObject]
) -> RemoteObject | None:
    """The object that has a unique key of a declaration, a live one first."""
    for key, claim in claims_of(kind, arguments):
        holders = []
        for entry in objects:
            held = claim_of(kind, key, entry)
            live = is_live(kind, entry)
            if held is not None and claim.clashes(held) and (live or key.kept_by_removed):
                holders.append((not live, entry))
        if holders:
            return min(holders, key=lambda holder: holder[0])[1]
    return None
