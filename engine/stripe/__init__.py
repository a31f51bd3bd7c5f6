"""What stack authors import: one class for each type of object that can be declared.

from engine.stripe import PortalConfiguration, Price, Product

Classes are made on first use; their parameters, for editors and type checkers, stand in the
generated `__init__.pyi`. What talks to Stripe lives in this package's other modules and is never
imported from here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.stack.resource import Resource


def _face() -> Any:
    # Importing the package for the provider's sake must not load the authoring side.
    return importlib.import_module("engine.stripe.face")


def __getattr__(name: str) -> Any:
    if name == "__all__":
        # For `from engine.stripe import *`; a list of its own would be a second one.
        names: Any = _face().class_names()
        return names
    # Submodules and Python's own probes ask here too; every class name begins with a capital.
    if not name[:1].isupper():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: type[Resource] = _face().authoring_class(name)
    return found


def __dir__() -> list[str]:
    names: list[str] = _face().class_names()
    return names
