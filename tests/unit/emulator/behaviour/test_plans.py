"""Plans and recurring prices: one object that is read in two ways (D)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
import stripe

from engine.emulator.core import Emulator

Refused: TypeAlias = Callable[..., stripe.StripeError]
MONTHLY: Any = {"interval": "month", "interval_count": 3, "trial_period_days": 7}


@pytest.fixture
def price(client: stripe.StripeClient, product: str) -> str:
    """Id of a recurring price."""
    params: Any = {
        "product": product,
        "currency": "usd",
        "unit_amount_decimal": "10.5",
        "recurring": MONTHLY,
        "nickname": "Old",
        "lookup_key": "pro",
        "tax_behavior": "exclusive",
        "metadata": {"a": "1"},
    }
    return client.v1.prices.create(params).id


@pytest.fixture
def plan(client: stripe.StripeClient, product: str) -> str:
    """Id of a plan."""
    return client.v1.plans.create(
        {"id": "gold", "product": product, "currency": "usd", "amount": 900, "interval": "year"}
    ).id


def test_a_recurring_price_is_a_plan(client: stripe.StripeClient, product: str, price: str) -> None:
    """Read by its id, and in the list of plans."""
    read = client.v1.plans.retrieve(price).to_dict()
    wanted = {
        "id": price,
        "object": "plan",
        "active": True,
        "amount": None,
        "currency": "usd",
        "interval": "month",
        "interval_count": 3,
        "metadata": {"a": "1"},
        "nickname": "Old",
        "product": product,
        "trial_period_days": 7,
        "usage_type": "licensed",
    }
    assert {name: read[name] for name in wanted} == wanted
    assert str(read["amount_decimal"]) == "10.5"
    assert [one.id for one in client.v1.plans.list().data] == [price]


def test_a_plan_is_a_recurring_price(client: stripe.StripeClient, product: str, plan: str) -> None:
    """Read by its id, and in the list of prices."""
    read = client.v1.prices.retrieve(plan)
    assert (read.id, read.object, read.type, read.unit_amount) == (
        "gold",
        "price",
        "recurring",
        900,
    )
    assert read.recurring is not None
    assert (read.recurring.interval, read.product) == ("year", product)
    assert [one.id for one in client.v1.prices.list({"product": product}).data] == ["gold"]


def test_a_one_time_price_is_no_plan(
    client: stripe.StripeClient, product: str, refused: Refused
) -> None:
    """It has no interval."""
    once = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1}).id
    error = refused(client.v1.plans.retrieve, once)
    assert error.user_message == f"No such plan: '{once}'"
    assert client.v1.plans.list().data == []


def test_a_change_of_the_price_is_one_of_the_plan(client: stripe.StripeClient, price: str) -> None:
    """Through either, and nothing that only prices have is lost."""
    client.v1.prices.update(price, {"nickname": "New", "active": False, "metadata": {"b": "2"}})
    read = client.v1.plans.retrieve(price)
    assert (read.nickname, read.active) == ("New", False)
    assert read.to_dict()["metadata"] == {"a": "1", "b": "2"}
    client.v1.plans.update(price, {"nickname": "Newest", "active": True, "trial_period_days": 14})
    told = client.v1.prices.retrieve(price)
    assert (told.nickname, told.active) == ("Newest", True)
    assert (told.lookup_key, told.tax_behavior) == ("pro", "exclusive")
    assert told.recurring is not None
    assert (told.recurring.trial_period_days, told.recurring.interval_count) == (14, 3)


def test_tiers_are_those_of_both(client: stripe.StripeClient, product: str) -> None:
    """Expanded, as each has them."""
    tiers: Any = [{"up_to": 10, "unit_amount": 5}, {"up_to": "inf", "unit_amount": 4}]
    made = client.v1.plans.create(
        {
            "product": product,
            "currency": "usd",
            "interval": "month",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": tiers,
        }
    ).id
    told = client.v1.prices.retrieve(made, {"expand": ["tiers"]}).to_dict()
    read = client.v1.plans.retrieve(made, {"expand": ["tiers"]}).to_dict()
    assert [(one["up_to"], one["unit_amount"]) for one in told["tiers"]] == [(10, 5), (None, 4)]
    assert read["tiers"] == told["tiers"]
    assert "tiers" not in client.v1.plans.retrieve(made).to_dict()


def test_a_deleted_plan_is_no_price(
    client: stripe.StripeClient, price: str, plan: str, refused: Refused
) -> None:
    """And a recurring price is deleted as a plan, which is the only way."""
    for id in (price, plan):
        assert client.v1.plans.delete(id).deleted is True
        assert refused(client.v1.prices.retrieve, id).http_status == 404
        assert refused(client.v1.plans.retrieve, id).http_status == 404
    assert client.v1.prices.list().data == []


def test_a_default_stays_whatever_it_is_called(
    client: stripe.StripeClient, product: str, price: str, refused: Refused
) -> None:
    """A product's default price is neither archived nor deleted nor moved as a plan."""
    client.v1.products.update(product, {"default_price": price})
    other = client.v1.products.create({"name": "Other"}).id
    plans = client.v1.plans
    for ended in (
        refused(plans.update, price, {"active": False}),
        refused(plans.update, price, {"product": other}),
        refused(plans.delete, price),
    ):
        assert str(ended.user_message).endswith("it is the default price of its product.")
    client.v1.products.update(product, {"default_price": ""})
    assert plans.update(price, {"product": other}).product == other
    assert client.v1.prices.retrieve(price).product == other


def test_a_product_with_a_plan_stays(
    client: stripe.StripeClient, product: str, plan: str, refused: Refused
) -> None:
    """A plan is a price of it."""
    assert "user-created prices" in str(refused(client.v1.products.delete, product).user_message)
    client.v1.plans.delete(plan)
    assert client.v1.products.delete(product).deleted is True


def test_a_seeded_price_is_a_plan_too(emulator: Emulator, client: stripe.StripeClient) -> None:
    """However it became the product's."""
    product = client.v1.products.create({"name": "Pro"}).id
    seeded = emulator.seed(
        "price",
        {
            "product": product,
            "currency": "usd",
            "unit_amount": 5,
            "unit_amount_decimal": "5",
            "type": "recurring",
            "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        },
        key="sk_test_alpha",
    )
    assert client.v1.plans.retrieve(seeded["id"]).amount == 5


def test_goods_are_goods(client: stripe.StripeClient) -> None:
    """The type of a product is returned, and can be filtered by."""
    good = client.v1.products.create({"name": "Mug", "type": "good", "shippable": True})
    service = client.v1.products.create({"name": "Pro"})
    assert (good.type, good.shippable, service.type) == ("good", True, "service")
    assert client.v1.products.update(good.id, {"name": "Cup"}).type == "good"
    assert [one.id for one in client.v1.products.list({"type": "good"}).data] == [good.id]


def test_a_trial_can_come_from_the_plan(
    client: stripe.StripeClient, price: str, refused: Refused
) -> None:
    """If the subscription asks for it (D)."""
    customer = client.v1.customers.create({"name": "Ada"}).id
    wanted: Any = {"customer": customer, "items": [{"price": price}], "trial_from_plan": True}
    made = client.v1.subscriptions.create(wanted)
    assert made.trial_start is not None
    assert made.trial_end == made.trial_start + 7 * 24 * 3600
    assert made.status == "trialing"
    error = refused(client.v1.subscriptions.create, {**wanted, "trial_end": made.trial_end})
    assert error.http_status == 400
