"""What was checked, as text: a line for each thing, and below it what to do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from engine.ports.upkeep.diagnosis import CheckedLine, Diagnosis, Verdict
from engine.redaction import redact
from engine.views.plural import counted
from engine.views.style import Style, on_a_line, wrapped

_COLOURS = {
    Verdict.OK: "green",
    Verdict.NOTE: "cyan",
    Verdict.WARNING: "yellow",
    Verdict.PROBLEM: "red",
    Verdict.UNKNOWN: "dim",
}
_MARK = max(map(len, Verdict))
_INDENT = " " * (_MARK + 4)


def diagnosis_text(diagnosis: Diagnosis, style: Style, *, columns: int) -> str:
    """Write every line under the heading of its group, and in the end how many are wrong.

    Args:
        diagnosis: What was found.
        style: Decoration.
        columns: Width of a line.
    """
    groups = itertools.groupby(diagnosis.lines, key=lambda line: line.group)
    blocks = [
        "\n".join(
            [
                style.paint(group, "bold"),
                *(text for line in lines for text in _line(line, style, columns)),
            ]
        )
        for group, lines in groups
    ]
    return redact("\n\n".join([*blocks, _summary(diagnosis, style)]))


def _line(line: CheckedLine, style: Style, columns: int) -> Iterator[str]:
    found = line.finding
    mark = f"  {found.verdict.value:<{_MARK}}  "
    # Wrapped without the escape codes, which have no width.
    first, *further = wrapped(on_a_line(found.text), mark, _INDENT, width=columns)
    yield first.replace(
        found.verdict.value, style.paint(found.verdict.value, _COLOURS[found.verdict]), 1
    )
    yield from further
    if found.hint:
        yield from wrapped(on_a_line(found.hint), f"{_INDENT}-> ", f"{_INDENT}   ", width=columns)


def _summary(diagnosis: Diagnosis, style: Style) -> str:
    problems, warnings = diagnosis.count(Verdict.PROBLEM), diagnosis.count(Verdict.WARNING)
    also = f"; {counted(warnings, 'warning')}" if warnings else ""
    if problems:
        text = f"{counted(problems, 'problem')} would stop an apply{also}."
        return style.paint(text, "bold", "red")
    return style.paint(f"Nothing that was checked would stop an apply{also}.", "bold")
