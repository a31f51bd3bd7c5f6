"""Which objects of an account are what a fixture file makes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.catalog import loader
from engine.operations.import_account.origins.find import find_made
from engine.operations.import_account.origins.fixture_file import read_fixtures
from engine.operations.import_account.origins.origin import Origin
from engine.plan.inputs.ownership import ObjectKey
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType


def _request(name: str, path: str, /, **params: Any) -> dict[str, Any]:
    return {"name": name, "path": path, "method": "post", "params": params}


def _find(
    *requests: dict[str, Any],
    account: Mapping[str, Sequence[RemoteObject]],
    owners: Mapping[str, str] | None = None,
) -> Origin:
    content = json.dumps({"_meta": {"template_version": 0}, "fixtures": requests}).encode()
    made, left_out = read_fixtures(content, "seed.json", loader.schemas(), {})

    def objects_of(kind: ResourceType, arguments: Mapping[str, Any]) -> Sequence[RemoteObject]:
        parent = arguments.get(kind.parent)
        return account.get(f"{kind.name}/{parent}" if parent else kind.name, ())

    def owner_of(key: ObjectKey) -> str:
        return (owners or {}).get(key.id, "")

    return find_made(made, objects_of, owner_of, left_out, "seed.json")


def _found(origin: Origin) -> dict[str, str]:
    return {f"{key.type}.{one.name}": key.id for key, one in origin.wanted.objects.items()}


PRODUCT = _request("product", "/v1/products", name="Pro")
PRICE = _request(
    "month",
    "/v1/prices",
    product="${product:id}",
    currency="usd",
    unit_amount=2900,
    recurring={"interval": "month"},
)
PRO = {"id": "prod_1", "name": "Pro", "active": True, "metadata": {}}
MONTH = {
    "id": "price_1",
    "product": "prod_1",
    "currency": "usd",
    "unit_amount": 2900,
    "unit_amount_decimal": "2900",
    "active": True,
    "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
}


def test_what_is_alike_is_found() -> None:
    """The one object that has all that the fixture gives; references lead to what was found."""
    other = {**MONTH, "id": "price_2", "product": "prod_2"}
    year = {**MONTH, "id": "price_3", "unit_amount": 29000, "unit_amount_decimal": "29000"}
    origin = _find(
        PRODUCT,
        PRICE,
        account={
            "stripe_product": [PRO, {**PRO, "id": "prod_2", "name": "Team"}],
            "stripe_price": [year, other, MONTH],
        },
    )
    assert _found(origin) == {"stripe_product.product": "prod_1", "stripe_price.month": "price_1"}
    assert origin.wanted.declared == {}
    assert origin.lines() == []


def test_a_key_finds_more_than_likeness() -> None:
    """What changed since is the same object, if it still has its key; an archived one is too."""
    keyed = _request(
        "month", "/v1/prices", product="${product:id}", lookup_key="month", unit_amount=2900
    )
    coupon = _request("c10", "/v1/coupons", id="C10", percent_off=10, duration="once")
    archived = {**MONTH, "lookup_key": "month", "active": False, "nickname": "old"}
    origin = _find(
        keyed,
        coupon,
        account={
            "stripe_price": [archived],
            "stripe_coupon": [{"id": "C10", "percent_off": 20}, {"id": "C20", "percent_off": 10}],
        },
    )
    assert _found(origin) == {"stripe_coupon.c10": "C10"}
    origin = _find(
        PRODUCT, keyed, account={"stripe_product": [PRO], "stripe_price": [MONTH, archived]}
    )
    assert _found(origin)["stripe_price.month"] == "price_1"


def test_a_code_that_was_switched_off_is_free() -> None:
    """Stripe takes the code of an inactive promotion code again."""
    code = _request(
        "spring", "/v1/promotion_codes", code="SPRING", promotion={"type": "coupon", "coupon": "C"}
    )
    off = {"id": "promo_1", "code": "SPRING", "active": False}
    on = {"id": "promo_2", "code": "spring", "active": True}
    origin = _find(code, account={"stripe_promotion_code": [off]})
    assert _found(origin) == {}
    assert set(origin.wanted.declared) == {"stripe_promotion_code.spring"}
    origin = _find(code, account={"stripe_promotion_code": [off, on]})
    assert _found(origin) == {"stripe_promotion_code.spring": "promo_2"}


def test_what_is_not_found_is_declared() -> None:
    """With references to what is found."""
    origin = _find(PRODUCT, PRICE, account={"stripe_product": [PRO]})
    assert _found(origin) == {"stripe_product.product": "prod_1"}
    assert origin.wanted.declared == {
        "stripe_price.month": {
            "product": "${stripe_product.product.id}",
            "currency": "usd",
            "unit_amount": 2900,
            "recurring": {"interval": "month"},
        }
    }
    assert origin.lines() == []


def test_what_belongs_to_something_new_is_new() -> None:
    """A price like it, of another product, is another price."""
    origin = _find(PRODUCT, PRICE, account={"stripe_price": [MONTH]})
    assert _found(origin) == {}
    assert set(origin.wanted.declared) == {"stripe_product.product", "stripe_price.month"}


def test_several_like_it_are_not_chosen_among() -> None:
    """A seed file that ran three times left three products."""
    copies = [{**PRO, "id": f"prod_{number}"} for number in (3, 2, 1)]
    origin = _find(PRODUCT, account={"stripe_product": copies})
    assert _found(origin) == {}
    assert set(origin.wanted.declared) == {"stripe_product.product"}
    assert origin.lines() == [
        (
            "stripe_product.product is like 3 objects: prod_3, prod_2, prod_1. It is declared, and "
            "the next apply creates another one; engine import stripe_product.product prod_3 takes "
            "that one instead"
        )
    ]


def test_equal_fixtures_are_two_objects() -> None:
    """None is taken twice."""
    second = {**PRODUCT, "name": "second"}
    origin = _find(PRODUCT, second, account={"stripe_product": [PRO]})
    assert _found(origin) == {"stripe_product.product": "prod_1"}
    assert set(origin.wanted.declared) == {"stripe_product.second"}


def test_what_a_stack_owns_is_left_with_it() -> None:
    """What is new refers to it by its id."""
    origin = _find(
        PRODUCT,
        PRICE,
        account={"stripe_product": [PRO]},
        owners={"prod_1": "shop:stripe_product.pro"},
    )
    assert _found(origin) == {}
    assert origin.wanted.declared["stripe_price.month"]["product"] == "prod_1"  # type: ignore[index]
    assert origin.left_out == {"a stack has it already": ("product (shop:stripe_product.pro)",)}


def test_one_that_no_stack_owns_goes_first() -> None:
    """Of two that are alike, the one that is free."""
    origin = _find(
        PRODUCT,
        account={"stripe_product": [{**PRO, "id": "prod_2"}, PRO]},
        owners={"prod_2": "shop:stripe_product.pro"},
    )
    assert _found(origin) == {"stripe_product.product": "prod_1"}


def test_what_an_update_set_does_not_hide_the_object() -> None:
    """The default price comes after the product that names it."""
    then = _request("then", "/v1/products/${product:id}", default_price="${month:id}")
    origin = _find(PRODUCT, PRICE, then, account={"stripe_product": [PRO], "stripe_price": [MONTH]})
    assert _found(origin) == {"stripe_product.product": "prod_1", "stripe_price.month": "price_1"}


def test_children_are_looked_for_below_their_parent() -> None:
    """A feature of a product."""
    feature = _request("sso", "/v1/entitlements/features", name="SSO", lookup_key="sso")
    has = _request("has", "/v1/products/${product:id}/features", entitlement_feature="${sso:id}")
    account: dict[str, Sequence[RemoteObject]] = {
        "stripe_product": [PRO],
        "stripe_entitlements_feature": [
            {"id": "feat_1", "name": "SSO", "lookup_key": "sso", "active": True}
        ],
        "stripe_product_feature/prod_1": [
            {
                "id": "prodft_1",
                "@id": "prod_1/prodft_1",
                "entitlement_feature": {"id": "feat_1", "lookup_key": "sso"},
            }
        ],
    }
    origin = _find(PRODUCT, feature, has, account=account)
    assert _found(origin)["stripe_product_feature.has"] == "prod_1/prodft_1"
    origin = _find(PRODUCT, feature, has, account=account | {"stripe_product": []})
    assert set(origin.wanted.declared) == {"stripe_product.product", "stripe_product_feature.has"}


def test_a_value_of_what_was_found_is_compared() -> None:
    """`${product:name}` in another object."""
    named = _request("price", "/v1/prices", product="${product:id}", nickname="${product:name}")
    account = {
        "stripe_product": [PRO],
        "stripe_price": [{**MONTH, "recurring": None, "nickname": "Pro"}],
    }
    assert _found(_find(PRODUCT, named, account=account))["stripe_price.price"] == "price_1"
