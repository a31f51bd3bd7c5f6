"""What to declare so that the code agrees with Stripe: no more than was declared, as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.catalog.loader import schemas
from engine.plan.translate.accepted import accepted
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path
from engine.values.templates import resolve

TEXT = Attribute(kind=Kind.STRING, in_create=True, in_update=True, in_response=True)


def _refer(object_name: str, id: str) -> str | None:
    return f"${{stripe_{object_name}.{id[-1]}.id}}" if id.startswith("own_") else None


def _accepted(
    type_name: str, path: Path, declared: Mapping[str, Any], actual: Mapping[str, Any]
) -> Any:
    wanted = resolve(declared, lambda target: f"own_{target.address.name}")  # type: ignore[union-attr]
    return accepted(schemas()[type_name], path, declared, wanted, actual, _refer)


CASES: dict[str, tuple[str, Path, dict[str, Any], dict[str, Any], Any]] = {
    "a text": ("stripe_product", ("name",), {"name": "A"}, {"name": "B"}, "B"),
    "a text with what would be a reference": (
        *("stripe_product", ("name",), {"name": "A"}),
        *({"name": "${stripe_product.b.id}"}, "$${stripe_product.b.id}"),
    ),
    "nothing": ("stripe_product", ("description",), {"description": "A"}, {}, ABSENT),
    "an empty text": (
        *("stripe_product", ("description",), {"description": "A"}),
        *({"description": ""}, ABSENT),
    ),
    "what is not declared": ("stripe_product", ("active",), {}, {"active": False}, False),
    "what no parameter is": ("stripe_product", ("none",), {}, {"none": False}, ABSENT),
    "a default that Stripe would fill in": (
        *("stripe_product", ("active",), {"active": False}),
        *({"active": True}, True),
    ),
    "a key of metadata": (
        *("stripe_product", ("metadata", "a"), {"metadata": {"a": "1"}}),
        *({"metadata": {"a": "2", "b": "3"}}, "2"),
    ),
    "a key of metadata that is gone": (
        *("stripe_product", ("metadata", "a"), {"metadata": {"a": "1"}}),
        *({"metadata": {}}, ABSENT),
    ),
    "an expanded object of the stack": (
        *("stripe_product", ("default_price",), {"default_price": "${stripe_price.a.id}"}),
        *({"default_price": {"id": "own_b", "object": "price"}}, "${stripe_price.b.id}"),
    ),
    "an id that no one knows": (
        *("stripe_product", ("default_price",), {"default_price": "${stripe_price.a.id}"}),
        *({"default_price": "price_1"}, "price_1"),
    ),
    "what agrees stays as it is declared": (
        *("stripe_product", ("default_price",), {"default_price": "${stripe_price.a.id}"}),
        *({"default_price": "own_a"}, "${stripe_price.a.id}"),
    ),
    "an object as a whole": (
        *("stripe_product", ("metadata",), {"metadata": {"a": "1", "b": "2"}}),
        *({"metadata": {"a": "1", "c": "3"}}, {"a": "1"}),
    ),
    "an object of which nothing is left": (
        *("stripe_product", ("metadata",), {"metadata": {"a": "1"}}),
        *({"metadata": {"c": "3"}}, ABSENT),
    ),
    "a set keeps its order": (
        *("stripe_webhook_endpoint", ("enabled_events",)),
        {"enabled_events": ["price.updated", "price.created", "price.deleted"]},
        {"enabled_events": ["product.created", "price.deleted", "price.updated"]},
        ["price.updated", "price.deleted", "product.created"],
    ),
    "a list has Stripe's order": (
        *("stripe_product", ("images",), {"images": ["a", "b"]}),
        *({"images": ["c", "b", "a"]}, ["c", "b", "a"]),
    ),
    "a list that is empty": (
        *("stripe_product", ("images",), {"images": ["a", "b"]}),
        *({"images": []}, ABSENT),
    ),
    "a list of objects": (
        *("stripe_product", ("marketing_features",)),
        {"marketing_features": [{"name": "A"}, {"name": "B"}, {"name": "C"}]},
        {"marketing_features": [{"name": "X"}, {"name": "C"}, {"name": "B"}, {"name": "Y"}]},
        [{"name": "X"}, {"name": "C"}, {"name": "B"}, {"name": "Y"}],
    ),
    "an item whose price changed": (
        *("stripe_subscription", ("items",)),
        {"items": [{"price": "price_1", "quantity": 1}, {"price": "price_2", "quantity": 2}]},
        {
            "items": {
                "data": [
                    {"price": {"id": "price_2"}, "quantity": 5},
                    {"price": {"id": "price_3"}, "quantity": 1},
                ]
            }
        },
        [{"price": "price_3", "quantity": 1}, {"price": "price_2", "quantity": 5}],
    ),
    "a keyed list keeps its order": (
        *("stripe_billing_portal_configuration", ("features", "subscription_update", "products")),
        {
            "features": {
                "subscription_update": {
                    "products": [
                        {"product": "${stripe_product.a.id}", "prices": ["${stripe_price.x.id}"]},
                        {"product": "prod_gone", "prices": ["price_1"]},
                        {"product": "prod_2", "prices": ["price_2"]},
                    ]
                }
            }
        },
        {
            "features": {
                "subscription_update": {
                    "products": [
                        {"product": "own_n", "prices": ["own_p"]},
                        {"product": "prod_2", "prices": ["price_2", "own_y"]},
                        {"product": "own_a", "prices": ["own_x"]},
                    ]
                }
            }
        },
        [
            {"product": "${stripe_product.a.id}", "prices": ["${stripe_price.x.id}"]},
            {"product": "${stripe_product.n.id}", "prices": ["${stripe_price.p.id}"]},
            {"product": "prod_2", "prices": ["price_2", "${stripe_price.y.id}"]},
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_to_declare(case: str) -> None:
    """As a person would change the declaration."""
    type_name, path, declared, actual, expected = CASES[case]
    assert _accepted(type_name, path, declared, actual) == expected


def test_a_new_element_is_written_like_the_others() -> None:
    """Its fields are in their order."""
    declared = {"items": [{"quantity": 1, "price": "price_1"}]}
    items = [{"price": {"id": one}, "quantity": 3} for one in ("price_1", "price_2")]
    found = _accepted("stripe_subscription", ("items",), declared, {"items": {"data": items}})
    assert [list(one) for one in found] == [["quantity", "price"]] * 2


def _kind(**fields: Attribute) -> ResourceType:
    root = Attribute(kind=Kind.OBJECT, fields=fields)
    return ResourceType(name="stripe_x", object="x", title="x", face="X", root=root)


def _field(declared: Any, actual: Any, attribute: Attribute, wanted: Any = None) -> Any:
    sides = ({"x": declared}, {"x": declared if wanted is None else wanted})
    return accepted(_kind(x=attribute), ("x",), *sides, {"x": actual}, lambda *_: None)


def test_an_object_in_the_middle_is_changed_where_it_is() -> None:
    """By its place, since nothing else says which it is; what it does not mention stays out."""
    element = Attribute(kind=Kind.OBJECT, in_create=True, fields={"a": TEXT, "b": TEXT})
    attribute = Attribute(
        kind=Kind.LIST, element=element, in_create=True, in_response=True, order=ListOrder.ORDERED
    )
    declared = [{"a": "1"}, {"a": "2", "b": "x"}, {"a": "3"}]
    actual = [{"a": "1", "b": "y"}, {"a": "9", "b": None}, {"a": "3"}, {"a": "4", "b": "z"}]
    expected = [{"a": "1"}, {"a": "9"}, {"a": "3"}, {"a": "4", "b": "z"}]
    assert _field(declared, actual, attribute) == expected
    assert _field([{"b": "x"}], [{"a": "1"}], attribute) == [{}]


def test_what_stripe_never_returns_stays() -> None:
    """It cannot be known whether it agrees; and what no field is, is left to validate."""
    hidden = Attribute(kind=Kind.STRING, in_create=True, write_only=True)
    attribute = Attribute(kind=Kind.OBJECT, in_create=True, fields={"a": TEXT, "h": hidden})
    declared = {"a": "1", "h": "s", "odd": 1}
    assert _field(declared, {"a": "2"}, attribute) == {"a": "2", "h": "s", "odd": 1}


def test_what_is_not_known_yet_becomes_what_stripe_has() -> None:
    """A reference to what has no value yet agrees with nothing."""
    assert _field("${stripe_product.a.id}", "b", TEXT, wanted=UNKNOWN) == "b"


def test_a_list_of_anything() -> None:
    """Its elements are compared as they are."""
    attribute = Attribute(kind=Kind.LIST, in_create=True, in_response=True)
    assert _field(["a"], ["a"], attribute) == ["a"]
