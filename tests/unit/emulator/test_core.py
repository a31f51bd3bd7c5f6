"""Objects that are there without a request having made them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.wire.errors import StripeRefusal

KEY = "sk_test_alpha"


def test_many_are_there_at_once(emulator: Emulator, client: stripe.StripeClient) -> None:
    """In the order given, so that lists begin with the last; each is as one seed makes it."""
    many = [{"id": f"prod_{number}", "name": f"p{number}"} for number in range(250)]
    assert emulator.seed_many("product", many, key=KEY) == [one["id"] for one in many]
    pages = client.v1.products.list({"limit": 100}).auto_paging_iter()
    assert [one.name for one in pages] == [f"p{number}" for number in range(249, -1, -1)]
    one = emulator.seed("product", {"name": "p7"}, key=KEY)
    other = client.v1.products.retrieve("prod_7").to_dict()
    assert {**one, "id": "prod_7"} == other


def test_ids_are_made_where_none_is_given(emulator: Emulator, client: stripe.StripeClient) -> None:
    """Each has its own id, with Stripe's prefix."""
    made = emulator.seed_many("coupon", ({"percent_off": 10} for _ in range(30)), key=KEY)
    assert len(set(made)) == 30
    assert {one.id for one in client.v1.coupons.list({"limit": 100}).data} == set(made)


def test_they_are_like_objects_of_requests(
    emulator: Emulator, client: stripe.StripeClient, refused: Callable[..., stripe.StripeError]
) -> None:
    """They are found by their keys, can be changed, and conflict with others."""
    [product] = emulator.seed_many("product", [{"name": "Pro"}], key=KEY)
    price = {"product": product, "currency": "usd", "unit_amount": 1, "lookup_key": "monthly"}
    [made] = emulator.seed_many("price", [price], key=KEY)
    assert [one.id for one in client.v1.prices.list({"lookup_keys": ["monthly"]}).data] == [made]
    assert [one.id for one in client.v1.prices.list({"product": product}).data] == [made]
    assert client.v1.prices.update(made, {"nickname": "Monthly"}).nickname == "Monthly"
    error = refused(client.v1.prices.create, price)
    assert str(error.user_message) == f"A price (`{made}`) already uses that lookup key."


def test_they_belong_to_the_keys_account_and_mode(
    emulator: Emulator, client_for: Callable[[str], stripe.StripeClient]
) -> None:
    """Live objects are live, and no other account sees them."""
    emulator.seed_many("product", [{"name": "Pro"}], key="sk_live_alpha")
    assert [one.livemode for one in client_for("sk_live_alpha").v1.products.list().data] == [True]
    assert client_for(KEY).v1.products.list().data == []


def test_all_or_none_are_there(emulator: Emulator, client: stripe.StripeClient) -> None:
    """What cannot be written leaves nothing of the others."""
    with pytest.raises(TypeError):
        emulator.seed_many("product", [{"name": "Pro"}, {"name": object()}], key=KEY)
    assert client.v1.products.list().data == []


def test_an_unknown_type_is_an_error_of_the_program(emulator: Emulator) -> None:
    """Objects of types that are not emulated cannot be there."""
    with pytest.raises(KeyError):
        emulator.seed_many("invoice", [{}], key=KEY)


def test_what_nobody_can_create_is_seeded(client: stripe.StripeClient, emulator: Emulator) -> None:
    """Invoice templates come from the Dashboard; a key archives them and brings them back."""
    seeded = emulator.seed(
        "invoice_rendering_template", {"nickname": "Plain", "version": 2}, key="sk_test_alpha"
    )
    service = client.v1.invoice_rendering_templates
    assert service.retrieve(seeded["id"]).version == 2
    assert service.archive(seeded["id"]).status == "archived"
    assert service.list({"status": "active"}).data == []
    assert service.unarchive(seeded["id"]).status == "active"


def test_they_are_in_a_connected_account(emulator: Emulator, client: stripe.StripeClient) -> None:
    """If one is named, which has to be there."""
    account = client.v1.accounts.create({"type": "custom"}).id
    made = emulator.seed("product", {"name": "Pro"}, key=KEY, account=account)
    found = client.v1.products.list({}, {"stripe_account": account}).data
    assert [one.id for one in found] == [made["id"]]
    assert client.v1.products.list().data == []
    with pytest.raises(StripeRefusal, match="acct_1"):
        emulator.seed_many("product", [{"name": "Pro"}], key=KEY, account="acct_1")


def test_the_log_names_the_account(emulator: Emulator, client: stripe.StripeClient) -> None:
    """That a request acted in; none for the key's own, and for one that was refused."""
    account = client.v1.accounts.create({"type": "custom"}).id
    client.v1.products.list({}, {"stripe_account": account})
    client.v1.products.list({}, {"stripe_context": account})
    with pytest.raises(stripe.PermissionError):
        client.v1.products.list({}, {"stripe_account": "acct_1"})
    assert [entry.account for entry in emulator.log] == ["", account, account, ""]
