"""Where the program `engine` begins."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from engine.version import version_line

_COLLECT_AFTER = 100_000


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Words after `engine`; the process's own if None.

    Returns:
        The exit code.
    """
    # A short life with many small objects: the collector would mostly go through them in vain.
    gc.set_threshold(_COLLECT_AFTER)
    _open_what_is_closed()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"] and _write_version():
        return 0
    from engine.cli.root import run_words

    return run_words(words)


def _open_what_is_closed() -> None:
    """Write nowhere what has no stream, as a service manager or `>&-` may start a program."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Until the process ends, so that no file of the project gets its number.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def _write_version() -> bool:
    """Write the version without loading the command tree; False if it cannot be written."""
    try:
        sys.stdout.write(f"{version_line()}\n")
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        return False
    return True
