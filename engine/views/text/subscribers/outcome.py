"""What became of moves of subscribers as text."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError
from engine.plan.subscribers.outcome import Became, Moved, MovesReport
from engine.views.plural import counted
from engine.views.style import Style, printable
from engine.views.text.subscribers.moves import SKIPS

_FIRST = 20
"""Subscriptions that are named of those that were left alone, or failed, for one reason."""
_CODES = {skip.value: words for skip, words in SKIPS.items()}


def moved_text(report: MovesReport, style: Style) -> str:
    """Write what became of moves: a summary, then what was left alone and why."""
    blocks = [style.paint(_summary(report), "bold")]
    blocks += ["\n".join(_there(report))] if report.count(Became.THERE) else []
    blocks += ["\n".join(_changed(report))] if report.count(Became.CHANGED) else []
    blocks.append(
        f"{counted(report.requests, 'request')} made to Stripe, {report.writes:,} of them could "
        "change something."
    )
    return "\n\n".join(blocks)


def failure_text(report: MovesReport, command: str, style: Style) -> str:
    """Write what failed, and what to do next."""
    mark = style.paint("Error:", "bold", "red")
    lines = []
    if report.unsaved is not None:
        lines.append(f"{mark} what was done could not be written down: {_words(report.unsaved)}")
    failed = [one for one in report.ended if one.became is Became.FAILED]
    if failed:
        lines.append(f"{mark} {counted(len(failed), 'move')} failed")
        lines += _by_reason(failed)
    left = report.count(Became.NOT_BEGUN)
    if left:
        lines.append(f"{mark} {counted(left, 'move')} not begun, since the run was stopped")
    if report.unsure:
        lines.append(
            f"{mark} {counted(len(report.unsure), 'subscription')} may have been moved by "
            f"{report.moves.undoes}, whose answer was lost: {_ids(list(report.unsure))}"
        )
        lines.append(
            "Hint: they are not in this list, so they stay as they are. engine apply FILE, with "
            "the plan that this undoes, finds out what became of them; go back after that"
        )
        return "\n".join(lines)
    lines.append(f"Hint: {command} goes on with what is left; what was moved stays so.")
    return "\n".join(lines)


def _words(error: EngineError) -> str:
    return f"{error.message}: {error.cause}" if error.cause else error.message


def _summary(report: MovesReport) -> str:
    earlier = sum(one.earlier for one in report.ended)
    moved = f"{report.count(Became.MOVED):,} moved"
    parts = [f"{moved} ({earlier:,} of them by an earlier run)" if earlier else moved]
    parts += [
        f"{report.count(became):,} {words}"
        for became, words in (
            (Became.THERE, "on the new price already"),
            (Became.CHANGED, "left alone"),
            (Became.FAILED, "failed"),
            (Became.NOT_BEGUN, "not begun"),
        )
        if report.count(became)
    ]
    return f"Apply of {report.name}: {', '.join(parts)}."


def _there(report: MovesReport) -> Iterator[str]:
    ids = [one.row.id for one in report.ended if one.became is Became.THERE]
    yield f"On the new price already, and not by these moves: {_ids(ids)}"


def _changed(report: MovesReport) -> Iterator[str]:
    yield "Left alone, since they changed after the moves were planned:"
    yield from _by_reason([one for one in report.ended if one.became is Became.CHANGED])


def _by_reason(ended: list[Moved]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for one in ended:
        by_reason.setdefault(one.why, []).append(one.row.id)
    for why, ids in by_reason.items():
        yield f"  {_ids(ids)}: {printable(_CODES.get(why, why))}"


def _ids(ids: list[str]) -> str:
    rest = len(ids) - _FIRST
    return ", ".join(ids[:_FIRST]) + (f" and {rest:,} more" if rest > 0 else "")
