"""The JSON document of a review."""

from __future__ import annotations

from typing import Any

from engine.ports.review.report import ReviewedStack, ReviewReport
from engine.views.json.plan import change_document, output_change_document
from engine.views.json.problems import problem_document
from engine.views.json.values import FORMAT_VERSION


def review_document(report: ReviewReport) -> dict[str, Any]:
    """Write what was applied between two commits, and what is wrong with it."""
    return {
        "format_version": FORMAT_VERSION,
        "base": report.base,
        "head": report.head,
        "valid": not report.findings,
        "stacks": [_stack(stack) for stack in report.stacks],
        "findings": [problem_document(problem) for problem in report.findings],
        "unchecked": list(report.unchecked),
    }


def _stack(stack: ReviewedStack) -> dict[str, Any]:
    plan = stack.plan
    return {
        "environment": plan.environment,
        "stack": plan.stack,
        "file": stack.file,
        "account": {"id": stack.account_id or None, "livemode": stack.livemode},
        "serial": {"before": stack.before, "after": stack.after},
        "compared": stack.compared,
        "changes": [change_document(change) for change in plan.pending],
        "outputs": {output.name: output_change_document(output) for output in plan.outputs},
        "notes": list(plan.warnings),
    }
