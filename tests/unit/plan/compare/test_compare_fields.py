"""Comparing: what means the same is the same, and every leaf that differs is found once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.catalog import loader
from engine.plan.compare.compare_fields import Comparison, compare, drifted
from engine.plan.compare.deep_diff import Difference
from engine.plan.compare.normalize import Normalizer
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.secret import Sealed, Sensitive

# A slow machine is no failure.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SALT = "salt"
NORMAL = Normalizer(SALT)
TYPES = sorted(loader.schemas())
TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("\"'\\[].$"), max_size=6)
SEALED_X = Sealed.of("x", SALT)


def declarations(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Whatever an author may declare for an attribute, as far as its shape goes."""
    if attribute.kind is Kind.OBJECT:
        fields = {name: child for name, child in attribute.fields.items() if child.declarable}
        return _objects(fields, {})
    if attribute.kind is Kind.MAP:
        assert attribute.element is not None
        return st.dictionaries(TEXT, declarations(attribute.element), max_size=2)
    if attribute.kind is Kind.LIST:
        assert attribute.element is not None
        return _lists(attribute, attribute.element)
    return _scalars(attribute)


def _objects(
    fields: Mapping[str, Attribute], needed: Mapping[str, Attribute]
) -> st.SearchStrategy[Any]:
    rest = {name: child for name, child in fields.items() if name not in needed}
    return st.fixed_dictionaries(
        {name: declarations(child) for name, child in needed.items()},
        optional={name: declarations(child) for name, child in rest.items()},
    )


def _lists(attribute: Attribute, element: Attribute) -> st.SearchStrategy[Any]:
    if attribute.order is not ListOrder.KEYED:
        # An element without what Stripe asks for is refused before it is compared.
        fields = {name: child for name, child in element.fields.items() if child.declarable}
        complete = _objects(fields, element.needed) if fields else declarations(element)
        return st.lists(complete, max_size=2)
    key = attribute.key
    entries = st.builds(
        lambda entry, name: {**entry, key: name}, declarations(element), st.text("ab", min_size=1)
    )
    return st.lists(entries, max_size=3, unique_by=lambda entry: str(entry[key]))


def _scalars(attribute: Attribute) -> st.SearchStrategy[Any]:
    numbers = st.integers(-(10**12), 10**12)
    kinds: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.BOOLEAN: st.booleans(),
        Kind.INTEGER: numbers,
        Kind.NUMBER: numbers | st.decimals(-100, 100, places=3).map(float),
        Kind.DECIMAL: st.decimals(0, 10**6, places=4).flatmap(
            lambda value: st.sampled_from([value, str(value)])
        ),
    }
    plain = kinds.get(attribute.kind, st.sampled_from(attribute.values or ("A", "b", "${x")))
    return st.one_of(plain, *(st.just(word) for word in attribute.words))


DECLARED = st.sampled_from(TYPES).flatmap(
    lambda name: st.tuples(st.just(name), declarations(loader.resource_type(name).root))
)


@PATIENT
@given(DECLARED)
def test_the_same_is_no_difference(pair: tuple[str, dict[str, Any]]) -> None:
    """A declaration compared with itself, on its first apply or a later one, has none."""
    name, declared = pair
    root = loader.resource_type(name).root
    kept = NORMAL.seal(declared)
    assert compare(NORMAL, root, declared, kept, kept).differences == ()
    assert compare(NORMAL, root, declared, kept, None).differences == ()


@PATIENT
@given(DECLARED)
def test_state_keeps_what_it_compares(pair: tuple[str, dict[str, Any]]) -> None:
    """An answer that says what was declared shows no drift against what state keeps of it."""
    name, declared = pair
    root = loader.resource_type(name).root
    kept = NORMAL.seal(declared)
    seen = json.loads(json.dumps(NORMAL.pick(root, kept, kept)))
    assert drifted(NORMAL, root, seen, kept) == ()


@PATIENT
@given(DECLARED)
def test_normal_forms_are_final(pair: tuple[str, dict[str, Any]]) -> None:
    """The normal form of a normal form is itself, and survives a JSON file."""
    name, declared = pair
    root = loader.resource_type(name).root
    normal = NORMAL.comparable(root, declared)
    assert NORMAL.comparable(root, normal) == normal
    again = json.loads(json.dumps(NORMAL.seal(declared)))
    assert NORMAL.comparable(root, again) == normal


@PATIENT
@given(st.dictionaries(TEXT, TEXT), st.dictionaries(TEXT, TEXT))
def test_every_differing_leaf_is_found_once(before: dict[str, str], after: dict[str, str]) -> None:
    """Whatever characters keys are made of, each entry that differs is one difference."""
    found = Comparison({"metadata": before}, {"metadata": after}).differences
    wanted = {
        ("metadata", key): (before.get(key, ABSENT), after.get(key, ABSENT))
        for key in {*before, *after}
        if before.get(key, ABSENT) != after.get(key, ABSENT)
    }
    assert {entry.path: (entry.before, entry.after) for entry in found} == wanted
    assert len(found) == len(wanted)


def test_equal_trees_have_no_differences() -> None:
    """Equal trees are told by == alone."""
    assert Comparison({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}).differences == ()


@pytest.mark.parametrize(
    ("before", "after", "differences"),
    [
        ({"a": 1}, {"a": "1"}, [Difference(("a",), 1, "1")]),
        ({"a": Decimal(1)}, {"a": Decimal("1.5")}, [Difference(("a",), 1, Decimal("1.5"))]),
        ({"a": None}, {"a": {"b": 1}}, [Difference(("a",), None, {"b": 1})]),
        ({}, {"a": {"b": 1, "c": [2]}}, [Difference(("a", "b"), ABSENT, 1),
                                         Difference(("a", "c"), ABSENT, [2])]),
        ({"a": ["x", "y"]}, {"a": ["y"]}, [Difference(("a",), ["x", "y"], ["y"])]),
        ({"a": []}, {"a": [{"b": 1}]}, [Difference(("a",), [], [{"b": 1}])]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 2}]}, [Difference(("a", 1, "b"), ABSENT, 2)]),
        ({"a": "id"}, {"a": UNKNOWN}, [Difference(("a",), "id", UNKNOWN)]),
        ({"a": ["id"]}, {"a": [UNKNOWN]}, [Difference(("a",), ["id"], [UNKNOWN])]),
        ({"a": SEALED_X}, {"a": Sealed("y")},
         [Difference(("a",), SEALED_X, Sealed("y"))]),
        ({"a": SEALED_X}, {"a": "open"}, [Difference(("a",), SEALED_X, "open")]),
        ({"a": SEALED_X}, {}, [Difference(("a",), SEALED_X, ABSENT)]),
    ],
)  # fmt: skip
def test_leaves(before: Any, after: Any, differences: list[Difference]) -> None:
    """A list of scalars and a secret are one leaf; of everything else the innermost differs."""
    assert list(Comparison(before, after).differences) == differences


def test_unknown_fields_are_in_neither_tree() -> None:
    """What the type does not have, declared today or by an older engine, is passed by."""
    root = loader.resource_type("stripe_product").root
    pair = compare(NORMAL, root, {"nmae": "x"}, {"nmae": "y"}, {"colour": "red"})
    assert pair == Comparison({}, {})


def test_a_secret_in_place_of_an_object() -> None:
    """A map that is secret as a whole is compared by its fingerprint."""
    root = loader.resource_type("stripe_product").root
    sealed = Sealed.of({"a": "b"}, SALT)
    same = compare(NORMAL, root, {"metadata": Sensitive({"a": "b"})}, {"metadata": sealed}, {})
    assert same.differences == ()
    known = compare(NORMAL, root, {"metadata": sealed}, {"metadata": {"a": "c"}}, {})
    (found,) = known.differences
    assert (found.path, found.after) == (("metadata",), sealed)
    assert isinstance(found.before, Sealed)


def test_a_keyed_element_whose_key_is_unknown() -> None:
    """A product that does not exist yet stands in the portal's list by its position."""
    root = loader.resource_type("stripe_billing_portal_configuration").root
    wanted = {"features": {"subscription_update": {"products": [
        {"product": UNKNOWN, "prices": [UNKNOWN]}]}}}  # fmt: skip
    found = compare(NORMAL, root, wanted, {"features": {}}, {}).differences
    assert [entry.path[-2:] for entry in found] == [("[0]", "prices"), ("[0]", "product")]


def test_a_write_only_reference_is_believed_to_have_been_what_is_wanted() -> None:
    """What it stood for when it was applied is in no answer, and a guess would be a change."""
    secret = Attribute(kind=Kind.STRING, in_create=True, write_only=True)
    root = Attribute(kind=Kind.OBJECT, fields={"token": secret})
    prior = {"token": "${stripe_price.a.id}"}
    assert compare(NORMAL, root, {"token": "price_1"}, {}, prior).differences == ()
    known = compare(NORMAL, root, {"token": "b"}, {}, prior, as_of=lambda _: UNKNOWN)
    assert known.differences == ()
