"""Tax rates, shipping rates and webhook endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

Refused = Callable[..., stripe.StripeError]
VAT: dict[str, Any] = {"display_name": "VAT", "inclusive": True, "percentage": 19.5}
EXPRESS: dict[str, Any] = {
    "display_name": "Express",
    "fixed_amount": {"amount": 500, "currency": "usd"},
}
HOOK: dict[str, Any] = {"url": "https://example.com/hook", "enabled_events": ["price.created"]}


def test_a_new_tax_rate_is_filled_in(client: stripe.StripeClient) -> None:
    """Active, a percentage, the rest unknown."""
    params: Any = {**VAT, "country": "DE"}
    made = client.v1.tax_rates.create(params).to_dict()
    assert made.pop("id").startswith("txr_1")
    assert made == {
        "object": "tax_rate",
        "active": True,
        "country": "DE",
        "created": 1_800_000_000,
        "description": None,
        "display_name": "VAT",
        "effective_percentage": None,
        "flat_amount": None,
        "inclusive": True,
        "jurisdiction": None,
        "jurisdiction_level": None,
        "livemode": False,
        "metadata": {},
        "percentage": 19.5,
        "rate_type": "percentage",
        "state": None,
        "tax_type": None,
    }


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"percentage": 101}, "percentage"),
        ({"percentage": -1}, "percentage"),
        ({"country": "Germany"}, "country"),
        ({"display_name": "x" * 51}, "display_name"),
        ({"tax_type": "robbery"}, "tax_type"),
    ],
)
def test_malformed_tax_rates_are_refused(
    client: stripe.StripeClient, refused: Refused, change: dict[str, Any], param: str
) -> None:
    """Percentages, countries, lengths and words have bounds."""
    assert refused(client.v1.tax_rates.create, {**VAT, **change}).param == param  # type: ignore[attr-defined]


def test_a_tax_rate_keeps_its_percentage(client: stripe.StripeClient, refused: Refused) -> None:
    """Percentage and inclusiveness are unknown to updates; the rest changes."""
    id = client.v1.tax_rates.create(VAT).id  # type: ignore[arg-type]
    for param in ("percentage", "inclusive"):
        error = refused(client.v1.tax_rates.update, id, {param: "1"})
        assert error.user_message == f"Received unknown parameter: {param}"
    after = client.v1.tax_rates.update(id, {"active": False, "description": "old"})
    assert (after.active, after.description) == (False, "old")
    assert client.v1.tax_rates.update(id, {"active": True}).active is True
    assert [rate.id for rate in client.v1.tax_rates.list({"inclusive": True}).data] == [id]
    assert client.v1.tax_rates.list({"inclusive": False}).data == []


def test_a_new_shipping_rate_is_filled_in(client: stripe.StripeClient) -> None:
    """A fixed amount, unspecified about tax."""
    params: Any = {**EXPRESS, "delivery_estimate": {"maximum": {"unit": "day", "value": 3}}}
    made = client.v1.shipping_rates.create(params)
    assert made.id.startswith("shr_1")
    assert (made.active, made.type, made.tax_behavior) == (True, "fixed_amount", "unspecified")
    assert made.fixed_amount is not None
    assert "currency_options" not in made.fixed_amount.to_dict()
    assert made.delivery_estimate is not None
    assert made.delivery_estimate.minimum is None


def test_shipping_rates_take_currencies(client: stripe.StripeClient, refused: Refused) -> None:
    """Options merge by currency, with the rate's own among them when expanded."""
    id = client.v1.shipping_rates.create(EXPRESS).id  # type: ignore[arg-type]
    update = client.v1.shipping_rates.update
    after = update(
        id,
        {
            "fixed_amount": {"currency_options": {"eur": {"amount": 450}}},
            "tax_behavior": "exclusive",
            "expand": ["fixed_amount.currency_options"],
        },
    )
    assert after.fixed_amount is not None
    options = after.fixed_amount.currency_options
    assert options is not None
    assert (options["eur"]["amount"], options["eur"]["tax_behavior"]) == (450, "unspecified")
    assert (options["usd"]["amount"], options["usd"]["tax_behavior"]) == (500, "exclusive")
    own = refused(update, id, {"fixed_amount": {"currency_options": {"usd": {"amount": 1}}}})
    assert own.param == "fixed_amount[currency_options][usd]"  # type: ignore[attr-defined]
    frozen = refused(update, id, {"fixed_amount": {"amount": 1}})
    assert frozen.user_message == "Received unknown parameter: fixed_amount[amount]"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"display_name": "Express"}, "fixed_amount"),
        (
            {**EXPRESS, "delivery_estimate": {"minimum": {"unit": "day", "value": 0}}},
            "delivery_estimate[minimum][value]",
        ),
        ({**EXPRESS, "display_name": "x" * 101}, "display_name"),
        ({**EXPRESS, "type": "weight"}, "type"),
    ],
)
def test_malformed_shipping_rates_are_refused(
    client: stripe.StripeClient, refused: Refused, params: dict[str, Any], param: str
) -> None:
    """An amount is needed, and estimates are positive."""
    assert refused(client.v1.shipping_rates.create, params).param == param  # type: ignore[attr-defined]


def test_shipping_rates_are_listed_by_currency(client: stripe.StripeClient) -> None:
    """The filter looks into the fixed amount."""
    id = client.v1.shipping_rates.create(EXPRESS).id  # type: ignore[arg-type]
    assert [rate.id for rate in client.v1.shipping_rates.list({"currency": "usd"}).data] == [id]
    assert client.v1.shipping_rates.list({"currency": "eur"}).data == []


def test_a_secret_is_told_once(client: stripe.StripeClient) -> None:
    """Only the response to the create holds the signing secret."""
    service = client.v1.webhook_endpoints
    made = service.create(HOOK)  # type: ignore[arg-type]
    assert str(made.secret).startswith("whsec_")
    assert len(str(made.secret)) == 38
    for seen in (
        service.retrieve(made.id),
        service.update(made.id, {"description": "x"}),
        service.list().data[0],
    ):
        assert "secret" not in seen.to_dict()


def test_a_new_endpoint_is_filled_in(client: stripe.StripeClient) -> None:
    """Enabled, of no application and no pinned version."""
    made = client.v1.webhook_endpoints.create(HOOK).to_dict()  # type: ignore[arg-type]
    del made["id"], made["secret"]
    assert made == {
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": 1_800_000_000,
        "description": None,
        "enabled_events": ["price.created"],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": "https://example.com/hook",
    }


def test_disabling_shows_in_the_status(client: stripe.StripeClient) -> None:
    """`disabled` is sent, `status` is returned."""
    id = client.v1.webhook_endpoints.create(HOOK).id  # type: ignore[arg-type]
    assert client.v1.webhook_endpoints.update(id, {"disabled": True}).status == "disabled"
    assert client.v1.webhook_endpoints.update(id, {"description": "x"}).status == "disabled"
    assert client.v1.webhook_endpoints.update(id, {"disabled": False}).status == "enabled"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"url": "example.com"}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "http://localhost:4242/x"}, "url"),
        ({"url": "http://127.0.0.1/x"}, "url"),
        ({"url": "http://[::1]/x"}, "url"),
        ({"enabled_events": ["price.invented"]}, "enabled_events[0]"),
        ({"enabled_events": ""}, "enabled_events"),
        ({"api_version": "newest"}, "api_version"),
    ],
)
def test_malformed_endpoints_are_refused(
    client: stripe.StripeClient, refused: Refused, change: dict[str, Any], param: str
) -> None:
    """URLs are public, events known, versions dates."""
    error = refused(client.v1.webhook_endpoints.create, {**HOOK, **change})
    assert error.param == param  # type: ignore[attr-defined]


def test_newer_versions_than_the_sdks_are_taken(client: stripe.StripeClient) -> None:
    """Stripe knows versions that no release of the SDK lists."""
    params: dict[str, Any] = {**HOOK, "api_version": "2031-01-01.future"}
    made = client.v1.webhook_endpoints.create(params)  # type: ignore[arg-type]
    assert made.api_version == "2031-01-01.future"


def test_live_endpoints_need_https(
    client_for: Callable[[str], stripe.StripeClient], client: stripe.StripeClient, refused: Refused
) -> None:
    """A sandbox takes http, live mode does not."""
    plain = {**HOOK, "url": "http://example.com/hook"}
    assert client.v1.webhook_endpoints.create(plain).livemode is False  # type: ignore[arg-type]
    live = client_for("sk_live_alpha")
    assert refused(live.v1.webhook_endpoints.create, plain).code == "url_invalid"


def test_sixteen_endpoints_are_the_most(
    client: stripe.StripeClient,
    client_for: Callable[[str], stripe.StripeClient],
    refused: Refused,
) -> None:
    """The seventeenth is refused; each mode is counted separately, and a delete frees a place."""
    service = client.v1.webhook_endpoints
    ids = [service.create(HOOK).id for _ in range(16)]  # type: ignore[arg-type]
    error = refused(service.create, HOOK)
    assert error.user_message == "You have reached the maximum of 16 test webhook endpoints."
    live = client_for("sk_live_alpha").v1.webhook_endpoints
    for _ in range(16):
        live.create(HOOK)  # type: ignore[arg-type]
    assert refused(live.create, HOOK).user_message == (
        "You have reached the maximum of 16 webhook endpoints."
    )
    assert service.delete(ids[0]).to_dict() == {
        "id": ids[0],
        "object": "webhook_endpoint",
        "deleted": True,
    }
    assert service.create(HOOK).status == "enabled"  # type: ignore[arg-type]
