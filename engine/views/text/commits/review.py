"""What was applied between two commits, as text."""

from __future__ import annotations

from collections.abc import Iterator

from engine.ports.review.report import ReviewedStack, ReviewReport
from engine.schema.resource_type import Schemas
from engine.views import vocabulary
from engine.views.described import describe_applied
from engine.views.plural import counted
from engine.views.style import Style
from engine.views.text.change import output_lines
from engine.views.text.compact.groups import Detail
from engine.views.text.compact.stack import change_blocks


def review_text(
    report: ReviewReport, schemas: Schemas, style: Style, *, verbose: bool = False
) -> str:
    """Write what was applied, by environment and stack, ending with one summary line.

    Args:
        report: What was applied, and what is wrong.
        schemas: Resource types by name.
        style: Decoration.
        verbose: Every leaf, also of many equal changes.
    """
    detail = Detail.FULL if verbose else Detail.AUTO
    blocks = [f"From {report.base} to {report.head}"]
    for stack in report.stacks:
        blocks += _stack_blocks(stack, schemas, style, detail)
    mark = style.paint("Not checked:", "yellow", "bold")
    blocks += [f"{mark} {text}" for text in report.unchecked]
    first, *more = conclusion_lines(report)
    blocks.append("\n".join([style.paint(first, "bold"), *more]))
    return "\n\n".join(blocks)


def _stack_blocks(
    stack: ReviewedStack, schemas: Schemas, style: Style, detail: Detail
) -> Iterator[str]:
    yield stack_line(stack, style)
    yield from change_blocks(describe_applied(stack.plan, schemas), schemas, style, detail)
    if stack.plan.outputs:
        lines = [style.paint("Outputs that changed:", "bold")]
        yield "\n".join([*lines, *output_lines(stack.plan.outputs, style)])
    if stack.compared and not stack.plan.pending and not stack.plan.outputs:
        yield "  Nothing that Stripe has: only what the state keeps for itself."
    mark = style.paint("Note:", "yellow", "bold")
    if stack.plan.warnings:
        yield "\n".join(f"{mark} {text}" for text in stack.plan.warnings)


def stack_line(stack: ReviewedStack, style: Style) -> str:
    """Name a state, its account and how its serial went on."""
    parts = [style.paint(f"{stack.plan.environment}/{stack.plan.stack}", "bold")]
    parts += [stack.account_id] if stack.account_id else []
    if stack.embedded:
        parts.append("embedded emulator")
    elif stack.livemode is not None:
        mode = style.paint("LIVE MODE", "bold", "red") if stack.livemode else "test mode"
        parts.append(mode)
    return ", ".join([*parts, _serials(stack)])


def _serials(stack: ReviewedStack) -> str:
    if stack.before is None:
        return f"a new state, serial {stack.after}"
    if stack.after is None:
        return f"its state, serial {stack.before}, is gone"
    return f"serial {stack.before} -> {stack.after}"


def conclusion_lines(report: ReviewReport) -> list[str]:
    """Count what was applied, and say whether it is in order."""
    lines = ["No state changed."]
    if report.stacks:
        actions = [change.action for stack in report.stacks for change in stack.plan.pending]
        lines = [f"Applied: {', '.join(vocabulary.counts(actions, done=True))}."]
    if report.findings:
        lines.append(f"Not in order: {counted(len(report.findings), 'finding')}.")
    elif report.stacks:
        lines.append("The states are in order.")
    return lines
