"""The entries between two brackets, with their layout: of a call, a dictionary, a list, a tuple.

Where libcst keeps the blanks and comments between two entries depends on the kind of the bracket.
Here each entry has its own comments, so that it takes them along, and the rest is layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, overload

import libcst as cst

Bracketed: TypeAlias = cst.Call | cst.Dict | cst.List | cst.Tuple
Node: TypeAlias = cst.Arg | cst.BaseDictElement | cst.BaseElement
Blank: TypeAlias = cst.BaseParenthesizableWhitespace

NONE = cst.SimpleWhitespace("")
ONE = cst.SimpleWhitespace(" ")
_NO_COMMENT = cst.TrailingWhitespace()


@dataclass(slots=True)
class Entry:
    """One entry, with what belongs to it.

    Attributes:
        node: The entry, without its comma.
        above: Lines of comments, and empty ones, above it.
        behind: The end of its line, with its comment.
        gap: Blanks before its comma.
    """

    node: Node
    above: tuple[cst.EmptyLine, ...] = ()
    behind: cst.TrailingWhitespace = _NO_COMMENT
    gap: Blank = NONE

    @property
    def value(self) -> cst.BaseExpression:
        """Its value."""
        return self.node.value

    @property
    def bare(self) -> Node:
        """The entry without what parts it from the next."""
        node = self.node.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        if isinstance(node, cst.Arg):
            return node.with_changes(whitespace_after_arg=NONE)
        return node

    def with_value(self, value: cst.BaseExpression) -> Entry:
        """The same entry with another value."""
        return replace(self, node=self.node.with_changes(value=value))

    def with_comment(self, text: str) -> Entry:
        """The same entry with a comment, if it has none."""
        if self.behind.comment is not None or not text:
            return self
        comment = cst.TrailingWhitespace(cst.SimpleWhitespace("  "), cst.Comment(f"# {text}"))
        return replace(self, behind=comment)


@dataclass(slots=True)
class Bracket:
    """What is between two brackets.

    Attributes:
        node: The call, dictionary, list or tuple.
        entries: What is in it.
        blanks: The blanks before the first entry and after each one, without comments.
        comma: There is one after the last entry.
        first: The end of the line of the opening bracket, with its comment.
        below: Lines of comments above the closing bracket.
    """

    node: Bracketed
    entries: list[Entry] = field(default_factory=list)
    blanks: list[Blank] = field(default_factory=list)
    comma: bool = False
    first: cst.TrailingWhitespace = _NO_COMMENT
    below: tuple[cst.EmptyLine, ...] = ()

    @property
    def has_comments(self) -> bool:
        """Whether there is a comment or an empty line between the entries."""
        ends = (self.first, *(entry.behind for entry in self.entries))
        lines = any(entry.above for entry in self.entries)
        return bool(self.below) or lines or any(end.comment is not None for end in ends)

    @property
    def is_flat(self) -> bool:
        """Whether all is on one line."""
        return not any(map(_breaks, self.blanks))

    @property
    def is_hugged(self) -> bool:
        """Whether all entries are on one line between those of the brackets."""
        outer = _breaks(self.blanks[0]) and _breaks(self.blanks[-1])
        return outer and not self.comma and not any(map(_breaks, self.blanks[1:-1]))

    @property
    def is_exploded(self) -> bool:
        """Whether each entry is on a line of its own."""
        return all(map(_breaks, self.blanks)) and self.comma

    def insert(self, index: int, entry: Entry) -> None:
        """Put an entry before the one at an index, laid out like those around it."""
        if not self.entries:
            alone = self.blanks[0]
            self.blanks = [alone, alone] if _breaks(alone) else [NONE, NONE]
        else:
            self.blanks.insert(max(index, 1), self._between())
        self.entries.insert(index, entry)

    def remove(self, index: int) -> None:
        """Take an entry out; the comments above it stay."""
        gone = self.entries.pop(index)
        if not self.entries:
            self.blanks = [NONE] if not gone.above and not self.below else self.blanks[:1]
            self.comma = False
        else:
            del self.blanks[index if index == len(self.entries) else index + 1]
        if index < len(self.entries):
            self.entries[index].above = gone.above + self.entries[index].above
        else:
            self.below = gone.above + self.below

    def _between(self) -> Blank:
        """The blank between two entries."""
        inner = self.blanks[1:-1]
        if inner:
            return inner[-1]
        opening = self.blanks[0]
        # One entry on a line of its own: a comma behind it says that others go below.
        return opening if _breaks(opening) and self.comma else ONE

    def laid_out(self, blanks: list[Blank], *, comma: bool) -> Bracketed:
        """The node with other blanks."""
        return replace(self, blanks=blanks, comma=comma).closed()

    def closed(self) -> Bracketed:
        """The node with these entries."""
        if not self.entries:
            return self._emptied()
        opening = _joined(self.blanks[0], self.first, self.entries[0].above)
        nexts = [*(entry.above for entry in self.entries[1:]), self.below]
        after = [
            _joined(self._room(blank, entry, above), entry.behind, above)
            for blank, entry, above in zip(self.blanks[1:], self.entries, nexts, strict=True)
        ]
        nodes: list[Node] = []
        last = len(self.entries) - 1
        is_call = isinstance(self.node, cst.Call)
        for index, (entry, blank) in enumerate(zip(self.entries, after, strict=True)):
            outside = index == last and not is_call
            comma: cst.Comma | cst.MaybeSentinel = cst.MaybeSentinel.DEFAULT
            if index < last or self.comma:
                comma = cst.Comma(entry.gap, NONE if outside else blank)
            node = entry.node.with_changes(comma=comma)
            if isinstance(node, cst.Arg):
                open_end = index == last and not self.comma
                node = node.with_changes(whitespace_after_arg=blank if open_end else NONE)
            nodes.append(node)
        return self._with(opening, nodes, after[-1])

    def _room(self, blank: Blank, entry: Entry, above: Sequence[cst.EmptyLine]) -> Blank:
        """The blank, with a line break if a comment needs one."""
        needs = entry.behind.comment is not None or above
        return self.blanks[0] if needs and not _breaks(blank) else blank

    def _emptied(self) -> Bracketed:
        blank = _joined(self.blanks[0], self.first, self.below)
        node = self.node
        if isinstance(node, cst.Call):
            return node.with_changes(args=(), whitespace_before_args=blank)
        return self._with(blank, [], NONE)

    def _with(self, opening: Blank, nodes: list[Node], closing: Blank) -> Bracketed:
        node = self.node
        if isinstance(node, cst.Call):
            return node.with_changes(args=nodes, whitespace_before_args=opening)
        if isinstance(node, cst.Dict):
            left = node.lbrace.with_changes(whitespace_after=opening)
            right = node.rbrace.with_changes(whitespace_before=closing)
            return node.with_changes(elements=nodes, lbrace=left, rbrace=right)
        if isinstance(node, cst.List):
            start = node.lbracket.with_changes(whitespace_after=opening)
            end = node.rbracket.with_changes(whitespace_before=closing)
            return node.with_changes(elements=nodes, lbracket=start, rbracket=end)
        outer = node.lpar[0].with_changes(whitespace_after=opening)
        inner = node.rpar[-1].with_changes(whitespace_before=closing)
        if len(nodes) == 1:
            nodes = [nodes[0].with_changes(comma=cst.Comma())]
        return node.with_changes(elements=nodes, lpar=(outer,), rpar=(inner,))


@overload
def opened(node: cst.Call | cst.Dict) -> Bracket: ...
@overload
def opened(node: cst.CSTNode) -> Bracket | None: ...
def opened(node: cst.CSTNode) -> Bracket | None:
    """What is between the brackets of an expression; None if it has none of its own."""
    if isinstance(node, cst.Call):
        blanks = [node.whitespace_before_args, *map(_after_arg, node.args)]
        return _bracket(node, node.args, blanks)
    if isinstance(node, cst.Dict):
        ends = (node.lbrace.whitespace_after, node.rbrace.whitespace_before)
        return _bracket(node, node.elements, _around(ends[0], node.elements, ends[1]))
    if isinstance(node, cst.List):
        ends = (node.lbracket.whitespace_after, node.rbracket.whitespace_before)
        return _bracket(node, node.elements, _around(ends[0], node.elements, ends[1]))
    if isinstance(node, cst.Tuple) and len(node.lpar) == 1:
        ends = (node.lpar[0].whitespace_after, node.rpar[0].whitespace_before)
        return _bracket(node, node.elements, _around(ends[0], node.elements, ends[1]))
    return None


def _after_arg(arg: cst.Arg) -> Blank:
    comma = arg.comma
    return comma.whitespace_after if isinstance(comma, cst.Comma) else arg.whitespace_after_arg


def _around(
    opening: Blank, elements: Sequence[cst.BaseDictElement | cst.BaseElement], closing: Blank
) -> list[Blank]:
    between = [_after(element) for element in elements[:-1]]
    return [opening, *between, closing] if elements else [opening]


def _after(element: cst.BaseDictElement | cst.BaseElement) -> Blank:
    comma = element.comma
    return comma.whitespace_after if isinstance(comma, cst.Comma) else NONE


def _gap(node: Node) -> Blank:
    comma = node.comma
    return comma.whitespace_before if isinstance(comma, cst.Comma) else NONE


def _bracket(node: Bracketed, nodes: Sequence[Node], whole: Sequence[Blank]) -> Bracket:
    """Give each entry the comments around it."""
    parts = [_parted(blank) for blank in whole]
    entries = [
        Entry(one, above=parts[index][2], behind=parts[index + 1][1], gap=_gap(one))
        for index, one in enumerate(nodes)
    ]
    return Bracket(
        node,
        entries,
        [blank for blank, _, _ in parts],
        comma=bool(nodes) and isinstance(nodes[-1].comma, cst.Comma),
        first=parts[0][1],
        below=parts[-1][2],
    )


def _parted(blank: Blank) -> tuple[Blank, cst.TrailingWhitespace, tuple[cst.EmptyLine, ...]]:
    if not isinstance(blank, cst.ParenthesizedWhitespace):
        return blank, _NO_COMMENT, ()
    bare = blank.with_changes(first_line=_NO_COMMENT, empty_lines=())
    return bare, blank.first_line, tuple(blank.empty_lines)


def _joined(blank: Blank, end: cst.TrailingWhitespace, lines: Sequence[cst.EmptyLine]) -> Blank:
    if not isinstance(blank, cst.ParenthesizedWhitespace):
        return blank
    return blank.with_changes(first_line=end, empty_lines=lines)


def _breaks(blank: Blank) -> bool:
    return isinstance(blank, cst.ParenthesizedWhitespace)


def line_break(indent: str) -> Blank:
    """A line break, with the next line indented within its statement."""
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
