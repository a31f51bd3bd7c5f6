"""What an apply did, what states record, and errors, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import EngineError, Problem, ProblemsError, ProviderError
from engine.plan.refusal import RefusedError
from engine.ports.outcomes import ApplyReport
from engine.schema.resource_type import Schemas
from engine.state.model import State
from engine.views.described import describe_plan
from engine.views.markdown import inline
from engine.views.markdown.page import Section, page
from engine.views.markdown.plan import change_sections, head, refusal_line
from engine.views.plural import counted
from engine.views.style import PLAIN
from engine.views.text.applied import (
    done_changes,
    ended_lines,
    failure_text,
    output_lines,
    summary_line,
)
from engine.views.text.states import output_values, resource_text, state_line


def applied_markdown(report: ApplyReport, operation: str, schemas: Schemas) -> str:
    """Write what an apply did: what failed first, then what was done.

    Args:
        report: What was done.
        operation: The word the summary begins with.
        schemas: Resource types by name.
    """
    done = {(stack, change.address) for stack, change in done_changes(report)}
    changes = [
        one
        for plan in report.plan.plans
        for one in describe_plan(plan, schemas, {})
        if (plan.stack, one.change.address) in done
    ]
    failed = [] if report.is_whole else failure_text(report, PLAIN, operation=operation).split("\n")
    several = len(report.results) > 1
    return page(
        head(summary_line(report, operation=operation), report.plan),
        [
            Section(title="#### Failed", entries=failed, noun="lines", code="text"),
            Section(
                title="",
                entries=[inline.words(line) for line in ended_lines(report)],
                noun="stacks without a module",
            ),
            *change_sections(changes, schemas, several=several, done=True),
            _outputs(list(output_lines(report))),
        ],
        where=f"`engine show -e {report.plan.environment}` shows what is recorded",
    )


def states_markdown(environment: str, states: Sequence[State], schemas: Schemas) -> str:
    """Write whole states: of each its resources, in a fold, and its outputs."""
    count = sum(len(state.resources) for state in states)
    several = len(states) > 1
    return page(
        f"### Environment {inline.words(environment)}: {counted(count, 'resource')}",
        [
            Section(
                title="",
                entries=[inline.words(state_line(state, PLAIN)) for state in states],
                noun="stacks",
            ),
            Section(
                title="Every resource",
                entries=[
                    resource_text(
                        f"{state.stack}:{address}" if several else address,
                        resource,
                        schemas,
                        PLAIN,
                    )
                    for state in states
                    for address, resource in sorted(state.resources.items())
                ],
                noun="resources, field by field",
                code="text",
                folded=True,
            ),
            _outputs(
                [
                    f"{state.stack}: {line}" if several else line
                    for state in states
                    for line in output_values(state)
                ]
            ),
        ],
        where=f"`engine show -e {environment}` shows all of it",
    )


def error_markdown(error: EngineError) -> str:
    """Write an error: message, cause, hint; of problems and refusals, each with its place."""
    if isinstance(error, ProblemsError):
        found = [problem_line(problem) for problem in error.problems]
        return _listed(f"### Error: {inline.words(error.message)}", found, "problems")
    hint = f"**Hint:** {inline.words(error.hint)}" if error.hint else ""
    if isinstance(error, RefusedError) and error.refused:
        lines = [refusal_line(stack, refusal) for stack, refusal in error.refused]
        return "\n\n".join(filter(None, [_listed("### Refused", lines, "refusals"), hint]))
    parts = [f"### Error: {inline.words(error.message)}", inline.words(error.cause or "")]
    if isinstance(error, ProviderError) and error.request_id:
        parts.append(f"Request: {inline.code(error.request_id)}")
    return "\n\n".join(filter(None, [*parts, hint]))


def _listed(title: str, entries: Sequence[str], noun: str) -> str:
    section = Section(title="", entries=entries, noun=noun)
    return page(title, [section], where="the log of the command has all")


def problem_line(problem: Problem) -> str:
    """One finding with its place, and what to do below it."""
    more = f" (and {problem.count - 1} more like it at this line)" if problem.count > 1 else ""
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    hint = f"\n  - {inline.words(problem.hint)}" if problem.hint else ""
    return f"{inline.code(place)}: {inline.words(problem.message)}{more}{hint}"


def _outputs(lines: Sequence[str]) -> Section:
    return Section(title="Outputs", entries=lines, noun="outputs", code="text", folded=True)
