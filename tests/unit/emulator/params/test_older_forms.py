"""Requests of older API versions: Stripe's changelog says what each had (D)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.params.older_forms import is_before
from engine.emulator.wire.messages import Request, Response

KEY = {"Authorization": "Bearer sk_test_alpha"}
ACACIA = "2025-02-24.acacia"
BASIL = "2025-08-27.basil"
CLOVER = "2025-09-30.clover"

Send = Callable[..., Response]


@pytest.fixture
def send(emulator: Emulator) -> Send:
    """Sends a request of an API version."""

    def run(method: str, path: str, version: str, **params: object) -> Response:
        headers = {**KEY, "Stripe-Version": version}
        form = urlencode(params)
        if method == "GET":
            return emulator.handle(Request.to("GET", f"{path}?{form}", headers))
        return emulator.handle(Request.to(method, path, headers, form))

    return run


@pytest.fixture
def coupon(client: stripe.StripeClient) -> str:
    """Id of a coupon."""
    return client.v1.coupons.create({"percent_off": 20, "duration": "once"}).id


@pytest.fixture
def price(client: stripe.StripeClient, product: str) -> str:
    """Id of a free monthly price."""
    recurring: Any = {"interval": "month"}
    params: Any = {"product": product, "currency": "usd", "unit_amount": 0, "recurring": recurring}
    return client.v1.prices.create(params).id


@pytest.mark.parametrize(
    ("version", "older"),
    [("2020-08-27", True), (BASIL, True), ("2025-09-30.preview", False), (CLOVER, False)],
)
def test_versions_are_compared_by_their_dates(version: str, *, older: bool) -> None:
    """Their names do not count."""
    assert is_before(version, "2025-09-30") is older


def test_a_promotion_code_had_its_coupon_itself(send: Send, coupon: str) -> None:
    """Until Clover: sent as `coupon`, returned whole; `promotion` was not there."""
    made = send("POST", "/v1/promotion_codes", BASIL, coupon=coupon, code="HI").document
    assert (made["coupon"]["id"], made["coupon"]["percent_off"]) == (coupon, 20)
    assert "promotion" not in made
    changed = send("POST", f"/v1/promotion_codes/{made['id']}", BASIL, active="false").document
    assert (changed["active"], changed["coupon"]["id"]) == (False, coupon)
    listed = send("GET", "/v1/promotion_codes", BASIL, coupon=coupon).document["data"]
    assert [one["coupon"]["id"] for one in listed] == [coupon]
    now = send("GET", f"/v1/promotion_codes/{made['id']}", CLOVER).document
    assert now["promotion"] == {"type": "coupon", "coupon": coupon}
    assert "coupon" not in now


def test_expansions_follow_the_coupon(
    send: Send, client: stripe.StripeClient, product: str
) -> None:
    """What is below it is expanded under its name then."""
    params: Any = {"percent_off": 5, "duration": "once", "applies_to": {"products": [product]}}
    coupon = client.v1.coupons.create(params).id
    wanted = {"expand[]": "coupon.applies_to"}
    made = send("POST", "/v1/promotion_codes", ACACIA, coupon=coupon, **wanted).document
    assert made["coupon"]["applies_to"] == {"products": [product]}
    listed = send("GET", "/v1/promotion_codes", ACACIA, **{"expand[0]": "data.coupon.applies_to"})
    assert listed.document["data"][0]["coupon"]["applies_to"] == {"products": [product]}
    plain = send("GET", "/v1/promotion_codes", ACACIA).document["data"][0]
    assert "applies_to" not in plain["coupon"]


@pytest.mark.parametrize(
    ("params", "param", "text"),
    [
        ({"code": "A"}, "coupon", "Missing required param: coupon."),
        ({"coupon": "none"}, "coupon", "No such coupon: 'none'"),
        ({"promotion[type]": "coupon"}, "promotion", "Received unknown parameter: promotion"),
    ],
)
def test_refusals_have_the_names_of_the_version(
    send: Send, params: dict[str, str], param: str, text: str
) -> None:
    """A parameter is called what the request calls it."""
    refused = send("POST", "/v1/promotion_codes", BASIL, **params)
    assert refused.status == 400
    assert refused.document["error"]["param"] == param
    assert refused.document["error"]["message"].startswith(text)


def test_the_version_of_now_has_the_forms_of_now(send: Send, coupon: str) -> None:
    """From Clover on `coupon` is unknown."""
    refused = send("POST", "/v1/promotion_codes", CLOVER, coupon=coupon).document["error"]
    assert (refused["code"], refused["param"]) == ("parameter_unknown", "coupon")


def test_a_subscription_had_a_period_and_a_coupon(
    send: Send, client: stripe.StripeClient, price: str, coupon: str
) -> None:
    """Until Basil: the period of its items was its own, and `coupon` took one."""
    customer = client.v1.customers.create({}).id
    params = {"customer": customer, "items[0][price]": price}
    made = send("POST", "/v1/subscriptions", ACACIA, coupon=coupon, **params).document
    item = made["items"]["data"][0]
    assert made["current_period_end"] == item["current_period_end"]
    assert made["current_period_start"] == item["current_period_start"]
    expand: Any = {"expand": ["discounts"]}
    (discount,) = client.v1.subscriptions.retrieve(made["id"], expand)["discounts"]
    assert discount["source"]["coupon"] == coupon
    now = send("GET", f"/v1/subscriptions/{made['id']}", BASIL).document
    assert "current_period_end" not in now
    path = f"/v1/subscriptions/{made['id']}"
    assert send("POST", path, ACACIA, coupon="").document["discounts"] == []
    both = send("POST", path, ACACIA, **{"coupon": coupon, "discounts[0][coupon]": coupon})
    assert both.status == 400


@pytest.mark.parametrize("path", ["/v1/prices", "/v1/plans"])
def test_metered_prices_had_no_meters(send: Send, product: str, path: str) -> None:
    """Until Basil they could be made without one; subscriptions take them no longer."""
    recurring = {"interval": "month", "usage_type": "metered"}
    params: dict[str, object] = {"product": product, "currency": "usd"}
    if path == "/v1/prices":
        params |= {f"recurring[{name}]": word for name, word in recurring.items()}
        params["unit_amount"] = 5
    else:
        params |= {**recurring, "amount": 5}
    assert send("POST", path, BASIL, **params).status == 400
    made = send("POST", path, ACACIA, **params)
    assert made.status == 200
    customer = send("POST", "/v1/customers", ACACIA).document["id"]
    wanted = {"customer": customer, "items[0][price]": made.document["id"]}
    assert send("POST", "/v1/subscriptions", ACACIA, **wanted).status == 200
    assert send("POST", "/v1/subscriptions", BASIL, **wanted).status == 400


@pytest.mark.parametrize(("path", "inside"), [("/v1/prices", True), ("/v1/plans", False)])
def test_metered_usage_added_up_in_a_way(
    send: Send, product: str, path: str, *, inside: bool
) -> None:
    """Until Basil: `aggregate_usage` of prices and plans, by default a sum, null for others."""

    def params(**rhythm: str) -> dict[str, object]:
        amount = {"unit_amount" if inside else "amount": 5}
        rhythm = {"interval": "month", **rhythm}
        if inside:
            rhythm = {f"recurring[{name}]": word for name, word in rhythm.items()}
        return {"product": product, "currency": "usd", **amount, **rhythm}

    def usage(document: dict[str, Any], *, price: bool) -> Any:
        return (document["recurring"] if price else document)["aggregate_usage"]

    made = send("POST", path, ACACIA, **params(usage_type="metered", aggregate_usage="max"))
    assert usage(made.document, price=inside) == "max"
    id = made.document["id"]
    for other, price in (("/v1/prices", True), ("/v1/plans", False)):
        assert usage(send("GET", f"{other}/{id}", ACACIA).document, price=price) == "max"
        changed = send("POST", f"{other}/{id}", ACACIA, nickname=other).document
        assert usage(changed, price=price) == "max"
        listed = send("GET", other, ACACIA, product=product).document["data"]
        assert [usage(one, price=price) for one in listed] == ["max"]
        assert b"aggregate_usage" not in send("GET", f"{other}/{id}", BASIL).body
    summed = send("POST", path, ACACIA, **params(usage_type="metered")).document
    assert usage(summed, price=inside) == "sum"
    assert usage(send("POST", path, ACACIA, **params()).document, price=inside) is None


@pytest.mark.parametrize(
    ("version", "usage_type", "word", "code", "text"),
    [
        (ACACIA, "metered", "most", None, "must be one of last_during_period, last_ever, max, or"),
        (ACACIA, "licensed", "sum", None, "can only be set when `usage_type` is `metered`."),
        (BASIL, "metered", "sum", "parameter_unknown", "Received unknown parameter: recurring["),
    ],
)
def test_how_usage_adds_up_is_checked(
    send: Send, product: str, version: str, usage_type: str, word: str, code: str | None, text: str
) -> None:
    """It had four words, was for metered prices, and is no more since Basil."""
    rhythm = {"interval": "month", "usage_type": usage_type, "aggregate_usage": word}
    params: dict[str, object] = {"product": product, "currency": "usd", "unit_amount": 5}
    params |= {f"recurring[{name}]": value for name, value in rhythm.items()}
    refused = send("POST", "/v1/prices", version, **params)
    error = refused.document["error"]
    assert (refused.status, error.get("code")) == (400, code)
    assert error["param"] == "recurring[aggregate_usage]"
    assert text in error["message"]


def test_a_product_had_features(send: Send) -> None:
    """Until 2024-04-10; since then they are `marketing_features`."""
    old, new = "2023-10-16", "2024-04-10"
    made = send("POST", "/v1/products", old, name="Pro", **{"features[0][name]": "Fast"}).document
    assert made["features"] == [{"name": "Fast"}]
    assert "marketing_features" not in made
    path = f"/v1/products/{made['id']}"
    now = send("GET", path, new).document
    assert now["marketing_features"] == [{"name": "Fast"}]
    assert "features" not in now
    assert send("POST", path, old, features="").document["features"] == []
    long = send("POST", path, old, **{"features[0][name]": "x" * 81}).document["error"]
    assert long["param"] == "features[0][name]"
    for version, other in ((old, "marketing_features"), (new, "features")):
        refused = send("POST", path, version, **{f"{other}[0][name]": "Fast"}).document["error"]
        assert (refused["code"], refused["param"]) == ("parameter_unknown", other)


def test_what_else_older_versions_had_is_refused(send: Send) -> None:
    """With the names of both versions, so that the reason is plain."""
    refused = send("POST", "/v1/products", ACACIA, name="X", attributes="size").document["error"]
    assert refused["code"] == "parameter_unknown"
    assert ACACIA in refused["message"]


def test_events_have_the_form_of_now(send: Send, coupon: str) -> None:
    """They are rendered in the account's version, whatever the request asked for (D)."""
    send("POST", "/v1/promotion_codes", BASIL, coupon=coupon)
    (event,) = send("GET", "/v1/events", BASIL, type="promotion_code.created").document["data"]
    assert event["data"]["object"]["promotion"] == {"type": "coupon", "coupon": coupon}
