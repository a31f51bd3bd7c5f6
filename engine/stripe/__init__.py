"""What stack authors import: one class for each type of object that can be declared.

from engine.stripe import PortalConfiguration, Price, Product

Classes are made on first use; their parameters are in the generated `__init__.pyi`, for editors
and type checkers. The other modules of this package send requests to Stripe and are never imported
from here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.stack.resource import Resource


def _face() -> Any:
    # Importing the package for the provider must not load the authoring classes.
    return importlib.import_module("engine.stripe.face")


def __getattr__(name: str) -> Any:
    if name == "__all__":
        # For `from engine.stripe import *`.
        names: Any = _face().class_names()
        return names
    # Python asks here for submodules and its own names too; every class name begins with a capital.
    if not name[:1].isupper():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: type[Resource] = _face().authoring_class(name)
    return found


def __dir__() -> list[str]:
    names: list[str] = _face().class_names()
    return names
