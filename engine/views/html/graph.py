"""The picture of resources in a page: a node leads to its row."""

from __future__ import annotations

from collections.abc import Collection

import htpy as h
from markupsafe import Markup

from engine.views.html import parts
from engine.views.picture.labels import summary
from engine.views.picture.model import Node, Picture, changing
from engine.views.picture.svg import svg_in_page

_AT_ONCE = 60
"""Nodes of a picture that is shown at once; a larger one opens on request."""
_MOST = 300
"""Nodes up to which all are in one picture; beyond, what changes has one of its own."""
_WHOLE = 2000
"""Nodes up to which a page has the picture of all."""


def graph(picture: Picture, rows: Collection[str]) -> parts.Section | None:
    """The picture of a run or a state; None if no resource refers to another one.

    Args:
        picture: All resources.
        rows: The names of the rows that the page has.
    """
    if not picture.edges:
        return None
    if len(picture.nodes) <= _MOST:
        return parts.panel("Graph", _drawn(picture, rows))
    part = changing(picture)
    return parts.panel(
        "Graph",
        bool(part.nodes) and len(part.nodes) < len(picture.nodes) and _drawn(part, rows),
        _drawn(picture, rows) if len(picture.nodes) <= _WHOLE else h.p[_too_large(picture)],
    )


def _drawn(picture: Picture, rows: Collection[str]) -> h.Element:
    def link(node: Node) -> str:
        return f"#{node.key}" if node.key in rows else ""

    words = summary(picture)
    drawing = h.div(".drawing", tabindex="0", role="region", aria_label=words)[
        Markup(svg_in_page(picture, link))  # noqa: S704 - it is markup, and escaped there
    ]
    return h.details(open=len(picture.nodes) <= _AT_ONCE)[h.summary[words], drawing]


def _too_large(picture: Picture) -> str:
    return f"All of it ({summary(picture)}) is drawn by engine graph."
