"""Laying the entries of brackets out again, where an edit made a line too long or short enough.

The rules are those of the formatters that people use: all on one line if it fits; else a call's
arguments on one line between the brackets' lines; else each entry on its own line, with a comma
behind the last. What is on lines of its own stays there.
"""

from __future__ import annotations

import libcst as cst

from engine.source.edit.brackets import NONE, ONE, Bracket, Entry, line_break, opened
from engine.source.python.literals import width

_STEP = "    "


class Layout:
    """Lays expressions of one statement out."""

    def __init__(self, room: int, block: int) -> None:
        """Begin a statement.

        Args:
            room: How many columns lines may take.
            block: How far the statement is indented.
        """
        self._room = room
        self._block = block
        self._empty = cst.Module(())

    def fitted(
        self, node: cst.BaseExpression, column: int, after: int, indent: str = ""
    ) -> cst.BaseExpression:
        """An expression as a formatter would lay it out.

        Args:
            node: The expression.
            column: Where it begins on its line.
            after: How much follows it on its last line.
            indent: Indentation of the line that it begins on, within the statement.
        """
        bracket = opened(node)
        if bracket is None or not bracket.entries or (node.lpar and not _is_tuple(node)):
            return node
        if bracket.is_exploded:
            return self._with_entries_fitted(bracket, indent).closed()
        if bracket.has_comments or bracket.comma or not (bracket.is_flat or bracket.is_hugged):
            return node
        flat = bracket.laid_out([NONE, *[ONE] * (len(bracket.entries) - 1), NONE], comma=False)
        code = self._code(flat)
        if "\n" not in code and column + width(code) + after <= self._room:
            return flat
        inner = line_break(indent + _STEP)
        outer = line_break(indent)
        if isinstance(node, cst.Call):
            between = [ONE] * (len(bracket.entries) - 1)
            hugged = bracket.laid_out([inner, *between, outer], comma=False)
            # Without what it calls: the line between those of the brackets.
            line = ", ".join(self._code(entry.bare) for entry in bracket.entries)
            if "\n" not in line and self._block + len(indent + _STEP) + width(line) <= self._room:
                return hugged
        bracket.blanks = [*[inner] * len(bracket.entries), outer]
        # A formatter puts no comma behind an entry that is alone.
        bracket.comma = len(bracket.entries) > 1 or _is_tuple(node)
        return self._with_entries_fitted(bracket, indent).closed()

    def _with_entries_fitted(self, bracket: Bracket, indent: str) -> Bracket:
        inside = indent + _STEP
        after = int(bracket.comma or len(bracket.entries) > 1)
        bracket.entries = [self._entry(entry, after, inside) for entry in bracket.entries]
        return bracket

    def _entry(self, entry: Entry, after: int, indent: str) -> Entry:
        """An entry on a line of its own, with or without a comma behind it."""
        before = width(self._code(entry.bare)) - width(self._code(entry.value))
        column = self._block + len(indent) + before
        if (comment := entry.behind.comment) is not None:
            after += width(entry.behind.whitespace.value + comment.value)
        return entry.with_value(self.fitted(entry.value, column, after, indent))

    def _code(self, node: cst.CSTNode) -> str:
        return self._empty.code_for_node(node)


def _is_tuple(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Tuple)
