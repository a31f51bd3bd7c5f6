"""The emulated types: entry, row and behaviour of each, combined once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

from engine.catalog import loader
from engine.catalog.merge import matches
from engine.catalog.model import Entry, Shape
from engine.catalog.rows import Field, Row
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.registry import BEHAVIOURS
from engine.emulator.params.older_forms import OlderForm, applicable
from engine.emulator.params.parser import ParamParser
from engine.emulator.shapes import derived
from engine.emulator.shapes.document_builder import DocumentBuilder
from engine.schema.attribute import Kind

INTERNAL: str = "_"
"""The prefix of stored fields that no response holds."""
PARENT: str = f"{INTERNAL}parent"
"""Where a child keeps its parent's id if its response does not hold it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ObjectKind:
    """One emulated type.

    Attributes:
        object: Object name in the catalog.
        table: Object name in responses, which is where its objects are kept.
        title: What errors call it, `promotion code`.
        id_param: What errors call its id in a path; the placeholder's name (L).
        entry: What the SDK declares.
        row: What the semantics table adds.
        behaviour: What it does in addition to both.
        response: Shape of its response.
        parser: Parses its parameters.
        builder: Builds its documents.
        limits: Bounds of its parameters, by dotted path.
        filters: Which field of the response each list filter compares.
        references: Object names of the ids in its response that can be expanded, by dotted path.
        embedded: Object names of whole objects that its response always holds, by dotted path.
        sub_lists: Pages of other objects in its response, by dotted path.
        named_by_params: Object names of the ids in its parameters, by dotted path.
        parent: Name of the parent's id in its paths; empty if it has no parent.
        parent_object: Object name of its parent; empty if that is not emulated.
        hidden: Dotted paths that are absent unless expanded.
        null_unless_expanded: Dotted paths that are null unless expanded.
        ids_unless_expanded: Dotted paths of objects that are stored whole, and returned as their id
            unless expanded.
        includable: Dotted paths that are null unless included, in v2.
        creation_only: Dotted paths that only the response to the create holds.
    """

    object: str
    table: str
    title: str
    id_param: str
    entry: Entry
    row: Row
    behaviour: Behaviour
    response: Shape
    parser: ParamParser
    builder: DocumentBuilder
    limits: Mapping[str, Field]
    filters: Mapping[str, str]
    references: Mapping[str, str]
    embedded: Mapping[str, str]
    sub_lists: Mapping[str, derived.SubList]
    named_by_params: Mapping[str, str]
    parent: str
    parent_object: str
    hidden: frozenset[str]
    null_unless_expanded: frozenset[str]
    ids_unless_expanded: frozenset[str]
    includable: frozenset[str]
    creation_only: frozenset[str]

    @property
    def fields(self) -> Mapping[str, Shape]:
        """Fields of its response."""
        return self.response.fields

    @cached_property
    def links(self) -> Mapping[str, str]:
        """Object names of everything in its response that is, or can become, another object."""
        pages = {
            f"{path}.data.*": page.object for path, page in self.sub_lists.items() if page.field
        }
        return {**self.references, **self.embedded, **pages}

    @property
    def chosen_id(self) -> bool:
        """Whether a create may choose the id."""
        return "id" in self.entry.params("create")

    @property
    def singleton(self) -> bool:
        """Whether there is always exactly one: in the account, or for each parent."""
        return not self.entry.item.endswith("}") and "retrieve" in self.entry.operations

    @property
    def is_v2(self) -> bool:
        """Whether it is a type of v2."""
        return self.entry.service.startswith("v2.")

    @property
    def indexed(self) -> Mapping[str, bool]:
        """Dotted paths that its objects are found by, and whether case is folded."""
        filtered = {path: False for path in self.filters.values() if path in self.references}
        parent = {self.parent_field: False} if self.parent else {}
        return {**filtered, **parent, **self.behaviour.indexed}

    @property
    def parent_field(self) -> str:
        """Where its documents hold the parent's id."""
        return self.parent if self.parent in self.fields else PARENT


class _Kinds(Mapping[str, ObjectKind]):
    """The emulated types by object name, each combined when it is first used."""

    def __getitem__(self, object: str) -> ObjectKind:
        if _names().get(object) != object:
            raise KeyError(object)
        return _kind(object)

    def __iter__(self) -> Iterator[str]:
        return iter(loader.managed())

    def __len__(self) -> int:
        return len(loader.managed())


def kinds() -> Mapping[str, ObjectKind]:
    """Every emulated type, by object name."""
    return _Kinds()


def outlines() -> Mapping[str, Entry]:
    """The parts of every emulated type's entry that load quickly, by object name."""
    return {name: loader.outline(name) for name in loader.managed()}


def kind_of(object: str) -> ObjectKind | None:
    """The emulated type of an object name, the catalog's or the response's; None if none is."""
    name = _names().get(object)
    return None if name is None else _kind(name)


@cache
def _names() -> Mapping[str, str]:
    """Object names in the catalog by object names in responses and in the catalog."""
    returned = {derived.wire_object(entry): name for name, entry in outlines().items()}
    return {**returned, **{name: name for name in loader.managed()}}


class _Entries(Mapping[str, Entry]):
    """The entries of emulated types by either object name, each read when it is used."""

    def __getitem__(self, object: str) -> Entry:
        return loader.entry(_names()[object])

    def __iter__(self) -> Iterator[str]:
        return iter(_names())

    def __len__(self) -> int:
        return len(_names())


@cache
def _collections() -> Mapping[str, str]:
    """Object names by the paths of their collections."""
    return {entry.collection: name for name, entry in outlines().items()}


@cache
def response_of_object(object: str) -> Shape:
    """The shape of any object of Stripe's, emulated or not; without fields if it is unknown."""
    kind = kind_of(object)
    if kind is not None:
        return kind.response
    if object in loader.object_names():
        return derived.response_shape(loader.entry(object))
    holder = loader.holder(object)
    return (
        derived.part_of(response_of_object(holder), object) if holder else Shape(kind=Kind.OBJECT)
    )


@cache
def has_part(object: str, name: str) -> bool:
    """Whether a type has children whose collection is below its own path, under a name."""
    return any(
        derived.parent_object(entry, _collections()) == object
        and entry.collection.endswith(f"/{name}")
        for entry in outlines().values()
    )


@cache
def _kind(name: str) -> ObjectKind:
    entry, row = loader.entry(name), loader.row(name)
    behaviour = BEHAVIOURS.get(name, Behaviour())
    response = derived.response_shape(entry)
    emulated = frozenset(_names())
    hidden = frozenset(row.hidden) | behaviour.hidden
    includable = {*row.include, *row.include_once, *_words_of_include(entry)}
    whole = derived.kept_whole(response, row.expand, emulated)
    own_names = (name.rpartition(".")[2], *derived.placeholders(entry.item)[-1:])

    def spelled_out(paths: Iterable[str]) -> frozenset[str]:
        return frozenset(path for given in paths for path in _spelled_out(name, given))

    return ObjectKind(
        object=name,
        table=derived.wire_object(entry),
        title=behaviour.title or name.rpartition(".")[2].replace("_", " "),
        id_param=entry.item.rpartition("{")[2].partition("}")[0],
        entry=entry,
        row=row,
        behaviour=behaviour,
        response=response,
        parser=ParamParser(
            fold_case=spelled_out(row.by_path("fold_case")) - behaviour.keeps_case,
            unlisted=spelled_out(row.by_path("open_values")) | behaviour.unlisted,
            optional=spelled_out(row.by_path("optional")),
            clearable=behaviour.clearable | spelled_out(row.by_path("clearable")),
        ),
        builder=DocumentBuilder(
            shape=response,
            defaults={**_by_place(name, _neutral(row)), **behaviour.defaults},
            words=_by_place(name, row.by_path("words")),
            omitted=spelled_out(row.by_path("write_only")) - behaviour.returned | behaviour.omitted,
        ),
        limits=_limits({**row.fields, **behaviour.limits}),
        filters=derived.filters(entry, behaviour.filter_paths),
        references=derived.references(response, emulated),
        embedded=derived.embedded(response, emulated),
        sub_lists=derived.sub_lists(response, _Entries(), name, own_names),
        named_by_params=derived.named_by_params(entry, row, response),
        parent=derived.parent_of(entry),
        parent_object=derived.parent_object(entry, _collections()),
        hidden=hidden,
        null_unless_expanded=frozenset(row.expand) - hidden - whole,
        ids_unless_expanded=whole,
        includable=frozenset(includable),
        creation_only=frozenset(
            {*row.include_once, *(set(row.by_path("sensitive")) & set(response.fields) - hidden)}
        ),
    )


def _spelled_out(object: str, path: str) -> list[str]:
    """The paths that a path of the semantics table means, whose `*` may be any field."""
    if "*" not in path:
        return [path]
    places = matches(loader.by_object(object).root, path)
    return [".".join(place) for place in places] or [path]


def _by_place(object: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {place: value for path, value in values.items() for place in _spelled_out(object, path)}


def _words_of_include(entry: Entry) -> frozenset[str]:
    given = entry.params("retrieve").get("include")
    element = given.element if given is not None else None
    return frozenset(element.values if element is not None else ())


def _neutral(row: Row) -> dict[str, Any]:
    """Defaults from neutral values; those of aliased parameters under the response's names."""
    neutral = row.by_path("neutral")
    defaults = {path: value for path, value in neutral.items() if value is not None}
    for param, alias in row.aliases.items():
        if param in neutral:
            word = returned_word(alias.source_words, neutral[param])
            defaults[returned_path(param, alias)] = word
    return defaults


def _limits(fields: Mapping[str, Field]) -> Mapping[str, Field]:
    """What the semantics table says of lengths and forms."""
    return {
        path: facts
        for path, facts in fields.items()
        if facts.max_length or facts.min_length or facts.pattern
    }


def returned_path(param: str, alias: Field) -> str:
    """Dotted path of the response's field for an aliased parameter."""
    holder, dot, name = param.rpartition(".")
    return f"{holder}{dot}{alias.source or name}"


def returned_word(words: Mapping[Any, Any], value: Any) -> Any:
    """The response's value for a parameter's value: the mapping of an alias, read backwards."""
    return next((returned for returned, sent in words.items() if sent == value), value)


@lru_cache(maxsize=64)
def older_forms(version: str) -> Mapping[str, tuple[OlderForm, ...]]:
    """The forms that types had in an API version, by object name; empty for the newest ones."""
    found = {name: applicable(one.older_forms, version) for name, one in BEHAVIOURS.items()}
    return {name: forms for name, forms in found.items() if forms}
