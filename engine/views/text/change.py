"""One change, one drift, one output, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.plan.model import ACCOUNT_PATH, Drift, FieldChange, OutputChange, Reason
from engine.values.markers import ABSENT
from engine.views import vocabulary
from engine.views.brief.line import ENDS
from engine.views.described import DescribedChange
from engine.views.fields import SENSITIVE, Leaf, lay_out, leaf, show, show_pair
from engine.views.style import WIDTH, Style, wrapped

_FIELD_INDENT = " " * 6
_MARGIN = len("+/- ") + 2
"""Columns around the name of a resource and the words for it."""


def change_lines(described: DescribedChange, style: Style) -> Iterator[str]:
    """Say what happens to one resource, why, and leaf by leaf.

    Args:
        described: The change in words.
        style: Decoration.
    """
    change = described.change
    _, colour = vocabulary.SYMBOLS[described.symbol]
    yield style.paint(f"  # {change.address} {described.heading}", "bold")
    if described.order:
        yield style.paint(f"  # {described.order}", "bold")
    name = f"{change.address} [{change.id}]" if change.id else change.address
    if not any(entry.path == ACCOUNT_PATH for entry in change.fields):  # else a line says it
        name += vocabulary.on_account(change.account)
    place = style.paint(f"  {change.line}", "dim") if change.line else ""
    ends = change.action in ENDS or Reason.SUPERSEDED in change.reasons
    words = described.words if ends else ""
    if words and len(name) + len(words) + _MARGIN <= WIDTH:
        name, words = f"{name}  {words}", ""
    yield f"{style.paint(f'{described.symbol:>3}', colour)} {name}{place}"
    yield from wrapped(words, _FIELD_INDENT)
    yield from lay_out(described.leaves, style, _FIELD_INDENT)
    for note in described.notes:
        yield f"{_FIELD_INDENT}{style.paint('!', 'yellow', 'bold')} {note}"
    if described.used_by:
        yield f"{_FIELD_INDENT}{style.paint('used by:', 'bold')} {described.used_by}"


def drift_lines(drift: Drift, style: Style) -> Iterator[str]:
    """Say how one object differs from what the last apply recorded."""
    yield drift_line(drift, style)
    if not drift.gone:
        yield from lay_out([drifted(entry) for entry in drift.fields], style, _FIELD_INDENT)


def drift_line(drift: Drift, style: Style) -> str:
    """Name an object that differs, and say if it is gone or has ended."""
    name = f"{drift.address} [{drift.id}]" if drift.id else drift.address
    name += vocabulary.on_account(drift.account)
    if drift.gone:
        return f"{style.paint('  -', 'red')} {name}: deleted"
    if drift.ended:
        return f"{style.paint('  -', 'red')} {name}: archived or disabled"
    return f"{style.paint('  ~', 'yellow')} {name}"


def output_lines(outputs: Sequence[OutputChange], style: Style) -> Iterator[str]:
    """Say how a stack's outputs change."""
    yield from lay_out(list(output_leaves(outputs)), style, "  ")


def output_leaves(outputs: Sequence[OutputChange]) -> Iterator[Leaf]:
    """How a stack's outputs change, a leaf each."""
    for output in outputs:
        if output.before is ABSENT:
            sign, text = "+", show(output.after)
        elif output.after is ABSENT:
            sign, text = "-", show(output.before)
        else:
            sign, text = "~", show_pair(output.before, output.after)
        yield Leaf(sign, output.name, SENSITIVE if output.sensitive else text)


def drifted(entry: FieldChange) -> Leaf:
    """A leaf that changed outside of the code: a missing value was not cleared by us."""
    line = next(iter(leaf(entry)))
    if entry.after is ABSENT and not entry.sensitive:
        return Leaf("-", line.name, f"{show(entry.before, entry.currency)} -> nothing")
    return line
