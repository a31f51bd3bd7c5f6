"""Whose objects a request is about, and what connected accounts may not ask for."""

from __future__ import annotations

import pytest

from engine.emulator.core import Emulator
from engine.emulator.testing import faults
from engine.emulator.wire.messages import Response
from tests.support.raw_requests import send

ACCOUNTS = "/v1/accounts"


def make(emulator: Emulator, form: str = "type=custom&country=US") -> str:
    """Make a connected account."""
    return str(send(emulator, "POST", ACCOUNTS, form).document["id"])


def assert_refused(response: Response, status: int, text: str, code: str | None = None) -> None:
    """Assert how a request was refused."""
    error = response.document["error"]
    assert (response.status, error["type"]) == (status, "invalid_request_error")
    assert error["message"].startswith(text)
    assert error.get("code") == code


def test_an_account_reads_itself(emulator: Emulator) -> None:
    """Without an id, or by its own, it is the object that the platform has."""
    shop = make(emulator, "type=custom&country=DE&email=shop@example.com")
    seen = send(emulator, "GET", f"{ACCOUNTS}/{shop}").document
    assert (seen["id"], seen["country"], seen["email"]) == (shop, "DE", "shop@example.com")
    assert send(emulator, "GET", "/v1/account", stripe_account=shop).document == seen
    assert send(emulator, "GET", f"{ACCOUNTS}/{shop}", stripe_account=shop).document == seen
    assert send(emulator, "GET", "/v1/account").document["id"] != shop
    assert send(emulator, "POST", "/v1/account", "email=x@y.z", stripe_account=shop).status == 404


def test_an_id_in_a_path_says_what_a_header_says(emulator: Emulator) -> None:
    """D: the platform's persons of an account are those that the account has."""
    shop = make(emulator)
    persons = f"{ACCOUNTS}/{shop}/persons"
    ada = send(emulator, "POST", persons, "first_name=Ada", stripe_account=shop).document["id"]
    assert send(emulator, "GET", f"{persons}/{ada}").document["first_name"] == "Ada"
    changed = send(emulator, "POST", f"{ACCOUNTS}/{shop}", "email=a@b.c", stripe_account=shop)
    assert send(emulator, "GET", f"{ACCOUNTS}/{shop}").document == changed.document
    assert send(emulator, "DELETE", f"{ACCOUNTS}/{shop}", stripe_account=shop).status == 200
    assert send(emulator, "GET", f"{ACCOUNTS}/{shop}").status == 403


def test_a_connected_account_is_no_platform(emulator: Emulator) -> None:
    """It has no accounts, makes none, and sees none of its platform's."""
    shop, other = make(emulator), make(emulator)
    assert send(emulator, "GET", ACCOUNTS, stripe_account=shop).document["data"] == []
    assert_refused(
        send(emulator, "POST", ACCOUNTS, "type=custom", stripe_account=shop),
        400,
        "You can only create new accounts if you've signed up for Connect",
    )
    for path in (f"{ACCOUNTS}/{other}", f"{ACCOUNTS}/{other}/persons", f"{ACCOUNTS}/acct_1"):
        assert_refused(
            send(emulator, "GET", path, stripe_account=shop),
            403,
            "Only Stripe Connect platforms can work with other accounts.",
            "platform_account_required",
        )
    listed = send(emulator, "GET", ACCOUNTS).document["data"]
    assert [one["id"] for one in listed] == [other, shop]


def test_webhooks_of_connected_accounts_are_the_platforms(emulator: Emulator) -> None:
    """R: the platform makes one with `connect`, and a connected account none."""
    shop = make(emulator)
    form = "url=https://example.com&enabled_events[]=*"
    path = "/v1/webhook_endpoints"
    assert_refused(
        send(emulator, "POST", path, form, stripe_account=shop),
        403,
        "You are not permitted to configure webhook endpoints on a connected account.",
    )
    assert send(emulator, "GET", path, stripe_account=shop).document["data"] == []
    assert send(emulator, "POST", path, f"{form}&connect=true").status == 200


@pytest.mark.parametrize("header", ["stripe_account", "stripe_context"])
def test_an_account_that_ends_meanwhile_is_refused(emulator: Emulator, header: str) -> None:
    """A request that was read before the account was deleted makes nothing in it."""
    shop = make(emulator)

    def delete(_: object) -> None:
        send(emulator, "DELETE", f"{ACCOUNTS}/{shop}")

    emulator.faults.add(faults.before(delete), path="/v1/products")
    late = send(emulator, "POST", "/v1/products", "name=Late", **{header: shop})
    assert (late.status, late.document["error"]["code"]) == (403, "account_invalid")
    assert not [one for one in emulator.history if one.object == "product"]
