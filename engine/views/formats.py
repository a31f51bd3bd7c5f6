"""The formats that commands write. Adding one is a line here and a module with its view."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from engine.views.view import ReportView, View

TEXT = "text"
"""The format that is used unless another one is asked for."""


class Format(NamedTuple):
    """One format.

    Attributes:
        view: Where its view is, `module:class`.
        help: What the option of its name does; empty if it has no option.
        whole: Every command can write it; False if it has the pages of `ReportView` alone.
        file: How a file of it is named, if it is for files and not for terminals; else empty.
    """

    view: str
    help: str = ""
    whole: bool = True
    file: str = ""


FORMATS = {
    TEXT: Format("engine.views.text.view:TextView"),
    "json": Format("engine.views.json.view:JsonView", "Write one JSON document to stdout."),
    "markdown": Format("engine.views.markdown.view:MarkdownView", whole=False),
    "html": Format("engine.views.html.view:HtmlView", whole=False, file="report.html"),
}
"""The formats by name. `--format NAME` asks for one where it has the page; `--NAME` also does for
those with help, in every command."""


def option_of(name: str) -> str:
    """The option that asks for a format."""
    return f"--{name}" if FORMATS[name].help else f"--format {name}"


def report_view_of(name: str) -> type[ReportView]:
    """Import the view of a format."""
    module, _, attribute = FORMATS[name].view.partition(":")
    view: Any = getattr(importlib.import_module(module), attribute)
    return view  # type: ignore[no-any-return]


def view_of(name: str) -> type[View]:
    """Import the view of a format that has every page.

    Raises:
        ValueError: if it does not.
    """
    if not FORMATS[name].whole:
        raise ValueError(name)
    return report_view_of(name)  # type: ignore[return-value] # `whole` says so
