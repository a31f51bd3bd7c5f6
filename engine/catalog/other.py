"""A catalog of another release of the SDK: what it says, with the rows of this engine.

It is printed by the generator in a process of its own, so that two releases never meet in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from engine.catalog import loader
from engine.catalog.codec import EntryReader, encode_fields, encode_operation
from engine.catalog.merge import matches
from engine.catalog.model import Entry, Shape
from engine.catalog.rows import Row
from engine.schema.attribute import Attribute
from engine.schema.resource_type import ResourceType, Schemas

_VERSION = re.compile(r"[\w.+-]{1,64}")


def encode_catalog(
    entries: Mapping[str, Entry], *, sdk_version: str, api_version: str
) -> dict[str, Any]:
    """Write a catalog as one document."""
    return {
        "sdk_version": sdk_version,
        "api_version": api_version,
        "entries": {
            name: {
                "object": entry.object,
                "service": entry.service,
                "summary": entry.summary,
                "operations": {
                    verb: encode_operation(one) for verb, one in entry.operations.items()
                },
                "response": encode_fields(entry.response.fields),
            }
            for name, entry in entries.items()
        },
    }


class OtherCatalog:
    """A catalog that was printed.

    Attributes:
        sdk_version: The release of the SDK.
        api_version: The API version that it is made for.
    """

    def __init__(self, written: Mapping[str, Any]) -> None:
        """Read it.

        Raises:
            LookupError, TypeError, ValueError: if it is not one.
        """
        self.sdk_version, self.api_version = (
            str(written[name]) for name in ("sdk_version", "api_version")
        )
        if not all(map(_VERSION.fullmatch, (self.sdk_version, self.api_version))):
            raise ValueError("it names no version")  # it is shown, and sent as a header
        self._entries = {
            str(name): EntryReader(entry).entry() for name, entry in written["entries"].items()
        }

    def __len__(self) -> int:
        """How many types it has, of those that this engine knows."""
        return len(self._entries.keys() & loader.object_names())

    def schemas(self) -> Schemas:
        """The types that can be declared, by the names that addresses use; those that it has."""
        return _Types({loader.type_name(name): name for name in loader.managed()}, self._type)

    def _type(self, object_name: str) -> ResourceType | None:
        described = self._entries.get(object_name)
        if described is None:
            return None
        fields = loader.fields_of(described, self._embedded)
        own_row = _fitting(fields, loader.row(object_name))
        return loader.made_of(object_name, fields, described, own_row)

    def _embedded(self, object_name: str) -> Shape | None:
        described = self._entries.get(object_name)
        return None if described is None else described.response


class _Types(Mapping[str, ResourceType]):
    """Types that are made when they are first asked for; one that cannot be made is not there."""

    def __init__(self, objects: Mapping[str, str], make: Any) -> None:
        self._objects = objects
        self._make = cache(make)

    def __getitem__(self, name: str) -> ResourceType:
        found: ResourceType | None = self._make(self._objects[name])
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        known = isinstance(name, str) and name in self._objects
        return known and self._make(self._objects[str(name)]) is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._objects if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _fitting(fields: Attribute, row: Row) -> Row:
    """A row without the paths that this release does not have."""
    return replace(
        row, fields={path: facts for path, facts in row.fields.items() if matches(fields, path)}
    )
