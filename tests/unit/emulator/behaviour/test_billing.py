"""Meters, alerts, credit grants, features, trial offers, plans."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import stripe

from tests.support.clock import Clock

Refused = Callable[..., stripe.StripeError]
METER: Any = {
    "display_name": "Calls",
    "event_name": "calls",
    "default_aggregation": {"formula": "sum"},
}


@pytest.fixture
def meter(client: stripe.StripeClient) -> str:
    """Id of a meter."""
    return client.v1.billing.meters.create(METER).id


def test_a_meter_is_filled_in(client: stripe.StripeClient, meter: str) -> None:
    """With how its usage is counted, which was not sent."""
    made = client.v1.billing.meters.retrieve(meter)
    assert made.customer_mapping.to_dict() == {
        "event_payload_key": "stripe_customer_id",
        "type": "by_id",
    }
    assert made.value_settings.event_payload_key == "value"
    assert (made.status, made.status_transitions.deactivated_at) == ("active", None)


def test_an_inactive_meter_keeps_its_name(
    client: stripe.StripeClient, meter: str, refused: Refused, clock: Clock[int]
) -> None:
    """It can be reactivated, and its name cannot be used again."""
    service = client.v1.billing.meters
    clock.now += 5
    ended = service.deactivate(meter)
    assert (ended.status, ended.status_transitions.deactivated_at) == ("inactive", clock.now)
    assert ended.updated == clock.now
    assert "already inactive" in str(refused(service.deactivate, meter).user_message)
    assert "already exists" in str(refused(service.create, METER).user_message)
    assert [one.id for one in service.list({"status": "inactive"}).data] == [meter]
    back = service.reactivate(meter)
    assert (back.status, back.status_transitions.deactivated_at) == ("active", None)


def test_only_the_shown_name_of_a_meter_changes(
    client: stripe.StripeClient, meter: str, refused: Refused
) -> None:
    """Anything else is an unknown parameter."""
    service = client.v1.billing.meters
    assert service.update(meter, {"display_name": "More"}).display_name == "More"
    error = refused(service.update, meter, {"event_name": "more"})
    assert error.code == "parameter_unknown"


def test_an_archived_alert_is_final(
    client: stripe.StripeClient, meter: str, refused: Refused
) -> None:
    """It is in no list, can be retrieved, and cannot be reactivated."""
    service = client.v1.billing.alerts
    made = service.create(
        {
            "alert_type": "usage_threshold",
            "title": "Much",
            "usage_threshold": {"gte": 1, "meter": meter, "recurrence": "one_time"},
        }
    )
    assert [one.id for one in service.list({"meter": meter}).data] == [made.id]
    assert service.deactivate(made.id).status == "inactive"
    assert service.activate(made.id).status == "active"
    assert service.archive(made.id).status == "archived"
    assert service.list().data == []
    assert service.retrieve(made.id).status == "archived"
    for verb in (service.archive, service.activate, service.deactivate):
        assert refused(verb, made.id).http_status == 400


@pytest.mark.parametrize(
    "threshold",
    [None, {"gte": 0, "meter": "mtr_x", "recurrence": "one_time"}, {"gte": 1, "meter": "mtr_x"}],
)
def test_an_alert_needs_a_threshold(
    client: stripe.StripeClient, refused: Refused, threshold: dict[str, Any] | None
) -> None:
    """Above zero, on a meter that exists."""
    params: dict[str, Any] = {"alert_type": "usage_threshold", "title": "Much"}
    if threshold is not None:
        params["usage_threshold"] = threshold
    assert refused(client.v1.billing.alerts.create, params).http_status == 400


@pytest.fixture
def grant(client: stripe.StripeClient) -> stripe.billing.CreditGrant:
    """A credit grant."""
    customer = client.v1.customers.create({"name": "Ada"}).id
    return client.v1.billing.credit_grants.create(
        {
            "amount": {"type": "monetary", "monetary": {"currency": "usd", "value": 1000}},
            "applicability_config": {"scope": {"price_type": "metered"}},
            "customer": customer,
        }
    )


def test_a_grant_is_filled_in(grant: stripe.billing.CreditGrant, clock: Clock[int]) -> None:
    """Its start, priority and category (S)."""
    assert (grant.effective_at, grant.priority, grant.category) == (clock.now, 50, "paid")


def test_a_grant_ends_once(
    client: stripe.StripeClient,
    grant: stripe.billing.CreditGrant,
    refused: Refused,
    clock: Clock[int],
) -> None:
    """Expired or voided, and final after that."""
    service = client.v1.billing.credit_grants
    assert service.update(grant.id, {"expires_at": clock.now + 9}).expires_at == clock.now + 9
    assert service.update(grant.id, {"expires_at": ""}).expires_at is None
    assert service.expire(grant.id).expires_at == clock.now
    for verb in (service.expire, service.void_grant):
        assert "already expired" in str(refused(verb, grant.id).user_message)


def test_a_voided_grant_stays_so(
    client: stripe.StripeClient,
    grant: stripe.billing.CreditGrant,
    refused: Refused,
    clock: Clock[int],
) -> None:
    """Neither voided again nor given metadata."""
    service = client.v1.billing.credit_grants
    assert service.void_grant(grant.id).voided_at == clock.now
    assert refused(service.void_grant, grant.id).http_status == 400
    assert refused(service.update, grant.id, {"metadata": {"a": "b"}}).http_status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"customer": ""},
        {"customer": "cus_x"},
        {"amount": {"type": "monetary"}},
        {"amount": {"type": "monetary", "monetary": {"currency": "usd", "value": 0}}},
        {"applicability_config": {"scope": {"price_type": "metered", "prices": [{"id": "x"}]}}},
        {"applicability_config": {"scope": {"prices": [{"id": "x"}]}}},
        {"expires_at": 5},
    ],
)
def test_grants_that_do_not_fit_are_refused(
    client: stripe.StripeClient,
    grant: stripe.billing.CreditGrant,
    refused: Refused,
    change: dict[str, Any],
) -> None:
    """Customers, amounts, scopes and ends are checked."""
    params = {
        "amount": {"type": "monetary", "monetary": {"currency": "usd", "value": 1}},
        "applicability_config": {"scope": {"price_type": "metered"}},
        "customer": grant.customer,
        **change,
    }
    assert refused(client.v1.billing.credit_grants.create, params).http_status == 400


def test_a_feedback_option_is_deactivated_once(
    client: stripe.StripeClient, refused: Refused, clock: Clock[int]
) -> None:
    """The type needs no behaviour for that."""
    service = client.v1.billing.feedback_options
    made = service.create({"description": "Too slow"})
    ended = service.deactivate(made.id)
    assert (ended.status, ended.status_transitions.deactivated_at) == ("inactive", clock.now)
    assert refused(service.deactivate, made.id).http_status == 400


def test_archived_features_are_gone_for_good(client: stripe.StripeClient, refused: Refused) -> None:
    """They are listed if a filter includes them, free their key, and cannot be changed."""
    service = client.v1.entitlements.features
    first = service.create({"lookup_key": "api", "name": "API"})
    assert refused(service.create, {"lookup_key": "api", "name": "API"}).http_status == 400
    assert service.update(first.id, {"active": False}).active is False
    assert refused(service.update, first.id, {"active": True}).http_status == 400
    second = service.create({"lookup_key": "api", "name": "API"})
    assert [one.id for one in service.list().data] == [second.id]
    assert [one.id for one in service.list({"archived": True}).data] == [first.id]


def test_a_product_has_a_feature_once(
    client: stripe.StripeClient, product: str, refused: Refused
) -> None:
    """An active one; the response holds the whole feature."""
    features, service = client.v1.entitlements.features, client.v1.products.features
    feature = features.create({"lookup_key": "api", "name": "API"})
    made = service.create(product, {"entitlement_feature": feature.id})
    assert made.entitlement_feature.lookup_key == "api"
    assert "product" not in made.to_dict()
    assert refused(service.create, product, {"entitlement_feature": feature.id}).http_status == 400
    assert [one.id for one in service.list(product).data] == [made.id]
    other = client.v1.products.create({"name": "Other"}).id
    assert service.list(other).data == []
    assert refused(service.retrieve, other, made.id).http_status == 404
    assert service.delete(product, made.id).deleted is True
    features.update(feature.id, {"active": False})
    assert refused(service.create, product, {"entitlement_feature": feature.id}).http_status == 400
    error = refused(service.create, "prod_x", {"entitlement_feature": feature.id})
    assert (error.http_status, error.user_message) == (404, "No such product: 'prod_x'")


def test_a_plan_is_a_price_too(client: stripe.StripeClient, product: str, refused: Refused) -> None:
    """With the same id; both are changed and deleted together."""
    made = client.v1.plans.create(
        {
            "id": "gold",
            "product": product,
            "currency": "usd",
            "interval": "month",
            "amount_decimal": Decimal("12.50"),
        }
    )
    assert (made.amount, str(made.amount_decimal), made.interval_count) == (None, "12.5", 1)
    price = client.v1.prices.retrieve("gold")
    assert price.recurring is not None
    assert (price.recurring.interval, price.type) == ("month", "recurring")
    client.v1.plans.update("gold", {"nickname": "Gold"})
    assert client.v1.prices.retrieve("gold").nickname == "Gold"
    client.v1.plans.delete("gold")
    assert refused(client.v1.prices.retrieve, "gold").http_status == 404


@pytest.mark.parametrize(
    "change",
    [
        {"product": ""},
        {"product": "prod_x"},
        {"amount": 1, "amount_decimal": "1"},
        {"billing_scheme": "tiered"},
        {"amount": 1, "usage_type": "metered"},
        {"amount": 1, "meter": "mtr_x"},
        {},
    ],
)
def test_plans_that_do_not_fit_are_refused(
    client: stripe.StripeClient, product: str, refused: Refused, change: dict[str, Any]
) -> None:
    """Products, amounts and meters are checked."""
    params = {"product": product, "currency": "usd", "interval": "month", **change}
    assert refused(client.v1.plans.create, params).http_status == 400


def test_a_plan_may_bring_its_product(client: stripe.StripeClient) -> None:
    """The product is made together with it, and tiers have both forms of amounts."""
    made = client.v1.plans.create(
        {
            "product": {"name": "Inline"},
            "currency": "usd",
            "interval": "year",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [{"up_to": 5, "unit_amount": 10}, {"up_to": "inf", "flat_amount": 7}],
            "expand": ["product", "tiers"],
        }
    )
    assert isinstance(made.product, stripe.Product)
    assert made.product.name == "Inline"
    assert made.tiers is not None
    assert [tier.up_to for tier in made.tiers] == [5, None]
    assert str(made.tiers[0].unit_amount_decimal) == "10"


def test_a_trial_offer_takes_an_active_price(
    client: stripe.StripeClient, product: str, refused: Refused
) -> None:
    """And it is deactivated to end it."""
    price = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1}).id
    params: Any = {
        "price": price,
        "duration": {"type": "relative", "relative": {"iterations": 2}},
        "end_behavior": {"transition": {"price": price}},
    }
    service = client.v1.product_catalog.trial_offers
    made = service.create(params)
    assert made.end_behavior.type == "transition"
    assert [one.id for one in service.list({"prices": [price]}).data] == [made.id]
    client.v1.prices.update(price, {"active": False})
    assert refused(service.create, params).http_status == 400
