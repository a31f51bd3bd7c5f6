"""Paths in nested documents: reading, writing and printing them."""

from __future__ import annotations

import functools
from typing import Any, Final, TypeAlias

from engine.values.markers import UNKNOWN

Path: TypeAlias = tuple[str | int, ...]
"""Where a leaf is in a nested document: keys of objects and indexes of lists."""

ANY_PART: Final = "*"
"""A part of a path that means every element of a list or a map."""


@functools.cache
def parse_path(text: str) -> tuple[str, ...]:
    """A dotted path in its parts; none of an empty one. Each text is taken apart once."""
    return tuple(text.split(".")) if text else ()


def dotted(path: Path) -> str:
    """Print a path as people write it: `features.products[0].prices`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def set_path(document: dict[str, Any], path: Path, value: Any) -> None:
    """Write a value into nested dicts, making those that are not there."""
    for part in path[:-1]:
        inner = document.get(str(part))
        if not isinstance(inner, dict):
            inner = {}
            document[str(part)] = inner
        document = inner
    document[str(path[-1])] = value


def reach(document: Any, path: Path, missing: Any) -> Any:
    """Read a nested value of a response: what is below a null is null; `missing` if it has none."""
    for part in path:
        if document is None or document is UNKNOWN:
            return document
        document = get_path(document, (part,), missing)
        if document is missing:
            return missing
    return document


def get_path(document: Any, path: Path, default: Any = None) -> Any:
    """Read a nested value; `default` where any step is missing."""
    for part in path:
        if isinstance(document, str):
            return default
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return default
    return document
