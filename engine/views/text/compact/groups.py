"""Which changes are written together: those that are equal but for their objects and values."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from typing import Any

from engine.schema.attribute import Kind
from engine.schema.resource_type import Schemas
from engine.views.brief.phrase import fields_of
from engine.views.described import DescribedChange
from engine.views.text.compact.sentences import alike

SCREENFUL = 24
"""Equal changes that are still written one by one, leaf by leaf."""


class Detail(enum.Enum):
    """How much is written of each change.

    Members:
        AUTO: Every leaf, except of more than a screenful of equal changes.
        COMPACT: A line.
        FULL: Every leaf.
    """

    AUTO = "auto"
    COMPACT = "compact"
    FULL = "full"


def grouped(
    changes: Sequence[DescribedChange], schemas: Schemas, detail: Detail
) -> Iterator[tuple[tuple[DescribedChange, ...], bool]]:
    """Yield the changes in groups, in the order of their first members.

    Returns:
        Each group, and whether it is written with a line for each change; if not, it has one.
    """
    groups: dict[Any, list[DescribedChange]] = {}
    keys = [
        at if detail is Detail.FULL else _key(one, schemas, detail)
        for at, one in enumerate(changes)
    ]
    for one, key in zip(changes, keys, strict=True):
        groups.setdefault(key, []).append(one)
    for one, key in zip(changes, keys, strict=True):
        group = groups[key]
        if detail is Detail.FULL or (detail is Detail.AUTO and len(group) <= SCREENFUL):
            yield (one,), False
        elif one is group[0]:
            yield tuple(group), True


def is_shortened(changes: Sequence[DescribedChange], schemas: Schemas, detail: Detail) -> bool:
    """Whether leaves of some changes are not written."""
    return any(together for _, together in grouped(changes, schemas, detail))


def _key(one: DescribedChange, schemas: Schemas, detail: Detail) -> tuple[Any, ...]:
    """What changes of one group have in common."""
    common = (one.symbol, one.change.type, one.together, one.change.account)
    if detail is Detail.COMPACT:
        return common
    fields = tuple((leaf.symbol, leaf.name) for leaf in one.leaves)
    return (*common, fields, tuple(_choices(one, schemas)), tuple(map(alike, one.notes)))


def _choices(one: DescribedChange, schemas: Schemas) -> Iterator[str]:
    """Switches and words among few that a line does not say: another one is another change."""
    kind = schemas.get(one.change.type)
    if kind is None:
        return
    for entry in one.change.fields:
        attribute = kind.root.at(entry.path)
        if attribute is None or entry.sensitive or entry.path in fields_of(kind):
            continue
        if attribute.values or attribute.currency or attribute.kind is Kind.BOOLEAN:
            yield f"{entry.path}: {entry.before} -> {entry.after}"
