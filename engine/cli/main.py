"""Where the program `engine` begins.

Light: to tell the version and what commands there are nothing is loaded, click neither. What must
not live here: the command tree, and what becomes of errors.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from engine.version import version_line

_COLLECT_AFTER = 100_000
_WIDEST, _MARGIN, _USUAL = 100, 2, 80
"""Columns that help is written for at most, those that it leaves free, and those of no terminal."""
KEPT_WIDTHS = (_USUAL - _MARGIN, _WIDEST - _MARGIN)
"""Text widths for which the help of the program is kept: of 80 columns, and of 100 and more."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Words after `engine`; the process's own if None.

    Returns:
        The exit code.
    """
    # A short life with many small objects: the collector would mostly go through them in vain.
    gc.set_threshold(_COLLECT_AFTER)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if _told_at_once(words):
        return 0
    from engine.cli.root import run_words

    return run_words(words)


def kept_at(width: int) -> str:
    """Path of the help that is kept for a text width."""
    return os.path.join(os.path.dirname(__file__), "help", f"{width}.txt")  # noqa: PTH118, PTH120 - pathlib costs as much as all of this


def _told_at_once(words: list[str]) -> bool:
    """Tell the version or the help; what cannot be told like this the command tree sees to."""
    if words not in (["--version"], ["--help"], ["-h"]) or "_ENGINE_COMPLETE" in os.environ:
        return False
    try:
        sys.stdout.write(f"{version_line()}\n" if words == ["--version"] else _help())
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        return False
    return True


def _help() -> str:
    """The help that is kept for the terminal's width.

    Raises:
        OSError: if none is.
    """
    with open(kept_at(_width()), encoding="utf-8") as file:  # noqa: PTH123 - as above
        return file.read()


def _width() -> int:
    """The width that help is written in, as click counts it."""
    told = os.environ.get("COLUMNS", "")
    columns = int(told) if told.isdecimal() else 0
    if not columns:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
        except (OSError, ValueError, AttributeError):
            columns = _USUAL
    return min(columns or _USUAL, _WIDEST) - _MARGIN
