"""The lists of an account, each read once for all stacks that are rebuilt."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ProviderError
from engine.frozen import frozen
from engine.operations.refresh.lists import whole_list
from engine.plan.inputs.ownership import ObjectKey, key_of_object
from engine.plan.inputs.stamp import read_stamp
from engine.ports.provider import Provider
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas


@frozen
class Stamped:
    """An object with an ownership stamp of its own type, and what the stamp says.

    Attributes:
        key: What identifies the object.
        lineage: The state.
        address: The resource.
        object: The object.
    """

    key: ObjectKey
    lineage: str
    address: str
    object: RemoteObject


@dataclass(slots=True)
class Listing:
    """The lists of an account.

    Attributes:
        provider: Reads them.
        schemas: Resource types by name.
        unread: Types that could not be listed, each with the reason.
    """

    provider: Provider
    schemas: Schemas
    unread: list[str] = field(default_factory=list)
    _lists: dict[tuple[str, str, str], tuple[RemoteObject, ...]] = field(default_factory=dict)

    def types(self, declared: Collection[tuple[str, str]], *, declared_only: bool) -> None:
        """List the objects of every type that can have a stamp, once.

        Args:
            declared: Types that are declared, with their connected accounts.
            declared_only: Leave out all others.

        Raises:
            ProviderError: if a declared type cannot be listed.
        """
        for name, account in sorted(declared):
            self.whole(name, account)
        if declared_only:
            return
        for name in sorted(self.schemas):
            kind = self.schemas[name]
            if (name, "") in declared or not _lists_alone(kind):
                continue
            try:
                self.all(kind, "", {})
            except ProviderError as error:
                self.unread.append(f"{kind.title}: {error.message}")

    def whole(self, type_name: str, account: str) -> None:
        """List a type, if its objects can have stamps and its list needs no parameters."""
        if _lists_alone(self.schemas[type_name]):
            self.all(self.schemas[type_name], account, {})

    def all(
        self, kind: ResourceType, account: str, filters: Mapping[str, Any]
    ) -> tuple[RemoteObject, ...]:
        """All objects of a type, newest first; read once."""
        place = (kind.name, account, str(sorted(filters.items())))
        if place in self._lists:
            return self._lists[place]
        pages = whole_list(self.provider, kind, filters, account=account)
        newest_first = sorted(
            itertools.chain.from_iterable(pages),
            key=lambda entry: str(entry.get("created", "")),
            reverse=True,
        )
        self._lists[place] = tuple(newest_first)
        return self._lists[place]

    def stamped(self) -> Iterator[Stamped]:
        """Every listed object whose stamp names an address of its own type."""
        seen: set[ObjectKey] = set()
        for (type_name, account, _), objects in self._lists.items():
            for entry in objects:
                stamp, key = read_stamp(entry), key_of_object(type_name, account, entry)
                if stamp is None or key in seen or not stamp[1].startswith(f"{type_name}."):
                    continue
                seen.add(key)
                yield Stamped(key=key, lineage=stamp[0], address=stamp[1], object=entry)


def _lists_alone(kind: ResourceType) -> bool:
    """Whether a type has stamps, and a list that needs no parameters."""
    return kind.has_metadata and bool(kind.collection) and not kind.parent and not kind.list_needs


def narrowing(kind: ResourceType, declared: Mapping[str, Any]) -> dict[str, Any] | None:
    """Filters of the list with a declared object; None if there are none, or one is unknown.

    In addition to required filters these are references to its owners: an object of a test clock
    is in no other list.
    """
    needed = [name for name in (kind.parent, *kind.list_needs) if name]
    further = [
        name
        for name in kind.filters
        if name in declared and name in kind.root.fields and kind.root.fields[name].reference
    ]
    filters = {name: declared.get(name) for name in dict.fromkeys([*needed, *further])}
    known = {name: value for name, value in filters.items() if isinstance(value, str) and value}
    return known if known and all(name in known for name in needed) else None
