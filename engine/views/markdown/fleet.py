"""A fleet as Markdown: a line for each part, what failed, and each plan once in a fold."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from engine.ports.fleet.reports import FleetPlan, FleetReport
from engine.schema.resource_type import Schemas
from engine.views.fleet import parts
from engine.views.fleet.parts import Part
from engine.views.markdown import inline
from engine.views.markdown.page import LIMIT, Section, page
from engine.views.markdown.plan import every_field
from engine.views.style import PLAIN
from engine.views.text.change import output_lines

_NAMED = 20


def fleet_plan_markdown(
    plan: FleetPlan, schemas: Schemas, *, where: str = "", limit: int = LIMIT
) -> str:
    """Write the plans of a fleet, below the limit of a comment whatever their size.

    Args:
        plan: The plans.
        schemas: Resource types by name.
        where: Where all of it is, the end of a sentence; empty for the command that shows it.
        limit: Bytes of the page.
    """
    found = parts.plan_parts(plan, schemas)
    head = [
        f"### {inline.words(parts.plan_conclusion(plan))}",
        _place(plan),
        inline.words(parts.requests(plan.requests)),
        *filter(None, [inline.words(parts.former_note(plan, _NAMED))]),
    ]
    planned = [one for one in found if one.plan is not None]
    return page(
        "\n\n".join(head),
        [
            _failures([one for one in found if one.failure is not None]),
            Section(
                title="#### Plans",
                entries=[inline.words(one.line) for one in found if one.failure is None],
                noun="plans",
            ),
            *map(_fold, planned[: parts.WHOLE]),
            _left(plan, len(planned) - parts.WHOLE),
        ],
        where=where or f"`engine plan --fleet {plan.fleet} --verbose` shows all of it",
        limit=limit,
    )


def fleet_report_markdown(report: FleetReport) -> str:
    """Write what became of the accounts."""
    head = [f"### {inline.words(parts.report_conclusion(report))}"]
    if report.stopped:
        head.append(f"**Stopped:** {inline.words(report.stopped)}")
    if report.resume:
        head.append(f"To go on:\n\n{inline.block([report.resume], 'sh')}")
    head.append(inline.words(parts.requests(report.requests)))
    fleet = report.plan.fleet
    return page(
        "\n\n".join(head),
        [_failures(parts.report_failures(report))],
        where=f"`engine plan --fleet {fleet}` shows what is left to do",
    )


def _left(plan: FleetPlan, left: int) -> Section:
    """How many plans have no fold."""
    command = f"`engine plan --fleet {plan.fleet} --verbose`"
    text = f"_{left:,} more plans have a line above and no fold: {command} shows them_"
    return Section(title="", entries=[text] if left > 0 else [], noun="lines")


def _place(plan: FleetPlan) -> str:
    mode = {True: ", **LIVE MODE**", False: ", test mode", None: ""}[parts.is_live(plan)]
    where = f"Fleet {plan.fleet} on {plan.environment}: {parts.accounts(plan.size)}"
    return f"{inline.words(where)}{mode}"


def _failures(found: Sequence[Part]) -> Section:
    return Section(
        title="#### Not done", entries=["\n".join(_failure(one)) for one in found], noun="reasons"
    )


def _failure(part: Part) -> Iterator[str]:
    yield inline.words(part.line)
    yield f"  - {inline.words(parts.some(part.names, _NAMED))}"
    yield from (f"  - {inline.words(line)}" for line in part.details)


def _fold(part: Part) -> Section:
    """The plan of a part, field by field, with the accounts that it is for."""
    title = f"{html.escape(parts.accounts(len(part.names)))}: {inline.in_html(part.words)}"
    names = f"# {parts.some(part.names, _NAMED)}"
    several = part.plan is not None and len(part.plan.plans) > 1
    plans = part.plan.plans if part.plan is not None else ()
    outputs = [f"{one.stack}: {line}" for one in plans for line in output_lines(one.outputs, PLAIN)]
    warnings = [f"# Warning: {text}" for text in part.warnings]
    entries = [names, *warnings, *every_field(part.changes, several=several).entries, *outputs]
    return Section(title=title, entries=entries, noun="changes", code="diff", folded=True)
