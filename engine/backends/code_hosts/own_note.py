"""The one comment or issue of ours among all, known by a hidden first line and by its author."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def ours_among(
    notes: Iterable[Mapping[str, Any]], marker: str, is_own: Callable[[Mapping[str, Any]], bool]
) -> list[Mapping[str, Any]]:
    """Those that begin with a marker and are ours, oldest first.

    Anyone may write the marker. What another author began would be edited by that author later,
    with our words around it.
    """
    found = [note for note in notes if (note.get("body") or "").startswith(marker)]
    return sorted(filter(is_own, found), key=lambda note: int(note["id"]))
