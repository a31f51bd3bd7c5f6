"""A page of Markdown that ends below a size: sections of entries, long ones folded.

Nothing is cut within an entry, a fold or a block of code. What has no room is counted, by section,
and the page says where all of it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.frozen import frozen
from engine.views.markdown import inline

LIMIT = 60_000
"""Bytes of a page. A comment on GitHub takes 65,536 characters, and what is around the page is in
it too; a note on GitLab takes a million, the summary of a GitHub job a MiB."""

_OPEN = 15
"""Entries of a list that are seen without opening a fold."""
_RESERVE = 300
"""Bytes for a section's title, its fold, and the line that counts what has no room."""


@frozen
class Section:
    """One part of a page.

    Attributes:
        title: What its entries are, in Markdown, or in HTML if all of it is folded.
        entries: Its entries: Markdown for the points of a list, text for a block of code.
        noun: What the entries are, for the line that counts those without room.
        code: The language, if the entries are lines of a block of code.
        folded: All of it is in a fold, with its title on it.
    """

    title: str
    entries: Sequence[str]
    noun: str
    code: str = ""
    folded: bool = False


def page(head: str, sections: Sequence[Section], *, where: str, limit: int = LIMIT) -> str:
    """Write a page.

    Args:
        head: What is always there.
        sections: What follows, most important first; those without an entry are left out. There
            are few, however much there is to say: each takes a line at least.
        where: What shows all of it, the end of a sentence in Markdown.
        limit: Bytes that it may have.
    """
    wanted = [section for section in sections if section.entries]
    blocks = [head]
    left = limit - inline.size(head)
    for place, section in enumerate(wanted):
        later = (len(wanted) - place) * _RESERVE
        text = _section(section, left - later, where)
        blocks.append(text)
        left -= inline.size(text) + 2
    return "\n\n".join(blocks)


def _section(section: Section, room: int, where: str) -> str:
    """One section, with as many entries as there is room for."""
    shown: list[str] = []
    for entry in section.entries:
        room -= inline.size(entry) + 4
        if room < 0:
            break
        shown.append(entry)
    missing = len(section.entries) - len(shown)
    rest = f"_and {missing:,} more {section.noun}: {where}_" if missing else ""
    if section.folded:
        return _fold(section.title, "\n\n".join(filter(None, [_written(section, shown), rest])))
    opened, hidden = shown[:_OPEN], shown[_OPEN:]
    parts = [section.title, _written(section, opened)]
    if hidden:
        parts.append(_fold(f"{len(hidden):,} more {section.noun}", _written(section, hidden)))
    return "\n\n".join(filter(None, [*parts, rest]))


def _written(section: Section, entries: Sequence[str]) -> str:
    if not section.code or not entries:
        return "\n".join(f"- {entry}" for entry in entries)
    between = "\n\n" if any("\n" in entry for entry in entries) else "\n"
    return inline.block(between.join(entries).split("\n"), section.code)


def _fold(title: str, content: str) -> str:
    # Markdown is read again after an empty line.
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"
