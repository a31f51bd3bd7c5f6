"""Where the program `engine` begins."""

from __future__ import annotations

import gc
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
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"] and _write_version():
        return 0
    from engine.cli.root import run_words

    return run_words(words)


def _write_version() -> bool:
    """Write the version without loading the command tree; False if it cannot be written."""
    try:
        sys.stdout.write(f"{version_line()}\n")
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        return False
    return True
