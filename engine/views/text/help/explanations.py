"""What errors mean, as text: the page of one, and the list of all."""

from __future__ import annotations

from collections.abc import Mapping

from engine.explanations.pages import summary_of
from engine.views.style import Style
from engine.views.text.help.prose import plain, prose
from engine.views.text.types import columns


def explanation_text(page: str, style: Style, width: int) -> str:
    """Write the page of one reference."""
    return "\n".join(prose(page, width=width, style=style))


def explanations_text(pages: Mapping[str, str], style: Style) -> str:
    """Write a line for each reference."""
    rows = [("REFERENCE", "WHAT IT MEANS")]
    rows += [(name, plain(summary_of(page))) for name, page in pages.items()]
    lines = columns(rows)
    lines[0] = style.paint(lines[0], "bold")
    return "\n".join([*lines, "", "engine explain REFERENCE says what to do about one."])
