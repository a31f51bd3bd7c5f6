"""Logical names: what a person would choose, unique, and the same in any order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.address import is_logical_name
from engine.catalog import loader
from engine.source.names import Key, NamedObject, name_resources
from engine.source.words import is_generated, of_url, slug

SCHEMAS = loader.schemas()
PRO = "prod_NWjs8kKbJWmuuc"


def known(type_name: str, id: str, /, **fields: Any) -> NamedObject:
    """An object as the survey of an account finds it."""
    return NamedObject(f"stripe_{type_name}", "", id, {"id": id.rpartition("/")[2], **fields})


def names_of(*objects: NamedObject, **more: Any) -> list[str]:
    """The logical names of objects, in the order in which they are given here."""
    found = name_resources(objects, SCHEMAS, **more)
    return [found[one.key].name for one in objects]


def price(id: str, created: int, /, **fields: Any) -> NamedObject:
    """A monthly price of the product Pro, made in some hour."""
    monthly = {"interval": "month", "interval_count": 1}
    usual = {
        "active": True,
        "product": PRO,
        "currency": "usd",
        "unit_amount": 2900,
        "recurring": monthly,
    }
    return known("price", id, created=created * 3600, **{**usual, **fields})


PRODUCT = known("product", PRO, created=1, name="Pro", active=True)


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (known("product", "saas_pro", name="SaaS Pro"), "saas-pro"),
        (known("product", PRO, name="Caf\u00e9 & Bar+"), "cafe-and-bar-plus"),
        (known("product", PRO, name="\u30d7\u30ed"), "puro"),
        (known("product", PRO, name="\u041f\u0440\u0435\u043c\u0438\u0443\u043c"), "premium"),
        (known("product", PRO, name="\U0001f389"), "product-1"),
        (known("price", "price_1", lookup_key="pro_monthly", nickname="x"), "pro-monthly"),
        (known("coupon", "SUMMER25", name="Summer sale"), "summer25"),
        (known("coupon", "jMT0WJUD", name="25% off"), "25-percent-off"),
        (known("coupon", "Z4OV52SU"), "z4ov52su"),
        (known("promotion_code", "promo_1", code="FRIENDS-10"), "friends-10"),
        (known("billing_meter", "mtr_1", event_name="api_calls", display_name="API"), "api-calls"),
        (known("entitlements_feature", "feat_1", lookup_key="sso", name="Single sign-on"), "sso"),
        (known("webhook_endpoint", "we_1", url="https://www.acme.com/stripe/"), "acme-com-stripe"),
        (known("payment_method_domain", "pmd_1", domain_name="shop.acme.com"), "shop-acme-com"),
        (known("tax_registration", "taxreg_1", country="DE"), "de"),
        (
            known(
                "tax_registration",
                "taxreg_1",
                country="US",
                country_options={"us": {"state": "CA"}},
            ),
            "us-ca",
        ),
        (known("tax_rate", "txr_1", display_name="VAT", country="DE", percentage=19.0), "vat-de"),
        (known("billing_portal_configuration", "bpc_1", is_default=True, name=None), "default"),
        (
            known("billing_portal_configuration", "bpc_1", is_default=False),
            "portal-configuration-1",
        ),
        (known("tax_settings", "tax.settings"), "tax-settings"),
        (
            known("shipping_rate", "shr_1", display_name="Express (2\u20133 days)"),
            "express-2-3-days",
        ),
    ],
)
def test_an_object_is_called_what_people_call_it(one: NamedObject, name: str) -> None:
    """Keys that a person chose, then names, then what there is."""
    assert names_of(one) == [name]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "pro-monthly"),
        ({"recurring": {"interval": "year", "interval_count": 1}}, "pro-yearly"),
        ({"recurring": {"interval": "month", "interval_count": 3}}, "pro-quarterly"),
        ({"recurring": {"interval": "week", "interval_count": 2}}, "pro-2-weeks"),
        ({"recurring": None}, "pro"),
        ({"nickname": "Team rate"}, "pro-team-rate"),
        ({"nickname": "Pro, monthly"}, "pro-monthly"),
    ],
)
def test_a_price_is_named_after_its_product(fields: dict[str, Any], name: str) -> None:
    """Without a lookup key: what it is a price of, and how often it is paid."""
    assert names_of(PRODUCT, price("price_1", 2, **fields)) == ["pro", name]


def test_what_sets_two_prices_apart_is_in_the_name_of_the_newer_one() -> None:
    """The currency before the amount before a number; the older one keeps its name."""
    assert names_of(
        PRODUCT,
        price("price_1", 2),
        price("price_2", 3, currency="eur"),
        price("price_3", 4, unit_amount=1900),
        price("price_4", 5),
        price("price_5", 6),
    )[1:] == [
        "pro-monthly",
        "pro-monthly-eur",
        "pro-monthly-1900",
        "pro-monthly-2",
        "pro-monthly-3",
    ]


def test_what_was_made_at_once_is_named_by_what_sets_it_apart() -> None:
    """A script makes prices in any order: each product has them under names of one kind."""
    other = known("product", "prod_basic", created=1, name="Basic", active=True)
    basic = {"product": "prod_basic"}
    assert names_of(
        PRODUCT,
        other,
        price("price_1", 2, currency="usd"),
        price("price_2", 2, currency="eur"),
        price("price_3", 2, currency="eur", **basic),
        price("price_4", 2, currency="usd", **basic),
    )[2:] == ["pro-monthly-usd", "pro-monthly", "prod-basic-monthly", "prod-basic-monthly-usd"]


def test_what_is_live_comes_before_what_is_archived() -> None:
    """The price that is sold has the plain name, however old the others are."""
    archived = price("price_1", 2, active=False, unit_amount=900)
    assert names_of(PRODUCT, archived, price("price_2", 3)) == [
        "pro",
        "pro-monthly-900",
        "pro-monthly",
    ]


def test_a_child_and_a_feature_are_named_by_what_they_refer_to() -> None:
    """Ids in them are those of objects that have a name."""
    feature = known("entitlements_feature", "feat_1", lookup_key="api", name="API")
    granted = known("product_feature", f"{PRO}/prodft_1", entitlement_feature=feature.object)
    granted = granted._replace(object={**granted.object, "product": PRO})
    link = known("payment_link", "plink_1", line_items={"data": [{"price": {"id": "price_1"}}]})
    assert names_of(PRODUCT, feature, granted, price("price_1", 2), link) == [
        "pro",
        "api",
        "pro-api",
        "pro-monthly",
        "pro-monthly",
    ]


def test_names_of_other_tools_and_taken_addresses_come_first() -> None:
    """What another tool calls it is kept as far as it is a name; what is taken is left alone."""
    second = known("product", "prod_x", name="Plus", created=9)
    third = known("product", "prod_y", name="Basic", created=9)
    assert names_of(
        PRODUCT,
        second,
        third,
        taken=["stripe_product.pro"],
        wanted={second.key: "pro_plan", third.key: "My Plan!"},
    ) == ["pro-2", "pro_plan", "my-plan"]


@given(st.randoms(use_true_random=False), st.integers(2, 12))
def test_the_same_account_has_the_same_names_in_any_order(rng: random.Random, size: int) -> None:
    """And a newer object leaves the names of the others as they are."""
    prices = [
        price(
            f"price_{number}",
            number,
            currency=rng.choice(["usd", "eur"]),
            unit_amount=rng.choice([900, 1900]),
            nickname=rng.choice([None, "Monthly", "Pro", ""]),
        )
        for number in range(size)
    ]
    objects = [PRODUCT, *prices]
    first = name_resources(objects, SCHEMAS)
    rng.shuffle(objects)
    assert name_resources(objects, SCHEMAS) == first
    assert len(set(first.values())) == len(objects)
    grown = name_resources([*objects, price("price_new", 99)], SCHEMAS)
    assert {key: grown[key] for key in first} == first


@given(st.text(max_size=90))
def test_any_text_gives_a_name_or_none(text: str) -> None:
    """Never one that cannot name a resource."""
    found = slug(text)
    assert not found or (is_logical_name(found) and len(found) <= 60)


def test_ten_thousand_objects_of_one_name_are_numbered_at_once() -> None:
    """Each has its own, and nobody counts from one again for each of them."""
    objects = [known("product", f"prod_{n:014d}", created=n, name="Same") for n in range(10_000)]
    found = name_resources(objects, SCHEMAS)
    last: Key = objects[-1].key
    assert (found[objects[0].key].name, found[last].name) == ("same", "same-10000")


def test_what_stripe_made_up_is_no_name() -> None:
    """Random ids are not taken for chosen ones."""
    made_up = ["Z4OV52SU", "jMT0WJUD", "HX6QZ2PL"]
    assert [key for key in made_up if not is_generated(key, "")] == []
    chosen = ["SUMMER25", "FRIENDS10", "welcome", "10OFF", "BLACKFRI", "VIP2024A-B"]
    assert [key for key in chosen if is_generated(key, "")] == []
    assert is_generated(PRO, "prod_")
    assert not is_generated("prod_pro", "prod_")
    assert of_url("no url") == of_url("https://[") == ""
