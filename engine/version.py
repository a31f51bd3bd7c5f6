"""The version of this engine, read by the package's metadata and written into its files.

Asking the installed metadata instead would cost more than all the rest of `engine --version`.
"""

from __future__ import annotations

VERSION = "0.1.0"


def version_line() -> str:
    """What `engine --version` says."""
    return f"engine {VERSION}"
