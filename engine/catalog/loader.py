"""The catalog as the rest of the engine reads it: by object name, by type name, by class.

It reads the file of one type at a time, imports the rows of one area at a time, both when they are
needed, and never the SDK.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.catalog.codec import EntryReader
from engine.catalog.merge import apply_row, attributes, with_parent
from engine.catalog.model import Entry, Shape
from engine.catalog.rows import Row
from engine.errors import UsageError
from engine.schema.attribute import Attribute, walk
from engine.schema.calls import Call
from engine.schema.resource_type import ResourceType, Schemas
from engine.schema.usage import Subscribing, Usage
from engine.suggest import alike

DATA = Path(__file__).parent / "data"

_NOT_FILTERS = frozenset({"limit", "starting_after", "ending_before", "page", "expand", "include"})
_OF_ONE_REQUEST = "it belongs to a single request and not to what the object is: leave it out"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def object_names() -> tuple[str, ...]:
    """Every object in the catalog, managed or not, sorted."""
    return tuple(_index()["objects"])


@cache
def entry(object_name: str) -> Entry:
    """What the SDK says about a type.

    Raises:
        UsageError: if the catalog has no such object.
    """
    return _reader(object_name).entry()


@cache
def outline(object_name: str) -> Entry:
    """What the SDK says about a type, without parameters, and of the response only its name.

    Shapes are most of the work of reading an entry: this is for reading all types at once.

    Raises:
        UsageError: if the catalog has no such object.
    """
    return _reader(object_name).outline()


def managed() -> tuple[str, ...]:
    """Object names of the types that can be declared, sorted."""
    return tuple(_managed())


def row(object_name: str) -> Row:
    """What no machine can know about a type.

    Raises:
        UsageError: if the type is not managed.
    """
    found = _managed().get(object_name)
    if found is None:
        raise _unknown(f"{object_name!r} is no managed type", object_name, managed())
    area = importlib.import_module(f"engine.catalog.semantics.{found['area']}")
    known: Row = area.ROWS[object_name]
    return known


def usage(object_name: str) -> Usage | None:
    """What uses the objects of a type; None if nothing is known that could."""
    table = importlib.import_module("engine.catalog.semantics.usage")
    known: Usage | None = table.USAGE.get(object_name)
    return known


def subscribing(object_name: str) -> Subscribing | None:
    """How customers are subscribed to the objects of a type; None if they cannot be."""
    table = importlib.import_module("engine.catalog.semantics.usage")
    known: Subscribing | None = table.SUBSCRIBED.get(object_name)
    return known


def holder(object_name: str) -> str:
    """An object whose response describes one that has no entry of its own; empty if none does."""
    return str(_index()["parts"].get(object_name, ""))


@cache
def event_types(object_name: str) -> tuple[str, ...]:
    """The types of the events about objects of a managed type; empty if Stripe has none."""
    prefix = row(object_name).events or object_name
    published = entry("event").response.fields["type"].values
    return tuple(found for found in published if found.rpartition(".")[0] == prefix)


def type_name(object_name: str) -> str:
    """How addresses spell a type: `billing.meter` is `stripe_billing_meter`."""
    return "stripe_" + object_name.replace(".", "_")


def resource_type(name: str) -> ResourceType:
    """A managed type by the name that addresses use.

    Raises:
        UsageError: if no managed type has it.
    """
    found = _type_names().get(name)
    if found is None:
        raise _unknown(f"{name!r} is no managed type", name, _type_names())
    return by_object(found)


@cache
def by_object(object_name: str) -> ResourceType:
    """A managed type by its object name.

    Raises:
        UsageError: if it is not managed.
    """
    return made_of(object_name, unruled(object_name), entry(object_name), row(object_name))


def made_of(object_name: str, fields: Attribute, described: Entry, own_row: Row) -> ResourceType:
    """A type from its parts.

    Args:
        object_name: Its object name.
        fields: Its fields, before the row is applied.
        described: What an SDK says about it.
        own_row: What no machine can know about it.

    Raises:
        LookupError: if a path of the row does not exist.
    """
    root = apply_row(fields, own_row)
    return ResourceType(
        name=type_name(object_name),
        object=object_name,
        title=own_row.title,
        face=own_row.face,
        root=root,
        life=own_row.life,
        naming=own_row.naming,
        required=_required(root),
        collection=_placeholders_named(described.collection),
        item=_placeholders_named(described.item),
        parent=_parent_field(described),
        filters=tuple(sorted(set(described.params("list")) - _NOT_FILTERS)),
        list_needs=tuple(
            name for name, shape in described.params("list").items() if shape.required
        ),
        expand=own_row.expand,
        instead={
            **dict.fromkeys(own_row.by_path("ignored"), _OF_ONE_REQUEST),
            **own_row.by_path("instead"),
        },
        has_metadata="metadata" in described.params("create"),
        id_prefix=own_row.id_prefix,
        rules=own_row.rules,
        creatable="create" in described.operations,
        updatable="update" in described.operations,
        calls=_calls(described),
        content=tuple(own_row.by_path("content")),
        base=described.operations["create"].base if "create" in described.operations else "api",
        include=own_row.include,
        creation_only=tuple(
            path
            for path, field in walk(root)
            if field.sensitive and field.in_response and not field.declarable
        ),
        include_once=own_row.include_once,
        examples=own_row.by_path("example"),
        stack=own_row.stack,
        on_request=own_row.on_request,
        needed_filters=own_row.needed_filters,
    )


def unruled(object_name: str) -> Attribute:
    """Fields of a type as the SDK has them, before its row is applied.

    Raises:
        UsageError: if the catalog has no such object.
    """
    return fields_of(entry(object_name), _embedded)


def fields_of(described: Entry, embedded: Callable[[str], Shape | None]) -> Attribute:
    """Fields of a type as an SDK has them.

    Args:
        described: What it says about the type.
        embedded: Shapes of the objects that responses hold whole, by object name.
    """
    root = attributes(described, embedded)
    parent = _parent_field(described)
    return with_parent(root, parent, _parent_object(described)) if parent else root


def _embedded(object_name: str) -> Shape | None:
    """Shape of an object that responses hold whole, where the catalog has it."""
    return entry(object_name).response if object_name in _index()["objects"] else None


_PLAIN = frozenset({"create", "retrieve", "update", "delete", "list", "search"})


def _calls(described: Entry) -> Mapping[str, Call]:
    """Calls beyond the plain ones, their placeholders named as the item's are."""
    parent = _PLACEHOLDER.findall(_own_id_apart(described.item)[0])
    found: dict[str, Call] = {}
    for name, operation in described.operations.items():
        if name not in _PLAIN:
            path = operation.path
            for placeholder in parent:
                path = path.replace(f"{{{placeholder}}}", "\0")
            # What is not the parent's is the object's own, however a call spells it.
            path = _PLACEHOLDER.sub("{id}", path).replace("\0", "{parent}")
            found[name] = Call(method=operation.method, path=path)
    return found


def schemas() -> Schemas:
    """Every managed type by the name that addresses use, each read when it is first asked for."""
    return _LazySchemas()


def faces() -> Mapping[str, str]:
    """Type names by the names of their authoring classes; opens no type's file."""
    return MappingProxyType(_faces())


def api_version() -> str:
    """Stripe's API version that the catalog describes."""
    return str(_index()["api_version"])


def description_version() -> str:
    """Stripe's API version of the description that the catalog takes further facts from."""
    return str(_index()["description_version"])


def sdk_version() -> str:
    """Release of the SDK that the catalog is derived from."""
    return str(_index()["sdk_version"])


class _LazySchemas(Mapping[str, ResourceType]):
    """Managed types by type name."""

    def __init__(self) -> None:
        self._loaded: dict[str, ResourceType] = {}

    def __getitem__(self, name: str) -> ResourceType:
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = by_object(_type_names()[name])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_type_names())

    def __len__(self) -> int:
        return len(_type_names())

    def __contains__(self, name: object) -> bool:
        return name in _type_names()


@cache
def _faces() -> dict[str, str]:
    named = {known["face"]: type_name(name) for name, known in _managed().items()}
    return dict(sorted(named.items()))


@cache
def _type_names() -> Mapping[str, str]:
    return {type_name(name): name for name in managed()}


def _managed() -> Mapping[str, Mapping[str, str]]:
    """Of each managed type, sorted, the area with its row, and its authoring class."""
    return _read("managed")


def _index() -> Mapping[str, Any]:
    return _read("index")


def _reader(object_name: str) -> EntryReader:
    # Names come from people: only the index decides which file is opened.
    if object_name not in _index()["objects"]:
        raise _unknown(f"{object_name!r} is no object of Stripe's", object_name, object_names())
    return EntryReader(_read(object_name))


@cache
def _read(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _required(root: Attribute) -> tuple[str, ...]:
    return tuple(name for name, field in root.fields.items() if field.required)


def _placeholders_named(path: str) -> str:
    """The SDK's own names for placeholders as `{id}` and `{parent}`; only a last one is an id."""
    holder, own = _own_id_apart(path)
    return _PLACEHOLDER.sub("{parent}", holder) + ("{id}" if own else "")


def _own_id_apart(path: str) -> tuple[str, str]:
    """A path before the placeholder it ends with, and that placeholder; empty if it has none."""
    found = re.search(r"\{\w+\}$", path)
    return (path[: found.start()], found[0]) if found is not None else (path, "")


def _parent_field(described: Entry) -> str:
    """Name of the placeholder that a child's paths have for its parent's id; empty if none."""
    # The item's path comes first: a collection may call the parent's id `id`.
    for path in (_own_id_apart(described.item)[0], described.collection):
        found = _PLACEHOLDER.search(path)
        if found is not None:
            return found[1]
    return ""


def _parent_object(described: Entry) -> str:
    """Object name of the type whose collection a child's path begins with."""
    before = (described.collection or described.item).partition("/{")[0]
    objects: Mapping[str, Mapping[str, str]] = _index()["objects"]
    return next((name for name, other in objects.items() if other["collection"] == before), "")


def _unknown(message: str, word: str, known: Iterable[str]) -> UsageError:
    near = alike(word, known, at_most=3)
    return UsageError(message, hint=f"did you mean {' or '.join(near)}?" if near else None)
