"""Connected accounts: how headers name them, and which are refused."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.emulator.accounts.keys import account_id
from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Response
from tests.support.raw_requests import KEY, send

OWN = account_id("alpha")
PRODUCTS = "/v1/products"


@pytest.fixture
def shop(emulator: Emulator) -> str:
    """Id of a connected account."""
    return str(send(emulator, "POST", "/v1/accounts", "type=custom&country=US").document["id"])


def names(response: Response) -> list[str]:
    """Names of the objects in a list."""
    return [one["name"] for one in response.document["data"]]


def assert_refused(response: Response, account: str, shown: str = "sk_test_***") -> None:
    """Assert that a response is Stripe's refusal of an account."""
    error = response.document["error"]
    assert (response.status, error["type"]) == (403, "invalid_request_error")
    assert error["code"] == "account_invalid"
    assert error["message"] == (
        f"The provided key '{shown}' does not have access to account '{account}' (or that account "
        "does not exist). Application access may have been revoked."
    )
    assert "Stripe-Account" not in response.headers


@pytest.mark.parametrize("header", ["stripe_account", "stripe_context"])
def test_a_header_names_the_account(emulator: Emulator, shop: str, header: str) -> None:
    """What is made there is not on the platform; the response says where it was."""
    made = send(emulator, "POST", PRODUCTS, "name=There", **{header: shop})
    assert (made.status, made.headers["Stripe-Account"]) == (200, shop)
    assert names(send(emulator, "GET", PRODUCTS, **{header: shop})) == ["There"]
    here = send(emulator, "GET", PRODUCTS)
    assert (names(here), "Stripe-Account" in here.headers) == ([], False)
    missing = send(emulator, "GET", f"{PRODUCTS}/{made.document['id']}")
    assert missing.status == 404
    error = missing.document["error"]
    assert error["message"] == f"No such product: '{made.document['id']}'"
    assert error["code"] == "resource_missing"


@pytest.mark.parametrize("header", ["stripe_account", "stripe_context"])
@pytest.mark.parametrize(
    "account", ["acct_1nowhere", "acct_", "acct 1", "prod_1", "ACCT_1", "", "/", "acct_1/acct_2"]
)
def test_any_other_account_is_refused(
    emulator: Emulator, shop: str, header: str, account: str
) -> None:
    """Whatever it looks like, and whatever is asked for; nothing is made."""
    assert_refused(send(emulator, "POST", PRODUCTS, "name=X", **{header: account}), account)
    assert_refused(send(emulator, "GET", "/v1/account", **{header: account}), account)
    assert_refused(send(emulator, "GET", "/v1/nonsense", **{header: account}), account)
    assert names(send(emulator, "GET", PRODUCTS)) == []
    assert names(send(emulator, "GET", PRODUCTS, stripe_account=shop)) == []


def test_the_own_account_may_be_named(emulator: Emulator) -> None:
    """By either header, which then changes nothing."""
    for header in ("stripe_account", "stripe_context"):
        made = send(emulator, "POST", PRODUCTS, "name=Here", **{header: OWN})
        assert (made.status, "Stripe-Account" in made.headers) == (200, False)
    assert names(send(emulator, "GET", PRODUCTS)) == ["Here", "Here"]


def test_a_path_leads_from_the_own_account(emulator: Emulator, shop: str) -> None:
    """As keys of organizations send it; no account is below a connected one, or above the own."""
    send(emulator, "POST", PRODUCTS, "name=There", stripe_context=f"{OWN}/{shop}")
    assert names(send(emulator, "GET", PRODUCTS, stripe_account=shop)) == ["There"]
    for path in (f"{shop}/{shop}", f"{shop}/acct_1", f"{shop}/{OWN}", f"acct_1/{shop}"):
        assert_refused(send(emulator, "GET", PRODUCTS, stripe_context=path), path)


def test_two_headers_agree(emulator: Emulator, shop: str) -> None:
    """Which of two accounts is meant is not known, so neither is used."""
    both = {"stripe_account": shop, "stripe_context": f"{OWN}/{shop}"}
    assert send(emulator, "POST", PRODUCTS, "name=There", **both).status == 200
    for other in (OWN, "acct_1nowhere", ""):
        refused = send(
            emulator, "POST", PRODUCTS, "name=X", stripe_account=other, stripe_context=shop
        )
        assert refused.status == 400
        assert refused.document["error"]["type"] == "invalid_request_error"
    assert names(send(emulator, "GET", PRODUCTS)) == []
    assert names(send(emulator, "GET", PRODUCTS, stripe_account=shop)) == ["There"]


def test_an_account_is_its_platforms(emulator: Emulator, shop: str) -> None:
    """In the mode it was made in; other keys are told which key it was."""
    assert_refused(
        send(emulator, "GET", PRODUCTS, api_key="sk_test_beta", stripe_account=shop), shop
    )
    live = send(emulator, "GET", PRODUCTS, api_key="sk_live_alpha", stripe_account=shop)
    assert_refused(live, shop, "sk_live_***")
    restricted = KEY.replace("sk_", "rk_")
    assert send(emulator, "GET", PRODUCTS, api_key=restricted, stripe_account=shop).status == 200
    assert_refused(
        send(emulator, "GET", PRODUCTS, api_key=restricted, stripe_account="acct_1"),
        "acct_1",
        "rk_test_***",
    )


def test_nobody_without_a_key_learns_of_an_account(emulator: Emulator, shop: str) -> None:
    """The key is looked at first."""
    for account in (shop, "acct_1nowhere"):
        refused = send(emulator, "GET", PRODUCTS, api_key="nonsense", stripe_account=account)
        assert refused.status == 401


def test_a_deleted_account_is_gone_with_what_is_in_it(emulator: Emulator, shop: str) -> None:
    """Afterwards it is refused like one that never existed; other accounts keep theirs."""
    other = send(emulator, "POST", "/v1/accounts", "type=custom").document["id"]
    for account in (shop, other):
        send(emulator, "POST", PRODUCTS, "name=There", stripe_account=account)
    assert [one.alive for one in emulator.history if one.object == "product"] == [True, True]
    assert send(emulator, "DELETE", f"/v1/accounts/{shop}").document["deleted"] is True
    assert_refused(send(emulator, "GET", PRODUCTS, stripe_account=shop), shop)
    assert names(send(emulator, "GET", PRODUCTS, stripe_account=other)) == ["There"]
    assert [one.alive for one in emulator.history if one.object == "product"] == [False, True]


def test_a_v2_request_names_the_account_too(emulator: Emulator, shop: str) -> None:
    """By either header; an unknown one is refused in the form of v2."""
    path = "/v2/core/event_destinations"
    body = (
        '{"name": "d", "type": "webhook_endpoint", "event_payload": "thin", "enabled_events": '
        '["v1.billing.meter.no_meter_found"], "webhook_endpoint": {"url": "https://example.com"}}'
    )
    made = send(emulator, "POST", path, body, stripe_context=shop)
    assert made.status == 200
    for header in ("stripe_account", "stripe_context"):
        assert names(send(emulator, "GET", path, **{header: shop})) == ["d"]
        refused = send(emulator, "GET", path, **{header: "acct_1"})
        assert refused.status == 403
        assert "acct_1" in refused.document["error"]["message"]
    assert names(send(emulator, "GET", path)) == []


def test_accounts_of_an_older_file_are_connected(tmp_path: Path) -> None:
    """The objects of a file that was written before are where they were."""
    place = tmp_path / "local.db"
    with closing(sqlite3.connect(place)) as file, file:
        file.execute(
            "CREATE TABLE objects (seq INTEGER PRIMARY KEY, scope TEXT NOT NULL, object TEXT NOT "
            "NULL, id TEXT NOT NULL, body TEXT NOT NULL)"
        )
        for object, fields in (("product", {"name": "Here"}), ("account", {"type": "custom"})):
            document = {"id": f"{object}_1", "object": object, **fields}
            file.execute(
                "INSERT INTO objects (scope, object, id, body) VALUES (?, ?, ?, ?)",
                (f"{OWN}/test", object, document["id"], json.dumps(document)),
            )
    with Emulator(place) as emulator:
        assert send(emulator, "DELETE", f"{PRODUCTS}/product_1").status == 200
        send(emulator, "POST", PRODUCTS, "name=There", stripe_account="account_1")
        assert names(send(emulator, "GET", PRODUCTS, stripe_account="account_1")) == ["There"]
        assert names(send(emulator, "GET", PRODUCTS)) == []


def test_two_accounts_of_one_id_are_two(tmp_path: Path) -> None:
    """Emulators with one seed may give accounts of two platforms the same id."""
    place = tmp_path / "shared.db"
    made = []
    for key in ("sk_test_alpha", "sk_test_beta"):
        with Emulator(place, seed=7) as emulator:
            account = send(emulator, "POST", "/v1/accounts", api_key=key).document["id"]
            send(emulator, "POST", PRODUCTS, f"name={key}", api_key=key, stripe_account=account)
            made.append(account)
    assert made[0] == made[1]
    with Emulator(place) as emulator:
        for key in ("sk_test_alpha", "sk_test_beta"):
            found = send(emulator, "GET", PRODUCTS, api_key=key, stripe_account=made[0])
            assert names(found) == [key]
