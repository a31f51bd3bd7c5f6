"""What an import of a whole account writes and leaves out, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from engine.ports.reports import AccountImport, ImportedStack, LeftOut, WhyLeft
from engine.views.fields import show
from engine.views.plural import counted
from engine.views.style import Style
from engine.views.text.plan import account_line, requests_line

_WHY: Mapping[WhyLeft, str] = {
    WhyLeft.OWNED: "managed by stacks of this project",
    WhyLeft.ARCHIVED: "archived, disabled or expired (--inactive imports them)",
    WhyLeft.ENDED: "ended for good",
    WhyLeft.UNDECLARABLE: "with a secret or a file in them that no module can hold, or finished",
    WhyLeft.UNMATCHED: "not like --match",
    WhyLeft.STAMPED: "stamped by a stack that this project does not have: another project manages "
    "them, or a state was lost (engine state rebuild); engine import ADDR ID imports one",
}
_FEW = 10
"""So many leaves and objects are named; the JSON has them all."""


def import_text(report: AccountImport, style: Style, *, verbose: bool = False) -> str:
    """Write what an import would write, or wrote.

    Args:
        report: What was found.
        style: Decoration.
        verbose: Add the text of the modules, and the number of requests.
    """
    blocks = [account_line(report, style)]
    blocks += ["\n".join(_stack_lines(stack, style)) for stack in report.stacks]
    if verbose:
        blocks += [f"{style.paint(stack.file, 'bold')}\n{stack.text}" for stack in report.stacks]
    sections = (
        ("From the file:", iter(report.notes)),
        ("Not imported:", _left_lines(report)),
        ("Not listed, since Stripe refuses it:", _unread_lines(report)),
        ("Left as it is on Stripe (ignore_changes):", _ignored_lines(report)),
        ("Not known, since Stripe does not return it:", _unknown_lines(report)),
    )
    for title, lines in sections:
        if rows := [f"  {line}" for line in lines]:
            blocks.append("\n".join([style.paint(title, "bold"), *rows]))
    if report.stacks and report.without_state:
        names = ", ".join(report.without_state)
        blocks.append(
            f"{style.paint('Warning:', 'yellow')} never applied to this account: {names}. If they "
            "declare objects that are here, take those over first, with engine state rebuild, "
            "Lifecycle(adopt=True) or engine import ADDR ID: two stacks would have them otherwise."
        )
    blocks.append(_conclusion(report))
    if verbose:
        blocks.append(requests_line(report.requests))
    return "\n\n".join(blocks)


def import_question(report: AccountImport) -> str:
    """Ask whether to write the files."""
    one = len(report.stacks) == 1
    files = "this file and its state" if one else f"these {len(report.stacks)} files and states"
    return f"Write {files}? [y/N] "


def _stack_lines(stack: ImportedStack, style: Style) -> Iterator[str]:
    lines = stack.text.count("\n")
    yield (
        f"{style.paint('+', 'green')} {style.paint(stack.file, 'bold')}: "
        f"{counted(len(stack.objects), 'object')}, {counted(lines, 'line')}"
    )
    width = max((len(f"{number:,}") for number in stack.titles.values()), default=0)
    for title, number in sorted(stack.titles.items(), key=lambda entry: (-entry[1], entry[0])):
        yield f"    {number:>{width},} {title}{'' if number == 1 else 's'}"
    if stack.new:
        shown = ", ".join(stack.new[:_FEW]) + (", ..." if len(stack.new) > _FEW else "")
        yield f"    {len(stack.new):,} not on the account, which the next apply creates: {shown}"


def _left_lines(report: AccountImport) -> Iterator[str]:
    by_reason: dict[WhyLeft, list[LeftOut]] = {}
    for left in report.left:
        by_reason.setdefault(left.why, []).append(left)
    for why, some in by_reason.items():
        total = sum(left.count for left in some)
        types = ", ".join(counted(left.count, left.title) for left in some)
        yield f"{total:,} {_WHY[why]}" + (f": {types}" if why is not WhyLeft.OWNED else "")
    for refused in report.refused[:_FEW]:
        id = f" [{refused.key.id}]" if refused.key.id else ""
        yield f"{refused.address}{id}: {refused.reason}"
    yield from _more(len(report.refused))


def _unread_lines(report: AccountImport) -> Iterator[str]:
    yield from (f"{unread.title}: {unread.reason}" for unread in report.unread)


def _ignored_lines(report: AccountImport) -> Iterator[str]:
    for leaf in report.ignored[:_FEW]:
        code, actual = show(leaf.code), show(leaf.actual)
        yield f"{leaf.stack}:{leaf.address} {leaf.path}: {code} in the code, {actual} on Stripe"
    yield from _more(len(report.ignored))


def _unknown_lines(report: AccountImport) -> Iterator[str]:
    secrets = Counter((one.path, one.title) for one in report.unknown if one.secret)
    for (path, title), number in secrets.items():
        yield (
            f"{path} of {counted(number, title)}: Stripe returned it once, when the object was "
            "made. No plan changes anything because of that, and nothing here needs it; for an "
            "output or another resource, engine import ADDR --secret-from-stdin supplies it"
        )
    others = [one for one in report.unknown if not one.secret]
    for one in others[:_FEW]:
        yield f"{one.path} of {one.stack}:{one.address}: the code has another value in its place"
    yield from _more(len(others))


def _more(count: int) -> Iterator[str]:
    if count > _FEW:
        yield f"and {count - _FEW:,} more, which --json lists"


def _conclusion(report: AccountImport) -> str:
    found = f"{counted(report.found, 'object')} listed, {report.count:,} to import."
    if report.finished:
        names = ", ".join(f"stacks/{name}.py" for name in report.finished)
        found = f"An import that was interrupted is finished: {names}.\n{found}"
    if report.stacks:
        empty = "A plan of them is empty."
        if report.new:
            empty = f"A plan of them creates {counted(report.new, 'object')} and changes nothing."
        return f"{found} {empty} Nothing on Stripe is changed."
    return f"{found} There is nothing to import that no stack manages; nothing was written."


def written_text(report: AccountImport) -> str:
    """Say what was written."""
    files = ", ".join(stack.file for stack in report.stacks)
    if report.new:
        objects = counted(report.count, "object")
        return f"Imported {objects} and declared {report.new:,} more in {files}."
    return f"Imported {counted(report.count, 'object')} into {files}."
