"""What is different between two shapes of a type, and which of it concerns what is declared."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.operations.upgrade.compare import differences
from engine.operations.upgrade.declared import type_difference
from engine.ports.upkeep.upgrade import Difference, TypeDifference
from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.stack.model import DEFAULT_LIFECYCLE, Declaration, Location

PRICE = loader.resource_type("stripe_price")


def param(kind: Kind = Kind.STRING, **given: Any) -> Attribute:
    """A parameter of create and update that is returned."""
    facts = {"in_create": True, "in_update": True, "in_response": True, **given}
    return Attribute(kind=kind, **facts)


def thing(**fields: Attribute) -> Attribute:
    """An object with fields."""
    return param(Kind.OBJECT, fields=fields)


def kind(**fields: Attribute) -> ResourceType:
    """A type with parameters."""
    return dataclasses.replace(PRICE, root=thing(**fields))


def declared(name: str = "a", **arguments: Any) -> Declaration:
    """A resource."""
    return Declaration(
        address=parse_address(f"stripe_price.{name}"),
        arguments=arguments,
        lifecycle=DEFAULT_LIFECYCLE,
        location=Location("stacks/shop.py", 3),
    )


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (None, param(), [Difference.APPEARS]),
        (None, param(required=True), [Difference.APPEARS, Difference.REQUIRED]),
        (param(), None, [Difference.VANISHES]),
        (param(), param(in_create=False, in_update=False), [Difference.VANISHES]),
        (param(), param(Kind.INTEGER), [Difference.KIND]),
        (param(values=("a", "b")), param(values=("b", "c")), [Difference.WORDS]),
        (param(), param(required=True), [Difference.REQUIRED]),
        (param(required=True), param(), [Difference.OPTIONAL]),
        (param(), param(immutable=True), [Difference.IMMUTABLE]),
        (param(immutable=True), param(), [Difference.MUTABLE]),
        (param(clearable=True), param(), [Difference.NOT_CLEARABLE]),
        (param(), param(in_response=False), [Difference.NOT_RETURNED]),
        (param(max_length=10), param(max_length=5), [Difference.LENGTH]),
        (param(reference="product"), param(reference="price"), [Difference.REFERENCE]),
        (param(values=("a", "b")), param(values=("b", "a")), []),
        (param(), param(), []),
        (Attribute(kind=Kind.STRING, in_response=True), None, []),
    ],
)
def test_each_difference(
    before: Attribute | None, after: Attribute | None, what: list[Difference]
) -> None:
    """Of one parameter; what is only returned is none."""
    sides = [thing(**({} if one is None else {"x": one})) for one in (before, after)]
    found = differences(*sides).get(("x",), ())
    assert [one.what for one in found] == what


def test_what_is_below_is_compared_where_it_is_on_both_sides() -> None:
    """Elements too; what appears is one difference, whatever is in it."""
    before = thing(tiers=param(Kind.LIST, element=thing(up_to=param())))
    after = thing(
        tiers=param(Kind.LIST, element=thing(up_to=param(Kind.INTEGER), flat=thing(a=param())))
    )
    assert set(differences(before, after)) == {("tiers", "*", "up_to"), ("tiers", "*", "flat")}


def test_a_catalog_is_not_different_from_itself() -> None:
    """Of any type."""
    for one in loader.schemas().values():
        assert differences(one.root, one.root) == {}


def found(before: ResourceType, after: ResourceType, *resources: Declaration) -> TypeDifference:
    """The difference of a type."""
    one = type_difference(before, after, resources)
    assert one is not None
    return one


def test_what_is_declared_comes_apart_from_the_rest() -> None:
    """With the address and the line of each declaration."""
    one = found(
        kind(a=param(), b=param()),
        kind(),
        declared("x", a="1"),
        declared("y", a="2"),
    )
    (vanishes,) = one.declared
    assert (vanishes.difference.path, vanishes.breaks) == ("a", True)
    assert vanishes.places == (
        ("stripe_price.x", "stacks/shop.py:3"),
        ("stripe_price.y", "stacks/shop.py:3"),
    )
    assert [other.path for other in one.others] == ["b"]
    assert one.breaks


@pytest.mark.parametrize(
    ("value", "breaks"), [("old", True), ("kept", False), ("${stripe_product.p.id}", False)]
)
def test_a_word_that_is_not_taken_any_more_breaks_only_who_declares_it(
    value: str, *, breaks: bool
) -> None:
    """A reference is not known before an apply."""
    before, after = kind(a=param(values=("old", "kept"))), kind(a=param(values=("kept", "new")))
    (one,) = found(before, after, declared("x", a=value), declared("y", a="kept")).declared
    assert one.breaks is breaks
    assert [address for address, _ in one.places] == (
        ["stripe_price.x"] if breaks else ["stripe_price.x", "stripe_price.y"]
    )


def test_what_is_required_concerns_who_leaves_it_out() -> None:
    """Below a list, each element for itself; who declares it has nothing to do."""
    before = kind(tiers=param(Kind.LIST, element=thing(up_to=param(), flat=param())))
    after = kind(tiers=param(Kind.LIST, element=thing(up_to=param(), flat=param(required=True))))
    whole, half = [{"up_to": 1, "flat": "2"}], [{"up_to": 1, "flat": "2"}, {"up_to": 2}]
    one = found(before, after, declared("x", tiers=whole), declared("y", tiers=half))
    assert [(each.breaks, each.places[0][0]) for each in one.declared] == [(True, "stripe_price.y")]
    assert found(before, after, declared("x", tiers=whole)).declared == ()
    assert found(before, after, declared("x")).declared == ()


def test_a_shorter_text_breaks_only_what_is_longer() -> None:
    """Nothing else is known of a reference."""
    before, after = kind(a=param(max_length=9)), kind(a=param(max_length=3))
    assert found(before, after, declared(a="1234")).breaks
    assert not found(before, after, declared(a="123")).breaks
    assert not found(before, after, declared(a="${stripe_product.p.id}")).breaks


def test_a_type_that_vanishes_and_calls_that_do() -> None:
    """The type breaks what is declared; a call is shown."""
    one = type_difference(PRICE, None, [declared()])
    assert one is not None
    assert (one.vanishes, one.breaks) == (True, True)
    fewer = dataclasses.replace(PRICE, updatable=False)
    assert found(PRICE, fewer, declared()).calls == ("update",)
    assert type_difference(PRICE, PRICE, [declared(currency="usd")]) is None
