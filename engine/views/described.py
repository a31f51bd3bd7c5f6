"""What each format says of a change, in words; how they look is the format's own business."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.amounts import amounts_in
from engine.plan.compare.field_changes import currency_of
from engine.plan.impact import Impact
from engine.plan.model import Change, FieldChange, FieldReason, Plan
from engine.plan.reviewed.changes import ID_PATH
from engine.schema.resource_type import Schemas
from engine.values.markers import ABSENT
from engine.values.paths import Path
from engine.values.tree import leaves
from engine.views import vocabulary
from engine.views.brief.line import ENDS, brief
from engine.views.brief.names import ObjectNames, spoken
from engine.views.fields import Leaf, leaf
from engine.views.impacts import impact_words
from engine.views.naming import leaves_that_tell, with_names
from engine.views.style import on_a_line


@frozen
class DescribedChange:
    """One change in words.

    Attributes:
        change: The change.
        stack: The stack it is in.
        symbol: What it is listed under, as in `vocabulary.SYMBOLS`.
        heading: What happens to the resource and why, without its name.
        order: Of a replacement: which of the two objects is first; else empty.
        together: Heading and order in the words for several changes like this one.
        name: What people call the object, `Pro monthly`.
        brief: What happens in one line, with its money: `$20.00 -> $24.00 a month, +20 %, the old
            price is archived`.
        what: The same without what becomes of the old object, which `order` and `heading` say.
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
    together: tuple[str, ...]
    name: str
    brief: str
    what: str
    leaves: tuple[Leaf, ...]
    notes: tuple[str, ...]
    used_by: str

    @property
    def words(self) -> str:
        """What the object is called, unless its address says so, and what happens to it."""
        logical = self.change.address.name
        name = self.name.removesuffix(f" ({logical})")
        said = spoken(name).casefold() == spoken(logical) or f'"{name}"' in self.what
        said = said or (name.endswith("…") and name[:-1] in self.what)
        return ": ".join(filter(None, ("" if said else name, self.what)))


def describe_plan(
    plan: Plan, schemas: Schemas, impacts: Mapping[ResourceAddress, Impact]
) -> tuple[DescribedChange, ...]:
    """Describe the changes of a plan that do something, in their order.

    Args:
        plan: The plan.
        schemas: Resource types by name.
        impacts: What uses the objects of the plan, as far as it was counted.
    """
    pending = plan.pending
    if not pending:  # of a large plan that does nothing, nothing is looked up
        return ()
    objects = ObjectNames(plan, schemas)
    shown = [objects.changes[change.address] for change in pending]
    called = objects.of_all(shown)
    described = []
    for change, without_secrets in zip(pending, shown, strict=True):
        what, end = map(on_a_line, brief(without_secrets, objects))
        described.append(
            DescribedChange(
                change=change,
                stack=plan.stack,
                symbol=vocabulary.symbol(change),
                heading=vocabulary.heading(change, schemas),
                order=vocabulary.order_of_replacement(change, schemas),
                together=(
                    vocabulary.heading(change, schemas, many=True),
                    vocabulary.order_of_replacement(change, schemas, many=True),
                ),
                name=on_a_line(called[change.address]),
                brief=("; " if change.action in ENDS else ", ").join(filter(None, (what, end))),
                what=what,
                leaves=tuple(_leaves(change, objects)),
                notes=tuple(_notes(change)),
                used_by=impact_words(impacts[change.address]) if change.address in impacts else "",
            )
        )
    return tuple(described)


def describe_applied(plan: Plan, schemas: Schemas) -> tuple[DescribedChange, ...]:
    """Describe changes that were made, as `describe_plan` does those that are to be made."""
    without = tuple(map(_without_ids, plan.pending))
    described = describe_plan(dataclasses.replace(plan, changes=without), schemas, {})
    return tuple(map(_in_the_past, described, plan.pending))


def _without_ids(change: Change) -> Change:
    """A change without the leaf of both ids, which are no words for people."""
    fields = tuple(one for one in change.fields if not _is_new_id(one))
    return dataclasses.replace(change, fields=fields)


def _is_new_id(entry: FieldChange) -> bool:
    return entry.path == ID_PATH and not entry.forces_replacement


def _in_the_past(described: DescribedChange, change: Change) -> DescribedChange:
    """What a plan says of a change, as words for one that was made."""
    past = vocabulary.in_the_past
    ids = tuple(line for one in change.fields if _is_new_id(one) for line in leaf(one))
    heading, order = (past(text, many=True) for text in described.together)
    gone = change.removal is None  # where the old object is, a note says
    return dataclasses.replace(
        described,
        change=change,
        heading=past(described.heading),
        order="" if gone else past(described.order),
        together=(heading, "" if gone else order),
        brief=past(described.brief),
        what=past(described.what),
        leaves=(*ids, *described.leaves),
    )


def _leaves(change: Change, objects: ObjectNames) -> Iterator[Leaf]:
    kind = objects.schemas.get(change.type)
    if change.action in ENDS:
        if kind is not None:
            yield from leaves_that_tell(kind, change.before)
        return
    root = kind.root if kind is not None else None
    source = objects.sources.get(change.address, {})

    def currency_at(path: Path) -> str:
        attribute = root.at(path) if root is not None else None
        return currency_of(attribute, path, change.after, change.before) if attribute else ""

    for entry in _fields(change):
        for line in leaf(entry, currency_at):
            yield with_names(line, entry, root, source, objects.addresses)


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


def moves_money(one: DescribedChange, schemas: Schemas) -> bool:
    """Whether an amount of an object comes, goes or changes, so that people look at it first."""
    kind = schemas.get(one.change.type)
    if kind is None:
        return False
    before = amounts_in(kind.root, one.change.before)
    return before != amounts_in(kind.root, one.change.after)
