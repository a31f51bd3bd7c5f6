"""The statements that a stack is made of: calls, assignments, tables and loops over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from engine.frozen import frozen
from engine.source.python.literals import WIDTH, Text, width
from engine.source.python.printer import INDENT, Expression, Items, comment, exploded, lines_of


@frozen
class Call:
    """A call, perhaps the value of a variable.

    Attributes:
        value: The call, or any other value.
        before: What is before it, `pro = `.
        remarks: Lines of the comment above it.
    """

    value: Expression
    before: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        return [*_comments(self.remarks), *lines_of(self.value, before=self.before)]


@frozen
class Loop:
    """Calls for each row of a table.

    Attributes:
        columns: Names of the columns.
        rows: The table.
        body: What is done for each row.
    """

    columns: tuple[str, ...]
    rows: Expression
    body: tuple[Call, ...]

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        margin = " " * INDENT
        inner = [f"{margin}{line}" for call in self.body for line in _within(call)]
        return [*_header(self.columns, self.rows, after=":"), *inner]


@frozen
class Collected:
    """A dictionary with one call for each row of a table.

    Attributes:
        before: The variable that it is the value of, `rates = `.
        key: Code of its keys.
        value: The call.
        columns: Names of the columns.
        rows: The table.
        remarks: Lines of the comment above it.
    """

    before: str
    key: str
    value: Items
    columns: tuple[str, ...]
    rows: Expression
    remarks: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        call = exploded(self.value, before=f"{self.key}: ", indent=INDENT)
        header = _header(self.columns, self.rows, indent=INDENT)
        return [*_comments(self.remarks), f"{self.before}{{", *call, *header, "}"]


Statement: TypeAlias = Call | Loop | Collected


def _within(call: Call) -> list[str]:
    """The lines of a call in a loop, which has less room."""
    lines = lines_of(call.value, before=call.before, indent=INDENT)
    return [line[INDENT:] for line in [*_comments(call.remarks, INDENT), *lines]]


def _comments(remarks: tuple[str, ...], indent: int = 0) -> list[str]:
    return [line for remark in remarks for line in comment(remark, indent)]


def _header(
    columns: tuple[str, ...], rows: Expression, *, after: str = "", indent: int = 0
) -> list[str]:
    before = f"for {', '.join(columns)} in "
    lines = lines_of(rows, before=before, after=after, indent=indent)
    if width(lines[0]) <= WIDTH:
        return lines
    margin = " " * indent
    rest = lines_of(rows, before=") in ", after=after, indent=indent)
    return [f"{margin}for (", *(f"{margin}    {column}," for column in columns), *rest]


def texts_of(statement: Statement) -> Iterator[Text]:
    """Yield every string of a statement."""
    if isinstance(statement, Loop):
        yield from _texts(statement.rows)
        for call in statement.body:
            yield from _texts(call.value)
    else:
        yield from _texts(statement.value)
        if isinstance(statement, Collected):
            yield from _texts(statement.rows)


def with_texts(statement: Statement, change: Callable[[Text], Text]) -> Statement:
    """A statement with its strings changed."""
    if isinstance(statement, Loop):
        body = tuple(replace(call, value=_changed(call.value, change)) for call in statement.body)
        return replace(statement, rows=_changed(statement.rows, change), body=body)
    if isinstance(statement, Collected):
        value = _changed_items(statement.value, change)
        return replace(statement, value=value, rows=_changed(statement.rows, change))
    return replace(statement, value=_changed(statement.value, change))


def _texts(expression: Expression) -> Iterator[Text]:
    if isinstance(expression, Text):
        yield expression
    elif isinstance(expression, Items):
        for entry in expression.entries:
            yield from _texts(entry.value)


def _changed(expression: Expression, change: Callable[[Text], Text]) -> Expression:
    if isinstance(expression, Text):
        return change(expression)
    return _changed_items(expression, change) if isinstance(expression, Items) else expression


def _changed_items(items: Items, change: Callable[[Text], Text]) -> Items:
    entries = (replace(entry, value=_changed(entry.value, change)) for entry in items.entries)
    return replace(items, entries=tuple(entries))
