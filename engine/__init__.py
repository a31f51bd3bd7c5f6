"""Plan and apply for Stripe accounts: the words a stack module is written in.

from engine import Lifecycle, output
from engine.stripe import Price, Product
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.stack.authoring import (
        import_,
        moved,
        output,
        removed,
        stack_output,
        variable,
    )
    from engine.stack.model import Lifecycle
    from engine.values import Sensitive

    environment: str

__all__ = [
    "Lifecycle",
    "Sensitive",
    "environment",
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
    "Sensitive": "engine.values",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES.get(name, "engine.stack.authoring")), name)
    return found() if name == "environment" else found
