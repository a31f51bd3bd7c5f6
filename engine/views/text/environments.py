"""Two environments as text: what differs, with the values of both next to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.values.markers import ABSENT
from engine.values.paths import dotted
from engine.views.fields import show
from engine.views.plural import counted
from engine.views.style import Style
from engine.views.text.plan import account_line, requests_line

if TYPE_CHECKING:
    from engine.plan.environments.model import (
        EnvironmentsDifference,
        LeafDifference,
        Promotion,
        ResourceDifference,
        StackDifference,
    )

_REFERENCE = re.compile(r"\$\{((?:[^}:]+:)?[^}]+)\.id\}")
_WIDEST = 44
_NOT_SET = "(not set)"
_MARKS = ("<", ">")


def difference_text(report: EnvironmentsDifference, style: Style, *, verbose: bool = False) -> str:
    """Write what differs between two environments, ending with one summary line.

    Args:
        report: What was found.
        style: Decoration.
        verbose: Add the number of requests made.
    """
    blocks = ["\n".join(account_line(one, style) for one in report.environments)]
    for stack in report.stacks:
        blocks += _stack_blocks(report, stack, style)
    if report.undeclared and not report.everything:
        blocks.append(style.paint(_undeclared(report), "dim"))
    blocks.append(_conclusion(report, style))
    if verbose:
        blocks.append(requests_line(report.requests))
    return "\n\n".join(blocks)


def remaining_text(promotion: Promotion, style: Style) -> str:
    """Write what will still differ between two environments after a plan for the second."""
    report = promotion.remaining
    names = " and ".join(_names(report))
    how = "" if report.refreshed else f" ({promotion.source} by its states alone)"
    if not report.differs and not report.undeclared:
        return f"After this, {names} agree{how}."
    blocks = [f"After this, {names} still differ{how}:"] if report.differs else []
    for stack in report.stacks:
        blocks += _stack_blocks(report, stack, style)
    if report.undeclared:
        blocks.append(style.paint(_undeclared(report), "dim"))
    return "\n\n".join(blocks)


def _stack_blocks(
    report: EnvironmentsDifference, stack: StackDifference, style: Style
) -> Iterator[str]:
    names = _names(report)
    notes = [
        f"Stack {stack.stack} has no state in {name}: it was never applied there."
        for name, recorded in zip(names, stack.recorded, strict=True)
        if not recorded
    ]
    notes += [
        f"A run of stack {stack.stack} in {name} has not finished. What became of it is found out "
        f"by: engine plan -e {name} {stack.stack}"
        for name, unfinished in zip(names, stack.unfinished, strict=True)
        if unfinished
    ]
    shown = report.shown(stack)
    if notes:
        yield "\n".join(style.paint(note, "yellow") for note in notes)
    if not shown:
        return
    if len(report.stacks) > 1:
        yield style.paint(f"Stack {stack.stack}", "bold")
    only = [
        line
        for one in shown
        if one.in_one is not None
        for line in _only(one, one.in_one, names, style)
    ]
    if only:
        yield "\n".join(only)
    for one in shown:
        if one.in_one is None:
            yield "\n".join(_fields(report, one, style))


def _only(
    one: ResourceDifference, where: int, names: tuple[str, str], style: Style
) -> Iterator[str]:
    """A resource that one environment alone has."""
    colour = ("red", "green")[where]
    line = f"{style.paint(_MARKS[where], colour)} {one.address}: only in {names[where]}"
    other = one.found[1 - where]
    if other is not None and other.gone:
        line += f"; in {names[1 - where]} it is gone from Stripe ({other.id})"
    yield line
    if one.hint:
        yield f"    {one.hint}"


def _fields(report: EnvironmentsDifference, one: ResourceDifference, style: Style) -> Iterator[str]:
    """A resource that both have, with a line for each field that differs."""
    ids = " and ".join(found.id for found in one.found if found is not None and found.id)
    yield f"{style.paint('~', 'yellow')} {one.address}  {style.paint(f'# {ids}', 'dim')}"
    leaves = [leaf for leaf in one.leaves if leaf.declared or report.everything]
    rows = [(_label(leaf), *_texts(leaf)) for leaf in leaves]
    names = _names(report)
    narrow = [row for row in rows if max(map(len, row[:2])) <= _WIDEST]
    name_width = max((len(row[0]) for row in narrow), default=0)
    width = max((len(row[1]) for row in narrow), default=0)
    width = max(width, len(names[0]))
    if narrow:
        head = f"    {'':<{name_width}}  {names[0]:<{width}}  {names[1]}"
        yield style.paint(head, "dim")
    for leaf, row in zip(leaves, rows, strict=True):
        mark = "" if leaf.declared else "  # no stack declares it"
        if row in narrow:
            line = f"    {row[0]:<{name_width}}  {row[1]:<{width}}  {row[2]}{mark}"
            yield line if leaf.declared else style.paint(line, "dim")
            continue
        yield f"    {row[0]}{mark}"
        column = max(map(len, names))
        for name, text in zip(names, row[1:], strict=True):
            yield f"      {name:<{column}}  {text}"


def _label(leaf: LeafDifference) -> str:
    """The path of a field; an element that is known by a reference has its address in brackets."""
    return _REFERENCE.sub(r"[\1]", dotted(leaf.path)).replace(".[", "[")


def _texts(leaf: LeafDifference) -> tuple[str, str]:
    first, second = (
        _NOT_SET if value is ABSENT else _REFERENCE.sub(r"\1", show(value, currency))
        for value, currency in zip(leaf.values, leaf.currencies, strict=True)
    )
    return first, second


def _names(report: EnvironmentsDifference) -> tuple[str, str]:
    first, second = report.environments
    return first.environment, second.environment


def _undeclared(report: EnvironmentsDifference) -> str:
    names = " ".join(_names(report))
    verb = "differs" if report.undeclared == 1 else "differ"
    return (
        f"{counted(report.undeclared, 'field')} that no stack declares {verb}, too; "
        f"engine diff {names} --all shows them."
    )


def _conclusion(report: EnvironmentsDifference, style: Style) -> str:
    compared = sum(stack.compared for stack in report.stacks)
    names = _names(report)
    of = f"{counted(compared, 'resource')} of {counted(len(report.stacks), 'stack')}"
    how = "" if report.refreshed else " The states were compared; Stripe was not asked."
    if not report.differs:
        equal = f"No differences: {names[0]} and {names[1]} agree"
        return style.paint(f"{equal} in {of}.", "bold", "green") + how
    shown = [one for stack in report.stacks for one in report.shown(stack)]
    both = sum(one.in_one is None for one in shown)
    parts = [f"{both} {'differs' if both == 1 else 'differ'}"]
    for at, name in enumerate(names):
        alone = sum(one.in_one == at for one in shown)
        parts.append(f"{alone} {'is' if alone == 1 else 'are'} only in {name}")
    sentence = f"Of {of}, {', '.join(parts)}."
    return style.paint(sentence, "bold") + how
