"""Sentences that say the same of different objects: once, and of which objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.address import ADDRESS_PATTERN
from engine.views.style import NARROW, wrapped

FEW = 3
"""Sentences that say the same and are still written one by one."""
_PLACE = re.compile(r"[\w./-]+\.py:\d+")
_OBJECT = re.compile(rf"(?:[a-z0-9_-]+:)?{ADDRESS_PATTERN}|\b[a-z]+_[A-Za-z0-9]{{8,}}\b")


def sentences(texts: Sequence[str], lead: str, few: int = FEW) -> Iterator[str]:
    """Write sentences; of those that say the same of different objects one, and the objects.

    Args:
        texts: The sentences.
        lead: What each begins with.
        few: As many that say the same are written one by one.
    """
    for group in by_likeness(texts).values():
        shown = group if len(group) <= few else group[:1]
        yield from (f"{lead}{text}" for text in shown)
        if len(group) > len(shown):
            known = {*objects_in(group[0])}
            others = (
                " ".join(one for one in objects_in(text) if one not in known) for text in group[1:]
            )
            text = f"The same of {len(group) - 1} more: {', '.join(filter(None, others))}"
            yield from wrapped(text, "    ", width=NARROW)


def alike(sentence: str) -> str:
    """A sentence without the objects and places that it names, so that equal ones are found."""
    return _OBJECT.sub("…", _PLACE.sub("…", sentence))


def objects_in(sentence: str) -> Sequence[str]:
    """The objects that a sentence names, in their order."""
    return _OBJECT.findall(sentence)


def by_likeness(sentences: Iterable[str]) -> Mapping[str, list[str]]:
    """Sentences by what they say, whichever objects they name."""
    groups: dict[str, list[str]] = {}
    for sentence in sentences:
        groups.setdefault(alike(sentence), []).append(sentence)
    return groups
