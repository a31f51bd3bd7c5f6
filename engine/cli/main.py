"""Where the program `engine` begins.

Light: to tell the version nothing is loaded, click neither. What must not live here: the command
tree, and what becomes of errors.
"""

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
    if words == ["--version"] and _told_version():
        return 0
    from engine.cli.root import run_words  # noqa: PLC0415 - see the module

    return run_words(words)


def _told_version() -> bool:
    """Tell the version; where that cannot be done, the command tree finds out why and says so."""
    try:
        sys.stdout.write(f"{version_line()}\n")
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        return False
    return True
