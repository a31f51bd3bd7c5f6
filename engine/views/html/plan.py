"""A plan as a page: what is refused and what it costs first, then each change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import htpy as h

from engine.plan.model import Action, Drift, Plan, PlanReport
from engine.plan.orphan import Orphan
from engine.plan.refusal import Refusal
from engine.plan.rename import Rename
from engine.schema.resource_type import Schemas
from engine.views import vocabulary
from engine.views.described import DescribedChange, describe_plan
from engine.views.html import parts
from engine.views.html.graph import graph
from engine.views.html.rows import Chip, Row, row_name, row_section
from engine.views.picture.sources import of_report
from engine.views.style import PLAIN
from engine.views.text.change import drifted, output_leaves
from engine.views.text.plan import conclusion, requests_line, saved_line

if TYPE_CHECKING:
    from engine.plan.saved.file import SavedPlan

ACTION = "action"
"""The group of chips that counts what happens."""
_MOST_MONEY = 20
"""Amounts that are shown at once; more of them open on request."""


def plan_page(
    report: PlanReport, schemas: Schemas, *, about: Sequence[str] = (), more: h.Node = None
) -> Mapping[str, Any]:
    """The page of the plans of one run.

    Args:
        report: What would be done.
        schemas: Resource types by name.
        about: What there is to say of where the plan is from, a sentence each.
        more: What comes after the plans.
    """
    described = describe(report, schemas)
    lead = [line.strip() for line in conclusion(report, PLAIN).splitlines()]
    heading = f"Plan for {report.environment}"
    return parts.page(
        heading,
        parts.top(heading, [*lead, *about], facts(report), livemode=report.livemode),
        *refused(report),
        *_warnings(report),
        _renames(report.renames),
        money(described),
        _drift(report.plans),
        bool(described)
        and change_section("Changes", [change_row(one) for one in described], described),
        graph(of_report(report), {row_name(one.stack, one.change.address) for one in described}),
        outputs(report.plans),
        _orphans(report.orphans),
        more,
        foot=requests_line(report.requests),
    )


def saved_plan_page(saved: SavedPlan, schemas: Schemas) -> Mapping[str, Any]:
    """The page of a plan file."""
    return plan_page(saved.report(), schemas, about=[f"{saved_line(saved)}."])


def describe(report: PlanReport, schemas: Schemas) -> list[DescribedChange]:
    """All changes of a run in words, stack by stack."""
    return [
        one
        for plan in report.plans
        for one in describe_plan(
            plan,
            schemas,
            {impact.address: impact for impact in report.impacts if impact.stack == plan.stack},
        )
    ]


def facts(report: PlanReport) -> list[tuple[str, str]]:
    """Where a run is."""
    return [
        ("Environment", report.environment + (" (embedded emulator)" if report.embedded else "")),
        ("Account", report.account_id),
        ("Server", report.server),
        ("Stacks", ", ".join(plan.stack for plan in report.plans)),
    ]


# ── above the changes ─────────────────────────────────────────────────────────────────────


def refused(report: PlanReport) -> Iterator[h.Node]:
    """Why a plan is refused, if it is."""
    if report.refusals:
        entries = [_refusal(stack, refusal) for stack, refusal in report.refused]
        title = "This plan is refused"
        yield parts.panel(title, parts.listed(entries), tone="red", name="refused")


def _refusal(stack: str, refusal: Refusal) -> h.Node:
    about = refusal.address
    return (
        str(refusal),
        h.p(".more")[
            h.code[refusal.policy or refusal.reference.value],
            about and h.a(href=f"#{row_name(stack, about)}")[about],
            refusal.line and h.span(".place")[refusal.line],
        ],
    )


def _warnings(report: PlanReport) -> Iterator[h.Node]:
    above = {str(rename) for rename in report.renames}
    warnings = [one for plan in report.plans for one in plan.warnings if one not in above]
    if warnings:
        yield parts.panel("Warnings", parts.listed(warnings), tone="yellow")


def money(described: Sequence[DescribedChange]) -> h.Node:
    """The changes of amounts that exist, which is what a reviewer looks for first."""
    changed = [one for one in described if one.change.before and _is_money(one)]
    if not changed:
        return None
    table = h.table(".money")[h.tbody[map(_money_row, changed)]]
    if len(changed) > _MOST_MONEY:
        table = h.details[h.summary[f"{len(changed):,} amounts change"], table]
    return parts.panel("Money", table)


def _is_money(one: DescribedChange) -> bool:
    return any(field.currency for field in one.change.fields)


def _money_row(one: DescribedChange) -> h.Element:
    colour = parts.colour_of(one.symbol)
    return h.tr(class_=colour)[
        h.td[parts.symbol(one.symbol)],
        h.th(scope="row")[
            h.a(href=f"#{row_name(one.stack, one.change.address)}")[one.name],
            h.small[one.change.address],
        ],
        h.td[parts.arrows(one.brief), one.used_by and h.small[f"used by: {one.used_by}"]],
    ]


def _renames(renames: Sequence[Rename]) -> h.Node:
    if not renames:
        return None
    entries = [(str(rename), h.pre[rename.moved]) for rename in renames]
    tone = "yellow" if any(rename.loses for rename in renames) else ""
    return parts.panel("Renames", parts.listed(entries), tone=tone)


def _drift(plans: Sequence[Plan]) -> h.Node:
    rows = [_drift_row(drift) for plan in plans for drift in plan.drift]
    if not rows:
        return None
    title = "Changed outside of the code since the last apply"
    return parts.panel(title, parts.listed(rows), name="drift")


def _drift_row(drift: Drift) -> h.Node:
    sign = "-" if drift.gone or drift.ended else "~"
    end = "deleted" if drift.gone else "archived or disabled" if drift.ended else ""
    return h.div(class_=parts.colour_of(sign))[
        parts.symbol(sign),
        " ",
        h.code[drift.address, drift.id and f" [{drift.id}]"],
        vocabulary.on_account(drift.account),
        end and f": {end}",
        parts.leaf_table([drifted(entry) for entry in drift.fields if not drift.gone]),
    ]


# ── the changes ───────────────────────────────────────────────────────────────────────────


def change_section(
    title: str,
    rows: Sequence[Row],
    described: Sequence[DescribedChange],
    *chips: Chip,
    done: bool = False,
) -> h.Element:
    """The changes of a run with their filters.

    Args:
        title: The heading.
        rows: A row for each change.
        described: The changes.
        chips: Further chips, before those of the actions.
        done: The changes were made.
    """
    return row_section(title, "change", rows, [*chips, *_action_chips(described, done=done)])


def _action_chips(described: Sequence[DescribedChange], *, done: bool) -> Iterator[Chip]:
    for action in Action:
        those = [one for one in described if one.change.action is action]
        if not those:
            continue
        yield Chip(
            group=ACTION,
            value=action.value,
            label=vocabulary.counts([action] * len(those), done=done, always=False)[0],
            colour=parts.colour_of(those[0].symbol),
            sign=" ".join(dict.fromkeys(one.symbol for one in those)),
        )


def change_row(
    one: DescribedChange,
    *,
    first: h.Node = None,
    badge: h.Node = None,
    instead: str = "",
    groups: Mapping[str, str] | None = None,
) -> Row:
    """The row of one change.

    Args:
        one: The change.
        first: What is shown above its details.
        badge: What is shown next to its brief.
        instead: What it says if it has no brief; the heading if this is empty.
        groups: The values of further groups of chips.
    """
    change = one.change
    where = change.address + (f" [{change.id}]" if change.id else "")
    return Row(
        stack=one.stack,
        address=change.address,
        type=change.type,
        sign=one.symbol,
        colour=parts.colour_of(one.symbol),
        name=one.name,
        brief=parts.arrows(one.brief) or instead or one.heading,
        small=f"used by: {one.used_by}" if one.used_by else "",
        line=change.line,
        badge=badge,
        groups={ACTION: change.action.value, **(groups or {})},
        inside=(
            first,
            h.p[h.code[where], vocabulary.on_account(change.account), " ", one.heading],
            one.order and h.p(".about")[one.order],
            parts.leaf_table(one.leaves),
            (h.p(".note")[note] for note in one.notes),
        ),
    )


def outputs(plans: Sequence[Plan]) -> h.Node:
    """How the outputs of stacks change."""
    tables = [
        (
            len(plans) > 1 and h.h3[f"Stack {plan.stack}"],
            parts.leaf_table([*output_leaves(plan.outputs)]),
        )
        for plan in plans
        if plan.outputs
    ]
    return parts.panel("Changes to outputs", tables, name="outputs") if tables else None


def _orphans(orphans: Sequence[Orphan]) -> h.Node:
    if not orphans:
        return None
    entries = [
        (
            h.strong[f"{orphan.stack}"],
            f": {orphan.held}",
            h.pre["\n".join(orphan.lines)],
        )
        for orphan in orphans
    ]
    return parts.panel("Stacks without a module", parts.listed(entries), tone="yellow")
