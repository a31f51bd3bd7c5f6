"""A plan as Markdown: what a reviewer has to know first, then everything else, folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.plan.model import Action, Plan, PlanReport
from engine.plan.refusal import PlanRule, Refusal
from engine.schema.resource_type import Schemas
from engine.views.described import DescribedChange, describe_plan, moves_money
from engine.views.fields import Leaf
from engine.views.impacts import NOTHING
from engine.views.markdown import inline
from engine.views.markdown.page import LIMIT, Section, page
from engine.views.style import PLAIN
from engine.views.text.change import drift_lines, output_lines
from engine.views.text.plan import account_line, conclusion

_ENDS = (Action.DELETE, Action.FORGET)
_SIGNS = {"~": "!", ".": " "}
"""What a block of a difference has in the place of our symbols, where they are others."""
_MOST_LEAVES = 100
"""Leaves of one change; more are counted."""


def plan_markdown(
    report: PlanReport, schemas: Schemas, *, where: str = "", limit: int = LIMIT
) -> str:
    """Write the plans of one run.

    Args:
        report: What would be done.
        schemas: Resource types by name.
        where: Where all of it is, the end of a sentence; empty for the command that shows it.
        limit: Bytes of the page.
    """
    several = len(report.plans) > 1
    impacts = {(one.stack, one.address): one for one in report.impacts}
    changes = [
        described
        for plan in report.plans
        for described in describe_plan(
            plan,
            schemas,
            {address: one for (stack, address), one in impacts.items() if stack == plan.stack},
        )
    ]
    return page(
        head(conclusion(report, PLAIN), report),
        [
            *_rules(report),
            *change_sections(changes, schemas, several=several),
            *_surroundings(report, several=several),
            every_field(changes, several=several),
        ],
        where=where or _where(report),
        limit=limit,
    )


def head(conclusion: str, report: PlanReport) -> str:
    """What a page of a run begins with: what it comes to, and where."""
    first, *more = conclusion.splitlines()
    place = inline.words(account_line(report, PLAIN)).replace("LIVE MODE", "**LIVE MODE**")
    notes = [f"Note: {note}" for note in report.notes]
    return "\n\n".join([f"### {inline.words(first)}", place, *map(inline.words, [*more, *notes])])


def change_sections(
    changes: Sequence[DescribedChange], schemas: Schemas, *, several: bool, done: bool = False
) -> Iterator[Section]:
    """What happens, in one line for each change: money first, then removals, then all others.

    Args:
        changes: The changes.
        schemas: Resource types by name.
        several: There are several stacks, so that addresses name them.
        done: It has happened.
    """
    money: list[DescribedChange] = []
    removed: list[DescribedChange] = []
    others: list[DescribedChange] = []
    for one in changes:
        if one.change.action in _ENDS:
            removed.append(one)
        else:
            (money if moves_money(one, schemas) else others).append(one)

    def lines(found: Sequence[DescribedChange]) -> list[str]:
        return [_change_line(one, several=several, done=done) for one in found]

    used = [
        _named(one, one.used_by, several=several)
        for one in changes
        if one.used_by not in ("", NOTHING)
    ]
    yield Section(title="#### Money", entries=lines(money), noun="changes of money")
    yield Section(title="#### In use", entries=used, noun="objects in use")
    yield Section(title="#### Removed", entries=lines(removed), noun="removals")
    yield Section(title="#### Other changes", entries=lines(others), noun="other changes")


def every_field(changes: Sequence[DescribedChange], *, several: bool) -> Section:
    """Every leaf of the changes, in a fold."""
    return Section(
        title="Every field",
        entries=["\n".join(_diff(one, several=several)) for one in changes],
        noun="changes, field by field",
        code="diff",
        folded=True,
    )


def _rules(report: PlanReport) -> Iterator[Section]:
    """What forbids the plan, and what a person should know of it as a whole."""
    yield Section(
        title="#### This plan is refused",
        entries=[refusal_line(stack, refusal) for stack, refusal in report.refused],
        noun="refusals",
    )
    renames = [inline.words(str(rename)) for rename in report.renames]
    above = {str(rename) for rename in report.renames}
    warnings = [
        inline.words(warning)
        for plan in report.plans
        for warning in plan.warnings
        if warning not in above
    ]
    orphans = [
        inline.words(
            f"stack {orphan.stack} has a state and no module, and is not planned: {orphan.held}"
        )
        for orphan in report.orphans
    ]
    yield Section(title="#### Warnings", entries=[*warnings, *renames, *orphans], noun="warnings")


def refusal_line(stack: str, refusal: Refusal) -> str:
    """Which rule or policy refuses, where what it is about is declared, and why."""
    if refusal.reference is PlanRule.POLICY:  # its sentence names all of that
        called = f"Policy {refusal.policy}"
        return f"{inline.name(called)} {inline.words(refusal.removeprefix(called))}"
    name = f"policy {refusal.policy}" if refusal.policy else refusal.reference.value
    about = f" ({inline.code(f'{stack}:{refusal.address}')})" if refusal.address else ""
    at = f" at {inline.code(refusal.line)}" if refusal.line else ""
    return f"{inline.name(name)}{about}{at}: {inline.words(refusal)}"


def _surroundings(report: PlanReport, *, several: bool) -> Iterator[Section]:
    """What changed outside of the code, and what the outputs become."""

    def named(plan: Plan, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            symbol, text = line[:1], line[1:].removeprefix(" ")
            of = f"{plan.stack}:" if several and symbol != " " else ""
            yield f"{_SIGNS.get(symbol, symbol)} {of}{text}"

    yield Section(
        title="#### Changed outside of the code",
        entries=[
            "\n".join(named(plan, (line.removeprefix("  ") for line in drift_lines(drift, PLAIN))))
            for plan in report.plans
            for drift in plan.drift
        ],
        noun="objects changed outside of the code",
        code="diff",
    )
    yield Section(
        title="#### Outputs",
        entries=[
            line
            for plan in report.plans
            for line in named(
                plan, (text.removeprefix("  ") for text in output_lines(plan.outputs, PLAIN))
            )
        ],
        noun="outputs",
        code="diff",
    )


def _where(report: PlanReport) -> str:
    if report.saved:
        return "`engine show FILE` shows all of the saved plan"
    return f"`engine plan -e {report.environment}` shows all of it"


def _change_line(one: DescribedChange, *, several: bool, done: bool) -> str:
    """A change in a line, and its notes below it."""
    words = one.brief or ("" if done else one.heading)
    line = f"{inline.code(one.symbol)} {_named(one, words, one.change.line, several=several)}"
    return "\n".join([line, *(f"  - {inline.words(note)}" for note in one.notes if not done)])


def _named(one: DescribedChange, words: str, line: str = "", *, several: bool) -> str:
    """What people call an object, words about it, and where it is in the code."""
    address = f"{one.stack}:{one.change.address}" if several else str(one.change.address)
    places = ", ".join(inline.code(place) for place in (address, line) if place)
    return " ".join(filter(None, [inline.name(one.name), inline.words(words), f"({places})"]))


def _diff(one: DescribedChange, *, several: bool) -> Iterator[str]:
    """The leaves of one change, as the lines of a difference."""
    change = one.change
    name = f"{one.stack}:{change.address}" if several else str(change.address)
    if change.id:
        name += f" [{change.id}]"
    yield f"@@ {name} {one.heading} @@"
    if one.order:
        yield f"# {one.order}"
    for leaf in one.leaves[:_MOST_LEAVES]:
        yield from _leaf(leaf)
    if len(one.leaves) > _MOST_LEAVES:
        yield f"# and {len(one.leaves) - _MOST_LEAVES:,} more fields"


def _leaf(leaf: Leaf) -> Iterator[str]:
    yield f"{_SIGNS.get(leaf.symbol, leaf.symbol)} {leaf.name}: {leaf.text}"
    for sign, text in leaf.more[:_MOST_LEAVES]:
        yield f"{_SIGNS.get(sign, sign)}     {text}"
    if len(leaf.more) > _MOST_LEAVES:
        yield f"#     and {len(leaf.more) - _MOST_LEAVES:,} more entries"
