"""Text as Python literals: quotes, escapes, f-strings, and long text on several lines.

The quotes are those that `ruff format` would choose.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from engine.frozen import frozen

WIDTH = 88
"""Widest line, so that the text is formatted for projects with longer lines too."""
LONGEST_LINE = 100
"""Longest line of text that is kept in one piece."""

_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CHUNK = re.compile(r"[^ \n]*(?: +|\n+)|[^ \n]+")
_JOINERS = ("\u200c", "\u200d")


@frozen(kw_only=False)
class Code:
    """A piece of Python on one line: a number, a name, an attribute.

    Attributes:
        text: The piece.
        instead: A string of the same value, where the piece does not fit into its line.
    """

    text: str
    instead: str = ""


@frozen(kw_only=False)
class Text:
    """A string: its parts, in their order; those that are code make it an f-string.

    Attributes:
        parts: Literal text and code.
    """

    parts: tuple[str | Code, ...]


def width(text: str) -> int:
    """How many columns a text takes."""
    return len(text) if text.isascii() else sum(map(columns_of, text))


def columns_of(sign: str) -> int:
    """How many columns a sign takes by itself."""
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def literal(text: Text) -> str:
    """A string on one line."""
    if len(text.parts) == 1 and isinstance(text.parts[0], Code):
        return text.parts[0].text
    plain = "".join(part for part in text.parts if isinstance(part, str))
    coded = any(isinstance(part, Code) for part in text.parts)
    nested = any(isinstance(part, Code) and '"' in part.text for part in text.parts)
    quote = "'" if plain.count('"') > plain.count("'") and not nested else '"'
    inner = "".join(
        f"{{{part.text.replace(chr(34), chr(39))}}}"
        if isinstance(part, Code)
        else _escaped(part, quote, braces=coded)
        for part in text.parts
    )
    return f"{'f' if coded else ''}{quote}{inner}{quote}"


def _escaped(text: str, quote: str, *, braces: bool) -> str:
    found = "".join(_sign(sign, quote) for sign in text)
    return found.replace("{", "{{").replace("}", "}}") if braces else found


def _sign(sign: str, quote: str) -> str:
    if sign == quote:
        return f"\\{sign}"
    if sign in _NAMED:
        return _NAMED[sign]
    if sign.isprintable() or sign in _JOINERS:
        return sign
    return sign.encode("unicode_escape", "surrogatepass").decode()


def broken(text: Text, room: int) -> list[str]:
    """A string as literals on several lines, which Python joins.

    Args:
        text: The string.
        room: Columns that each may take.
    """
    lines: list[str] = []
    line: tuple[str | Code, ...] = ()
    for chunk in _chunks(text.parts, room - 2):
        longer = _merged((*line, chunk))
        if line and width(literal(Text(longer))) > room:
            lines.append(_of_piece(line))
            longer = (chunk,)
        line = longer
    return [*lines, _of_piece(line)]


def _of_piece(parts: tuple[str | Code, ...]) -> str:
    """One of several literals: a name alone would be no literal."""
    alone = len(parts) == 1 and isinstance(parts[0], Code)
    return literal(Text((*parts, ""))) if alone else literal(Text(parts))


def _chunks(parts: Iterable[str | Code], room: int) -> Iterable[str | Code]:
    for part in parts:
        if isinstance(part, Code):
            yield part
            continue
        for word in _CHUNK.findall(part):
            if "://" in word:
                yield word
            else:
                # An escape has ten columns at most.
                size = room if width(_escaped(word, '"', braces=True)) <= room else room // 10
                yield from (word[start : start + size] for start in range(0, len(word), size))


def _merged(parts: tuple[str | Code, ...]) -> tuple[str | Code, ...]:
    found: list[str | Code] = []
    for part in parts:
        if found and isinstance(part, str) and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return tuple(found)
