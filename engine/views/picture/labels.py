"""What a picture says of its nodes and edges, as text that harms no language it is written in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import east_asian_width

from engine.plan.model import Action
from engine.redaction import hide
from engine.views.picture.model import EdgeKind, Node, NodeKind, Picture
from engine.views.style import inert
from engine.views.vocabulary import SYMBOLS

_BLANKS = re.compile(r"\s+")
# XML 1.0 has no place for these, however they are written.
_UNKNOWN_TO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_PREFIX = "stripe_"
_KINDS = {
    EdgeKind.REFERENCE: "refers to",
    EdgeKind.DEPENDS_ON: "depends on",
    EdgeKind.OUTPUT: "refers to another stack",
}


def plain(text: str) -> str:
    """A text on one line, without secrets, and without what is obeyed instead of shown."""
    line = _BLANKS.sub(" ", str(hide(text))).strip()
    return inert(_UNKNOWN_TO_XML.sub("\N{REPLACEMENT CHARACTER}", line))


def shortened(text: str, width: int) -> str:
    """A text in so many columns at most, its middle left out if it is longer."""
    if _width(text) <= width:
        return text
    begin: list[str] = []
    end: list[str] = []
    left = width - 1
    signs = list(text)
    while signs:
        part = begin if len(begin) <= len(end) else end
        sign = signs.pop(0 if part is begin else -1)
        left -= _width(sign)
        if left < 0:
            break
        part.append(sign)
    return "".join(begin) + "…" + "".join(reversed(end))


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def type_of(node: Node) -> str:
    """What kind of object a node is: `price`, `price, looked up`, `output`."""
    if node.kind is NodeKind.OUTPUT:
        return "output"
    type = plain(node.type.removeprefix(_PREFIX))
    return f"{type}, looked up" if node.kind is NodeKind.LOOKUP else type


def sentence(node: Node) -> str:
    """All that a picture says of a node, on one line."""
    name = plain(node.key)
    if plain(node.label) not in name:
        name = f"{plain(node.label)}, {name}"
    return f"{name}: {SYMBOLS[node.symbol or ' '][0]}" if node.action is not None else name


def edge_words(kind: EdgeKind) -> str:
    """How an edge is read, from the node that refers to the other one."""
    return _KINDS[kind]


def summary(picture: Picture) -> str:
    """What is in a picture, in one sentence."""
    stacks = len(picture.stacks)
    parts = [_count(len(picture.nodes), "resource"), _count(len(picture.edges), "edge")]
    if stacks > 1:
        parts.append(_count(stacks, "stack"))
    pending = sum(1 for node in picture.nodes if node.action not in (None, Action.NO_OP))
    if any(node.action is not None for node in picture.nodes):
        parts.append(_count(pending, "change"))
    return ", ".join(parts)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def symbols_in(picture: Picture) -> dict[str, Action]:
    """The symbols in a picture of a plan, in the order of a legend, each with its action."""
    used = {node.symbol: node.action for node in picture.nodes if node.symbol and node.action}
    return {symbol: used[symbol] for symbol in SYMBOLS if symbol in used}


def edge_kinds_in(picture: Picture) -> list[EdgeKind]:
    """The kinds of edges in a picture, in the order of a legend."""
    used: Iterable[EdgeKind] = {edge.kind for edge in picture.edges}
    return [kind for kind in EdgeKind if kind in used]
