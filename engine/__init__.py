"""Plan and apply for Stripe accounts: the words a stack module is written in.

from engine import Lifecycle, output
from engine.stripe import Price, Product
"""

from __future__ import annotations

TYPE_CHECKING = False
# Type checkers take it for true; `typing` itself is too heavy for what imports nothing else.
if TYPE_CHECKING:
    from typing import Any

    from engine.stack.authoring import (
        fleet_variable,
        import_,
        moved,
        output,
        removed,
        stack_output,
        variable,
    )
    from engine.stack.model import Lifecycle
    from engine.values.secret import Sensitive

    environment: str

__all__ = [
    "Lifecycle",
    "Sensitive",
    "environment",
    "fleet_variable",
    "import_",
    "moved",
    "output",
    "removed",
    "stack_output",
    "variable",
]

# Loaded on first use: a command that evaluates no stack pays for none of it.
_HOMES = {
    "Lifecycle": "engine.stack.model",
    "Sensitive": "engine.values.secret",
}


def _instead(name: str) -> str:
    """Where a name that this module does not have is; empty if that is not known."""
    if not name[:1].isupper():
        return ""
    from engine.catalog.loader import faces

    return f"; write: from engine.stripe import {name}" if name in faces() else ""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute {name!r}{_instead(name)}")
    import importlib

    found = getattr(importlib.import_module(_HOMES.get(name, "engine.stack.authoring")), name)
    return found() if name == "environment" else found
