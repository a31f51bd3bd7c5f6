"""Connected accounts through both doors: what Stripe documents of Connect's headers."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.doors.transport import InProcessTransport

KEY = "sk_test_contract"
Open = Callable[[str], stripe.StripeClient]
HERE: stripe.RequestOptions = {}


def connect(client: stripe.StripeClient) -> str:
    """Make a connected account."""
    return client.v1.accounts.create({"type": "custom", "country": "US"}).id


def names(found: stripe.ListObject[stripe.Product]) -> list[str]:
    """Names of the products in a list."""
    return [one.name for one in found.data]


@pytest.mark.parametrize("option", ["stripe_account", "stripe_context"])
def test_requests_act_in_the_account_that_they_name(
    client: stripe.StripeClient, option: str
) -> None:
    """One account for each; the client's own is untouched."""
    first, second = connect(client), connect(client)
    for account in (first, second):
        options: Any = {option: account}
        made = client.v1.products.create({"name": account, "id": "pro"}, options)
        assert made.last_response is not None
        assert made.last_response.headers["Stripe-Account"] == account
        assert names(client.v1.products.list({}, options)) == [account]
    assert names(client.v1.products.list()) == []
    listed = {one.id for one in client.v1.accounts.list().data}
    assert listed == {first, second}


def test_a_context_of_the_sdk_is_a_path(client: stripe.StripeClient) -> None:
    """Built from its segments, or parsed."""
    account = connect(client)
    context = stripe.StripeContext.parse(account)
    client.v1.products.create({"name": "There"}, {"stripe_context": context})
    own = client.v1.accounts.retrieve_current().id
    below = stripe.StripeContext.parse(own).push(account)
    assert names(client.v1.products.list({}, {"stripe_context": below})) == ["There"]
    assert names(client.v1.products.list({}, {"stripe_context": own})) == []


def test_an_account_that_is_not_connected_is_refused(client: stripe.StripeClient) -> None:
    """With Stripe's words, as a permission error."""
    gone = connect(client)
    client.v1.accounts.delete(gone)
    for account in (gone, "acct_1032D82eZvKYlo2C"):
        for option in ("stripe_account", "stripe_context"):
            options: Any = {option: account}
            with pytest.raises(stripe.PermissionError) as caught:
                client.v1.products.create({"name": "Lost"}, options)
            assert caught.value.http_status == 403
            assert caught.value.error is not None
            assert caught.value.error.code == "account_invalid"
            assert caught.value.user_message == (
                f"The provided key 'sk_test_***' does not have access to account '{account}' (or "
                "that account does not exist). Application access may have been revoked."
            )
    assert names(client.v1.products.list()) == []


def test_natural_keys_are_each_accounts_own(client: stripe.StripeClient) -> None:
    """Chosen ids, lookup keys, codes and the default portal."""
    account = connect(client)
    options: stripe.RequestOptions = {"stripe_account": account}
    portal: Any = {"features": {"invoice_history": {"enabled": True}}}
    for place in (HERE, options):
        v1 = client.v1
        product = v1.products.create({"name": "Pro"}, place)
        price = v1.prices.create(
            {"product": product.id, "currency": "usd", "unit_amount": 1, "lookup_key": "monthly"},
            place,
        )
        v1.coupons.create({"id": "TEN", "percent_off": 10}, place)
        promotion: Any = {"promotion": {"type": "coupon", "coupon": "TEN"}, "code": "HELLO"}
        v1.promotion_codes.create(promotion, place)
        found = v1.prices.list({"lookup_keys": ["monthly"]}, place)
        assert [one.id for one in found.data] == [price.id]
        assert v1.billing_portal.configurations.create(portal, place).is_default is True
        with pytest.raises(stripe.InvalidRequestError, match="already exists"):
            v1.coupons.create({"id": "TEN", "percent_off": 10}, place)
    client.v1.coupons.delete("TEN", {}, options)
    assert client.v1.coupons.retrieve("TEN").percent_off == 10


def test_references_stay_within_an_account(client: stripe.StripeClient) -> None:
    """What the platform has does not exist for a connected account, and the other way round."""
    account = connect(client)
    options: stripe.RequestOptions = {"stripe_account": account}
    here = client.v1.products.create({"name": "Here"}).id
    there = client.v1.products.create({"name": "There"}, options).id
    for product, place in ((here, options), (there, HERE)):
        missing = f"No such product: '{product}'"
        price: Any = {"product": product, "currency": "usd", "unit_amount": 1}
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.prices.create(price, place)
        assert (caught.value.code, caught.value.user_message) == ("resource_missing", missing)
        assert (caught.value.http_status, caught.value.param) == (400, "product")
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.products.update(product, {"name": "X"}, place)
        assert (caught.value.http_status, caught.value.user_message) == (404, missing)
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.prices.list({"product": product}, place)
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.products.list({"starting_after": product}, place)


def test_an_idempotency_key_is_each_accounts_own(client: stripe.StripeClient) -> None:
    """The same key makes one object in each account, and replays there."""
    first, second = connect(client), connect(client)
    ids = set()
    for account in (None, first, second):
        options: stripe.RequestOptions = {"idempotency_key": "k", "stripe_account": account}
        made = client.v1.products.create({"name": "Pro"}, options)
        again = client.v1.products.create({"name": "Pro"}, options)
        assert again.id == made.id
        assert again.last_response is not None
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        ids.add(made.id)
    assert len(ids) == 3


def test_singletons_are_each_accounts_own(client: stripe.StripeClient) -> None:
    """The settings of one account say nothing of another's."""
    options: stripe.RequestOptions = {"stripe_account": connect(client)}
    office: Any = {"address": {"country": "DE"}}
    client.v1.tax.settings.update({"head_office": office}, options)
    there = client.v1.tax.settings.retrieve({}, options)
    assert there.head_office is not None
    assert client.v1.tax.settings.retrieve().head_office is None
    registration: Any = {
        "country": "DE",
        "active_from": "now",
        "country_options": {
            "de": {"type": "standard", "standard": {"place_of_supply_scheme": "standard"}}
        },
    }
    assert client.v1.tax.registrations.create(registration, options).country == "DE"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.tax.registrations.create(registration)


def test_an_account_reads_itself(client: stripe.StripeClient) -> None:
    """`/v1/account` with the header is the account that the platform reads by its id."""
    account = connect(client)
    options: stripe.RequestOptions = {"stripe_account": account}
    itself = client.v1.accounts.retrieve_current({}, options)
    assert itself.to_dict() == client.v1.accounts.retrieve(account).to_dict()
    assert client.v1.accounts.retrieve_current().id != account


def test_platforms_do_not_see_each_other(door: Open) -> None:
    """An account is connected to the key that made it, and is not there for another."""
    mine, yours = door("sk_test_mine"), door("sk_test_yours")
    options: stripe.RequestOptions = {"stripe_account": connect(mine)}
    mine.v1.products.create({"name": "Mine"}, options)
    with pytest.raises(stripe.PermissionError):
        yours.v1.products.list({}, options)
    assert yours.v1.accounts.list().data == []


def test_accounts_survive_in_a_file(tmp_path: Any) -> None:
    """Their objects and their idempotency keys too."""
    place = tmp_path / "stripe.db"
    with Emulator(place) as first:
        client = stripe.StripeClient(KEY, http_client=InProcessTransport(first))
        account = connect(client)
        options: stripe.RequestOptions = {"stripe_account": account, "idempotency_key": "k"}
        made = client.v1.products.create({"name": "There"}, options)
    with Emulator(place) as second:
        client = stripe.StripeClient(KEY, http_client=InProcessTransport(second))
        assert client.v1.products.create({"name": "There"}, options).id == made.id
        assert names(client.v1.products.list({}, {"stripe_account": account})) == ["There"]
        assert names(client.v1.products.list()) == []


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("Stripe-Account: {0}", 200),
        ("stripe-account:{0}", 200),
        ("STRIPE-CONTEXT:  {0}  ", 200),
        ("Stripe-Account: {0}\r\nStripe-Context: {0}", 200),
        ("Stripe-Account: {0}\r\nStripe-Context: {1}", 400),
        ("Stripe-Account: {0}\r\nStripe-Account: {1}", 403),
        ("Stripe-Account:", 403),
        ("Stripe-Context:", 403),
        ("Stripe-Account: {0};", 403),
        ("Stripe-Account: ${{stripe_account.shop.id}}", 403),
    ],
)
def test_headers_on_the_wire(
    emulator: Emulator, server: EmulatorServer, lines: str, status: int
) -> None:
    """In any case and with white space; what names no account, or several, does nothing."""
    accounts = [emulator.seed("account", {}, key=KEY)["id"] for _ in range(2)]
    head = (
        "POST /v1/products HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Length: 8\r\n{lines.format(*accounts)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"{head}name=Pro".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert (f"\r\nStripe-Account: {accounts[0]}\r\n".encode() in answer) is (status == 200)
    made = [one.account for one in emulator.history]
    assert made == ([accounts[0]] if status == 200 else [])
