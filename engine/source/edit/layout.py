"""Laying the entries of brackets out again, where an edit made a line too long or short enough.

The rules are those of the formatters that people use: all on one line if it fits; else a call's
arguments on one line between the brackets' lines; else each entry on its own line, with a comma
behind the last. What is on lines of its own stays there.
"""

from __future__ import annotations

import libcst as cst

from engine.source.edit.brackets import NONE, ONE, Bracket, Entry, line_break, opened

_STEP = "    "


class Layout:
    """Lays expressions of one statement out."""

    def __init__(self, width: int, block: int) -> None:
        """Begin a statement.

        Args:
            width: How long lines may be.
            block: How far the statement is indented.
        """
        self._width = width
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
        if "\n" not in code and column + len(code) + after <= self._width:
            return flat
        inner = line_break(indent + _STEP)
        outer = line_break(indent)
        if isinstance(node, cst.Call):
            between = [ONE] * (len(bracket.entries) - 1)
            hugged = bracket.laid_out([inner, *between, outer], comma=False)
            # Without what it calls: the line between those of the brackets.
            line = ", ".join(self._code(entry.bare) for entry in bracket.entries)
            if "\n" not in line and self._block + len(indent + _STEP) + len(line) <= self._width:
                return hugged
        bracket.blanks = [*[inner] * len(bracket.entries), outer]
        bracket.comma = True
        return self._with_entries_fitted(bracket, indent).closed()

    def _with_entries_fitted(self, bracket: Bracket, indent: str) -> Bracket:
        inside = indent + _STEP
        bracket.entries = [self._entry(entry, inside) for entry in bracket.entries]
        return bracket

    def _entry(self, entry: Entry, indent: str) -> Entry:
        """An entry on a line of its own, with a comma behind it."""
        before = len(self._code(entry.bare)) - len(self._code(entry.value))
        column = self._block + len(indent) + before
        return entry.with_value(self.fitted(entry.value, column, 1, indent))

    def _code(self, node: cst.CSTNode) -> str:
        return self._empty.code_for_node(node)


def _is_tuple(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Tuple)
