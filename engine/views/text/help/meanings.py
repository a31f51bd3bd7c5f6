"""The page of a type with what it is and what its fields mean, a sentence each."""

from __future__ import annotations

from engine.catalog.help.fields import meaning_of_type, meanings
from engine.schema.resource_type import ResourceType, Schemas
from engine.views.style import Style
from engine.views.text.help.prose import prose, summary
from engine.views.text.types import type_text


def type_with_meanings(kind: ResourceType, schemas: Schemas, style: Style, width: int) -> str:
    """Write the page of a type, with the SDK's texts."""
    sentences = {path: summary(text) for path, text in meanings(kind).items()}
    about = list(prose(meaning_of_type(kind), indent="  ", width=width))
    return type_text(kind, schemas, style, about=about, meanings=sentences, width=width)
