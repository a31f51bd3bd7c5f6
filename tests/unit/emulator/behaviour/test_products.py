"""Products: ids, default prices, updates, and what prevents a delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.emulator.wire.messages import Request
from tests.support.clock import Clock

Refused = Callable[..., stripe.StripeError]


def test_a_new_product_is_filled_in(emulator: Emulator) -> None:
    """The response has every field, with the values that Stripe fills in."""
    request = Request.to(
        "POST", "/v1/products", {"Authorization": "Bearer sk_test_alpha"}, "name=Pro"
    )
    document = emulator.handle(request).document
    assert document.pop("id").startswith("prod_")
    assert document == {
        "object": "product",
        "active": True,
        "created": 1_800_000_000,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": "Pro",
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": "service",
        "unit_label": None,
        "updated": 1_800_000_000,
        "url": None,
    }


def test_an_id_may_be_chosen_once(client: stripe.StripeClient, refused: Refused) -> None:
    """A chosen id that is taken is refused without a param."""
    assert client.v1.products.create({"id": "pro", "name": "Pro"}).id == "pro"
    error = refused(client.v1.products.create, {"id": "pro", "name": "Other"})
    assert (error.http_status, error.code) == (400, "resource_already_exists")
    assert error.user_message == "Product already exists."


def test_a_deleted_id_is_free_again(client: stripe.StripeClient) -> None:
    """The id of a deleted product is free."""
    client.v1.products.create({"id": "pro", "name": "Pro"})
    client.v1.products.delete("pro")
    assert client.v1.products.create({"id": "pro", "name": "Pro"}).id == "pro"


def test_updates_merge_metadata(client: stripe.StripeClient, product: str) -> None:
    """Keys are added, replaced and, with an empty string, removed."""
    client.v1.products.update(product, {"metadata": {"a": "1", "b": "2"}})
    after = client.v1.products.update(product, {"metadata": {"b": "", "c": "3"}})
    assert after.metadata.to_dict() == {"a": "1", "c": "3"}
    cleared = client.v1.products.update(product, {"metadata": ""})
    assert cleared.metadata.to_dict() == {}


def test_an_empty_string_clears(client: stripe.StripeClient, product: str) -> None:
    """Where the parameter allows it, '' unsets a field."""
    full: dict[str, Any] = {
        "description": "d",
        "images": ["https://example.com/a.png"],
        "package_dimensions": {"height": 1, "length": 2, "weight": 3, "width": 4.5},
        "unit_label": "seat",
        "url": "https://example.com",
        "marketing_features": [{"name": "fast"}],
        "tax_code": "txcd_10000000",
        "shippable": True,
    }
    client.v1.products.update(product, full)  # type: ignore[arg-type]
    after = client.v1.products.update(product, dict.fromkeys(full, ""))  # type: ignore[arg-type]
    assert {name: after[name] for name in full} == {
        **dict.fromkeys(full),
        "images": [],
        "marketing_features": [],
    }


def test_lists_are_replaced(client: stripe.StripeClient, product: str) -> None:
    """A list that is sent replaces the old one."""
    client.v1.products.update(product, {"marketing_features": [{"name": "a"}, {"name": "b"}]})
    after = client.v1.products.update(product, {"marketing_features": [{"name": "c"}]})
    assert [feature.name for feature in after.marketing_features] == ["c"]


def test_updated_moves_with_changes_only(
    client: stripe.StripeClient, product: str, clock: Clock[int]
) -> None:
    """An update that changes nothing leaves the time of the last one."""
    clock.now += 10
    assert client.v1.products.update(product, {"name": "Pro"}).updated == clock.now - 10
    assert client.v1.products.update(product, {"name": "More"}).updated == clock.now


@pytest.mark.parametrize("param", ["type", "id", "default_price_data"])
def test_create_only_parameters_are_unknown_to_updates(
    client: stripe.StripeClient, product: str, refused: Refused, param: str
) -> None:
    """Stripe does not know a parameter where it cannot be changed."""
    value = {"currency": "usd"} if param == "default_price_data" else "service"
    error = refused(client.v1.products.update, product, {param: value})
    assert error.user_message == f"Received unknown parameter: {param}"


def test_a_default_price_comes_along(client: stripe.StripeClient) -> None:
    """`default_price_data` makes a price of the new product and points to it."""
    data: dict[str, Any] = {
        "currency": "usd",
        "unit_amount": 500,
        "recurring": {"interval": "month"},
    }
    made = client.v1.products.create(
        {"name": "Pro", "default_price_data": data, "expand": ["default_price"]}  # type: ignore[typeddict-item]
    )
    price = made.default_price
    assert isinstance(price, stripe.Price)
    assert (price.product, price.unit_amount, price.active) == (made.id, 500, True)


def test_refusals_of_inner_parameters_name_them_as_sent(
    client: stripe.StripeClient, refused: Refused
) -> None:
    """A refusal of the price names the product's parameter, and nothing is made."""
    data = {
        "currency": "usd",
        "unit_amount": 5,
        "recurring": {"interval": "month", "interval_count": 99},
    }
    error = refused(
        client.v1.products.create, {"id": "pro", "name": "Pro", "default_price_data": data}
    )
    assert error.param == "default_price_data[recurring][interval_count]"  # type: ignore[attr-defined]
    assert client.v1.products.list().data == []


def test_the_default_price_is_an_active_one_of_the_product(
    client: stripe.StripeClient, product: str, refused: Refused
) -> None:
    """Missing, foreign and archived prices are refused."""
    own = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1}).id
    other = client.v1.products.create({"name": "Other"}).id
    foreign = client.v1.prices.create({"product": other, "currency": "usd", "unit_amount": 1}).id
    update = client.v1.products.update
    missing = refused(update, product, {"default_price": "price_x"})
    assert (missing.http_status, missing.code) == (400, "resource_missing")
    assert missing.user_message == "No such price: 'price_x'"
    assert foreign in str(refused(update, product, {"default_price": foreign}).user_message)
    client.v1.prices.update(own, {"active": False})
    assert refused(update, product, {"default_price": own}).user_message == (
        "The price specified is inactive. This field only accepts active prices."
    )
    client.v1.prices.update(own, {"active": True})
    assert update(product, {"default_price": own}).default_price == own
    assert update(product, {"default_price": ""}).default_price is None


def test_a_product_with_any_price_stays(
    client: stripe.StripeClient, product: str, refused: Refused
) -> None:
    """An archived price keeps its product from being deleted too."""
    price = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1}).id
    client.v1.prices.update(price, {"active": False})
    error = refused(client.v1.products.delete, product)
    assert (error.http_status, error.code) == (400, None)
    assert error.user_message == (
        "This product cannot be deleted because it has one or more user-created prices."
    )


def test_a_deleted_product_is_gone(
    client: stripe.StripeClient, product: str, refused: Refused
) -> None:
    """The delete returns the id, and a read finds nothing."""
    gone = client.v1.products.delete(product)
    assert gone.to_dict() == {"id": product, "object": "product", "deleted": True}
    for call in (client.v1.products.retrieve, client.v1.products.delete):
        error = refused(call, product)
        assert (error.http_status, error.code) == (404, "resource_missing")
        assert error.user_message == f"No such product: '{product}'"
        assert error.param == "id"  # type: ignore[attr-defined]


def test_archiving_leaves_prices_active(client: stripe.StripeClient, product: str) -> None:
    """An archived product keeps its default price, active, and takes new prices."""
    price = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1}).id
    client.v1.products.update(product, {"default_price": price})
    assert client.v1.products.update(product, {"active": False}).active is False
    assert client.v1.prices.retrieve(price).active is True
    client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 2})


@pytest.mark.parametrize(
    ("descriptor", "message"),
    [
        ("a<b", "The statement descriptor cannot include <."),
        ("it's", "The statement descriptor cannot include '."),
        ("123", "The statement descriptor must contain at least one Latin character."),
        ("x" * 23, f"Invalid string: {'x' * 23}; must be at most 22 characters"),
    ],
)
def test_statement_descriptors_have_a_form(
    client: stripe.StripeClient, refused: Refused, descriptor: str, message: str
) -> None:
    """Bank statements take few characters."""
    params = {"name": "Pro", "statement_descriptor": descriptor}
    assert refused(client.v1.products.create, params).user_message == message


def test_keys_of_the_other_mode_are_told_apart(
    client: stripe.StripeClient,
    client_for: Callable[[str], stripe.StripeClient],
    product: str,
    refused: Refused,
) -> None:
    """An id of the other mode is missing, with a hint at the key."""
    live = client_for("sk_live_alpha")
    error = refused(live.v1.products.retrieve, product)
    assert error.http_status == 404
    assert error.user_message == (
        f"No such product: '{product}'; a similar object exists in test mode, but a live mode key "
        "was used to make this request."
    )
    made = live.v1.products.create({"name": "Live"})
    assert made.livemode is True
    mirrored = refused(
        client.v1.prices.create, {"product": made.id, "currency": "usd", "unit_amount": 1}
    )
    assert mirrored.http_status == 400
    assert str(mirrored.user_message).endswith(
        "; a similar object exists in live mode, but a test mode key was used to make this request."
    )


def test_another_account_sees_nothing(
    client_for: Callable[[str], stripe.StripeClient], product: str, refused: Refused
) -> None:
    """Keys with another ending speak for another account."""
    error = refused(client_for("sk_test_beta").v1.products.retrieve, product)
    assert error.user_message == f"No such product: '{product}'"


def test_ids_repeat_with_the_seed() -> None:
    """The same seed makes the same ids."""

    def first_id() -> str:
        with Emulator(seed=3) as emulator:
            client = stripe.StripeClient(
                "sk_test_alpha", http_client=InProcessTransport(emulator), max_network_retries=0
            )
            return client.v1.products.create({"name": "Pro"}).id

    assert first_id() == first_id()
