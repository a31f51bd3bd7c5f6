"""The line of a field in the text of a JSON document, for errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from engine.values.paths import Path

_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|\n|[^\s{}\[\]:,"]+')


def line_of(text: str, path: Path) -> int:
    """The 1-based line of the value at a path, or of the nearest value that is around it.

    Args:
        text: A whole JSON document.
        path: Keys and indexes from the top; of a key that is there twice the last one counts.
    """
    best, line = 0, 1
    for number, place in _places(text):
        if len(place) >= best and place == path[: len(place)]:
            best, line = len(place), number
    return line


def _places(text: str) -> Iterator[tuple[int, Path]]:
    """Yield the line and the path of every key and every element, in reading order."""
    line = 1
    at: list[str | int] = []  # the key or index that is being read, on each level
    key = ""
    before = ""
    for match in _SIGN.finditer(text):
        sign = match[0]
        if sign == "\n":
            line += 1
            continue
        begins_value = sign not in "}]:,"
        if begins_value and at and isinstance(at[-1], int) and before in ("[", ","):
            yield line, tuple(at)
        if sign == "{":
            at.append("")
        elif sign == "[":
            at.append(0)
        elif sign in ("}", "]"):
            at.pop()
        elif sign == "," and isinstance(at[-1], int):
            at[-1] += 1
        elif sign == ":":
            at[-1] = key
            yield line, tuple(at)
        elif sign.startswith('"'):
            key = str(json.loads(sign, strict=False))
        before = sign
