"""A group of changes as lines: what they have in common first, then one line for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.schema.resource_type import Schemas
from engine.views import vocabulary
from engine.views.described import DescribedChange
from engine.views.plural import counted
from engine.views.style import WIDTH, Style, wrapped

_INDENT = " " * 6
_WIDEST_ADDRESS = 56
_NARROWEST = 48
"""Columns without which the words of a change that needs several lines go below its address."""


def group_lines(group: Sequence[DescribedChange], schemas: Schemas, style: Style) -> Iterator[str]:
    """Say what happens to several resources and why, then a line for each.

    Args:
        group: Changes of one type, to all of which the same happens.
        schemas: Resource types by name.
        style: Decoration.
    """
    first = group[0].change
    title = schemas[first.type].title if first.type in schemas else first.type
    many = len(group) > 1
    heading, order = group[0].together if many else (group[0].heading, group[0].order)
    where = vocabulary.on_account(first.account)
    for sentence in filter(None, (f"{counted(len(group), title)}{where} {heading}", order)):
        for line in wrapped(sentence, "  # "):
            yield style.paint(line, "bold")
    shared = [note for note in group[0].notes if many and all(note in one.notes for one in group)]
    usual, times = Counter(one.used_by for one in group).most_common(1)[0]
    usual = usual if times > 1 and all(one.used_by for one in group) else ""
    width = min(max(len(one.change.address) for one in group), _WIDEST_ADDRESS)
    for one in group:
        yield from _change(one, width, style)
        for note in one.notes:
            if note not in shared:
                yield from _marked("!", note, style, "yellow", "bold")
        if one.used_by and one.used_by != usual:
            yield from _marked("used by:", one.used_by, style, "bold")
    for note in shared:
        yield from _marked("!", f"of all {len(group)}: {note}", style, "yellow", "bold")
    if usual:
        which = f"all {times}" if times == len(group) else f"the other {times}"
        yield from _marked(f"{which} used by:", usual, style, "bold")


def _change(one: DescribedChange, width: int, style: Style) -> Iterator[str]:
    """One change: symbol, address, and in a column of their own what it is called and does."""
    _, colour = vocabulary.SYMBOLS[one.symbol]
    sign, address = style.paint(f"{one.symbol:>3}", colour), one.change.address
    if not one.words:
        yield f"{sign} {address}"
        return
    column = len("+/- ") + max(width, len(address)) + 2
    room = WIDTH - column
    if len(one.words) > room and room < _NARROWEST:
        yield f"{sign} {address}"
        yield from wrapped(one.words, _INDENT)
        return
    first, *rest = wrapped(one.words, " " * column)
    yield f"{sign} {address:<{width}}  {first[column:]}"
    yield from rest


def _marked(mark: str, text: str, style: Style, *colours: str) -> Iterator[str]:
    """A mark and what follows it, below what it is about."""
    first, *rest = wrapped(f"{mark} {text}", _INDENT)
    yield first.replace(mark, style.paint(mark, *colours), 1)
    yield from rest
