"""What differs between similar resources, as the columns of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.schema.resource_type import Schemas
from engine.source.model import WrittenResource
from engine.source.python.literals import Code, Text
from engine.source.shapes import references_in, varying
from engine.values.paths import Path
from engine.values.templates import has_reference

Body: TypeAlias = tuple[WrittenResource, ...]
"""Resources that one round of a loop declares."""

_CASES: Mapping[str, Callable[[str], str]] = {
    "": lambda text: text,
    ".upper()": str.upper,
    ".title()": str.title,
}


@frozen(eq=False)
class Column:
    """One column of a table.

    Attributes:
        values: One for each row.
        names: What it could be called, best first.
    """

    values: tuple[Any, ...]
    names: list[str]

    @property
    def type(self) -> str:
        """The type of its values, so that two loops can have a variable of one name."""
        if isinstance(self.values[0], str):
            return "str"
        return "int" if all(value == int(value) for value in self.values) else "float"


@frozen(kw_only=False, eq=False)
class Cell:
    """Where a column is in a text, and what is done with it there.

    Attributes:
        column: The column.
        case: A call that changes its case; empty if it is as it is.
    """

    column: Column
    case: str = ""


Pattern: TypeAlias = tuple[str | Cell, ...]
"""A text that is put together of columns, for each row."""


@frozen(eq=False)
class Table:
    """Bodies that differ in a few columns.

    Attributes:
        bodies: The resources of each row.
        columns: What differs, the first with a value of its own in each row.
        names: The logical name of each resource of a body.
        leaves: What differs in the arguments of each, by path.
    """

    bodies: tuple[Body, ...]
    columns: tuple[Column, ...]
    names: tuple[Pattern, ...]
    leaves: tuple[Mapping[Path, Pattern], ...]


def table_of(bodies: Sequence[Body], schemas: Schemas) -> Table | None:
    """Bodies of one shape as a table; None if their names do not follow from columns.

    The key of a row is the name of its first resource, which people search for, or what is its own
    in that name, if that saves a column.
    """
    roots = [body[0].address.name for body in bodies]
    found = [
        table
        for keys in (roots, _stripped(roots))
        if (table := _with_keys(bodies, keys, schemas)) is not None
    ]
    return min(found, key=lambda table: len(table.columns), default=None)


def _with_keys(bodies: Sequence[Body], keys: Sequence[str], schemas: Schemas) -> Table | None:
    key = Column(values=tuple(keys), names=[])
    names = [
        pattern
        for place in range(len(bodies[0]))
        if (pattern := _pattern([body[place].address.name for body in bodies], [key]))
    ]
    if len(names) < len(bodies[0]) or not all(keys) or len(set(keys)) < len(keys):
        return None
    return _filled(tuple(bodies), key, tuple(names), schemas)


def _filled(
    bodies: tuple[Body, ...], key: Column, names: tuple[Pattern, ...], schemas: Schemas
) -> Table | None:
    columns = [key]
    leaves: list[dict[Path, Pattern]] = []
    for place, first in enumerate(bodies[0]):
        root = schemas[first.address.type].root
        own: list[Column] = []
        rows = [dict(varying(dict(body[place].arguments), root)) for body in bodies]
        found: dict[Path, Pattern] = {}
        for path in rows[0]:
            values = tuple(row[path] for row in rows)
            if len(set(map(repr, values))) == 1:
                continue
            pattern = _pattern(list(values), columns)
            if pattern is None:
                if len({isinstance(value, str) for value in values}) > 1:
                    return None
                column = Column(values=values, names=_column_names(path))
                own.append(column)
                columns.append(column)
                pattern = (Cell(column),)
            elif len(pattern) == 1 and isinstance(cell := pattern[0], Cell) and cell.column is key:
                key.names.extend(_column_names(path))
            found[path] = pattern
        _tell_apart(own)
        found |= _references(first, place, bodies[0], names)
        if len(names) > 1:
            _name_after(own, names[place], names[0])
        leaves.append(found)
    key.names.append("key")
    return Table(bodies=bodies, columns=tuple(columns), names=names, leaves=tuple(leaves))


def _references(
    resource: WrittenResource, place: int, body: Body, names: Sequence[Pattern]
) -> dict[Path, Pattern]:
    """Texts that refer to what the body declares further down, by its name."""
    later = {one.address: names[number] for number, one in enumerate(body) if number >= place}
    found: dict[Path, Pattern] = {}
    for path, text in _all_texts(dict(resource.arguments)):
        pieces = list(references_in(text)) if has_reference(text) else []
        if any(where in later for _, where in pieces):
            found[path] = tuple(
                part for piece, where in pieces for part in _named(piece, where, later)
            )
    return found


def _named(
    piece: str, where: ResourceAddress | None, later: Mapping[ResourceAddress, Pattern]
) -> Iterator[str | Cell]:
    if where is None or where not in later:
        yield piece
        return
    before, _, after = piece.partition(where)
    yield f"{before}{where.type}."
    yield from later[where]
    yield after


def _stripped(names: Sequence[str]) -> list[str]:
    """Names without the words that they all begin and end with."""
    words = [re.split(r"(?<=-)|(?=-)", name) for name in names]
    shortest = min(map(len, words))
    head = 0
    while head < shortest - 1 and len({tuple(one[: head + 1]) for one in words}) == 1:
        head += 1
    tail = 0
    while tail < shortest - head - 1 and len({tuple(one[-tail - 1 :]) for one in words}) == 1:
        tail += 1
    return ["".join(one[head : len(one) - tail]).strip("-") for one in words]


def _pattern(values: Sequence[Any], columns: Sequence[Column]) -> Pattern | None:
    """Values as a text around one of the columns; None if none of them is in all of them."""
    if not all(isinstance(value, str) for value in values):
        same = [column for column in columns if _same(column.values, values)]
        return (Cell(same[0]),) if same else None
    for column in columns:
        if column.type != "str" or not all(column.values):
            continue
        for case, change in _CASES.items():
            parts = [change(text) for text in column.values]
            found = _around(values, parts) if case == "" or parts != list(column.values) else None
            if found is not None and (case == "" or found == ("", "") or len(parts[0]) > 1):
                cell = Cell(column, case)
                return tuple(part for part in (found[0], cell, found[1]) if part)
    return None


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return [*map(repr, one)] == [*map(repr, other)]


def _around(values: Sequence[str], parts: Sequence[str]) -> tuple[str, str] | None:
    """What is before and behind the parts in all of the values."""
    first, inner = values[0], parts[0]
    start = first.find(inner)
    while start >= 0:
        before, after = first[:start], first[start + len(inner) :]
        if all(
            f"{before}{part}{after}" == value for part, value in zip(parts, values, strict=True)
        ):
            return before, after
        start = first.find(inner, start + 1)
    return None


def _column_names(path: Path) -> list[str]:
    """What a column could be called that is at a path."""
    words = [
        word
        for part in path
        if isinstance(part, str) and (word := re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_"))
    ]
    return ["_".join(words[-count:]) for count in range(1, len(words) + 1)]


def _tell_apart(columns: Sequence[Column]) -> None:
    """Let columns whose last words are equal be called by more of them, e.g. by the currency."""
    often = Counter(column.names[0] for column in columns)
    for column in columns:
        if often[column.names[0]] > 1 and len(column.names) > 1:
            del column.names[0]


def _name_after(columns: Sequence[Column], name: Pattern, root: Pattern) -> None:
    """Let the columns of one resource be called what sets it apart from the others of its body."""
    word = fixed_words(name, root)
    if word and not word[0].isdigit():
        for column in columns:
            column.names[:] = [f"{word}_{column.names[0]}", *column.names]
        if len(columns) == 1:
            columns[0].names.insert(0, word)


def fixed_words(name: Pattern, root: Pattern) -> str:
    """What a name holds that is the same in all rows and not in the name of the first resource."""
    known = {part for part in root if isinstance(part, str)}
    fixed = "_".join(part for part in name if isinstance(part, str) and part not in known)
    return re.sub(r"[^a-z0-9]+", "_", fixed).strip("_")


def _all_texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _all_texts(inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _all_texts(inner, (*path, index))
    elif isinstance(value, str):
        yield path, value


def text_of(pattern: Pattern, names: Mapping[Column, str]) -> Text:
    """A pattern as the code of a string, in which columns have these names."""
    return Text(
        tuple(
            part if isinstance(part, str) else Code(f"{names[part.column]}{part.case}")
            for part in pattern
        )
    )
