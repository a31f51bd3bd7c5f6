"""The documents that have a JSON Schema, as text."""

from __future__ import annotations

from engine.views.json.schemas.documents import DOCUMENTS
from engine.views.style import Style


def schemas_text(style: Style) -> str:
    """Write each document, what it is, and the commands that print it."""
    names = max(map(len, DOCUMENTS))
    titles = max(len(entry.title) for entry in DOCUMENTS.values())
    lines = [
        f"{style.paint(f'{name:<{names}}', 'bold')}  {entry.title:<{titles}}  "
        + (", ".join(f"engine {command}" for command in entry.commands) or "a command that fails")
        for name, entry in DOCUMENTS.items()
    ]
    return "\n".join([*lines, "", "engine schema NAME prints the JSON Schema of one."])
