"""What was applied between two commits, as a page: what is wrong first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import htpy as h

from engine.ports.review.report import ReviewedStack, ReviewReport
from engine.schema.resource_type import Schemas
from engine.views.described import DescribedChange, describe_applied
from engine.views.html import parts
from engine.views.html.plan import change_row, change_section, money, outputs
from engine.views.html.problems import problem
from engine.views.style import PLAIN
from engine.views.text.commits.review import conclusion_lines, stack_line


def review_page(report: ReviewReport, schemas: Schemas) -> Mapping[str, Any]:
    """The page of a review."""
    described = [one for stack in report.stacks for one in _changes(stack, schemas)]
    heading = "What was applied"
    facts = [("From", report.base), ("To", report.head)]
    modes = {stack.livemode for stack in report.stacks if not stack.embedded}
    return parts.page(
        heading,
        parts.top(
            heading, conclusion_lines(report), facts, livemode=True if True in modes else None
        ),
        *_wrong(report),
        *_states(report),
        money(described, schemas),
        change_section("Changes", [change_row(one) for one in described], described, done=True),
        outputs([stack.plan for stack in report.stacks]),
    )


def _changes(stack: ReviewedStack, schemas: Schemas) -> Iterator[DescribedChange]:
    place = f"{stack.plan.environment}/{stack.plan.stack}"
    for one in describe_applied(stack.plan, schemas):
        yield dataclasses.replace(one, stack=place)


def _wrong(report: ReviewReport) -> Iterator[parts.Section]:
    if report.findings:
        yield parts.panel("Not in order", parts.listed(map(problem, report.findings)), tone="red")
    if report.unchecked:
        yield parts.panel("Not checked", parts.listed(report.unchecked), tone="yellow")


def _states(report: ReviewReport) -> Iterator[parts.Section]:
    if report.stacks:
        yield parts.panel("States", parts.listed(map(_state, report.stacks)))


def _state(stack: ReviewedStack) -> h.Node:
    return stack_line(stack, PLAIN), (h.p(".note")[note] for note in stack.plan.warnings)
