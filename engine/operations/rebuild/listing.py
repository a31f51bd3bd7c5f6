"""The lists of an account, each read once for all stacks that are rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ProviderError
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.plan.inputs.ownership import ObjectKey, key_of_object
from engine.plan.inputs.stamp import read_stamp
from engine.ports.provider import Provider
from engine.schema.remote import RemoteObject, id_of
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

    def types(self, graphs: Iterable[ResourceGraph], *, declared_only: bool) -> None:
        """List the objects of every type that can have a stamp, once.

        Args:
            graphs: What is declared.
            declared_only: Leave out types that are not declared.

        Raises:
            ProviderError: if a declared type cannot be listed.
        """
        declared = {
            (entry.type, entry.lifecycle.account)
            for graph in graphs
            for entry in graph.declarations.values()
        }
        for name, account in sorted(declared):
            if _lists_alone(self.schemas[name]):
                self.all(self.schemas[name], account, {})
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

    def all(
        self, kind: ResourceType, account: str, filters: Mapping[str, Any]
    ) -> tuple[RemoteObject, ...]:
        """All objects of a type, newest first; read once."""
        place = (kind.name, account, str(sorted(filters.items())))
        if place in self._lists:
            return self._lists[place]
        found: dict[str, RemoteObject] = {}
        for variant in kind.lists:
            for entry in self.provider.find(kind, {**filters, **variant}, account=account):
                found.setdefault(id_of(entry), entry)
        newest_first = sorted(
            found.values(), key=lambda entry: str(entry.get("created", "")), reverse=True
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
