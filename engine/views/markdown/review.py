"""What was applied between two commits, as Markdown: what is wrong first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from engine.ports.review.report import ReviewedStack, ReviewReport
from engine.schema.resource_type import Schemas
from engine.views.described import DescribedChange, describe_applied
from engine.views.markdown import inline
from engine.views.markdown.page import Section, page
from engine.views.markdown.plan import change_sections, every_field
from engine.views.markdown.results import problem_line
from engine.views.style import PLAIN
from engine.views.text.change import output_lines
from engine.views.text.commits.review import conclusion_lines, stack_line

_WHERE = "`engine review` shows all of it"


def review_markdown(report: ReviewReport, schemas: Schemas) -> str:
    """Write what was applied, and what is wrong."""
    first, *more = conclusion_lines(report)
    about = f"From {report.base} to {report.head}"
    changes = [one for stack in report.stacks for one in _changes(stack, schemas)]
    return page(
        "\n\n".join([f"### {inline.words(first)}", *map(inline.words, [about, *more])]),
        [
            Section(
                title="#### Not in order",
                entries=[problem_line(problem) for problem in report.findings],
                noun="findings",
            ),
            Section(
                title="#### Not checked",
                entries=[inline.words(text) for text in report.unchecked],
                noun="states that could not be compared",
            ),
            Section(
                title="",
                entries=[_stack(stack) for stack in report.stacks],
                noun="stacks",
            ),
            *change_sections(changes, schemas, several=True),
            Section(
                title="#### Outputs",
                entries=[line for stack in report.stacks for line in _outputs(stack)],
                noun="outputs",
                code="text",
            ),
            every_field(changes, several=True),
        ],
        where=_WHERE,
    )


def _place(stack: ReviewedStack) -> str:
    return f"{stack.plan.environment}/{stack.plan.stack}"


def _changes(stack: ReviewedStack, schemas: Schemas) -> Iterator[DescribedChange]:
    for one in describe_applied(stack.plan, schemas):
        yield dataclasses.replace(one, stack=_place(stack))


def _stack(stack: ReviewedStack) -> str:
    notes = [f"  - {inline.words(note)}" for note in stack.plan.warnings]
    return "\n".join([inline.words(stack_line(stack, PLAIN)), *notes])


def _outputs(stack: ReviewedStack) -> Iterator[str]:
    for line in output_lines(stack.plan.outputs, PLAIN):
        yield f"{_place(stack)} {line.strip()}"
