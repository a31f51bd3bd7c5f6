"""Restricted keys: what they may do, and how Stripe refuses the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stripe

from engine.emulator.accounts.keys import account_id
from engine.emulator.core import Emulator

KEY = "rk_test_alpha"
Refused = Callable[..., stripe.StripeError]


@pytest.fixture
def restricted(client_for: Callable[[str], stripe.StripeClient]) -> stripe.StripeClient:
    """A client with a restricted key of the account `alpha`."""
    return client_for(KEY)


def test_a_key_that_nobody_restricted_may_do_everything(restricted: stripe.StripeClient) -> None:
    """A key without permissions set may do everything."""
    assert restricted.v1.products.create({"name": "Pro"}).name == "Pro"


def test_a_write_without_its_permission_names_it(
    emulator: Emulator, restricted: stripe.StripeClient, refused: Refused
) -> None:
    """L: 403 `more_permissions_required`; prices are still plans there."""
    emulator.restrict(KEY, {"product_write"})
    product = restricted.v1.products.create({"name": "Pro"}).id
    error = refused(
        restricted.v1.prices.create, {"product": product, "currency": "usd", "unit_amount": 1}
    )
    assert error.http_status == 403
    assert error.error is not None
    assert error.error.code == "more_permissions_required"
    assert str(error.user_message).startswith(
        "Permission denied. The provided key 'rk_test_***' does not have the required permissions "
        f"for this endpoint on account '{account_id('alpha')}'. Enabling \"Prices Write\" "
        "('plan_write') permissions on this key would allow this request to continue."
    )


def test_writing_implies_reading_and_not_the_other_way(
    emulator: Emulator, restricted: stripe.StripeClient, refused: Refused
) -> None:
    """D: a key that may write a resource may read it."""
    emulator.restrict(KEY, {"product_write", "coupon_read"})
    assert restricted.v1.products.list().data == []
    assert restricted.v1.coupons.list().data == []
    error = refused(restricted.v1.coupons.create, {"percent_off": 5})
    assert "'coupon_write'" in str(error.user_message)
    error = refused(restricted.v1.webhook_endpoints.list)
    assert "\"Webhook endpoints Read\" ('webhook_read')" in str(error.user_message)


def test_permission_comes_before_the_object(
    emulator: Emulator, restricted: stripe.StripeClient, refused: Refused
) -> None:
    """Without it the key cannot find out whether an object exists; with it, it can."""
    emulator.restrict(KEY, ())
    assert refused(restricted.v1.prices.update, "price_no", {}).http_status == 403
    emulator.restrict(KEY, {"plan_write"})
    assert refused(restricted.v1.prices.update, "price_no", {}).http_status == 404


def test_permissions_hold_in_connected_accounts(
    emulator: Emulator, client: stripe.StripeClient, restricted: stripe.StripeClient
) -> None:
    """The refusal names the account that the request acts in."""
    account = client.v1.accounts.create({"type": "custom"}).id
    options: stripe.RequestOptions = {"stripe_account": account}
    emulator.restrict(KEY, {"product_write"})
    assert restricted.v1.products.create({"name": "Pro"}, options).name == "Pro"
    with pytest.raises(stripe.PermissionError, match=f"on account '{account}'"):
        restricted.v1.coupons.create({"percent_off": 5}, options)


def test_other_keys_of_the_account_are_not_restricted(
    emulator: Emulator, client: stripe.StripeClient, restricted: stripe.StripeClient
) -> None:
    """And a reset forgets permissions."""
    emulator.restrict(KEY, ())
    assert client.v1.products.create({"name": "Pro"}).name == "Pro"
    emulator.reset()
    assert restricted.v1.products.list().data == []


def test_a_secret_key_cannot_be_restricted(emulator: Emulator) -> None:
    """It may do everything."""
    with pytest.raises(ValueError, match="only a restricted key"):
        emulator.restrict("sk_test_alpha", ())
