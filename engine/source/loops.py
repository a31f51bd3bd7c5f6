"""Tables as code: a loop over their rows, and how each of its resources is referred to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.address import ResourceAddress
from engine.source.layout import references
from engine.source.python.literals import Code, Text, literal
from engine.source.python.printer import Expression, Items, row, sequence
from engine.source.python.statements import Call, Collected, Loop, Statement
from engine.source.tables import Cell, Column, Table, fixed_words, text_of
from engine.source.values import Scope, number
from engine.source.words import NameBook, kind_word, plural
from engine.values.paths import Path

_LONGEST_INLINE = 12
"""Rows of a table that a loop has in its own head; a longer one is a constant."""


def row_of(table: Table, at: int) -> Expression:
    """One row of a table; of a single column its value."""
    found = [column.values[at] for column in table.columns]
    values = [Text((value,)) if isinstance(value, str) else number(value) for value in found]
    return row(values) if len(values) > 1 else values[0]


def loop_of(
    table: Table, scope: Scope, names: NameBook, reachable: Collection[ResourceAddress]
) -> list[Statement]:
    """The statements that declare the resources of a table.

    Args:
        table: The table.
        scope: What they can refer to; what they declare is added to it.
        names: The names of the module.
        reachable: Addresses that something outside of their own row refers to.
    """
    return _Loop(table, scope, names).statements(reachable)


class _Loop:
    def __init__(self, table: Table, scope: Scope, names: NameBook) -> None:
        self.table = table
        self.first = table.bodies[0]
        self.scope = scope
        self.names = names
        self.faces = [scope.schemas[one.address.type].face for one in self.first]
        self.columns = self._named_columns()
        self.key = literal(text_of((Cell(table.columns[0]),), self.columns))

    def statements(self, reachable: Collection[ResourceAddress]) -> list[Statement]:
        holders = {
            place: self._holder(place)
            for place in range(len(self.first))
            if any(body[place].address in reachable for body in self.table.bodies)
        }
        found, rows = self._rows()
        columns = tuple(self.columns.values())
        if len(self.first) == 1 and holders:
            found.append(
                Collected(
                    before=f"{holders[0]} = ",
                    key=self.key,
                    value=self._declaration(0),
                    columns=columns,
                    rows=rows,
                    remarks=self.first[0].remarks,
                )
            )
        else:
            found += [
                Call(before=f"{holder}: dict[str, {self.faces[place]}] = ", value=Code("{}"))
                for place, holder in holders.items()
            ]
            found.append(Loop(columns=columns, rows=rows, body=self._body(holders)))
        self._make_reachable(holders)
        return found

    def _rows(self) -> tuple[list[Statement], Expression]:
        """The table, and the constant that it is if it is a long one."""
        numbers = range(len(self.table.bodies))
        rows = sequence(row_of(self.table, number) for number in numbers)
        if len(numbers) <= _LONGEST_INLINE:
            return [], rows
        constant = self.names.fixed([plural(kind_word(self.faces[0])).upper()])
        columns = self.columns.values()
        remarks = (f"Columns: {', '.join(columns)}.",) if len(columns) > 1 else ()
        return [Call(before=f"{constant} = ", value=rows, remarks=remarks)], Code(constant)

    def _body(self, holders: Mapping[int, str]) -> tuple[Call, ...]:
        inside = self._referred_inside()
        calls = []
        for place, resource in enumerate(self.first):
            before = f"{holders[place]}[{self.key}] = " if place in holders else ""
            value = self._declaration(place)
            if resource.address in inside:
                face = self.faces[place]
                local = self.names.shared([kind_word(face)], face, [*self.columns.values()])
                self.scope.variables[resource.address] = local
                before = f"{local} = {before}"
            calls.append(Call(before=before, value=value, remarks=resource.remarks))
        return tuple(calls)

    def _declaration(self, place: int) -> Items:
        resource = self.first[place]
        leaves = {
            path: text_of(pattern, self.columns)
            for path, pattern in self.table.leaves[place].items()
        }
        arguments = {
            name: _with(value, leaves, (name,)) for name, value in resource.arguments.items()
        }
        name = text_of(self.table.names[place], self.columns)
        return self.scope.declaration(resource, name=name, arguments=arguments)

    def _referred_inside(self) -> set[ResourceAddress]:
        """Resources of a row that those behind them refer to."""
        found: set[ResourceAddress] = set()
        before: set[ResourceAddress] = set()
        for resource in self.first:
            found |= before & set(references(resource))
            before.add(resource.address)
        return found

    def _make_reachable(self, holders: Mapping[int, str]) -> None:
        for at, body in enumerate(self.table.bodies):
            key = literal(Text((self.table.columns[0].values[at],)))
            for place, resource in enumerate(body):
                self.scope.variables.pop(resource.address, None)
                if place in holders:
                    self.scope.variables[resource.address] = f"{holders[place]}[{key}]"

    def _named_columns(self) -> dict[Column, str]:
        kind = kind_word(self.faces[0])
        found: dict[Column, str] = {}
        for column in self.table.columns:
            wanted = [*column.names, *(f"{kind}_{name}" for name in column.names)]
            found[column] = self.names.shared(wanted, column.type, [*found.values()])
        return found

    def _holder(self, place: int) -> str:
        """The variable of the dictionary that holds the resources of one call."""
        several = plural(kind_word(self.faces[place]))
        word = fixed_words(self.table.names[place], self.table.names[0] if place else ())
        named = [f"{word}_{several}"] if word else []
        return self.names.fixed([several, *named] if place == 0 else [*named, several])


def _with(value: Any, leaves: Mapping[Path, Text], path: Path) -> Any:
    """A value with code in the place of some leaves."""
    if path in leaves:
        return leaves[path]
    if isinstance(value, Mapping):
        return {key: _with(inner, leaves, (*path, key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with(inner, leaves, (*path, index)) for index, inner in enumerate(value)]
    return value
