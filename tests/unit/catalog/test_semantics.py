"""Every row of the semantics table speaks of fields, filters and objects that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from engine.catalog import loader
from engine.catalog.merge import attributes, matches, with_parent
from engine.catalog.occurrences import OCCURRENCES
from engine.catalog.rows import Row
from engine.provider.schema import Attribute, ResourceType

OBJECTS = loader.managed()


def _tree(object_name: str) -> Attribute:
    """The type before its row, which may drop fields the row itself names."""
    kind = loader.by_object(object_name)
    root = attributes(loader.entry(object_name))
    return with_parent(root, kind.parent, "") if kind.parent else root


def _listed(row: Row) -> Iterator[str]:
    for field in (
        "add_only",
        "expand",
        "fold_case",
        "hidden",
        "ignored",
        "immutable",
        "sensitive",
        "sets",
        "unlisted",
        "write_only",
    ):
        yield from getattr(row, field)
    for field in ("aliases", "keyed", "limits", "money", "neutral", "references", "words"):
        yield from getattr(row, field)
    for key in row.natural_keys:
        yield key.attribute
        if key.transfer:
            yield key.transfer
    for detach in row.detach:
        yield detach.via
    for rule in row.rules:
        yield from rule.fields
        yield from rule.when
    if row.revival is not None:
        yield from row.revival.live
        yield from row.revival.spent_if
    for removal in row.removals:
        if removal.unless_leaf is not None:
            yield removal.unless_leaf[0]


@pytest.mark.parametrize("object_name", OBJECTS)
def test_every_path_of_a_row_leads_somewhere(object_name: str) -> None:
    """A row that speaks of a field the type does not have would be knowledge about nothing."""
    root = _tree(object_name)
    lost = [path for path in _listed(loader.row(object_name)) if not matches(root, path)]
    assert lost == []


@pytest.mark.parametrize("object_name", OBJECTS)
def test_keys_sources_and_currencies_lead_somewhere(object_name: str) -> None:
    """Paths that start beside or below the field they belong to exist as well."""
    root = _tree(object_name)
    row = loader.row(object_name)
    for path, key in row.keyed.items():
        assert matches(root, f"{path}.*.{key}"), path
    for path, alias in row.aliases.items():
        holder = path.rpartition(".")[0]
        source = f"{holder}.{alias.source}" if holder else alias.source
        assert matches(root, source), source
    for path, currency in row.money.items():
        assert currency == "*" or matches(root, currency), path


@pytest.mark.parametrize("object_name", OBJECTS)
def test_filters_and_updates_of_a_row_exist(object_name: str) -> None:
    """Lists are asked, and objects ended and revived, with parameters Stripe has."""
    kind = loader.by_object(object_name)
    for key in kind.natural_keys:
        asked_for = {name for variant in key.variants for name in variant}
        assert {*asked_for, *filter(None, [key.filter])} <= set(kind.filters)
    update = loader.entry(object_name).params("update")
    for params in _updates(kind):
        assert set(params) <= set(update)
    for removal in kind.removals:
        if removal.unless is not None:
            asked = set(loader.entry(removal.unless.object).params("list"))
            assert {removal.unless.filter, *(n for v in removal.unless.variants for n in v)} <= (
                asked
            )


def _updates(kind: ResourceType) -> Iterator[Mapping[str, Any]]:
    for removal in kind.removals:
        yield removal.params
    if kind.revival is not None and kind.revival.params is not None:
        yield kind.revival.params


@pytest.mark.parametrize("object_name", OBJECTS)
def test_objects_named_in_a_row_exist(object_name: str) -> None:
    """References, probes and detachments name objects of the catalogue."""
    row = loader.row(object_name)
    named = {*row.references.values(), *(detach.object for detach in row.detach)}
    named |= {one.unless.object for one in row.removals if one.unless is not None}
    assert named <= set(loader.object_names())
    for detach in row.detach:
        assert matches(attributes(loader.entry(detach.object)), detach.attribute)


def test_faces_are_unique() -> None:
    """No two types share an authoring class."""
    assert len({loader.row(name).face for name in OBJECTS}) == len(OBJECTS)


def test_what_happens_once_is_not_managed() -> None:
    """The objects that cannot be declared exist, and none of them has a row."""
    assert set(OCCURRENCES) <= set(loader.object_names())
    assert not set(OCCURRENCES) & set(OBJECTS)
