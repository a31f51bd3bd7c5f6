"""An object is written as the declaration that a person wrote for it, and nothing is noise.

What is expected of the objects in the table is what the requests carried that made them: no null,
no default, nothing that Stripe computed or generated.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.translate.written import written
from tests.support.samples.configurations import CONFIGURATIONS
from tests.support.samples.samples import Samples, sample_project
from tests.support.samples.written_stacks import WrittenStack


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_declaration_is_what_a_person_wrote(name: str, tmp_path: Path) -> None:
    """Every argument comes back as it was sent, and no other one."""
    one = CONFIGURATIONS[name]
    with contextlib.closing(Samples({}).emulator()) as emulator:
        project = sample_project(tmp_path, emulator)
        stack = WrittenStack(project.connect(), one.make(project))
    address = f"{loader.by_object(one.object).name}.subject"
    assert stack.declared()[address] == one.params


def _written(object_name: str, actual: dict[str, Any], **options: Any) -> dict[str, Any]:
    """What is written, each id as the name of its type."""
    found = written(
        loader.by_object(object_name), actual, lambda named, _: f"${{{named}}}", **options
    )
    return dict(found.arguments)


def test_what_looks_like_a_reference_is_escaped() -> None:
    """Text of an object is text in the declaration too; a key cannot be escaped and is left out."""
    actual = {
        "id": "pro",
        "name": "Pro ${x}",
        "metadata": {"${k}": "1", "engine": "shop:stripe_product.pro", "k": "${stripe_a.b.id}"},
    }
    assert _written("product", actual) == {
        "id": "pro",
        "name": "Pro $${x}",
        "metadata": {"k": "$${stripe_a.b.id}"},
    }


def test_an_id_without_a_reference_is_written_itself() -> None:
    """For what is not imported."""
    kind = loader.by_object("price")
    actual = {"currency": "usd", "unit_amount": 1, "product": "prod_1"}
    assert written(kind, actual, lambda *_: None).arguments == {
        "currency": "usd",
        "unit_amount": 1,
        "product": "prod_1",
    }


@pytest.mark.parametrize(
    ("id", "is_declared"),
    [
        ("Z4OV52SU", False),
        ("jMT0WJUD", False),
        ("SUMMER25", True),
        ("launch24", True),
        ("Freunde1", True),
        ("pro", True),
        ("BLACKFRIDAY", True),
    ],
)
def test_the_id_of_a_coupon_is_declared_if_a_person_chose_it(id: str, is_declared: bool) -> None:  # noqa: FBT001 - a column of a table
    """Eight letters and digits are Stripe's own, unless they read as a word and a number."""
    assert ("id" in _written("coupon", {"id": id, "percent_off": 5})) is is_declared


@pytest.mark.parametrize(
    ("id", "is_declared"),
    [
        ("prod_NWjs8kKbJWmuuc", False),
        ("prod_pro", True),
        ("prod_enterprise2024x", True),
        ("pro", True),
    ],
)
def test_the_id_of_a_product_is_declared_if_a_person_chose_it(id: str, is_declared: bool) -> None:  # noqa: FBT001 - a column of a table
    """Stripe's own are of fourteen letters in both cases, and digits."""
    assert ("id" in _written("product", {"id": id, "name": "Pro"})) is is_declared


def test_an_invoice_prefix_is_declared_if_a_person_chose_it() -> None:
    """Stripe's own are hexadecimal."""
    assert _written("customer", {"name": "Ada", "invoice_prefix": "0759376C"}) == {"name": "Ada"}
    assert _written("customer", {"invoice_prefix": "ACMECORP"}) == {"invoice_prefix": "ACMECORP"}


def test_a_reference_to_what_is_archived_is_the_id_where_stripe_takes_live_ones_only() -> None:
    """A declaration that refers to one declared as archived is not valid."""
    item = {"price": {"id": "price_1", "active": True, "currency": "usd"}, "quantity": 1}
    link = {"currency": "usd", "line_items": {"data": [{**item, "id": "li_1", "currency": "usd"}]}}
    named = {"line_items": [{"price": "${price}", "quantity": 1}]}
    plain = {"line_items": [{"price": "price_1", "quantity": 1}]}
    assert _written("payment_link", link) == named
    assert _written("payment_link", link, is_live=lambda *_: False) == plain
    feature = {"product": "prod_1", "entitlement_feature": {"id": "feat_1", "active": False}}
    assert _written("product_feature", feature) == {
        "product": "${product}",
        "entitlement_feature": "feat_1",
    }
    # A product may be referred to for ever.
    price = {"currency": "usd", "unit_amount": 1, "product": "prod_1"}
    assert _written("price", price, is_live=lambda *_: False)["product"] == "${product}"


def test_a_moment_that_no_create_takes_any_more_is_now() -> None:
    """A registration begins now or later."""
    options = {"us": {"state": "CA", "type": "state_sales_tax"}}
    actual = {"country": "US", "country_options": options, "active_from": 500, "created": 400}
    assert _written("tax.registration", actual)["active_from"] == 500
    assert _written("tax.registration", actual, now=499.0)["active_from"] == 500
    assert _written("tax.registration", actual, now=500.0)["active_from"] == "now"
    assert _written("tax.registration", {**actual, "created": 500})["active_from"] == "now"


def test_a_value_that_no_request_takes_is_left_out() -> None:
    """An account with a controller is of type none."""
    assert _written("account", {"country": "US", "type": "none"}) == {"country": "US"}
    assert _written("account", {"country": "US", "type": "custom"})["type"] == "custom"


def test_what_follows_from_another_field_is_left_out() -> None:
    """The coupon of a promotion code, the plan that is a price, the moment of the create."""
    discount = {"promotion_code": "promo_1", "source": {"coupon": "quarter"}}
    item = {"id": "si_1", "price": {"id": "price_1", "currency": "usd"}, "plan": {"id": "price_1"}}
    subscription = {
        "customer": "cus_1",
        "currency": "usd",
        "start_date": 5,
        "billing_cycle_anchor": 5,
        "discounts": [discount],
        "items": {"data": [item]},
    }
    assert _written("subscription", subscription) == {
        "customer": "${customer}",
        "discounts": [{"promotion_code": "${promotion_code}"}],
        "items": [{"price": "${price}"}],
    }
    own = {"billing_cycle_anchor": 7, "discounts": [{**discount, "promotion_code": None}]}
    assert _written("subscription", subscription | own) == {
        "customer": "${customer}",
        "billing_cycle_anchor": 7,
        "discounts": [{"coupon": "${coupon}"}],
        "items": [{"price": "${price}"}],
    }
    settings = {"reconciliation_mode": "automatic", "using_merchant_default": True}
    assert _written("customer", {"name": "Ada", "cash_balance": {"settings": settings}}) == {
        "name": "Ada"
    }


def test_what_some_responses_repeat_is_written() -> None:
    """R: a trial of a price is returned by some."""
    recurring = {"interval": "month", "trial_period_days": 7}
    price = {"product": "prod_1", "currency": "usd", "unit_amount": 1, "recurring": recurring}
    assert _written("price", price)["recurring"] == recurring


def test_a_secret_is_not_written_nor_what_needs_it() -> None:
    """A network without its password is no valid declaration; the rest of it is."""
    network = {"ssid": "shop", "password": "hush"}
    actual = {
        "name": "Tills",
        "wifi": {"type": "personal_psk", "personal_psk": network},
        "reader_security": {"admin_menu_passcode": "1234"},
    }
    found = written(loader.by_object("terminal.configuration"), actual, lambda *_: None)
    assert "hush" not in repr(found)
    assert "1234" not in repr(found)
    assert found.arguments == {"name": "Tills"}
    assert _written("apps.secret", {"name": "key", "payload": "hush"}) == {}


def test_an_object_that_is_needed_has_a_leaf() -> None:
    """Also where Stripe fills in all of it; if it returns no leaf, nothing can be declared."""
    off = {"customer_update": {"allowed_updates": [], "enabled": False}}
    assert _written("billing_portal.configuration", {"features": off}) == {
        "features": {"customer_update": {"enabled": False}}
    }
    nothing: dict[str, Any] = {"customer_update": {"allowed_updates": []}}
    assert _written("billing_portal.configuration", {"features": nothing}) == {}


def test_a_price_that_was_made_for_one_object_is_written_as_it_was_made() -> None:
    """Nothing else may refer to it: it is archived."""
    price = {
        "id": "price_1",
        "active": False,
        "currency": "usd",
        "product": "prod_1",
        "unit_amount": 500,
        "unit_amount_decimal": "500",
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        "tax_behavior": "unspecified",
    }
    line = {"id": "li_1", "price": price, "quantity": 1, "currency": "usd"}
    assert _written("payment_link", {"currency": "usd", "line_items": {"data": [line]}}) == {
        "line_items": [
            {
                "price_data": {
                    "currency": "usd",
                    "product": "${product}",
                    "unit_amount": 500,
                    "recurring": {"interval": "month"},
                },
                "quantity": 1,
            }
        ]
    }


def test_a_value_of_a_list_that_no_request_takes_is_left_out() -> None:
    """An event that is newer than the SDK: the plan shows that it is not declared."""
    actual = {"url": "https://a.example", "enabled_events": ["invoice.paid", "new.event"]}
    assert _written("webhook_endpoint", actual)["enabled_events"] == ["invoice.paid"]
