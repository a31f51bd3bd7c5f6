"""The result of an apply as a page: what failed first, then what became of each change."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import htpy as h

from engine.ports.outcomes import ApplyReport, Outcome, StepResult
from engine.schema.resource_type import Schemas
from engine.views import vocabulary
from engine.views.described import DescribedChange, describe_applied
from engine.views.html import parts
from engine.views.html.graph import graph
from engine.views.html.plan import change_row, change_section, describe, facts, money
from engine.views.html.rows import Chip, Row, row_name
from engine.views.picture.sources import of_report
from engine.views.plural import counted
from engine.views.style import PLAIN
from engine.views.text.applied import ended_lines, failure_blocks, secret_outputs, summary_line
from engine.views.text.states import output_texts

_OUTCOME = "outcome"
"""The group of chips that counts what became of changes."""

_NOT_BEGUN = "not begun"
"""What became of the changes of a stack that was not reached."""
_COLOURS = {
    Outcome.FAILED.value: "red",
    Outcome.SKIPPED.value: "dim",
    _NOT_BEGUN: "dim",
    Outcome.APPLIED.value: "green",
}
"""The colour of each outcome, the worst first."""


def applied_page(report: ApplyReport, schemas: Schemas, operation: str) -> Mapping[str, Any]:
    """The page of what an apply did.

    Args:
        report: What was done.
        schemas: Resource types by name.
        operation: The command's name, `Apply`.
    """
    plan = report.plan
    described = describe(plan, schemas)
    results = _results(report)
    begun = {result.stack for result in report.results}
    became = {
        _place(one): _became(results.get(_place(one), ())) if one.stack in begun else _NOT_BEGUN
        for one in described
    }
    past = {_place(one): one for each in plan.plans for one in describe_applied(each, schemas)}
    applied = {
        _place(one): dataclasses.replace(past[_place(one)], used_by=one.used_by)
        for one in described
        if became[_place(one)] == Outcome.APPLIED
    }
    all_of_it = [applied.get(_place(one), one) for one in described]
    heading = f"{operation}: {plan.environment}"
    return parts.page(
        heading,
        parts.top(
            heading,
            [summary_line(report, operation=operation), *ended_lines(report)],
            facts(plan),
            livemode=plan.livemode,
        ),
        _failures(report, operation),
        money(list(applied.values()), schemas),
        change_section(
            "Changes",
            [_row(one, became[_place(one)], results.get(_place(one), ())) for one in all_of_it],
            all_of_it,
            *_chips([became[_place(one)] for one in described]),
            done=report.is_whole,
        ),
        graph(of_report(plan), {row_name(one.stack, one.change.address) for one in described}),
        _outputs(report),
        foot=f"{counted(report.requests, 'request')} made to Stripe, {report.writes} of them could "
        "change something.",
    )


def _place(one: DescribedChange) -> tuple[str, str]:
    return one.stack, one.change.address


def _became(results: Sequence[StepResult]) -> str:
    """What became of a change: the worst of what became of its operations."""
    found = {result.outcome.value for result in results}
    return next((outcome for outcome in _COLOURS if outcome in found), Outcome.APPLIED.value)


def _results(report: ApplyReport) -> dict[tuple[str, str], list[StepResult]]:
    """The results of each resource's operations, by stack and address."""
    found: dict[tuple[str, str], list[StepResult]] = {}
    for result in report.results:
        for entry in result.results:
            found.setdefault((result.stack, entry.step.address), []).append(entry)
    return found


def _chips(outcomes: Sequence[str]) -> Iterator[Chip]:
    for outcome, colour in _COLOURS.items():
        if outcome in outcomes:
            label = f"{outcomes.count(outcome)} {outcome}"
            yield Chip(group=_OUTCOME, value=outcome, label=label, colour=colour)


def _row(one: DescribedChange, outcome: str, results: Sequence[StepResult]) -> Row:
    steps = h.ul[(h.li[_step(result)] for result in results)] if results else None
    return change_row(
        one,
        first=steps,
        badge=h.span(class_=["outcome", _COLOURS[outcome]])[outcome],
        groups={_OUTCOME: outcome},
    )


def _step(result: StepResult) -> h.Node:
    step = result.step
    match result.outcome:
        case Outcome.APPLIED:
            words = vocabulary.done(step)
        case Outcome.FAILED:
            words = f"could not be {vocabulary.done(step)}"
        case Outcome.SKIPPED:
            words = vocabulary.to_do(step)
    return (
        h.span(class_=["outcome", _COLOURS[result.outcome.value]])[result.outcome.value],
        f" {words}",
        result.id and h.code[f" [{result.id}]"],
        result.error is not None and h.pre[str(result.error)],
    )


def _failures(report: ApplyReport, operation: str) -> parts.Section | None:
    if report.is_whole or not report.approved:
        return None
    blocks = failure_blocks(report, PLAIN, operation=operation)
    return parts.panel(
        "Not all was done", parts.listed(map(_block, blocks)), tone="red", name="failed"
    )


def _block(text: str) -> h.Node:
    head, _, rest = text.partition("\n")
    return h.strong[head.strip()], rest and h.pre[textwrap.dedent(rest)]


def _outputs(report: ApplyReport) -> parts.Section | None:
    tables = [
        (
            len(report.results) > 1 and h.h3[f"Stack {result.stack}"],
            parts.values(output_texts(result.state, secret_outputs(report, result.stack))),
        )
        for result in report.results
        if result.state.outputs
    ]
    return parts.panel("Outputs", tables) if tables else None
