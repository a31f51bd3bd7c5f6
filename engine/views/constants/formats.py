"""The formats of constants. Adding one is a line here and a module that writes it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from engine.ports.reports import StackConstants
from engine.views.constants.words import MARK


class Format(NamedTuple):
    """One format.

    Attributes:
        module: The module that writes it, with a function `text_of`.
        suffixes: Of its files, the usual one first.
        comment: What begins a comment of one line; empty if there are none.
        secrets: It may hold secrets: its files are not part of a program.
        several: It can hold several environments.
    """

    module: str
    suffixes: tuple[str, ...]
    comment: str
    secrets: bool = False
    several: bool = True


FORMATS = {
    "dotenv": Format("dotenv", (".env",), "#", secrets=True, several=False),
    "json": Format("document", (".json",), "", secrets=True),
    "python": Format("python", (".py",), "#"),
    "typescript": Format("typescript", (".ts", ".mts"), "//"),
}
"""The formats by name."""


def format_of_file(name: str) -> str:
    """The format that the name of a file shows; empty if it shows none."""
    if name == ".env" or name.startswith(".env."):
        return "dotenv"
    known = (one for one, format in FORMATS.items() if name.endswith(format.suffixes))
    return next(known, "")


def constants_text(name: str, stacks: Sequence[StackConstants]) -> str:
    """Write constants in a format, with a newline at the end.

    Raises:
        UsageError: if the format cannot hold them; it names the first that it cannot.
    """
    module = importlib.import_module(f"engine.views.constants.{FORMATS[name].module}")
    write: Callable[[Sequence[StackConstants]], str] = module.text_of
    return write(stacks)


def is_ours(name: str, text: str) -> bool:
    """Whether a text of a format was written from here, and may be written anew."""
    if FORMATS[name].comment:
        return text.startswith(f"{FORMATS[name].comment} {MARK}")
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("comment") == MARK
