"""What one stack's plan does, as blocks of lines, as long or as short as is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.plan.model import Drift, OutputChange, Plan
from engine.schema.resource_type import Schemas
from engine.values.markers import ABSENT, UNKNOWN
from engine.views.described import DescribedChange
from engine.views.fields import lay_out
from engine.views.plural import counted
from engine.views.style import NARROW, PLAIN, WIDTH, Style, wrapped
from engine.views.text.change import (
    change_lines,
    drift_line,
    drift_lines,
    drifted,
    output_leaves,
)
from engine.views.text.compact.groups import SCREENFUL, Detail, grouped
from engine.views.text.compact.lines import group_lines

_UNKNOWN = (
    ("+", "green", "will be added, known after apply"),
    ("~", "yellow", "will change, known after apply"),
)


def change_blocks(
    changes: Sequence[DescribedChange], schemas: Schemas, style: Style, detail: Detail
) -> Iterator[str]:
    """Write the changes, a block for each, or for those that are written together."""
    for group, together in grouped(changes, schemas, detail):
        lines = group_lines(group, schemas, style) if together else change_lines(group[0], style)
        yield "\n".join(lines)


def drift_blocks(plan: Plan, style: Style, detail: Detail) -> Iterator[str]:
    """Write what changed outside of the code."""
    if not plan.drift:
        return
    short = detail is Detail.COMPACT or (detail is Detail.AUTO and len(plan.drift) > SCREENFUL)
    lines = [style.paint("Changed outside of the code since the last apply:", "bold")]
    for drift in plan.drift:
        lines += _drift(drift, style) if short else drift_lines(drift, style)
    yield "\n".join(lines)
    if plan.pending:
        yield style.paint("What an apply would do:", "bold")


def output_block(outputs: Sequence[OutputChange], style: Style, detail: Detail) -> Iterator[str]:
    """Write how outputs change; those whose values are not known yet only by their names."""
    if not outputs:
        return
    few = {Detail.FULL: len(outputs), Detail.AUTO: SCREENFUL, Detail.COMPACT: 1}[detail]
    lines = [style.paint("Changes to outputs:", "bold")]
    left = outputs
    for sign, colour, words in _UNKNOWN:
        unknown = [one for one in left if one.after is UNKNOWN and _sign(one) == sign]
        if len(unknown) > few:
            left = [one for one in left if one not in unknown]
            names = ", ".join(one.name for one in unknown)
            text = f"{sign} {counted(len(unknown), 'output')} {words}: {names}"
            first, *rest = wrapped(text, "  ", "    ", width=NARROW)
            lines.append(first.replace(sign, style.paint(sign, colour), 1))
            lines += rest
    lines += lay_out(list(output_leaves(left)), style, "  ")
    yield "\n".join(lines)


def _sign(output: OutputChange) -> str:
    return "+" if output.before is ABSENT else "~"


def _drift(drift: Drift, style: Style) -> Iterator[str]:
    """How one object differs from what the last apply recorded, on its own line if it has room."""
    line = drift_line(drift, style)
    leaves = [] if drift.gone else [drifted(entry) for entry in drift.fields]
    words = "; ".join(f"{leaf.name}: {leaf.text}" for leaf in leaves)
    if not words or len(drift_line(drift, PLAIN)) + 2 + len(words) <= WIDTH:
        yield f"{line}  {words}".rstrip()
    else:
        yield line
        yield from wrapped(words, " " * 6)
