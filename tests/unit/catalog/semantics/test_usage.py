"""What uses what: each row names lists, filters and fields that Stripe has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.catalog import loader
from engine.catalog.model import Shape
from engine.catalog.semantics.usage import USAGE
from engine.schema.usage import UsedBy
from engine.values.paths import ANY_PART, parse_path

WAYS = [(name, by) for name, usage in USAGE.items() for by in usage.by]
LISTS = [(name, one) for name, by in WAYS for one in (by, by.through) if one is not None]


def shape_at(shape: Shape, path: str) -> Shape:
    """The shape of a field in a response, `*` for elements; a whole object has its own shape."""
    for part in parse_path(path):
        if shape.reference and not shape.fields and part != ANY_PART:
            shape = loader.entry(shape.reference).response
        found = shape.element if part == ANY_PART else shape.fields.get(part)
        assert found is not None, f"{path}: there is no {part}"
        shape = found
    return shape


def fields_of(by: UsedBy) -> Iterator[str]:
    """The paths that a row reads in what a list shows."""
    yield from by.at
    yield from by.among


@pytest.mark.parametrize(("used", "by"), LISTS, ids=lambda one: getattr(one, "words", one))
def test_a_list_exists_with_its_filters(used: str, by: UsedBy) -> None:
    """A filter that Stripe does not know would be refused, and nothing counted."""
    assert used in loader.managed()
    kind = loader.by_object(by.object)
    filters = loader.entry(by.object).params("list")
    assert bool(by.filter) is not bool(by.at)
    if by.filter:
        name, *inner = parse_path(by.filter)
        shape = filters[name]
        assert all(part in shape.fields for part in inner)
    for variant in by.variants:
        assert set(variant) <= set(kind.filters)
    assert set(by.expand) <= set(kind.expand)


@pytest.mark.parametrize(("used", "by"), LISTS, ids=lambda one: getattr(one, "words", one))
def test_the_fields_that_are_read_are_in_the_response(used: str, by: UsedBy) -> None:
    """And the statuses are those that Stripe has."""
    response = loader.entry(by.object).response
    for path in fields_of(by):
        shape_at(response, path)
    for path, values in by.among.items():
        assert set(values) <= set(shape_at(response, path).values)
    for path, values in by.when.items():
        assert set(values) <= set(shape_at(loader.entry(used).response, path).values)


@pytest.mark.parametrize("used", USAGE)
def test_what_an_object_says_itself_is_in_its_response(used: str) -> None:
    """And what is watched for a change can be declared; nothing of it is a secret."""
    kind = loader.by_object(used)
    for own in USAGE[used].own:
        shape_at(loader.entry(used).response, own.at)
        attribute = kind.root.at(parse_path(own.at))
        assert attribute is None or not attribute.sensitive
    for path in USAGE[used].also:
        attribute = kind.root.at(parse_path(path))
        assert attribute is not None
        assert attribute.in_update


def test_every_word_is_a_plural_of_one_more_letter() -> None:
    """So that the singular is the word without it."""
    words = [by.words for _, by in LISTS]
    words += [own.words for usage in USAGE.values() for own in usage.own]
    assert [word for word in words if not word.endswith("s") or word.endswith("ss")] == []


def test_a_type_that_nothing_is_known_to_use_has_no_row() -> None:
    """Then nothing is claimed about it."""
    assert loader.usage("tax.registration") is None
    assert loader.usage("price") is USAGE["price"]
