"""The catalog as the rest of the engine asks for it: by object name, by type name, by class.

Light: reads JSON, one type's file at a time and only when asked, imports the rows of one area at a
time, and never the SDK. What must not
live here: how a file is spelled (`codec`) and how a row is laid over an entry (`merge`).
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
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
    """What the SDK says about a type, without parameters, and of the answer only its name.

    Shapes are most of the work of reading an entry: this is for asking all types at once.

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


def holder(object_name: str) -> str:
    """The object in whose answer one is described that has no entry; empty if none is."""
    return str(_index()["parts"].get(object_name, ""))


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
    known = row(object_name)
    said = entry(object_name)
    root = apply_row(unruled(object_name), known)
    return ResourceType(
        name=type_name(object_name),
        object=object_name,
        title=known.title,
        face=known.face,
        root=root,
        life=known.life,
        required=_required(root),
        collection=_placeholders_named(said.collection),
        item=_placeholders_named(said.item),
        parent=_parent_field(said),
        filters=tuple(sorted(set(said.params("list")) - _NOT_FILTERS)),
        list_needs=tuple(name for name, shape in said.params("list").items() if shape.required),
        expand=known.expand,
        instead={
            **dict.fromkeys(known.by_path("ignored"), _OF_ONE_REQUEST),
            **known.by_path("instead"),
        },
        has_metadata="metadata" in said.params("create"),
        id_prefix=known.id_prefix,
        rules=known.rules,
        creatable="create" in said.operations,
        updatable="update" in said.operations,
        calls=_calls(said),
        content=tuple(known.by_path("content")),
        base=said.operations["create"].base if "create" in said.operations else "api",
        include=known.include,
        creation_only=tuple(
            path
            for path, field in walk(root)
            if field.sensitive and field.in_response and not field.declarable
        ),
        include_once=known.include_once,
        examples=known.by_path("example"),
    )


def unruled(object_name: str) -> Attribute:
    """Fields of a type as the SDK tells them, before its row.

    Raises:
        UsageError: if the catalog has no such object.
    """
    said = entry(object_name)
    root = attributes(said, _embedded)
    parent = _parent_field(said)
    return with_parent(root, parent, _parent_object(said)) if parent else root


def _embedded(object_name: str) -> Shape | None:
    """Shape of an object that answers hold whole, where the catalog has it."""
    return entry(object_name).response if object_name in _index()["objects"] else None


_PLAIN = frozenset({"create", "retrieve", "update", "delete", "list", "search"})


def _calls(said: Entry) -> Mapping[str, Call]:
    """Calls beyond the plain ones, their placeholders named as the item's are."""
    parent = _PLACEHOLDER.findall(_own_id_apart(said.item)[0])
    found: dict[str, Call] = {}
    for name, operation in said.operations.items():
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

    def __getitem__(self, name: str) -> ResourceType:
        found = _type_names().get(name)
        if found is None:
            raise KeyError(name)
        return by_object(found)

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
    """Of each managed type, sorted, the area that its row stands in and its authoring class."""
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


def _parent_field(said: Entry) -> str:
    """Name of the placeholder that a child's paths have for its parent's id; empty if none."""
    # The item's path comes first: a collection may call the parent's id `id`.
    for path in (_own_id_apart(said.item)[0], said.collection):
        found = _PLACEHOLDER.search(path)
        if found is not None:
            return found[1]
    return ""


def _parent_object(said: Entry) -> str:
    """Object name of the type whose collection a child's path begins with."""
    before = (said.collection or said.item).partition("/{")[0]
    objects: Mapping[str, Mapping[str, str]] = _index()["objects"]
    return next((name for name, told in objects.items() if told["collection"] == before), "")


def _unknown(message: str, word: str, known: Iterable[str]) -> UsageError:
    near = alike(word, known, at_most=3)
    return UsageError(message, hint=f"did you mean {' or '.join(near)}?" if near else None)
