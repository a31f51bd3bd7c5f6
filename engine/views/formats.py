"""The formats that commands write. Adding one is a line here and a module with its view."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from engine.views.view import View

TEXT = "text"
"""The format that is used unless another one is asked for."""


class Format(NamedTuple):
    """One format.

    Attributes:
        view: Where its view is, `module:class`.
        help: What the option of its name does; empty if it has no option.
    """

    view: str
    help: str = ""


FORMATS = {
    TEXT: Format("engine.views.text.view:TextView"),
    "json": Format("engine.views.json.view:JsonView", "Write one JSON document to stdout."),
}
"""The formats by name; `--NAME` asks for one."""


def view_of(name: str) -> type[View]:
    """Import the view of a format."""
    module, _, attribute = FORMATS[name].view.partition(":")
    view: Any = getattr(importlib.import_module(module), attribute)
    return view  # type: ignore[no-any-return]
