"""A fleet as a page: a row that opens for each part, found by the names of its accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import htpy as h

from engine.ports.fleet.reports import FleetPlan, FleetReport
from engine.schema.resource_type import Schemas
from engine.views.fleet.parts import (
    Part,
    accounts,
    former_note,
    is_live,
    plan_conclusion,
    plan_parts,
    report_conclusion,
    report_failures,
    requests,
    result_parts,
)
from engine.views.html import parts
from engine.views.html.rows import Chip, Row, row_section
from engine.views.text.change import output_leaves

_OUTCOME = "outcome"
_FORMER = 100
"""Accounts that left the fleet and are named."""


def fleet_plan_page(plan: FleetPlan, schemas: Schemas) -> Mapping[str, Any]:
    """The page of the plans of a fleet."""
    heading = f"Plan for fleet {plan.fleet}"
    return parts.page(
        heading,
        parts.top(
            heading,
            [plan_conclusion(plan), former_note(plan, _FORMER)],
            _facts(plan),
            livemode=is_live(plan),
        ),
        _section(plan.fleet, plan_parts(plan, schemas)),
        foot=requests(plan.requests),
    )


def fleet_report_page(report: FleetReport) -> Mapping[str, Any]:
    """The page of what became of the accounts of a fleet."""
    heading = f"{report.plan.operation} of fleet {report.plan.fleet}"
    wrong = report_failures(report)
    good = [one for one in result_parts(report.results) if one.outcome not in _outcomes(wrong)]
    stopped = f"Stopped: {report.stopped}" if report.stopped else ""
    return parts.page(
        heading,
        parts.top(
            heading,
            [report_conclusion(report), stopped],
            _facts(report.plan),
            livemode=is_live(report.plan),
        ),
        parts.panel("To go on", h.pre[report.resume], name="resume") if report.resume else None,
        _section(report.plan.fleet, [*wrong, *good]),
        foot=requests(report.requests),
    )


def _outcomes(found: Sequence[Part]) -> set[str]:
    return {one.outcome for one in found}


def _facts(plan: FleetPlan) -> list[tuple[str, str]]:
    return [
        ("Environment", plan.environment),
        ("Accounts", f"{plan.size:,}"),
        ("Stacks", ", ".join(plan.stacks)),
    ]


def _section(fleet: str, found: Sequence[Part]) -> parts.Section | None:
    rows = [_row(fleet, place, one) for place, one in enumerate(found)]
    return row_section("Groups of accounts", "group", rows, list(_chips(found)), of="Fleet")


def _chips(found: Sequence[Part]) -> Iterator[Chip]:
    counts: Counter[str] = Counter()
    colours = {one.outcome.value: one.colour for one in found}
    for one in found:
        counts[one.outcome.value] += len(one.names)
    for outcome, count in counts.items():
        label = f"{count:,} {outcome}"
        yield Chip(group=_OUTCOME, value=outcome, label=label, colour=colours[outcome])


def _row(fleet: str, place: int, part: Part) -> Row:
    return Row(
        stack=fleet,
        address=f"group {place + 1}",
        type="group",
        name=accounts(len(part.names)),
        brief=parts.arrows(part.words),
        colour=part.colour,
        groups={_OUTCOME: part.outcome.value},
        inside=(
            (h.p(".note")[line] for line in (*part.details, *part.warnings)),
            h.details[h.summary[accounts(len(part.names))], h.p[", ".join(part.names)]],
            parts.folded([_change(one) for one in part.changes], lambda some: h.ul[some])
            if part.changes
            else None,
            [
                parts.leaf_table([*output_leaves(plan.outputs)])
                for plan in (part.plan.plans if part.plan is not None else ())
            ],
        ),
    )


def _change(one: Any) -> h.Element:
    return h.li[
        h.p[h.code[f"{one.stack}:{one.change.address}"], " ", parts.arrows(one.brief)],
        parts.leaf_table(one.leaves),
        (h.p(".note")[note] for note in one.notes),
    ]
