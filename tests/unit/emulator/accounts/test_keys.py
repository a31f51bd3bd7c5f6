"""How API keys become callers."""

from __future__ import annotations

import base64

import pytest

from engine.emulator.accounts.keys import account_id, caller_of, redacted
from engine.emulator.wire.errors import StripeRefusal


def test_bearer_and_basic_name_the_same_caller() -> None:
    """Both ways to send a key are accepted."""
    basic = base64.b64encode(b"sk_test_alpha:").decode()
    assert caller_of(f"Basic {basic}") == caller_of("Bearer sk_test_alpha")


@pytest.mark.parametrize("header", [None, "", "Bearer ", "Basic ???", "Basic é", "Digest x"])
def test_without_a_key_stripe_asks_for_one(header: str | None) -> None:
    """No key in any form is 401 with the long text."""
    with pytest.raises(StripeRefusal) as caught:
        caller_of(header)
    assert caught.value.status == 401
    assert caught.value.message.startswith(
        "You did not provide an API key. You need to provide your API key in the Authorization "
        "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
    )


@pytest.mark.parametrize("key", ["nonsense", "pk_test_alpha", "sk_prod_alpha", "sk_test_"])
def test_a_malformed_key_is_refused(key: str) -> None:
    """Only secret and restricted keys of the two modes are keys."""
    with pytest.raises(StripeRefusal) as caught:
        caller_of(f"Bearer {key}")
    assert caught.value.status == 401
    assert caught.value.headers == (("WWW-Authenticate", 'Basic realm="Stripe"'),)
    assert caught.value.message.startswith("Invalid API Key provided: ")


def test_a_refused_key_is_shown_without_its_secret() -> None:
    """The text keeps the prefix and the last four characters."""
    shown = redacted("sk_test_0123456789abcdefwxyz")
    assert shown == "sk_test_****************wxyz"
    assert "0123" not in redacted("rk_live_01!23")


def test_keys_of_one_account_differ_by_mode_and_kind_only() -> None:
    """The part behind the prefix decides the account."""
    test, live = caller_of("Bearer sk_test_alpha"), caller_of("Bearer rk_live_alpha")
    assert test.account == live.account == account_id("alpha")
    assert (test.mode, live.mode) == ("test", "live")
    assert (test.restricted, live.restricted) == (False, True)
    assert caller_of("Bearer sk_test_beta").account != test.account


def test_account_ids_look_like_stripes() -> None:
    """`acct_` and sixteen letters or digits."""
    prefix, _, rest = account_id("alpha").partition("_")
    assert (prefix, len(rest), rest.isalnum()) == ("acct", 16, True)
    # It is written in files, which a newer engine has to find again.
    assert account_id("embedded") == "acct_1yErxvvJJX91rPu6"


def test_a_caller_acts_in_a_connected_account() -> None:
    """Whose objects are other ones in each account and mode, and of each platform."""
    own = caller_of("Bearer sk_test_alpha")
    there = own.within("acct_1")
    assert (own.connected, own.own, there.own) == ("", own, own)
    assert (there.account, there.connected, there.mode) == ("acct_1", "acct_1", "test")
    beta = caller_of("Bearer sk_test_beta")
    callers = (own, there, own.within("acct_2"), there.other_mode, own.other_mode, beta)
    scopes = {one.scope for one in (*callers, beta.within("acct_1"))}
    assert len(scopes) == 7
    # Files of older versions have it.
    assert own.scope == f"{account_id('alpha')}/test"
