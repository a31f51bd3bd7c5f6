"""The history of every object that requests made."""

from __future__ import annotations

import stripe

from engine.emulator.accounts.keys import account_id
from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request


def send(emulator: Emulator, form: str, *, key: str = "", path: str = "/v1/products") -> None:
    """Send a form, with an idempotency key if one is given."""
    headers = {"Authorization": "Bearer sk_test_alpha"}
    if key:
        headers["Idempotency-Key"] = key
    emulator.handle(Request.to("POST", path, headers, form))


def test_it_tells_what_was_made(emulator: Emulator, client: stripe.StripeClient) -> None:
    """Type, id, parameters, key and request of each, oldest first."""
    options: stripe.RequestOptions = {"idempotency_key": "k"}
    product = client.v1.products.create({"name": "Pro", "metadata": {"a": "b"}}, options)
    coupon = client.v1.coupons.create({"percent_off": 10, "id": "ten"})
    first, second = emulator.history
    assert (first.object, first.id, first.key) == ("product", product.id, "k")
    assert first.params == {"name": "Pro", "metadata": {"a": "b"}}
    assert product.last_response is not None
    assert first.request_id == product.last_response.request_id
    assert (first.caller.account, first.caller.livemode) == (account_id("alpha"), False)
    assert (second.object, second.id, second.alive) == ("coupon", coupon.id, True)
    assert len(emulator.history) == 2


def test_it_tells_what_is_there_now(emulator: Emulator, client: stripe.StripeClient) -> None:
    """A deleted object is not alive, even if Stripe still returns it; an archived one is."""
    product = client.v1.products.create({"name": "Pro"})
    customer = client.v1.customers.create({})
    archived = client.v1.products.create({"name": "Old"})
    made = list(emulator.history)
    client.v1.products.delete(product.id)
    client.v1.customers.delete(customer.id)
    client.v1.products.update(archived.id, {"active": False})
    assert [one.alive for one in made] == [True, True, True]
    assert [one.alive for one in emulator.history] == [False, False, True]


def test_it_tells_what_was_made_inside(emulator: Emulator, client: stripe.StripeClient) -> None:
    """A product's first price is an object of its own."""
    client.v1.products.create(
        {"name": "Pro", "default_price_data": {"currency": "usd", "unit_amount": 100}}
    )
    assert {made.object for made in emulator.history} == {"product", "price"}
    assert len({made.request_id for made in emulator.history}) == 1


def test_it_leaves_out_what_never_was(emulator: Emulator) -> None:
    """Refusals, undone creates, replays and seeds are not in it."""
    emulator.seed("product", {"name": "Seeded"}, key="sk_test_alpha")
    send(emulator, "name=")
    send(emulator, "product=prod_x&currency=usd&unit_amount=1", path="/v1/prices", key="a")
    # The product inside is made first, and undone when the price fails.
    send(
        emulator,
        "currency=usd&unit_amount=1&product_data[name]=Pro&lookup_key=x",
        path="/v1/prices",
        key="b",
    )
    send(
        emulator,
        "currency=usd&unit_amount=1&product_data[name]=Pro&lookup_key=x",
        path="/v1/prices",
        key="c",
    )
    for _ in range(3):
        send(emulator, "name=Pro", key="d")
    assert [(made.object, made.key) for made in emulator.history] == [
        ("product", "b"),
        ("price", "b"),
        ("product", "d"),
    ]


def test_writing_over_makes_nothing(emulator: Emulator, client: stripe.StripeClient) -> None:
    """A secret of the same name is the same object."""
    for payload in ("one", "two"):
        client.v1.apps.secrets.create(
            {"name": "token", "payload": payload, "scope": {"type": "account"}}
        )
    assert [made.params["payload"] for made in emulator.history] == ["one"]


def test_it_outlasts_the_log(emulator: Emulator, client: stripe.StripeClient) -> None:
    """It keeps what the log has dropped; only a reset clears it."""
    client.v1.products.create({"name": "Pro"})
    emulator.log.clear()
    assert len(emulator.history) == 1
    emulator.reset()
    assert list(emulator.history) == []
