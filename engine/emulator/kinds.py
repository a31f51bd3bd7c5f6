"""The emulated types: entry, row and behaviour of each, laid together once.

What must not live here: what happens in a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.catalog import loader
from engine.catalog.model import Entry, Shape
from engine.catalog.rows import Limit, Row
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.registry import BEHAVIOURS
from engine.emulator.coerce import Reading
from engine.emulator.documents import Filling
from engine.provider.schema import Kind

_PAGING = frozenset({"limit", "starting_after", "ending_before"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectKind:
    """One emulated type.

    Attributes:
        object: Object name.
        title: What errors call it, `promotion code`.
        id_param: What errors call its id in a path; the placeholder's name (L).
        entry: What the SDK says.
        row: What the semantics table says.
        behaviour: What it does beyond both.
        reading: How its parameters are read.
        filling: How its documents are filled in.
        limits: Bounds of its parameters, by dotted path.
        filters: Where each list filter looks in the answer.
        references: Object names of the ids in its answer, by dotted path; only emulated types.
        hidden: Dotted paths that are absent unless expanded.
        nulled: Dotted paths that are null unless expanded.
        told_once: Fields that only the answer to the create holds.
    """

    object: str
    title: str
    id_param: str
    entry: Entry
    row: Row
    behaviour: Behaviour
    reading: Reading
    filling: Filling
    limits: Mapping[str, Limit]
    filters: Mapping[str, str]
    references: Mapping[str, str]
    hidden: frozenset[str]
    nulled: frozenset[str]
    told_once: frozenset[str]

    @property
    def fields(self) -> Mapping[str, Shape]:
        """Fields of its answer."""
        return self.entry.response.fields

    @property
    def chosen_id(self) -> bool:
        """Whether a create may say the id."""
        return "id" in self.entry.params("create")


@cache
def kinds() -> Mapping[str, ObjectKind]:
    """Every emulated type, by object name."""
    names = loader.managed()
    return {name: _kind(name, frozenset(names)) for name in names}


def _kind(name: str, emulated: frozenset[str]) -> ObjectKind:
    entry, row = loader.entry(name), loader.row(name)
    behaviour = BEHAVIOURS.get(name, Behaviour())
    answer = entry.response
    return ObjectKind(
        object=name,
        title=behaviour.title or name.rpartition(".")[2].replace("_", " "),
        id_param=entry.item.rpartition("{")[2].rstrip("}"),
        entry=entry,
        row=row,
        behaviour=behaviour,
        reading=Reading(
            fold_case=frozenset(row.fold_case),
            unlisted=frozenset(row.unlisted),
            emptyable=behaviour.emptyable,
        ),
        filling=Filling(
            shape=answer,
            defaults={**_neutral(row), **behaviour.defaults},
            words=row.words,
            unseen=frozenset(row.write_only),
        ),
        limits={**row.limits, **behaviour.limits},
        filters=_filters(entry, behaviour),
        references=dict(_references(answer.fields, "", emulated)),
        hidden=frozenset(row.hidden),
        nulled=frozenset(row.expand) - frozenset(row.hidden),
        told_once=frozenset(name for name in row.sensitive if name in answer.fields),
    )


def _neutral(row: Row) -> dict[str, Any]:
    """Neutral values fill what cannot be null; the answer spells aliased ones in its own words."""
    defaults = {path: value for path, value in row.neutral.items() if value is not None}
    for param, alias in row.aliases.items():
        if param in row.neutral:
            word = answer_word(alias.words, row.neutral[param])
            defaults[alias.source] = word
    return defaults


def answer_word(words: Mapping[Any, Any], value: Any) -> Any:
    """What the answer says for a parameter's value: the mapping of an alias, read backwards."""
    return next((told for told, said in words.items() if said == value), value)


def _filters(entry: Entry, behaviour: Behaviour) -> dict[str, str]:
    answer = entry.response.fields
    found: dict[str, str] = {}
    for name in entry.params("list"):
        if name in _PAGING:
            continue
        singular = name.removesuffix("s")
        if name in behaviour.filter_paths:
            found[name] = behaviour.filter_paths[name]
        elif name in answer:
            found[name] = name
        elif singular in answer:
            found[name] = singular
    return found


def _references(
    fields: Mapping[str, Shape], prefix: str, emulated: frozenset[str]
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, shape in fields.items():
        path = f"{prefix}{name}"
        if shape.kind is Kind.STRING and shape.reference in emulated:
            found.append((path, shape.reference))
        elif shape.kind is Kind.OBJECT:
            found += _references(shape.fields, f"{path}.", emulated)
    return found
