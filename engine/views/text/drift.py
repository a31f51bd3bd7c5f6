"""What drifted as text: an object a block, the three values side by side, and the ways out.

And what was accepted: by file what the code says now, or why nothing was written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from engine.plan.drifted import CodeIs, Drifted, DriftedLeaf, DriftKind
from engine.plan.model import Action
from engine.ports.drift.accepted import AcceptReport
from engine.ports.drift.report import Causes, DriftReport, StackDrift, UnmanagedType, counts
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.markers import ABSENT
from engine.values.paths import dotted
from engine.views import vocabulary
from engine.views.fields import SENSITIVE, show
from engine.views.plural import counted
from engine.views.style import Style
from engine.views.text.plan import account_line, requests_line

_HEADS = ("code", "last apply", "Stripe")
_WIDEST = 110
"""A table that is wider is written with a line a value."""

_SIGNS = {
    DriftKind.DELETED: ("-", "red"),
    DriftKind.ARCHIVED: ("-", "red"),
    DriftKind.REVIVED: ("^", "yellow"),
    DriftKind.CHANGED: ("~", "yellow"),
}

_DONE = dict.fromkeys(DriftKind, "changed") | {DriftKind.DELETED: "deleted"}

_PUTS_BACK = {
    Action.CREATE: "make it again",
    Action.REPLACE: "replace it with a new object",
    Action.REVIVE: "revive it, with what the code says",
    Action.NO_OP: "record it, since the code asks for nothing else",
}


class _Row(NamedTuple):
    name: str
    code: str
    applied: str
    actual: str
    note: str


def drift_text(
    report: DriftReport, schemas: Schemas, style: Style, *, verbose: bool = False
) -> str:
    """Write what drifted, ending with one summary line.

    Args:
        report: What was found.
        schemas: Resource types by name, for how their objects end.
        style: Decoration.
        verbose: Add the number of requests made so far.
    """
    several, logs = len(report.stacks) > 1, _logs(report)
    blocks = [account_line(report, style)]
    for stack in report.stacks:
        if several and (stack.drifted or stack.warnings):
            blocks.append(style.paint(f"Stack {stack.stack}", "bold"))
        mark = style.paint("Warning:", "yellow", "bold")
        blocks += [f"{mark} {warning}" for warning in stack.warnings]
        for entry in stack.drifted:
            blocks.append("\n".join(_block(stack, entry, schemas[entry.type], style, logs)))
    blocks += ["\n".join(_unmanaged(entry, style)) for entry in report.unmanaged if entry.objects]
    mark = style.paint("Warning:", "yellow", "bold")
    blocks += [
        f"{mark} objects of type {entry.type}{vocabulary.on_account(entry.account)} that no stack "
        f"manages could not be looked for: {entry.unread}"
        for entry in report.unmanaged
        if entry.unread
    ]
    blocks.append(_conclusion(report, style))
    if verbose:
        blocks.append(requests_line(report.requests))
    return "\n\n".join(blocks)


def _block(
    stack: StackDrift, entry: Drifted, kind: ResourceType, style: Style, logs: str
) -> Iterator[str]:
    sign, colour = _SIGNS[entry.kind]
    name = f"{entry.address} [{entry.id}]{vocabulary.on_account(entry.account)}"
    place = style.paint(f"  {entry.line}", "dim") if entry.line else ""
    yield f"{style.paint(sign, colour)} {style.paint(name, 'bold')}: {_word(entry, kind)}{place}"
    yield from _table([_row(leaf) for leaf in entry.leaves], style)
    lines = [*_causes(stack.causes.get(entry.address, Causes()), entry, logs), *_ways(stack, entry)]
    yield from (f"    {line}" for line in lines)


def _word(entry: Drifted, kind: ResourceType) -> str:
    if entry.kind is DriftKind.ARCHIVED:
        verbs = [removal.verb for removal in kind.life.removals]
        ends = [verb for verb in verbs if verb not in (Verb.DELETE, Verb.KEEP)]
        return vocabulary.ended(ends[0]) if ends else "disabled"
    if entry.kind is DriftKind.DELETED and kind.life.ending is not None:
        return "deleted, or ended for good"
    return "live again" if entry.kind is DriftKind.REVIVED else entry.kind.value


# ── the three values ──────────────────────────────────────────────────────────────────────


def _row(leaf: DriftedLeaf) -> _Row:
    code, applied, actual = (_side(value, leaf) for value in (leaf.code, leaf.applied, leaf.actual))
    if leaf.code is ABSENT:
        code = "not declared"
    return _Row(dotted(leaf.path), code, applied, actual, _note(leaf))


def _side(value: Any, leaf: DriftedLeaf) -> str:
    if value is ABSENT or value is None:
        return "nothing"
    return SENSITIVE if leaf.sensitive else show(value, leaf.currency)


def _note(leaf: DriftedLeaf) -> str:
    if leaf.code_is is CodeIs.AGREES:
        return "the code agrees with Stripe"
    if leaf.code_is is CodeIs.DIFFERS:
        return "the code wants a third value"
    before, after = leaf.applied, leaf.actual
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        added = [show(entry) for entry in after if entry not in before]
        removed = [show(entry) for entry in before if entry not in after]
        if leaf.sensitive:
            return ""
        if not added and not removed and len(before) == len(after):
            return "in another order"
        words = [f"added: {', '.join(added)}"] if added else []
        words += [f"removed: {', '.join(removed)}"] if removed else []
        return "; ".join(words)
    return ""


def _table(rows: Sequence[_Row], style: Style) -> Iterator[str]:
    if not rows:
        return
    heads = _Row("", *_HEADS, "")
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(4)]
    notes = max(len(row.note) for row in rows)
    if sum(widths) + notes + 14 > _WIDEST:
        yield from _by_value(rows, style)
        return
    for row in (heads, *rows):
        cells = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False))
        note = style.paint(f"  # {row.note}", "dim") if row.note else ""
        line = f"    {cells}{note}".rstrip()
        yield style.paint(line, "dim") if row is heads else line


def _by_value(rows: Sequence[_Row], style: Style) -> Iterator[str]:
    width = max(map(len, _HEADS))
    for row in rows:
        note = style.paint(f"  # {row.note}", "dim") if row.note else ""
        yield f"    {row.name}{note}"
        for head, cell in zip(_HEADS, row[1:4], strict=True):
            yield f"      {style.paint(f'{head:<{width}}', 'dim')}  {cell}"


# ── who and when ──────────────────────────────────────────────────────────────────────────


def _logs(report: DriftReport) -> str:
    """Where Stripe shows requests; empty if they were not sent to Stripe."""
    if report.embedded or report.server:
        return ""
    return f"https://dashboard.stripe.com/{'' if report.livemode else 'test/'}logs/"


def _causes(causes: Causes, entry: Drifted, logs: str) -> Iterator[str]:
    """When and by what it was changed; the leaves are named where not all have one cause."""
    several = len(causes.known) + bool(causes.unknown) > 1
    for cause in causes.known:
        who = "in the Dashboard, or by Stripe itself (no request of the API)"
        if cause.request:
            who = f"by a request of the API, {logs}{cause.request}"
        what = f" ({', '.join(map(dotted, cause.paths))})" if several else ""
        when = dt.datetime.fromtimestamp(cause.at, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        yield f"{_DONE[entry.kind]} {when} {who}{what}"
    if causes.unknown:
        yield f"{'the rest: ' if causes.known else ''}who and when is not known: {causes.unknown}"


# ── the ways out ──────────────────────────────────────────────────────────────────────────


def _ways(stack: StackDrift, entry: Drifted) -> Iterator[str]:
    ways = stack.ways_out(entry)
    if not stack.has_module:
        yield f"stack {stack.stack} has no module: put stacks/{stack.stack}.py back to manage it"
        return
    if entry.action is None:
        yield f"the code no longer declares it, so an apply settles it: {ways.put_back}"
        return
    yield f"to {_PUTS_BACK.get(entry.action, 'put it back')}: {ways.put_back}"
    if entry.kind is DriftKind.DELETED:
        yield f"to take its declaration out of {entry.line}: {ways.accept_all}"
        return
    first = next(iter(ways.accept.values()), "")
    if first:
        yield f"to write what Stripe has into {entry.line}: {ways.accept_all or first}"
    if ways.accept_all:
        yield f"  or only one of {', '.join(ways.accept)}: {first}"
    if ways.ignore:
        yield f"to leave it to the Dashboard, in {entry.line}: Lifecycle({ways.ignore})"


def _conclusion(report: DriftReport, style: Style) -> str:
    if report.has_drift:
        found = [f"{number} {kind.value}" for kind, number in _counted(report) if number]
        return style.paint(f"Drift: {', '.join(found)}{_not_managed(report)}.", "bold", "yellow")
    objects = sum(stack.objects for stack in report.stacks)
    if not objects:
        return f"No drift: no state of these stacks records an object{_not_managed(report)}."
    head = style.paint("No drift:", "bold", "green")
    what = f"Stripe has what the last apply left ({counted(objects, 'object')})"
    return f"{head} {what}{_not_managed(report)}."


def _not_managed(report: DriftReport) -> str:
    """Count the objects that no stack manages, and say how to list them."""
    number = sum(entry.count for entry in report.unmanaged)
    if not number:
        return ""
    least = "at least " if any(entry.more for entry in report.unmanaged) else ""
    how = "" if report.listed else f" (engine drift --unmanaged -e {report.environment})"
    return f"; {least}{counted(number, 'unmanaged object')}{how}"


def _unmanaged(entry: UnmanagedType, style: Style) -> Iterator[str]:
    """The objects of a type that no stack manages, each with the line that takes it over."""
    name = f"{entry.type}{vocabulary.on_account(entry.account)}"
    yield style.paint(
        f"{counted(entry.count, entry.title)} that no stack manages ({name}):", "bold"
    )
    rows = [
        (found.id, _day(found.created), found.declaration, show(found.name) if found.name else "")
        for found in entry.objects
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False))
        comment = f"  # {row[3]}" if row[3] else ""
        yield f"  {cells}{comment}".rstrip()


def _day(seconds: int | None) -> str:
    return "" if seconds is None else f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d}"


def _counted(report: DriftReport) -> Iterator[tuple[DriftKind, int]]:
    numbers = counts(report.drifted)
    order = (DriftKind.CHANGED, DriftKind.ARCHIVED, DriftKind.REVIVED, DriftKind.DELETED)
    yield from ((kind, numbers[kind]) for kind in order)


# ── what was accepted ─────────────────────────────────────────────────────────────────────


def accepted_text(report: AcceptReport, style: Style) -> str:
    """Write what was accepted, ending with what to do next."""
    return "\n".join(_accepted(report, style) if report.is_whole else _not_accepted(report, style))


def _accepted(report: AcceptReport, style: Style) -> Iterator[str]:
    for file in dict.fromkeys(leaf.file for leaf in report.accepted):
        leaves = [leaf for leaf in report.accepted if leaf.file == file]
        yield style.paint(f"Accepted {counted(len(leaves), 'value')} in {file}:", "bold", "green")
        for leaf in leaves:
            yield f"  {leaf.place} = {leaf.code}" if leaf.code else f"  {leaf.place}: taken out"
    stacks = " and ".join(f"{stack} (serial {serial})" for stack, serial in report.serials.items())
    yield f"Recorded in the state of {stacks}; engine plan has no change of it."


def _not_accepted(report: AcceptReport, style: Style) -> Iterator[str]:
    for leaf in report.refused:
        place = style.paint(leaf.place, "bold")
        yield f"{leaf.file}:{leaf.line}: {place} is not accepted: {leaf.why}"
        yield f"    {leaf.by_hand}"
    yield style.paint("Nothing was written.", "bold", "red")
    if report.rest:
        yield f"The rest can be accepted: {report.rest}"
