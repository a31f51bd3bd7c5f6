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
from engine.views.described import DescribedChange, describe_plan, moves_money
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


def plan_page(
    report: PlanReport,
    schemas: Schemas,
    *,
    about: Sequence[str] = (),
    source: str = "",
    more: parts.Section | None = None,
) -> Mapping[str, Any]:
    """The page of the plans of one run.

    Args:
        report: What would be done.
        schemas: Resource types by name.
        about: What there is to say of where the plan is from, a sentence each.
        source: The environment whose code it is for; empty if that is the same.
        more: What comes after the plans.
    """
    described = describe(report, schemas)
    lead = [line.strip() for line in conclusion(report, PLAIN).splitlines()]
    heading = f"Plan for {report.environment}"
    return parts.page(
        heading,
        parts.top(
            heading,
            [*lead, *about, *(f"{note}." for note in report.notes)],
            [("From", source), *facts(report)],
            livemode=report.livemode,
        ),
        *refused(report),
        *_warnings(report),
        _renames(report.renames),
        money(described, schemas),
        _in_use(described, schemas),
        _drift(report.plans),
        change_section("Changes", [change_row(one) for one in described], described),
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


def refused(report: PlanReport) -> Iterator[parts.Section]:
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
            h.code[f"policy {refusal.policy}" if refusal.policy else refusal.reference.value],
            about and h.a(href=f"#{row_name(stack, about)}")[about],
            refusal.line and h.span(".place")[refusal.line],
        ],
    )


def _warnings(report: PlanReport) -> Iterator[parts.Section]:
    above = {str(rename) for rename in report.renames}
    warnings = [one for plan in report.plans for one in plan.warnings if one not in above]
    if warnings:
        yield parts.panel("Warnings", parts.listed(warnings), tone="yellow")


def money(described: Sequence[DescribedChange], schemas: Schemas) -> parts.Section | None:
    """The changes of amounts: of those that stay first, then what ends, then what is new."""
    changed = [one for one in described if moves_money(one, schemas)]
    if not changed:
        return None
    rows = [_money_row(one) for one in sorted(changed, key=_rank)]
    return parts.panel("Money", parts.folded(rows, lambda some: h.table(".money")[some]))


def _rank(one: DescribedChange) -> int:
    change = one.change
    return 0 if change.before and change.after else 1 if change.before else 2


def _money_row(one: DescribedChange) -> h.Element:
    colour = parts.colour_of(one.symbol)
    return h.tr(class_=colour)[
        h.td[parts.symbol(one.symbol)],
        h.th(scope="row")[
            _link(one),
            h.small[one.change.address],
        ],
        h.td[parts.arrows(one.brief), one.used_by and h.small[f"used by: {one.used_by}"]],
    ]


def _in_use(described: Sequence[DescribedChange], schemas: Schemas) -> parts.Section | None:
    """What is in use of what changes in another way; of amounts it is next to them."""
    entries = [
        (_link(one), f" {one.used_by}")
        for one in described
        if one.used_by and not moves_money(one, schemas)
    ]
    return parts.panel("In use", parts.listed(entries)) if entries else None


def _link(one: DescribedChange) -> h.Element:
    return h.a(href=f"#{row_name(one.stack, one.change.address)}")[one.name]


def _renames(renames: Sequence[Rename]) -> parts.Section | None:
    if not renames:
        return None
    entries = [(str(rename), h.pre[rename.moved]) for rename in renames]
    tone = "yellow" if any(rename.loses for rename in renames) else ""
    return parts.panel("Renames", parts.listed(entries), tone=tone)


def _drift(plans: Sequence[Plan]) -> parts.Section | None:
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
) -> parts.Section | None:
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
    groups: Mapping[str, str] | None = None,
) -> Row:
    """The row of one change.

    Args:
        one: The change.
        first: What is shown above its details.
        badge: What is shown next to its brief.
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
        brief=parts.arrows(one.brief) or one.heading,
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


def outputs(plans: Sequence[Plan]) -> parts.Section | None:
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


def _orphans(orphans: Sequence[Orphan]) -> parts.Section | None:
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
