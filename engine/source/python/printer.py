"""Prints the small part of Python that stacks are written in, as `ruff format` leaves it.

What fits into a line is written on one; what does not has an entry on each line and a comma behind
the last one, which keeps it so in projects with longer lines.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import TypeAlias

from engine.frozen import frozen
from engine.source.python.literals import LONGEST_LINE, WIDTH, Code, Text, broken, literal, width

INDENT = 4


@frozen
class Entry:
    """One argument, one entry of a dictionary, one element.

    Attributes:
        value: What it is.
        name: What is before it, `product=` or `"month": `; empty for an element.
        note: A comment on it.
    """

    value: Expression
    name: str = ""
    note: str = ""


@frozen
class Items:
    """A call, a dictionary, a list or a tuple.

    Attributes:
        opening: Up to its bracket, `Price(`.
        entries: What is in it.
        closing: The other bracket.
    """

    opening: str
    entries: tuple[Entry, ...]
    closing: str


Expression: TypeAlias = Code | Text | Items


def call(function: str, entries: Iterable[Entry]) -> Items:
    """A call of a function."""
    return Items(opening=f"{function}(", entries=tuple(entries), closing=")")


def sequence(values: Iterable[Expression]) -> Items:
    """A list of values."""
    return Items(opening="[", entries=tuple(Entry(value=value) for value in values), closing="]")


def row(values: Iterable[Expression]) -> Items:
    """A tuple of several values."""
    return Items(opening="(", entries=tuple(Entry(value=value) for value in values), closing=")")


def flat(expression: Expression) -> str:
    """An expression on one line."""
    if isinstance(expression, Code):
        return expression.text
    if isinstance(expression, Text):
        return literal(expression)
    inner = ", ".join(f"{entry.name}{flat(entry.value)}" for entry in expression.entries)
    return f"{expression.opening}{inner}{expression.closing}"


def sole(expression: Expression) -> Code | None:
    """The code that an expression is; None if it is anything else."""
    if isinstance(expression, Text) and len(expression.parts) == 1:
        part = expression.parts[0]
        return part if isinstance(part, Code) else None
    return expression if isinstance(expression, Code) else None


def has_notes(expression: Expression) -> bool:
    """Whether a comment is in an expression, so that it needs lines of its own."""
    return isinstance(expression, Items) and any(
        entry.note or has_notes(entry.value) for entry in expression.entries
    )


def lines_of(
    expression: Expression, *, before: str = "", after: str = "", indent: int = 0
) -> list[str]:
    """The lines of an expression.

    Args:
        expression: What to print.
        before: What is before it on its first line, without the indentation.
        after: What is behind it on its last one.
        indent: Columns by which its first line is indented.
    """
    margin = " " * indent
    line = f"{margin}{before}{flat(expression)}{after}"
    if isinstance(expression, Items) and expression.entries:
        if width(line) <= WIDTH and not has_notes(expression):
            return [line]
        return exploded(expression, before=before, after=after, indent=indent)
    alone = sole(expression)
    if alone is not None and alone.instead and width(line) > WIDTH:
        return lines_of(Text((alone.instead,)), before=before, after=after, indent=indent)
    if isinstance(expression, Text) and width(line) > LONGEST_LINE:
        deeper = " " * (indent + INDENT)
        whole = literal(expression)
        # What would fit in a line by itself is not broken, or longer lines would join it.
        fits = before and width(deeper + whole) <= LONGEST_LINE
        pieces = [whole] if fits else broken(expression, WIDTH - len(deeper))
        if fits or len(pieces) > 1:
            return [
                f"{margin}{before}(",
                *(deeper + piece for piece in pieces),
                f"{margin}){after}",
            ]
    return [line]


def exploded(items: Items, *, before: str = "", after: str = "", indent: int = 0) -> list[str]:
    """The lines of a call or a list with an entry on each, as `lines_of` makes them."""
    margin = " " * indent
    inner = [line for entry in items.entries for line in _entry(entry, indent + INDENT)]
    return [f"{margin}{before}{items.opening}", *inner, f"{margin}{items.closing}{after}"]


def _entry(entry: Entry, indent: int) -> list[str]:
    lines = lines_of(entry.value, before=entry.name, after=",", indent=indent)
    if not entry.note:
        return lines
    behind = f"{lines[0]}  # {_one_line(entry.note)}"
    if len(lines) == 1 and width(behind) <= WIDTH:
        return [behind]
    return [*comment(entry.note, indent), *lines]


def comment(text: str, indent: int = 0) -> list[str]:
    """A comment on lines of its own."""
    room = WIDTH - indent - len("# ")
    lines = textwrap.wrap(_one_line(text), room, break_long_words=False, break_on_hyphens=False)
    return [f"{' ' * indent}# {line}" for line in lines]


def _one_line(text: str) -> str:
    """A text without line ends and signs that are not printed."""
    words = re.sub(r"\s+", " ", text).strip()
    return "".join(sign for sign in words if sign.isprintable())
