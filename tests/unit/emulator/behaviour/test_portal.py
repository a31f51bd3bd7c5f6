"""Customer portal configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request

Refused = Callable[..., stripe.StripeError]
PRODUCTS = "features[subscription_update][products]"


@pytest.fixture
def price(client: stripe.StripeClient, product: str) -> str:
    """Id of a monthly price of the product."""
    return client.v1.prices.create(
        {
            "product": product,
            "currency": "usd",
            "unit_amount": 100,
            "recurring": {"interval": "month"},
        }
    ).id


def updates(*products: dict[str, Any], payment_methods: bool = True) -> dict[str, Any]:
    """Features that let customers switch between prices of products."""
    return {
        "payment_method_update": {"enabled": payment_methods},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": list(products),
        },
    }


def test_a_new_configuration_is_filled_in(emulator: Emulator) -> None:
    """Features that were not sent are present, and off."""
    request = Request.to(
        "POST",
        "/v1/billing_portal/configurations",
        {"Authorization": "Bearer sk_test_alpha"},
        "features[invoice_history][enabled]=true",
    )
    document = emulator.handle(request).document
    assert document.pop("id").startswith("bpc_1")
    assert document == {
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {
            "headline": None,
            "privacy_policy_url": None,
            "terms_of_service_url": None,
        },
        "created": 1_800_000_000,
        "default_return_url": None,
        "features": {
            "customer_update": {"allowed_updates": [], "enabled": False},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": False, "payment_method_configuration": None},
            "subscription_cancel": {
                "cancellation_reason": {
                    "enabled": False,
                    "feedback_options": None,
                    "options": [
                        "too_expensive",
                        "missing_features",
                        "switched_service",
                        "unused",
                        "other",
                    ],
                },
                "enabled": False,
                "mode": "at_period_end",
                "proration_behavior": "none",
            },
            "subscription_pause": {
                # S: a single option of one month.
                "duration": {
                    "interval_options": [{"interval": "month", "interval_count": 1}],
                    "type": "interval_options",
                },
                "enabled": False,
            },
            "subscription_update": {
                "billing_cycle_anchor": "unchanged",
                "default_allowed_updates": [],
                "enabled": False,
                "products": None,
                "proration_behavior": "none",
                "schedule_at_period_end": {"conditions": []},
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": True,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": 1_800_000_000,
    }


def test_the_first_configuration_is_the_default_for_good(
    client: stripe.StripeClient, refused: Refused
) -> None:
    """It cannot be deactivated; later ones are not default and can."""
    create = client.v1.billing_portal.configurations.create
    first = create({"features": {"invoice_history": {"enabled": True}}})
    second = create({"features": {"invoice_history": {"enabled": True}}})
    assert (first.is_default, second.is_default) == (True, False)
    update = client.v1.billing_portal.configurations.update
    error = refused(update, first.id, {"active": False})
    assert (error.http_status, error.user_message) == (
        400,
        "You cannot set `active: false` on your default PortalConfiguration.",
    )
    assert update(second.id, {"active": False}).active is False


def test_products_are_null_unless_expanded(
    client: stripe.StripeClient, product: str, price: str
) -> None:
    """The field is present, and null unless expanded."""
    service = client.v1.billing_portal.configurations
    made = service.create({"features": updates({"product": product, "prices": [price]})})  # type: ignore[typeddict-item]
    assert made.features.subscription_update.products is None
    seen = service.retrieve(made.id, {"expand": ["features.subscription_update.products"]})
    listed = seen.features.subscription_update.products
    assert listed is not None
    assert [(one.product, list(one.prices)) for one in listed] == [(product, [price])]
    assert listed[0].adjustable_quantity.enabled is True


@pytest.mark.parametrize(
    ("features", "message", "param"),
    [
        (
            updates(payment_methods=False),
            "Cannot enable subscription updates while payment method update is disabled.",
            None,
        ),
        (updates(), f"Missing required param: {PRODUCTS}", PRODUCTS),
        (
            updates({"product": "prod_x", "prices": ["price_x"]}),
            "No such product: 'prod_x'",
            f"{PRODUCTS}[0][product]",
        ),
        (
            {
                "subscription_cancel": {
                    "enabled": True,
                    "cancellation_reason": {"enabled": True, "options": ""},
                }
            },
            "Missing required param: features[subscription_cancel][cancellation_reason][options].",
            "features[subscription_cancel][cancellation_reason][options]",
        ),
        (
            {"subscription_cancel": {"enabled": True, "proration_behavior": "create_prorations"}},
            (
                "Cannot set `proration_behavior` to a value other than `none` when `mode` is "
                "`at_period_end`."
            ),
            "features[subscription_cancel][proration_behavior]",
        ),
        (
            {"customer_update": {"enabled": True, "allowed_updates": ["shoe_size"]}},
            (
                "Invalid features[customer_update][allowed_updates][0]: must be one of "
                "address, email, name, phone, shipping, or tax_id"
            ),
            "features[customer_update][allowed_updates][0]",
        ),
        (
            {"invoice_history": {"enabled": "maybe"}},
            "Invalid boolean: maybe",
            "features[invoice_history][enabled]",
        ),
    ],
)
def test_features_that_do_not_fit_are_refused(
    client: stripe.StripeClient,
    refused: Refused,
    features: dict[str, Any],
    message: str,
    param: str | None,
) -> None:
    """Features depend on each other, and values have to be known."""
    error = refused(client.v1.billing_portal.configurations.create, {"features": features})
    assert (error.http_status, error.user_message) == (400, message)
    assert error.param == param  # type: ignore[attr-defined]


def test_listed_prices_belong_to_their_product_once(
    client: stripe.StripeClient, product: str, price: str, refused: Refused
) -> None:
    """Foreign, one-time and same-rhythm prices are refused, and so is a product listed twice."""
    other = client.v1.products.create({"name": "Other"}).id
    once = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1}).id
    twin = client.v1.prices.create(
        {
            "product": product,
            "currency": "usd",
            "unit_amount": 2,
            "recurring": {"interval": "month"},
        }
    ).id

    def param(*products: dict[str, Any]) -> object:
        create = client.v1.billing_portal.configurations.create
        return refused(create, {"features": updates(*products)}).param  # type: ignore[attr-defined]

    own = {"product": product, "prices": [price]}
    assert param({"product": other, "prices": [price]}) == f"{PRODUCTS}[0][prices][0]"
    assert param({"product": product, "prices": [once]}) == f"{PRODUCTS}[0][prices][0]"
    assert param({"product": product, "prices": [price, twin]}) == f"{PRODUCTS}[0][prices][1]"
    assert param(own, own) == f"{PRODUCTS}[1][product]"
    assert param(own, *[own] * 10) == PRODUCTS


def test_currencies_may_share_an_interval(
    client: stripe.StripeClient, product: str, price: str
) -> None:
    """A customer sees the prices of one currency only."""
    euros = client.v1.prices.create(
        {
            "product": product,
            "currency": "eur",
            "unit_amount": 2,
            "recurring": {"interval": "month"},
        }
    ).id
    create: Any = client.v1.billing_portal.configurations.create
    both = {"product": product, "prices": [price, euros]}
    assert create({"features": updates(both)}).features.subscription_update.enabled is True


def test_updates_merge_leaf_by_leaf(
    client: stripe.StripeClient, product: str, price: str, refused: Refused
) -> None:
    """What is not sent stays, and the result has to be valid."""
    service = client.v1.billing_portal.configurations
    id = service.create({"features": updates({"product": product, "prices": [price]})}).id  # type: ignore[typeddict-item]
    after = service.update(
        id,
        {
            "business_profile": {"headline": "Hello"},
            "default_return_url": "https://example.com",
            "login_page": {"enabled": True},
            "name": "Main",
        },
    )
    assert after.features.subscription_update.enabled is True
    assert after.business_profile.headline == "Hello"
    assert str(after.login_page.url).startswith("https://billing.stripe.com/p/login/test_")
    error = refused(service.update, id, {"features": {"payment_method_update": {"enabled": False}}})
    assert str(error.user_message).startswith("Cannot enable subscription updates")
    gone = refused(
        service.update,
        id,
        {"features": {"subscription_update": {"enabled": True, "products": ""}}},
    )
    assert gone.param == PRODUCTS  # type: ignore[attr-defined]
    cleared = service.update(
        id, {"business_profile": {"headline": ""}, "default_return_url": "", "name": ""}
    )
    assert (cleared.business_profile.headline, cleared.default_return_url, cleared.name) == (
        None,
        None,
        None,
    )


def test_configurations_are_listed_by_flag(client: stripe.StripeClient) -> None:
    """`is_default` and `active` filter."""
    service = client.v1.billing_portal.configurations
    first, second, third = (
        service.create({"features": {"invoice_history": {"enabled": True}}}) for _ in range(3)
    )
    service.update(third.id, {"active": False})
    found = service.list({"is_default": False}).data
    assert [one.id for one in found] == [third.id, second.id]
    assert [one.id for one in service.list({"active": True}).data] == [second.id, first.id]


def test_a_missing_configuration_is_named(client: stripe.StripeClient, refused: Refused) -> None:
    """The param is the placeholder of the path."""
    error = refused(client.v1.billing_portal.configurations.retrieve, "bpc_x")
    assert error.user_message == "No such configuration: 'bpc_x'"
    assert error.param == "configuration"  # type: ignore[attr-defined]
