"""Lists: order, pages, cursors, filters, and what is expanded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request
from tests.support.clock import Clock

Refused = Callable[..., stripe.StripeError]


@pytest.fixture
def products(client: stripe.StripeClient, clock: Clock[int]) -> list[str]:
    """Ids of twelve products, one a second, oldest first."""
    made = []
    for number in range(12):
        made.append(client.v1.products.create({"name": f"P{number}"}).id)
        clock.now += 1
    return made


@pytest.fixture
def listed(client: stripe.StripeClient) -> Callable[..., list[str]]:
    """List products, and return their ids."""

    def run(**params: Any) -> list[str]:
        return [one.id for one in client.v1.products.list(params).data]  # type: ignore[arg-type]

    return run


def test_lists_have_stripes_envelope(emulator: Emulator) -> None:
    """An empty list is an object with four fields."""
    request = Request.to("GET", "/v1/products?limit=3", {"Authorization": "Bearer sk_test_alpha"})
    assert emulator.handle(request).document == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": "/v1/products",
    }


@pytest.mark.parametrize(
    ("limit", "count", "more"),
    [(None, 10, True), (0, 1, True), (1, 1, True), (12, 12, False), (101, 12, False)],
)
def test_limits_are_clamped(
    client: stripe.StripeClient, products: list[str], *, limit: int | None, count: int, more: bool
) -> None:
    """Ten by default, at least one, at most a hundred; newest first."""
    params: Any = {} if limit is None else {"limit": limit}
    page = client.v1.products.list(params)
    assert [one.id for one in page.data] == products[::-1][:count]
    assert page.has_more is more


def test_a_hundred_and_one_are_two_pages(client: stripe.StripeClient) -> None:
    """101 acts as 100."""
    for number in range(101):
        client.v1.coupons.create({"id": f"c{number}", "percent_off": 1})
    page = client.v1.coupons.list({"limit": 101})
    assert (len(page.data), page.has_more) == (100, True)


def test_cursors_walk_both_ways(
    client: stripe.StripeClient, products: list[str], listed: Callable[..., list[str]]
) -> None:
    """Each direction gives the objects nearest to the cursor, newest first."""
    newest_first = products[::-1]
    middle = newest_first[5]
    assert listed(starting_after=middle, limit=3) == newest_first[6:9]
    assert listed(ending_before=middle, limit=3) == newest_first[2:5]
    assert client.v1.products.list({"ending_before": middle, "limit": 3}).has_more is True
    assert client.v1.products.list({"ending_before": middle, "limit": 5}).has_more is False
    assert client.v1.products.list({"starting_after": products[1]}).has_more is False


def test_the_sdk_pages_through_everything(client: stripe.StripeClient, products: list[str]) -> None:
    """Auto-paging sees each object once."""
    walked = client.v1.products.list({"limit": 5}).auto_paging_iter()
    assert [one.id for one in walked] == products[::-1]


def test_cursors_are_one_and_known(
    client: stripe.StripeClient, products: list[str], refused: Refused
) -> None:
    """Two cursors, or one that names nothing, are refused."""
    both = {"starting_after": products[0], "ending_before": products[1]}
    assert refused(client.v1.products.list, both).http_status == 400
    error = refused(client.v1.products.list, {"starting_after": "prod_x"})
    assert (error.http_status, error.code) == (400, "resource_missing")
    assert error.user_message == "No such product: 'prod_x'"
    assert error.param == "starting_after"  # type: ignore[attr-defined]


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_a_cursor_does_not_go_with_ids(
    client: stripe.StripeClient, products: list[str], refused: Refused, cursor: str
) -> None:
    """Stripe takes one of them only, so one page has to hold all of them."""
    error = refused(client.v1.products.list, {"ids": products, cursor: products[0]})
    message = f"You may only specify one of these parameters: ids, {cursor}."
    assert (error.http_status, error.user_message) == (400, message)
    assert error.param == "ids"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"limit": "many"}, "Invalid integer: many"),
        (
            {"limit": -1},
            "This value must be greater than or equal to 1 (it currently is '-1').",
        ),
        ({"colour": "red"}, "Received unknown parameter: colour"),
        ({"ids": "prod_1"}, "Invalid array"),
        ({"created": {"near": 1}}, "Received unknown parameter: created[near]"),
        ({"active": "perhaps"}, "Invalid boolean: perhaps"),
    ],
)
def test_malformed_filters_are_refused(
    client: stripe.StripeClient, refused: Refused, params: dict[str, Any], message: str
) -> None:
    """Filters are typed like any parameter."""
    assert refused(client.v1.products.list, params).user_message == message


def test_products_are_filtered(
    client: stripe.StripeClient, products: list[str], listed: Callable[..., list[str]]
) -> None:
    """By id, flag, text and time of creation."""
    update = client.v1.products.update
    update(products[0], {"active": False, "shippable": True, "url": "https://example.com"})
    assert listed(active=False) == [products[0]]
    assert len(listed(active=True, limit=100)) == 11
    assert listed(shippable=True) == [products[0]]
    assert listed(url="https://example.com") == [products[0]]
    assert listed(ids=[products[2], "prod_x", products[1]]) == [products[2], products[1]]
    start = 1_800_000_000
    assert listed(created=start + 3) == [products[3]]
    assert listed(created={"gte": start + 3, "lt": start + 5}) == [products[4], products[3]]
    assert listed(created={"gt": start + 10}) == [products[11]]
    assert listed(type="good") == []


def test_prices_are_filtered(
    client: stripe.StripeClient, products: list[str], refused: Refused
) -> None:
    """Active ones by default; by product, key, currency, type and rhythm."""
    create = client.v1.prices.create

    def ids(**params: Any) -> list[str]:
        return [one.id for one in client.v1.prices.list(params).data]  # type: ignore[arg-type]

    once = create({"product": products[0], "currency": "usd", "unit_amount": 1}).id
    month = create(
        {
            "product": products[1],
            "currency": "eur",
            "unit_amount": 1,
            "lookup_key": "m",
            "recurring": {"interval": "month"},
        }
    ).id
    assert ids() == [month, once]
    assert ids(product=products[0]) == [once]
    assert ids(lookup_keys=["m", "n"]) == [month]
    assert ids(currency="eur") == [month]
    assert ids(type="one_time") == [once]
    assert ids(recurring={"interval": "month"}) == [month]
    assert ids(recurring={"interval": "year"}) == []
    client.v1.prices.update(month, {"active": False})
    assert ids() == [once]
    assert ids(active=False) == ids(active=False, lookup_keys=["m"]) == [month]
    assert ids(lookup_keys=["m"]) == []
    assert refused(client.v1.prices.list, {"product": "prod_x"}).code == "resource_missing"


def test_promotion_codes_are_filtered(client: stripe.StripeClient) -> None:
    """By code, whatever its case, by coupon and by whether they are active."""
    coupons = [client.v1.coupons.create({"percent_off": 1}).id for _ in range(2)]
    codes = [
        client.v1.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon}, "code": f"Code{number}"}
        ).id
        for number, coupon in enumerate(coupons)
    ]

    def ids(**params: Any) -> list[str]:
        return [one.id for one in client.v1.promotion_codes.list(params).data]  # type: ignore[arg-type]

    assert ids(code="CODE1") == [codes[1]]
    assert ids(coupon=coupons[0]) == [codes[0]]
    client.v1.promotion_codes.update(codes[0], {"active": False})
    assert ids(active=True) == [codes[1]]
    assert ids(code="code0", active=True) == []


def test_expanding_goes_through_objects(client: stripe.StripeClient, products: list[str]) -> None:
    """Ids become objects, their ids too, in single responses and in lists."""
    price = client.v1.prices.create(
        {"product": products[0], "currency": "usd", "unit_amount": 1}
    ).id
    client.v1.products.update(products[0], {"default_price": price})
    seen = client.v1.prices.retrieve(
        price, {"expand": ["product.default_price.currency_options", "currency_options"]}
    )
    assert isinstance(seen.product, stripe.Product)
    inner = seen.product.default_price
    assert isinstance(inner, stripe.Price)
    assert inner.product == products[0]
    assert "currency_options" in inner.to_dict()
    page = client.v1.prices.list({"expand": ["data.product", "data.currency_options"]})
    assert isinstance(page.data[0].product, stripe.Product)
    assert "currency_options" in page.data[0].to_dict()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nickname", "This property cannot be expanded (nickname)."),
        ("frob", "This property cannot be expanded (frob)."),
        ("metadata", "This property cannot be expanded (metadata)."),
        ("product.name", "This property cannot be expanded (product.name)."),
        ("data.product", "This property cannot be expanded (data.product)."),
    ],
)
def test_unknown_paths_cannot_be_expanded(
    client: stripe.StripeClient, products: list[str], refused: Refused, path: str, message: str
) -> None:
    """The text quotes the path, without code and param, and nothing is made."""
    params = {
        "product": products[0],
        "currency": "usd",
        "unit_amount": 1,
        "expand": [path],
    }
    error = refused(client.v1.prices.create, params)
    assert (error.http_status, error.user_message, error.code) == (400, message, None)
    assert client.v1.prices.list().data == []


def test_lists_expand_behind_data(client: stripe.StripeClient, refused: Refused) -> None:
    """A path without `data.` is refused, with a hint where it would have been right."""
    assert refused(client.v1.prices.list, {"expand": ["product"]}).user_message == (
        "This property cannot be expanded (product). You may want to try expanding 'data.product' "
        "instead."
    )
    assert refused(client.v1.prices.list, {"expand": ["frob"]}).user_message == (
        "This property cannot be expanded (frob)."
    )


def test_four_levels_are_the_most(client: stripe.StripeClient, refused: Refused) -> None:
    """A deeper path is refused."""
    deep = "product.default_price.product.default_price.product"
    error = refused(client.v1.prices.retrieve, "price_x", {"expand": [deep]})
    assert (error.http_status, error.code) == (400, "property_expansion_max_depth")


def test_expand_is_a_list(client: stripe.StripeClient, refused: Refused) -> None:
    """A single string is refused."""
    error = refused(client.v1.products.list, {"expand": "data.default_price"})
    assert error.user_message == "Invalid array"
