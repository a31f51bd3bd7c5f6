"""Prices: forms of amounts, tiers, currencies, lookup keys, and what may not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request

Refused = Callable[..., stripe.StripeError]
MONTHLY = {"interval": "month"}


@pytest.fixture
def create(client: stripe.StripeClient, product: str) -> Callable[..., dict[str, Any]]:
    """Create a price of the product in dollars, and return the response as plain JSON."""

    def run(**params: Any) -> dict[str, Any]:
        price = client.v1.prices.create({"product": product, "currency": "usd", **params})  # type: ignore[typeddict-item]
        document: dict[str, Any] = price.to_dict()
        return document

    return run


@pytest.fixture
def refusal(client: stripe.StripeClient, product: str, refused: Refused) -> Refused:
    """Create a price of the product in dollars that is refused."""

    def run(**params: Any) -> stripe.StripeError:
        return refused(client.v1.prices.create, {"product": product, "currency": "usd", **params})

    return run


def test_a_new_price_is_filled_in(emulator: Emulator, product: str) -> None:
    """Every field is there but those that have to be expanded."""
    request = Request.to(
        "POST",
        "/v1/prices",
        {"Authorization": "Bearer sk_test_alpha"},
        f"product={product}&currency=usd&unit_amount=2900&recurring[interval]=month",
    )
    document = emulator.handle(request).document
    assert document.pop("id").startswith("price_1")
    assert document == {
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": 1_800_000_000,
        "currency": "usd",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": {
            "interval": "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": 2900,
        "unit_amount_decimal": "2900",
    }


@pytest.mark.parametrize(
    ("sent", "whole", "decimal"),
    [
        ({"unit_amount": 0}, 0, "0"),
        ({"unit_amount_decimal": "10.50"}, None, "10.5"),
        ({"unit_amount_decimal": "10.0"}, 10, "10"),
        ({"unit_amount_decimal": "1500.000"}, 1500, "1500"),
        ({"unit_amount_decimal": "0.000000000001"}, None, "0.000000000001"),
        ({"unit_amount_decimal": "0.0000000000010"}, None, "0.000000000001"),
        ({"unit_amount_decimal": "1e2"}, 100, "100"),
    ],
)
def test_amounts_come_in_both_spellings(
    emulator: Emulator, product: str, sent: dict[str, Any], whole: int | None, decimal: str
) -> None:
    """A whole amount has a decimal, a decimal with a fraction has no whole amount."""
    name, value = next(iter(sent.items()))
    request = Request.to(
        "POST",
        "/v1/prices",
        {"Authorization": "Bearer sk_test_alpha"},
        f"product={product}&currency=usd&{name}={value}",
    )
    document = emulator.handle(request).document
    assert (document["unit_amount"], document["unit_amount_decimal"]) == (whole, decimal)
    assert document["type"] == "one_time"
    assert document["recurring"] is None


def test_a_trial_is_taken_and_kept(create: Callable[..., dict[str, Any]]) -> None:
    """As Stripe's own Terraform provider expects; `custom_unit_amount[enabled]` is not returned."""
    made = create(unit_amount=1, recurring={"interval": "day", "trial_period_days": 7})
    assert made["recurring"]["trial_period_days"] == 7
    custom = create(custom_unit_amount={"enabled": True, "minimum": 100})
    assert custom["custom_unit_amount"] == {"maximum": None, "minimum": 100, "preset": None}
    assert (custom["unit_amount"], custom["unit_amount_decimal"]) == (None, None)


def test_tiers_are_told_when_expanded(create: Callable[..., dict[str, Any]]) -> None:
    """Each tier has both forms of amounts, and the open end is null."""
    made = create(
        billing_scheme="tiered",
        tiers_mode="graduated",
        recurring=MONTHLY,
        tiers=[
            {"up_to": 10, "unit_amount": 500},
            {"up_to": "inf", "flat_amount_decimal": "12.50", "unit_amount": 0},
        ],
        expand=["tiers"],
    )
    assert (made["unit_amount"], made["unit_amount_decimal"]) == (None, None)
    assert [
        (tier["up_to"], tier["flat_amount"], tier["unit_amount"]) for tier in made["tiers"]
    ] == [
        (10, None, 500),
        (None, None, 0),
    ]
    assert str(made["tiers"][1]["flat_amount_decimal"]) == "12.5"
    assert str(made["tiers"][0]["unit_amount_decimal"]) == "500"


def test_currency_options_gain_the_own_currency(
    client: stripe.StripeClient, create: Callable[..., dict[str, Any]]
) -> None:
    """Expanded options hold the price's currency too, with default values."""
    made = create(
        unit_amount=100,
        currency_options={"eur": {"unit_amount": 90, "tax_behavior": "inclusive"}},
        expand=["currency_options"],
    )
    assert sorted(made["currency_options"]) == ["eur", "usd"]
    euros = made["currency_options"]["eur"]
    assert (euros["unit_amount"], str(euros["unit_amount_decimal"])) == (90, "90")
    assert (euros["custom_unit_amount"], euros["tax_behavior"]) == (None, "inclusive")
    assert made["currency_options"]["usd"]["unit_amount"] == 100
    assert "currency_options" not in client.v1.prices.retrieve(made["id"]).to_dict()


def test_currency_options_grow_and_change(
    client: stripe.StripeClient, create: Callable[..., dict[str, Any]]
) -> None:
    """An update adds currencies, leaves the others, and may change the form of an amount."""
    id = create(unit_amount=100, currency_options={"eur": {"unit_amount": 90}})["id"]
    change: Any = {
        "currency_options": {
            "eur": {"unit_amount_decimal": "90.5"},
            "gbp": {"unit_amount": 80},
        },
        "expand": ["currency_options"],
    }
    after = client.v1.prices.update(id, change).to_dict()
    options = after["currency_options"]
    assert sorted(options) == ["eur", "gbp", "usd"]
    assert (options["eur"]["unit_amount"], str(options["eur"]["unit_amount_decimal"])) == (
        None,
        "90.5",
    )
    assert options["gbp"]["tax_behavior"] == "unspecified"


@pytest.mark.parametrize(
    ("params", "message", "param"),
    [
        (
            {},
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
            None,
        ),
        (
            {"unit_amount": 1, "unit_amount_decimal": "1"},
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
            "unit_amount",
        ),
        (
            {"unit_amount": 1, "product_data": {"name": "x"}},
            "You may only specify one of these parameters: product, product_data.",
            "product",
        ),
        (
            {"unit_amount": 1, "recurring": {"interval": "month", "usage_type": "metered"}},
            (
                "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by "
                "meters."
            ),
            None,
        ),
        (
            {"unit_amount": 1, "recurring": {"interval": "month", "meter": "mtr_1"}},
            "`recurring[meter]` can only be set when `recurring[usage_type]` is `metered`.",
            "recurring[meter]",
        ),
        (
            {
                "unit_amount": 1,
                "recurring": {"interval": "month", "meter": "m", "usage_type": "metered"},
            },
            "No such meter: 'm'",
            "recurring[meter]",
        ),
        (
            {"unit_amount": 1, "recurring": {"interval": "month", "interval_count": 37}},
            "The interval_count for monthly prices can't be greater than 36",
            "recurring[interval_count]",
        ),
        (
            {"unit_amount": 1, "recurring": {"interval": "day", "interval_count": 0}},
            "This value must be greater than or equal to 1 (it currently is '0').",
            "recurring[interval_count]",
        ),
        (
            {
                "billing_scheme": "tiered",
                "tiers_mode": "volume",
                "tiers": [{"up_to": "inf", "unit_amount": 1}],
            },
            "Prices with `type=one_time` are not supported with tiered billing.",
            "interval",
        ),
        (
            {"billing_scheme": "tiered", "recurring": MONTHLY, "tiers_mode": "volume"},
            "Missing required param: tiers.",
            "tiers",
        ),
        (
            {
                "billing_scheme": "tiered",
                "recurring": MONTHLY,
                "tiers": [{"up_to": "inf", "unit_amount": 1}],
            },
            "Missing required param: tiers_mode.",
            "tiers_mode",
        ),
        (
            {"tiers": [{"up_to": "inf", "unit_amount": 1}], "recurring": MONTHLY},
            "`tiers` can only be set when `billing_scheme` is `tiered`.",
            "tiers",
        ),
        (
            {"unit_amount": 1, "currency_options": {"usd": {"unit_amount": 1}}},
            (
                "You are specifying a currency option that matches the top-level currency for this "
                "price. Please remove this currency option."
            ),
            "currency_options[usd]",
        ),
        (
            {"unit_amount": 1, "currency_options": {"eur": {"tax_behavior": "inclusive"}}},
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
            None,
        ),
        (
            {"custom_unit_amount": {"enabled": True, "minimum": 100, "preset": 50}},
            "This value must be greater than or equal to 100 (it currently is '50').",
            "custom_unit_amount[preset]",
        ),
        (
            {"unit_amount": 1, "lookup_key": "k" * 201},
            f"Invalid string: {'k' * 10}...{'k' * 10}; must be at most 200 characters",
            "lookup_key",
        ),
    ],
)
def test_contradictions_are_refused(
    refusal: Refused, params: dict[str, Any], message: str, param: str | None
) -> None:
    """Contradicting parameters are refused, in Stripe's words where they are known."""
    error = refusal(**params)
    assert (error.http_status, error.user_message) == (400, message)
    assert error.param == param  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("tiers", "param"),
    [
        ([{"up_to": 10, "unit_amount": 1}], "tiers[0][up_to]"),
        (
            [{"up_to": "inf", "unit_amount": 1}, {"up_to": "inf", "unit_amount": 1}],
            "tiers[0][up_to]",
        ),
        (
            [
                {"up_to": 10, "unit_amount": 1},
                {"up_to": 10, "unit_amount": 1},
                {"up_to": "inf", "unit_amount": 1},
            ],
            "tiers[1][up_to]",
        ),
        ([{"up_to": "inf"}], "tiers[0]"),
        (
            [{"up_to": "inf", "unit_amount": 1, "unit_amount_decimal": "1"}],
            "tiers[0][unit_amount]",
        ),
    ],
)
def test_tiers_rise_to_an_open_end(
    refusal: Refused, tiers: list[dict[str, Any]], param: str
) -> None:
    """Tiers without an open last one, out of order or without one amount are refused."""
    error = refusal(billing_scheme="tiered", tiers_mode="volume", recurring=MONTHLY, tiers=tiers)
    assert error.param == param  # type: ignore[attr-defined]


def test_a_price_needs_a_product(client: stripe.StripeClient, refused: Refused) -> None:
    """Without one, and with one that does not exist."""
    create = client.v1.prices.create
    none = refused(create, {"currency": "usd", "unit_amount": 1})
    assert none.user_message == (
        "You must specify either `product` or `product_data` when creating a price."
    )
    missing = refused(create, {"currency": "usd", "unit_amount": 1, "product": "prod_x"})
    assert (missing.http_status, missing.code) == (400, "resource_missing")
    assert missing.user_message == "No such product: 'prod_x'"
    assert missing.param == "product"  # type: ignore[attr-defined]


def test_a_price_can_bring_its_product(client: stripe.StripeClient) -> None:
    """`product_data` makes the product."""
    price = client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 1,
            "product_data": {"name": "Inline", "unit_label": "seat"},
            "expand": ["product"],
        }
    )
    assert isinstance(price.product, stripe.Product)
    assert (price.product.name, price.product.unit_label) == ("Inline", "seat")


def test_a_metered_price_has_an_active_meter(
    client: stripe.StripeClient, create: Callable[..., dict[str, Any]], refusal: Refused
) -> None:
    """A meter must exist and be active."""
    meter = client.v1.billing.meters.create(
        {
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation": {"formula": "sum"},
        }
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    assert create(unit_amount=1, recurring=recurring)["recurring"]["meter"] == meter.id
    client.v1.billing.meters.deactivate(meter.id)
    error = refusal(unit_amount=1, recurring=recurring)
    assert "is inactive" in str(error.user_message)
    error = refusal(unit_amount=1, recurring={**recurring, "meter": "mtr_x"})
    assert error.user_message == "No such meter: 'mtr_x'"


def test_a_lookup_key_belongs_to_one_price(
    client: stripe.StripeClient, create: Callable[..., dict[str, Any]], refusal: Refused
) -> None:
    """An archived holder keeps the key; a transfer takes it and leaves the holder as it was."""
    holder = create(unit_amount=1, lookup_key="pro")["id"]
    client.v1.prices.update(holder, {"active": False})
    error = refusal(unit_amount=2, lookup_key="pro")
    assert error.user_message == f"A price (`{holder}`) already uses that lookup key."
    assert (error.code, error.param) == (None, "lookup_key")  # type: ignore[attr-defined]
    taker = create(unit_amount=2, lookup_key="pro", transfer_lookup_key=True)["id"]
    before = client.v1.prices.retrieve(holder)
    assert (before.lookup_key, before.active) == (None, False)
    client.v1.prices.update(holder, {"lookup_key": "pro", "transfer_lookup_key": True})
    assert client.v1.prices.retrieve(taker).lookup_key is None
    assert client.v1.prices.update(holder, {"lookup_key": "pro"}).lookup_key == "pro"
    assert client.v1.prices.update(holder, {"lookup_key": ""}).lookup_key is None


@pytest.mark.parametrize(
    "param",
    ["unit_amount", "currency", "recurring", "product", "billing_scheme", "tiers", "tiers_mode"],
)
def test_what_makes_a_price_is_unknown_to_updates(
    client: stripe.StripeClient,
    create: Callable[..., dict[str, Any]],
    refused: Refused,
    param: str,
) -> None:
    """Amount, currency, product and rhythm cannot be changed."""
    id = create(unit_amount=1)["id"]
    error = refused(client.v1.prices.update, id, {param: "1"})
    assert (error.code, error.user_message) == (
        "parameter_unknown",
        f"Received unknown parameter: {param}",
    )


def test_tax_behavior_freezes(
    client: stripe.StripeClient, create: Callable[..., dict[str, Any]], refused: Refused
) -> None:
    """Once inclusive or exclusive, it cannot change."""
    id = create(unit_amount=1)["id"]
    update = client.v1.prices.update
    assert update(id, {"tax_behavior": "exclusive"}).tax_behavior == "exclusive"
    assert update(id, {"tax_behavior": "exclusive"}).tax_behavior == "exclusive"
    for word in ("inclusive", "unspecified"):
        assert refused(update, id, {"tax_behavior": word}).param == "tax_behavior"  # type: ignore[attr-defined]


def test_the_own_currency_is_no_option(
    client: stripe.StripeClient, create: Callable[..., dict[str, Any]], refused: Refused
) -> None:
    """The live text of the update is quoted."""
    id = create(unit_amount=1)["id"]
    error = refused(client.v1.prices.update, id, {"currency_options": {"usd": {"unit_amount": 2}}})
    assert error.user_message == (
        "You are specifying an update to a currency option that matches the top-level currency for "
        "this price. Please remove this currency option and update the top-level params instead."
    )
    assert error.param == "currency_options[usd]"  # type: ignore[attr-defined]


def test_a_default_price_cannot_be_archived(
    client: stripe.StripeClient,
    product: str,
    create: Callable[..., dict[str, Any]],
    refused: Refused,
) -> None:
    """Unset it first; then it can."""
    id = create(unit_amount=1)["id"]
    client.v1.products.update(product, {"default_price": id})
    error = refused(client.v1.prices.update, id, {"active": False})
    assert (error.http_status, error.code) == (400, None)
    assert error.user_message == (
        "This price cannot be archived because it is the default price of its product."
    )
    client.v1.products.update(product, {"default_price": ""})
    assert client.v1.prices.update(id, {"active": False}).active is False


def test_a_missing_price_is_named_by_its_type(
    client: stripe.StripeClient, refused: Refused
) -> None:
    """The param of a missing price in a path is `price`."""
    error = refused(client.v1.prices.retrieve, "price_x")
    assert (error.http_status, error.param) == (404, "price")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"custom_unit_amount": {"enabled": False}}, "custom_unit_amount[enabled]"),
        ({"custom_unit_amount": {"enabled": True}, "recurring": MONTHLY}, "custom_unit_amount"),
        (
            {"unit_amount": 1, "transform_quantity": {"divide_by": 0, "round": "up"}},
            "transform_quantity[divide_by]",
        ),
        (
            {
                "billing_scheme": "tiered",
                "tiers_mode": "volume",
                "recurring": MONTHLY,
                "unit_amount": 1,
                "tiers": [{"up_to": "inf", "unit_amount": 1}],
            },
            "unit_amount",
        ),
        (
            {
                "unit_amount": 1,
                "currency_options": {"eur": {"tiers": [{"up_to": 1, "unit_amount": 1}]}},
            },
            "currency_options[eur][tiers][0][up_to]",
        ),
    ],
)
def test_forms_of_amounts_have_their_own_rules(
    refusal: Refused, params: dict[str, Any], param: str
) -> None:
    """Amounts the customer chooses, packages and tiers are checked too."""
    assert refusal(**params).param == param  # type: ignore[attr-defined]


def test_options_freeze_like_the_price(
    client: stripe.StripeClient, create: Callable[..., dict[str, Any]], refused: Refused
) -> None:
    """The tax behavior of one currency is frozen by itself."""
    option = {"unit_amount": 1, "tax_behavior": "inclusive"}
    id = create(unit_amount=1, currency_options={"eur": option})["id"]
    change = {"currency_options": {"eur": {"tax_behavior": "exclusive"}}}
    error = refused(client.v1.prices.update, id, change)
    assert error.param == "currency_options[eur][tax_behavior]"  # type: ignore[attr-defined]


def test_options_can_be_cleared_as_a_whole(
    client: stripe.StripeClient, create: Callable[..., dict[str, Any]]
) -> None:
    """An empty string leaves the price's own currency."""
    id = create(unit_amount=1, currency_options={"eur": {"unit_amount": 1}})["id"]
    change: Any = {"currency_options": "", "expand": ["currency_options"]}
    assert sorted(client.v1.prices.update(id, change).to_dict()["currency_options"]) == ["usd"]


def test_options_may_have_tiers(create: Callable[..., dict[str, Any]]) -> None:
    """A tiered price is tiered in every currency."""
    tiers = [{"up_to": "inf", "unit_amount": 5}]
    made = create(
        billing_scheme="tiered",
        tiers_mode="volume",
        recurring=MONTHLY,
        tiers=tiers,
        currency_options={"eur": {"tiers": tiers}},
        expand=["currency_options"],
    )
    for currency in ("eur", "usd"):
        option = made["currency_options"][currency]
        assert option["unit_amount"] is None
        assert [tier["unit_amount"] for tier in option["tiers"]] == [5]
