"""A plan as text: the vocabulary of Terraform, and what it means on Stripe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Plan, PlanReport
from engine.plan.orphan import Orphan
from engine.plan.rename import Rename
from engine.schema.resource_type import Schemas
from engine.views import vocabulary
from engine.views.described import describe_plan
from engine.views.plural import counted
from engine.views.style import Style
from engine.views.text.compact.groups import Detail, is_shortened
from engine.views.text.compact.sentences import FEW, sentences
from engine.views.text.compact.stack import change_blocks, drift_blocks, output_block

if TYPE_CHECKING:
    from engine.plan.environments.model import Compared
    from engine.plan.saved.file import SavedPlan
    from engine.plan.subscribers.count import SubscribersReport
    from engine.plan.subscribers.moves import Moves
    from engine.ports.drift.report import DriftReport
    from engine.ports.reports import AccountImport

_FEW = 5
"""Changes of a plan that needs no summary at its top."""
_POINTER = (
    "Where a change is one line, -v shows all its fields (of a saved plan: engine show FILE -v)."
)


def plan_text(
    report: PlanReport,
    schemas: Schemas,
    style: Style,
    *,
    verbose: bool = False,
    compact: bool = False,
) -> str:
    """Write the plans of one run, ending with one summary line, which a long one begins with, too.

    Args:
        report: What would be done.
        schemas: Resource types by name, for what removing an object means.
        style: Decoration.
        verbose: Write every leaf, and the number of requests made so far.
        compact: Write a line for each change.
    """
    detail = Detail.FULL if verbose else Detail.COMPACT if compact else Detail.AUTO
    several = len(report.plans) > 1
    notes = [style.paint(f"Note: {note}", "dim") for note in report.notes]
    blocks = ["\n".join([account_line(report, style), *notes, *_outlook(report, style)])]
    blocks += _rename_lines(report.renames, style, lossy=True)
    blocks += _legend(report.plans, style)
    above = {str(rename) for rename in report.renames}
    shortened = False
    for plan in report.plans:
        impacts = {one.address: one for one in report.impacts if one.stack == plan.stack}
        changes = describe_plan(plan, schemas, impacts)
        shortened = shortened or is_shortened(changes, schemas, detail)
        warnings = [warning for warning in plan.warnings if warning not in above]
        if several and (plan.has_changes or plan.drift or warnings or plan.refusals):
            blocks.append(style.paint(f"Stack {plan.stack}", "bold"))
        blocks += drift_blocks(plan, style, detail)
        blocks += change_blocks(changes, schemas, style, detail)
        blocks += output_block(plan.outputs, style, detail)
        blocks += _warned(plan, warnings, style, detail)
    if several and report.has_changes:
        blocks.append("\n".join(_stack_lines(report.plans)))
    blocks += _rename_lines(report.renames, style, lossy=False)
    blocks += ["\n".join(_orphan_lines(orphan, style)) for orphan in report.orphans]
    if shortened:
        blocks.append(style.paint(_POINTER, "dim"))
    blocks.append(conclusion(report, style))
    if verbose:
        blocks.append(requests_line(report.requests))
    return "\n\n".join(blocks)


def _outlook(report: PlanReport, style: Style) -> Iterator[str]:
    """The summary at the top, of a plan with more than a few changes."""
    if sum(len(plan.pending) for plan in report.plans) <= _FEW:
        return
    yield style.paint(summary_line(report.plans), "bold")
    if report.refusals:
        why = counted(len(report.refusals), "reason")
        yield style.paint(f"This plan is refused; {why} below.", "bold", "red")


def _warned(plan: Plan, warnings: Sequence[str], style: Style, detail: Detail) -> Iterator[str]:
    """What a person should know of a plan as a whole, and why it is refused."""
    few = {Detail.FULL: sys.maxsize, Detail.AUTO: FEW, Detail.COMPACT: 1}[detail]
    if warnings:
        mark = style.paint("Warning:", "yellow", "bold")
        yield "\n".join(sentences(warnings, f"{mark} ", few))
    if plan.refusals:
        head = style.paint("This plan is refused:", "red", "bold")
        yield "\n".join([head, *sentences(plan.refusals, "  ", few)])


def saved_text(
    saved: SavedPlan,
    schemas: Schemas,
    style: Style,
    *,
    verbose: bool = False,
    compact: bool = False,
) -> str:
    """Write a saved plan: which engine made it with which options, then as `plan_text` does."""
    text = plan_text(saved.report(), schemas, style, verbose=verbose, compact=compact)
    return f"{saved_line(saved)}\n{text}"


def saved_line(saved: SavedPlan) -> str:
    """Say which engine made a saved plan, and with which options."""
    head = f"Plan saved by engine {saved.engine_version}"
    given = " ".join(_option_words(saved.options))
    return f"{head}, made with {given}" if given else head


def _option_words(options: PlanOptions) -> Iterator[str]:
    for flag, value in options.given():
        yield from [flag] if isinstance(value, bool) else [f"{flag} {entry}" for entry in value]


def account_line(
    report: PlanReport | DriftReport | Compared | AccountImport | SubscribersReport | Moves,
    style: Style,
) -> str:
    """Say which environment, account and mode a run uses."""
    parts = [f"Environment {report.environment}"]
    if report.embedded:
        parts[0] += " (embedded emulator)"
    if report.account_id:
        parts.append(f"account {report.account_id}")
    if report.livemode is not None:
        mode = style.paint("LIVE MODE", "bold", "red") if report.livemode else "test mode"
        parts.append(mode)
    elif not report.account_id:
        parts.append("account not asked")
    if report.server:
        parts.append(f"at {report.server}")
    return ", ".join(parts)


def question(report: PlanReport, style: Style, *, operation: str = "Apply") -> str:
    """Ask for a yes, and name what will be done."""
    live = style.paint("LIVE MODE", "bold", "red")
    ends = [change for plan in report.plans for change in plan.pending]
    if report.options.destroy and ends:
        of = f"account {report.account_id}" if report.account_id else "the account"
        asked = (
            f"{operation} {counted(len(ends), 'resource')} of {of}"
            f"{f' in {live}' if report.livemode else ''} (environment {report.environment}): "
            f"{vocabulary.endings(ends)}"
        )
    else:
        asked = f"{operation} this to environment {report.environment}"
        asked += f", account {report.account_id}, in {live}" if report.livemode else ""
    return f"{asked}? Only 'yes' is accepted: "


def untouched(report: PlanReport) -> str:
    """Say that a plan was not carried out."""
    if report.recovered:
        return (
            "Nothing of this plan was carried out; what an unfinished run had done before it is in "
            "the state."
        )
    return "Nothing was changed."


def removal_question(word: str, style: Style, users: str = "") -> str:
    """Ask for what a live account loses: an address, or how many resources.

    Args:
        word: The address or the number, which is to be typed.
        style: Decoration.
        users: Who uses it; empty if nothing does, or that is not known.
    """
    what = f"{word} resources" if word.isdigit() else word
    live = style.paint("LIVE MODE", "bold", "red")
    used = f", used by {users}," if users else ""
    return f"This removes or replaces {what}{used} in {live}. Type {word} to go on: "


def summary_line(plans: Sequence[Plan]) -> str:
    """Count what plans do, as in `Plan: 3 to create, 1 to update, 0 to replace, 0 to remove.`."""
    pending = [change for plan in plans for change in plan.pending]
    return f"Plan: {', '.join(_counts(plans, always=True))}{vocabulary.staying(pending)}."


def requests_line(requests: int) -> str:
    """Say how many requests were made."""
    return f"{counted(requests, 'request')} made to Stripe."


def _rename_lines(renames: Sequence[Rename], style: Style, *, lossy: bool) -> Iterator[str]:
    """The renames that a plan does not know of, as lines to paste: a block for each module.

    A block is a warning if anything is lost without its lines, which are pasted together.
    """
    mark = style.paint("Warning:", "yellow", "bold") if lossy else style.paint("Hint:", "bold")
    for file in dict.fromkeys(rename.file for rename in renames):
        block = [rename for rename in renames if rename.file == file]
        if any(rename.loses for rename in block) is not lossy:
            continue
        head = (
            f"{mark} what is no longer declared seems to be declared under another address. If "
            f"each is the same object, add to {file} (from engine import moved):"
        )
        lines = [
            f"  {rename.moved}  # they agree in {rename.same}"
            + (f"; made anew, it loses {rename.loses}" if rename.loses else "")
            for rename in block
        ]
        yield "\n".join([head, *lines])


def _orphan_lines(orphan: Orphan, style: Style) -> Iterator[str]:
    """Name a stack without a module, what it holds, and the ways on."""
    mark = style.paint("Warning:", "yellow", "bold")
    yield (
        f"{mark} stack {orphan.stack} has a state and no module stacks/{orphan.stack}.py. "
        "It is not planned:"
    )
    yield f"  {orphan.held}"
    yield from (f"  {line}" for line in orphan.lines)


def _legend(plans: Sequence[Plan], style: Style) -> list[str]:
    used = {vocabulary.symbol(change) for plan in plans for change in plan.pending}
    if not used:
        return []
    entries = [
        f"  {style.paint(f'{sign:>3}', colour)} {meaning}"
        for sign, (meaning, colour) in vocabulary.SYMBOLS.items()
        if sign in used
    ]
    return ["\n".join(["What the symbols mean:", *entries])]


def _counts(plans: Iterable[Plan], *, always: bool) -> list[str]:
    actions = [change.action for plan in plans for change in plan.changes]
    return vocabulary.counts(actions, done=False, always=always)


def _stack_lines(plans: Sequence[Plan]) -> Iterator[str]:
    width = max(len(plan.stack) for plan in plans)
    yield "By stack:"
    for plan in plans:
        counts = _counts((plan,), always=False)
        if not counts:
            counts = ["only the state or its outputs" if plan.has_changes else "no changes"]
        yield f"  {plan.stack:<{width}}  {', '.join(counts)}"


def conclusion(report: PlanReport, style: Style) -> str:
    """Say what plans come to: the counts, or that there is nothing to do and why."""
    if not report.has_changes and report.orphans:
        return _not_all(report, style)
    if not report.has_changes:
        return f"{style.paint('No changes.', 'bold', 'green')}\n{_why_nothing(report)}"
    lines = [style.paint(summary_line(report.plans), "bold")]
    if all(plan.refresh_only for plan in report.plans):
        drifted = counted(sum(len(plan.drift) for plan in report.plans), "resource")
        lines.append(
            f"The state will be updated to what Stripe has ({drifted}); nothing is sent to Stripe."
        )
    elif not any(plan.pending for plan in report.plans):
        lines.append("Only the state or its outputs change; nothing is sent to Stripe.")
    return "\n".join(lines)


def _not_all(report: PlanReport, style: Style) -> str:
    """Say that there is nothing to do, where a stack that is not planned manages something."""
    head = "Nothing to do in the stacks that have a module."
    if not report.plans:
        head = "No stack has a module, so nothing is planned."
    names = ", ".join(orphan.stack for orphan in report.orphans)
    them = "it" if len(report.orphans) == 1 else "them"
    return (
        f"{style.paint(head, 'bold', 'yellow')}\n"
        f"Without a module: {names}. What to do about {them} is above."
    )


def _why_nothing(report: PlanReport) -> str:
    """Say why there is nothing to do, and mention only what was compared."""
    options = report.options
    whole = not (options.targets or options.excludes)
    if options.destroy:
        what = "The state has no resource" if whole else "Of what was chosen, the state has nothing"
        return f"{what}: there is nothing to remove."
    if any(plan.drift for plan in report.plans):
        return "What changed on Stripe asks for nothing to be done."
    if options.refresh_only:
        return "The state is what Stripe has."
    if not any(plan.changes for plan in report.plans):
        names = ", ".join(plan.stack for plan in report.plans)
        noun = "stack" if len(report.plans) == 1 else "stacks"
        them = "it" if len(report.plans) == 1 else "them"
        return f"Nothing is declared in {noun} {names}, and nothing of {them} is in the state."
    of = "" if whole else "Of what was chosen: "
    if not report.requests:
        return f"{of}The state is what the code says; Stripe was not asked."
    over = any(change.notes for plan in report.plans for change in plan.changes)
    ended = "; what the warnings name cannot change any more" if over else ""
    return f"{of}What is on Stripe is what the code says{ended}."
