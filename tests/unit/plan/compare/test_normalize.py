"""Normal forms, where no case of a real type leads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.compare.normalize import (
    Normalizer,
    comparable,
    document_of,
    is_nothing,
    presentable,
)
from engine.plan.compare.response import read
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.values.markers import UNKNOWN
from engine.values.secret import Sealed, Sensitive

NORMAL = Normalizer("salt")
TEXT = Attribute(kind=Kind.STRING, in_create=True)


def test_read_of_what_has_no_fields() -> None:
    """A field of something that holds none, such as an id that was not expanded, is None."""
    assert read(TEXT, "name", "prod_1") is None
    assert read(TEXT, "name", None) is None


@pytest.mark.parametrize(
    ("holder", "found"),
    [
        ({"told": {"value": "on"}}, True),
        ({"told": {"value": "else"}}, "else"),
        ({"told": {"value": ["on"]}}, ["on"]),
        ({"own": False}, False),
        ({}, None),
    ],
)
def test_read_through_an_alias(holder: dict[str, Any], found: Any) -> None:
    """The answer's words become the parameter's; what is no word stays what it is."""
    alias = Attribute(kind=Kind.ANY, source="told.value", source_words={"on": True})
    assert read(alias, "own", holder) == found


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        (Kind.INTEGER, "12", 12),
        (Kind.INTEGER, 12.0, 12),
        (Kind.INTEGER, True, True),
        (Kind.NUMBER, 12, Decimal(12)),
        (Kind.NUMBER, "n/a", "n/a"),
        (Kind.DECIMAL, "1.50", Decimal("1.5")),
        (Kind.STRING, 7, "7"),
        (Kind.STRING, {"id": "prod_1", "name": "Pro"}, "prod_1"),
        (Kind.ANY, {"any": 1}, {"any": 1}),
        (Kind.OBJECT, "prod_1", "prod_1"),
    ],
)
def test_scalars(kind: Kind, value: Any, normal: Any) -> None:
    """Numbers as numbers, ids as text, and what has no normal form as it is."""
    assert comparable(Attribute(kind=kind), value) == normal


def test_sets_with_unknown_members_are_in_order() -> None:
    """Members that only an apply can tell come last, and are compared with nothing."""
    values = Attribute(kind=Kind.LIST, element=TEXT, order=ListOrder.SET)
    assert comparable(values, [UNKNOWN, "b", "a"]) == ["a", "b", UNKNOWN]


def test_a_list_of_anything() -> None:
    """A list whose elements nobody described is compared as it is."""
    assert comparable(Attribute(kind=Kind.LIST), [1, {"a": 2}]) == [1, {"a": 2}]


def test_objects_lose_what_nobody_may_declare() -> None:
    """Of an object only declarable fields count, and of those the ones that say something."""
    told = Attribute(kind=Kind.STRING, in_response=True)
    whole = Attribute(kind=Kind.OBJECT, fields={"ours": TEXT, "theirs": told, "none": TEXT})
    assert comparable(whole, {"ours": "x", "theirs": "y", "none": None}) == {"ours": "x"}


def test_secrets_stay_sealed() -> None:
    """A sensitive value is its fingerprint, and a fingerprint is left alone."""
    sealed = Sealed.of("s", "salt")
    assert NORMAL.comparable(TEXT, Sensitive("s")) == sealed
    assert NORMAL.comparable(TEXT, sealed) == sealed
    assert NORMAL.seal({"a": [Sensitive("s")], "b": None}) == {"a": [sealed]}
    assert NORMAL.pick(TEXT, sealed, "s") == sealed
    assert NORMAL.pick(TEXT, sealed, None) == sealed
    assert document_of(TEXT, sealed) == sealed


def test_neutral_is_nothing() -> None:
    """The value that means the same as having none is nothing, and so is emptiness."""
    flag = Attribute(kind=Kind.BOOLEAN, neutral=False)
    assert is_nothing(flag, False)  # noqa: FBT003 - the value itself is what is asked about
    assert not is_nothing(flag, True)  # noqa: FBT003
    assert is_nothing(TEXT, "")
    assert not is_nothing(TEXT, "x")


def test_presentable_numbers() -> None:
    """Whole decimals are shown as integers, others as numbers, nested ones too."""
    value = {"a": [Decimal("2.00"), Decimal("2.5")], "b": ["x"]}
    assert presentable(value) == {"a": [2, 2.5], "b": ["x"]}


def test_documents_have_the_shape_people_declare() -> None:
    """Keyed lists are lists again, and what the type does not know is shown as it is."""
    root = loader.resource_type("stripe_billing_portal_configuration").root
    tree = {
        "features": {"subscription_update": {"products": {"prod_1": {"product": "prod_1"}}}},
        "odd": Decimal(3),
    }
    assert document_of(root, tree) == {
        "features": {"subscription_update": {"products": [{"product": "prod_1"}]}},
        "odd": 3,
    }
    tiers = loader.resource_type("stripe_price").root.fields["tiers"]
    assert document_of(tiers, [{"unit_amount_decimal": Decimal("1.5")}]) == [
        {"unit_amount_decimal": 1.5}
    ]


def test_pick_orders_sets_and_keyed_lists() -> None:
    """State keeps lists whose order means nothing in an order of its own, others as answered."""
    hook = loader.resource_type("stripe_webhook_endpoint").root.fields["enabled_events"]
    assert NORMAL.pick(hook, ["b", "a"], ["b", "a"]) == ["a", "b"]
    portal = loader.resource_type("stripe_billing_portal_configuration").root
    products = portal.at(("features", "subscription_update", "products"))
    assert products is not None
    declared = [{"product": "${x}", "prices": ["${y}"]}]
    answer = [
        {"product": "p2", "prices": ["b", "a"], "adjustable_quantity": {"enabled": True}},
        {"product": "p1", "prices": ["c"]},
    ]
    assert NORMAL.pick(products, declared, answer) == [
        {"product": "p1", "prices": ["c"]},
        {"product": "p2", "prices": ["a", "b"]},
    ]
    images = loader.resource_type("stripe_product").root.fields["images"]
    assert NORMAL.pick(images, ["b", "a"], ["b", "a"]) == ["b", "a"]


def test_pick_keeps_decimals_as_text() -> None:
    """A decimal is kept as Stripe's text in its shortest form; what is missing stays missing."""
    amount = loader.resource_type("stripe_price").root.fields["unit_amount_decimal"]
    assert NORMAL.pick(amount, "10.50", "10.50") == "10.5"
    assert NORMAL.pick(amount, "10.50", None) is None
