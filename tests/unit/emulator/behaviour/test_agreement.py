"""Parameters that contradict each other, or what they refer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

Refused = Callable[..., stripe.StripeError]
MONTHLY: dict[str, Any] = {
    "currency": "usd",
    "unit_amount": 500,
    "recurring": {"interval": "month"},
}
TAXES = (
    "One or more prices has a `tax_behavior` that conflicts with the tax rates that apply to the "
    "corresponding line item."
)


@pytest.fixture
def exclusive(client: stripe.StripeClient, product: str) -> str:
    """Id of a monthly price with exclusive taxes."""
    params: Any = {**MONTHLY, "product": product, "tax_behavior": "exclusive"}
    return client.v1.prices.create(params).id


@pytest.fixture
def metered(client: stripe.StripeClient, product: str) -> str:
    """Id of a metered price."""
    meter = client.v1.billing.meters.create(
        {"display_name": "C", "event_name": "c", "default_aggregation": {"formula": "count"}}
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    params: Any = {**MONTHLY, "product": product, "recurring": recurring}
    return client.v1.prices.create(params).id


@pytest.fixture
def customer(client: stripe.StripeClient) -> str:
    """Id of a customer who can pay."""
    return client.v1.customers.create({"name": "Ann", "source": "tok_visa"}).id


@pytest.fixture
def rates(client: stripe.StripeClient) -> dict[bool, str]:
    """Ids of tax rates, by whether they are inclusive."""
    return {
        inclusive: client.v1.tax_rates.create(
            {"display_name": "VAT", "percentage": 19, "inclusive": inclusive}
        ).id
        for inclusive in (True, False)
    }


def test_tax_rates_agree_with_the_price(
    client: stripe.StripeClient,
    refused: Refused,
    customer: str,
    exclusive: str,
    rates: dict[bool, str],
) -> None:
    """An item's own rates, else those of the whole; L for the text, which has no param."""
    subscriptions, schedules = client.v1.subscriptions, client.v1.subscription_schedules
    right: Any = {
        "customer": customer,
        "items": [{"price": exclusive, "tax_rates": [rates[False]]}],
    }
    made = subscriptions.create(right)
    for method, wrong in (
        (subscriptions.create, {"items": [{"price": exclusive, "tax_rates": [rates[True]]}]}),
        (
            subscriptions.create,
            {"items": [{"price": exclusive}], "default_tax_rates": [rates[True]]},
        ),
        (
            schedules.create,
            {
                "start_date": "now",
                "phases": [{"items": [{"price": exclusive, "tax_rates": [rates[True]]}]}],
            },
        ),
        (
            client.v1.quotes.create,
            {"line_items": [{"price": exclusive, "tax_rates": [rates[True]]}]},
        ),
    ):
        assert refused(method, {"customer": customer, **wrong}).user_message == TAXES
    # The item's own rates replace those of the whole.
    subscriptions.update(made.id, {"default_tax_rates": [rates[True]]})
    plain = subscriptions.create({"customer": customer, "items": [{"price": exclusive}]})
    change: Any = {"default_tax_rates": [rates[True]]}
    assert refused(subscriptions.update, plain.id, change).user_message == TAXES


def test_a_price_that_leaves_taxes_open_takes_any_rate(
    client: stripe.StripeClient, customer: str, product: str, rates: dict[bool, str]
) -> None:
    """Unspecified contradicts nothing."""
    params: Any = {**MONTHLY, "product": product}
    item: Any = {"price": client.v1.prices.create(params).id, "tax_rates": list(rates.values())}
    client.v1.subscriptions.create({"customer": customer, "items": [item]})


def test_quotes_count_what_no_meter_counts(
    client: stripe.StripeClient, customer: str, exclusive: str, metered: str
) -> None:
    """One of each by default, and no quantity of metered prices."""
    items: Any = [{"price": exclusive}, {"price": metered}]
    quote = client.v1.quotes.create(
        {"customer": customer, "line_items": items, "expand": ["line_items"]}
    )
    listed = quote.to_dict()["line_items"]["data"]
    assert [item["quantity"] for item in listed] == [1, None]


def test_credits_are_for_metered_prices(
    client: stripe.StripeClient, refused: Refused, customer: str, exclusive: str, metered: str
) -> None:
    """Another price is refused, by its place."""

    def grant(price: str) -> dict[str, Any]:
        return {
            "customer": customer,
            "amount": {"type": "monetary", "monetary": {"currency": "usd", "value": 5}},
            "applicability_config": {"scope": {"prices": [{"id": price}]}},
        }

    params: Any = grant(metered)
    client.v1.billing.credit_grants.create(params)
    error: Any = refused(client.v1.billing.credit_grants.create, grant(exclusive))
    assert error.param == "applicability_config[scope][prices][0][id]"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"application_fee_amount": 5}, "application_fee_amount"),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
    ],
)
def test_links_to_subscriptions_take_nothing_of_single_payments(
    client: stripe.StripeClient,
    refused: Refused,
    exclusive: str,
    params: dict[str, Any],
    param: str,
) -> None:
    """A fee is a percentage there."""
    link = {"line_items": [{"price": exclusive, "quantity": 1}], **params}
    error: Any = refused(client.v1.payment_links.create, link)
    assert error.param == param


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"payout_method": "po_1"}, "type"),
        ({"type": "transfer_all"}, "payout_method"),
        ({"type": "transfer_up_to_amount", "payout_method": "po_1"}, "transfer_up_to_amount"),
        (
            {"type": "transfer_all", "payout_method": "po_1", "transfer_up_to_amount": 5},
            "transfer_up_to_amount",
        ),
    ],
)
def test_transfer_rules_are_complete(
    client: stripe.StripeClient, refused: Refused, rule: dict[str, Any], field: str
) -> None:
    """A type, a target, and an amount if not all is moved."""
    rules = {"payments": {"payouts": {"automatic_transfer_rules_by_currency": {"eur": [rule]}}}}
    error: Any = refused(client.v1.balance_settings.update, rules)
    assert error.param == (
        f"payments[payouts][automatic_transfer_rules_by_currency][eur][0][{field}]"
    )


def test_texas_takes_one_election(client: stripe.StripeClient, refused: Refused) -> None:
    """The refusal names it (L)."""
    client.v1.tax.settings.update({"head_office": {"address": {"country": "US", "state": "TX"}}})

    def registration(election: str) -> dict[str, Any]:
        sales: dict[str, Any] = {"elections": [{"type": election}]}
        options = {"state": "TX", "type": "state_sales_tax", "state_sales_tax": sales}
        return {"country": "US", "active_from": "now", "country_options": {"us": options}}

    error = refused(client.v1.tax.registrations.create, registration("local_use_tax"))
    assert "single_local_use_tax" in str(error.user_message)
    params: Any = registration("single_local_use_tax")
    client.v1.tax.registrations.create(params)


def test_a_coupon_names_a_product_once(
    client: stripe.StripeClient, refused: Refused, product: str
) -> None:
    """The second time is refused, by its place."""
    params = {"percent_off": 5, "applies_to": {"products": [product, product]}}
    error: Any = refused(client.v1.coupons.create, params)
    assert error.param == "applies_to[products][1]"


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        *((host, False) for host in ("10.1.2.3", "172.16.0.1", "192.168.0.1", "[fd00::1]")),
        *((host, True) for host in ("172.32.0.1", "11.0.0.1", "a.example")),
    ],
)
def test_events_do_not_go_to_private_networks(
    client: stripe.StripeClient, refused: Refused, host: str, *, taken: bool
) -> None:
    """Stripe could not reach them."""
    params: Any = {"url": f"https://{host}/hook", "enabled_events": ["price.created"]}
    if taken:
        client.v1.webhook_endpoints.create(params)
    else:
        error: Any = refused(client.v1.webhook_endpoints.create, params)
        assert error.code == "url_invalid"
