"""A fleet as text: how many accounts have which plan, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.ports.fleet.reports import FleetPlan, FleetReport
from engine.ports.fleet.tasks import MemberOutcome
from engine.schema.resource_type import Schemas
from engine.views.fleet import parts
from engine.views.fleet.parts import Part
from engine.views.style import NARROW, Style, on_a_line, wrapped
from engine.views.text.plan import plan_text

_NAMED = 5
"""Accounts of a part that are named."""


def fleet_plan_text(
    plan: FleetPlan,
    schemas: Schemas,
    style: Style,
    *,
    verbose: bool = False,
    compact: bool = False,
) -> str:
    """Write the plans of a fleet: a line for each part, then each plan once.

    Args:
        plan: The plans.
        schemas: Resource types by name.
        style: Decoration.
        verbose: Every plan, every leaf and every account.
        compact: A line for each change.
    """
    found = parts.plan_parts(plan, schemas)
    head = f"Fleet {plan.fleet} on {plan.environment}: {parts.accounts(plan.size)}."
    blocks = ["\n".join([style.paint(head, "bold"), *(f"  {_line(one, style)}" for one in found)])]
    planned = [one for one in found if one.plan is not None]
    shown = planned if verbose else planned[: parts.WHOLE]
    for place, one in enumerate(shown):
        usual = planned[0] if place else None
        blocks += _plan_blocks(one, usual, schemas, style, verbose=verbose, compact=compact)
    if len(shown) < len(planned):
        left = len(planned) - len(shown)
        blocks.append(f"{left:,} more plans have a line at the top; --verbose shows them.")
    blocks += _failures([one for one in found if one.failure], style, verbose=verbose)
    if former := parts.former_note(plan, len(plan.former) if verbose else _NAMED):
        blocks.append(former)
    if not plan.has_changes and not plan.failed:
        blocks.append(style.paint("No changes.", "bold", "green"))
    end = [style.paint(parts.plan_conclusion(plan), "bold"), parts.requests(plan.requests)]
    return "\n\n".join([*blocks, "\n".join(end)])


def fleet_report_text(report: FleetReport, style: Style, *, verbose: bool = False) -> str:
    """Write what became of the accounts: the counts, what went wrong, and how to go on.

    Args:
        report: What became of them.
        style: Decoration.
        verbose: Name every account.
    """
    top = [style.paint(parts.report_conclusion(report), "bold")]
    if report.stopped:
        top.append(f"{style.paint('Stopped:', 'bold', 'red')} {on_a_line(report.stopped)}")
    blocks = ["\n".join(top), *_failures(parts.report_failures(report), style, verbose=verbose)]
    if verbose:
        done = [one for one in report.results if one.outcome is MemberOutcome.APPLIED]
        blocks += _failures(parts.result_parts(done), style, verbose=True)
    end = [parts.requests(report.requests)]
    if report.resume:
        end.append(f"To go on: {on_a_line(report.resume)}")
    return "\n\n".join([*blocks, "\n".join(end)])


def _line(part: Part, style: Style) -> str:
    return style.paint(part.line, part.colour)


def _plan_blocks(
    part: Part,
    usual: Part | None,
    schemas: Schemas,
    style: Style,
    *,
    verbose: bool,
    compact: bool,
) -> Iterator[str]:
    """The plan of a part, and which accounts it is for."""
    many = len(part.names) > 1
    head = f"The plan of {parts.accounts(len(part.names))}"
    head += f", as of {part.names[0]}:" if many else ":"
    lines = [style.paint(head, "bold"), *_accounts(part.names, verbose=verbose)]
    if usual is not None and (other := parts.differences(part, usual)):
        lines.append(f"  Other than in the plan of {parts.accounts(len(usual.names))}:")
        lines += [f"    {text}" for text in other[: None if verbose else parts.WHOLE]]
    yield "\n".join(lines)
    if part.plan is not None:
        yield plan_text(part.plan, schemas, style, verbose=verbose, compact=compact)


def _failures(found: Sequence[Part], style: Style, *, verbose: bool) -> Iterator[str]:
    """Parts that have no plan to show: why, of which accounts, and what to do next."""
    for part in found:
        lines = [_line(part, style), *(f"  {line}" for line in part.details)]
        yield "\n".join([*lines, *_accounts(part.names, verbose=verbose)])


def _accounts(names: Sequence[str], *, verbose: bool) -> Iterator[str]:
    few = len(names) if verbose else _NAMED
    more = "; --verbose lists them" if len(names) > few else ""
    yield from wrapped(f"{parts.some(names, few)}{more}", "  ", width=NARROW)
