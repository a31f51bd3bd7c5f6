"""What each format says of a change, in words; how they look is the format's own business."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.amounts import Amount, amounts_in
from engine.plan.impact import Impact
from engine.plan.model import Action, Change, FieldChange, FieldReason, Plan, StepKind
from engine.schema.attribute import Attribute
from engine.schema.resource_type import Schemas
from engine.values.markers import ABSENT
from engine.values.tree import leaves
from engine.views import vocabulary
from engine.views.fields import Leaf, leaf
from engine.views.impacts import impact_words
from engine.views.money import amount_words
from engine.views.naming import leaves_that_tell, with_names

_SENDING = (StepKind.CREATE, StepKind.UPDATE)
_ENDS = (Action.DELETE, Action.FORGET)


@frozen
class DescribedChange:
    """One change in words.

    Attributes:
        change: The change.
        stack: The stack it is in.
        symbol: What it is listed under, as in `vocabulary.SYMBOLS`.
        heading: What happens to the resource and why, without its name.
        order: Of a replacement: which of the two objects is first; else empty.
        name: What people call the object, `Pro monthly`.
        brief: What happens in one line, with its money: `$20.00 -> $24.00 a month, +20 %`.
        leaves: The leaves to show: those that differ, all of a new object, those by which a
            removed one is known.
        notes: What a person should know before saying yes.
        used_by: What uses the object that the change ends or changes; empty if nothing does, or
            if it was not counted.
    """

    change: Change
    stack: str
    symbol: str
    heading: str
    order: str
    name: str
    brief: str
    leaves: tuple[Leaf, ...]
    notes: tuple[str, ...]
    used_by: str


def describe_plan(
    plan: Plan, schemas: Schemas, impacts: Mapping[ResourceAddress, Impact]
) -> tuple[DescribedChange, ...]:
    """Describe the changes of a plan that do something, in their order.

    Args:
        plan: The plan.
        schemas: Resource types by name.
        impacts: What uses the objects of the plan, as far as it was counted.
    """
    sources = {step.address: step.params for step in plan.steps if step.kind in _SENDING}
    names: dict[str, str] = {change.id: change.address for change in plan.changes if change.id}
    return tuple(
        DescribedChange(
            change=change,
            stack=plan.stack,
            symbol=vocabulary.symbol(change),
            heading=vocabulary.heading(change, schemas),
            order=vocabulary.order_of_replacement(change, schemas),
            name=_name(change),
            brief=", ".join(_brief(change, schemas)),
            leaves=tuple(_leaves(change, schemas, sources.get(change.address, {}), names)),
            notes=tuple(_notes(change)),
            used_by=impact_words(impacts[change.address]) if change.address in impacts else "",
        )
        for change in plan.pending
    )


def _leaves(
    change: Change, schemas: Schemas, sources: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[Leaf]:
    if change.action in _ENDS:
        yield from leaves_that_tell(change, schemas)
        return
    root = _root(change, schemas)
    for entry in _fields(change):
        for line in leaf(entry):
            yield with_names(line, entry, root, sources, names)


def _root(change: Change, schemas: Schemas) -> Attribute | None:
    return schemas[change.type].root if change.type in schemas else None


def _fields(change: Change) -> tuple[FieldChange, ...]:
    """The leaves to show: those that differ, or all of a new object."""
    if change.fields or change.before:
        return change.fields
    return tuple(
        FieldChange(path=path, before=ABSENT, after=value, reason=FieldReason.SET)
        for path, value in leaves(change.after)
    )


def _notes(change: Change) -> Iterator[str]:
    for note in change.notes:
        if change.removal is None or note != change.removal.note:  # that one is in the heading
            yield note


# ── one line ──────────────────────────────────────────────────────────────────────────────


def _name(change: Change) -> str:
    return change.address.name.replace("-", " ").replace("_", " ").capitalize()


def _brief(change: Change, schemas: Schemas) -> Iterator[str]:
    root = _root(change, schemas)
    if root is not None:
        yield from _money(amounts_in(root, change.before), amounts_in(root, change.after))
    if change.removal is not None:
        yield f"the old object is {vocabulary.ended(change.removal.verb)}"


def _money(before: Mapping[Any, Amount], after: Mapping[Any, Amount]) -> Iterator[str]:
    """Amounts that come, go or change, with the change in percent where they compare."""
    for path in {**before, **after}:
        old, new = before.get(path), after.get(path)
        if old is None or new is None:
            only = old or new
            if only is not None:
                yield amount_words(only)
        elif old != new:
            yield f"{amount_words(old)} -> {amount_words(new)}{percent(old, new)}"


def percent(old: Amount, new: Amount) -> str:
    """The change from one amount to another, `, +20 %`; empty if they do not compare."""
    alike = (old.currency, old.interval, old.interval_count) == (
        new.currency,
        new.interval,
        new.interval_count,
    )
    if not alike or not old.value:
        return ""
    share = (new.value - old.value) * 100 / abs(old.value)
    rounded = share.quantize(Decimal("0.1"), ROUND_HALF_UP).normalize()
    return f", {rounded:+f} %"
