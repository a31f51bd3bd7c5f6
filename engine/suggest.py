"""What a person most likely meant by a word that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known word that is most like another one; empty if none is like it."""
    return next(iter(alike(word, known, at_most=1, cutoff=cutoff)), "")


def alike(word: str, known: Iterable[str], *, at_most: int, cutoff: float = 0.6) -> list[str]:
    """The known words that are like another one, the most similar first; capitals count little."""
    words = list(known)
    same = [one for one in words if one.lower() == word.lower()]
    rest = [one for one in words if one not in same]
    return [*same, *difflib.get_close_matches(word, rest, n=at_most, cutoff=cutoff)][:at_most]
