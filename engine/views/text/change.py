"""One change, one drift, one output, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.plan.impact import Impact
from engine.plan.model import (
    ACCOUNT_PATH,
    Action,
    Change,
    Drift,
    FieldChange,
    FieldReason,
    OutputChange,
)
from engine.schema.resource_type import Schemas
from engine.values.markers import ABSENT
from engine.values.tree import leaves
from engine.views import vocabulary
from engine.views.fields import SENSITIVE, Leaf, lay_out, leaf, show, show_pair
from engine.views.impacts import impact_words
from engine.views.style import Style
from engine.views.text.naming import leaves_that_tell, with_names

_FIELD_INDENT = " " * 6
_ENDS = (Action.DELETE, Action.FORGET)


def change_lines(
    change: Change,
    schemas: Schemas,
    style: Style,
    *,
    sources: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
    impact: Impact | None = None,
) -> Iterator[str]:
    """Say what happens to one resource, why, and leaf by leaf.

    Args:
        change: The change.
        schemas: Resource types by name.
        style: Decoration.
        sources: What will be sent, with references, to name what unknown values wait for.
        names: Addresses by object id, of the objects in the plan.
        impact: What uses the object; None if that was not counted.
    """
    names = names or {}
    root = schemas[change.type].root if change.type in schemas else None
    sign = vocabulary.symbol(change)
    _, colour = vocabulary.SYMBOLS[sign]
    yield style.paint(f"  # {change.address} {vocabulary.heading(change, schemas)}", "bold")
    order = vocabulary.order_of_replacement(change, schemas)
    if order:
        yield style.paint(f"  # {order}", "bold")
    name = f"{change.address} [{change.id}]" if change.id else change.address
    if not any(entry.path == ACCOUNT_PATH for entry in change.fields):  # else a line says it
        name += vocabulary.on_account(change.account)
    place = style.paint(f"  {change.line}", "dim") if change.line else ""
    yield f"{style.paint(f'{sign:>3}', colour)} {name}{place}"
    if change.action not in _ENDS:
        leaves = [
            with_names(line, entry, root, sources, names)
            for entry in _fields(change)
            for line in leaf(entry)
        ]
        yield from lay_out(leaves, style, _FIELD_INDENT)
    else:
        yield from lay_out(list(leaves_that_tell(change, schemas)), style, _FIELD_INDENT)
    for note in change.notes:
        if change.removal is not None and note == change.removal.note:
            continue  # it is in the heading
        yield f"{_FIELD_INDENT}{style.paint('!', 'yellow', 'bold')} {note}"
    if impact is not None:
        yield f"{_FIELD_INDENT}{style.paint('used by:', 'bold')} {impact_words(impact)}"


def drift_lines(drift: Drift, style: Style) -> Iterator[str]:
    """Say how one object differs from what the last apply recorded."""
    name = f"{drift.address} [{drift.id}]" if drift.id else drift.address
    name += vocabulary.on_account(drift.account)
    if drift.gone:
        yield f"{style.paint('  -', 'red')} {name}: deleted"
        return
    if drift.ended:
        yield f"{style.paint('  -', 'red')} {name}: archived or disabled"
    else:
        yield f"{style.paint('  ~', 'yellow')} {name}"
    yield from lay_out([_drifted(entry) for entry in drift.fields], style, _FIELD_INDENT)


def output_lines(outputs: Sequence[OutputChange], style: Style) -> Iterator[str]:
    """Say how a stack's outputs change."""
    leaves = []
    for output in outputs:
        if output.before is ABSENT:
            sign, text = "+", show(output.after)
        elif output.after is ABSENT:
            sign, text = "-", show(output.before)
        else:
            sign, text = "~", show_pair(output.before, output.after)
        leaves.append(Leaf(sign, output.name, SENSITIVE if output.sensitive else text))
    yield from lay_out(leaves, style, "  ")


def _fields(change: Change) -> Sequence[FieldChange]:
    """The leaves to show: those that differ, or all of a new object."""
    if change.fields or change.before:
        return change.fields
    return [
        FieldChange(path=path, before=ABSENT, after=value, reason=FieldReason.SET)
        for path, value in leaves(change.after)
    ]


def _drifted(entry: FieldChange) -> Leaf:
    """A leaf that changed outside of the code: a missing value was not cleared by us."""
    line = next(iter(leaf(entry)))
    if entry.after is ABSENT and not entry.sensitive:
        return Leaf("-", line.name, f"{show(entry.before, entry.currency)} -> nothing")
    return line
