"""The Stripe CLI: fixture files and single requests, unchanged but for `--api-base`.

It takes no other host than 127.0.0.1, and keys of 12 characters or more.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from engine.emulator.doors.server import EmulatorServer

KEY = "sk_test_fixtures"
Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cli(served: EmulatorServer, packages: Path, tmp_path: Path) -> Cli:
    """Runs it in an empty folder and home, without the network."""
    program = next(packages.glob("@stripe/cli-*/bin/stripe*"), None)
    if program is None:
        pytest.skip("npm has no Stripe CLI for this machine")
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "STRIPE_API_KEY": KEY,
        # It looks for new versions of itself: there.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "SEATS": "12",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - a program that the tests installed
            [str(program), *arguments, "--api-base", served.url],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def fixtures(cli: Cli, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a fixture file."""

    def run(*steps: dict[str, Any], options: tuple[str, ...] = ()) -> Any:
        path = tmp_path / "seed.json"
        path.write_text(json.dumps({"_meta": {"template_version": 0}, "fixtures": steps}))
        return cli("fixtures", str(path), *options)

    return run


def step(name: str, path: str, method: str = "post", **further: Any) -> dict[str, Any]:
    """One request of a fixture file."""
    return {"name": name, "path": path, "method": method, **further}


@pytest.fixture
def client(served: EmulatorServer) -> stripe.StripeClient:
    """Sees what the CLI made."""
    return stripe.StripeClient(KEY, base_addresses={"api": served.url})


def test_a_fixture_file_makes_a_catalogue(
    fixtures: Callable[..., Any], client: stripe.StripeClient
) -> None:
    """With references to earlier steps, variables and their defaults, lists and booleans."""
    product = step(
        "team",
        "/v1/products",
        params={
            "name": "Team of ${.env:SEATS|5}",
            "description": "${.env:NOT_SET|The default}",
            "type": "service",
            "shippable": False,
            "marketing_features": [{"name": "Audit log"}, {"name": "SSO"}],
            "metadata": {"index": 0, "share": 12.50},
        },
    )
    price = step(
        "monthly",
        "/v1/prices",
        params={
            "product": "${team:id}",
            "currency": "usd",
            "unit_amount": 2900,
            "recurring": {"interval": "month", "interval_count": 1},
            "lookup_key": "team_monthly",
        },
    )
    taken = {**price, "name": "again", "expected_error_type": "invalid_request_error"}
    default = step("default", "/v1/products/${team:id}", params={"default_price": "${monthly:id}"})
    read = step("read", "/v1/products/${team:id}", "get", params={"expand": ["default_price"]})
    coupon = step("gone", "/v1/coupons", params={"percent_off": 20, "duration": "once"})
    removed = step("removed", "/v1/coupons/${gone:id}", "delete")
    done = fixtures(product, price, taken, default, read, coupon, removed)
    assert done.returncode == 0, done.stderr
    (found,) = client.v1.prices.list({"lookup_keys": ["team_monthly"]}).data
    made = client.v1.products.retrieve(str(found.product))
    assert (made.name, made.description) == ("Team of 12", "The default")
    assert [one.name for one in made.marketing_features] == ["Audit log", "SSO"]
    assert made.metadata.to_dict() == {"index": "0", "share": "12.5"}
    assert (made.default_price, made.shippable) == (found.id, False)
    assert client.v1.coupons.list().data == []


def test_fixture_files_of_an_older_version_run_in_it(fixtures: Callable[..., Any]) -> None:
    """With `--api-version`; without, the parameter is unknown, as on a new account."""
    steps = (
        step("half", "/v1/coupons", params={"percent_off": 50, "duration": "once"}),
        step("code", "/v1/promotion_codes", params={"coupon": "${half:id}"}),
        step("read", "/v1/coupons/${code:coupon.id}", "get"),
    )
    old = fixtures(*steps, options=("--api-version", "2024-06-20"))
    assert old.returncode == 0, old.stderr
    new = fixtures(*steps)
    assert new.returncode != 0
    assert "Received unknown parameter: coupon" in new.stderr


def test_a_fixture_of_v2_is_sent_as_json(fixtures: Callable[..., Any]) -> None:
    """Its path says so."""
    destination = step(
        "destination",
        "/v2/core/event_destinations",
        params={
            "name": "All",
            "type": "webhook_endpoint",
            "event_payload": "snapshot",
            "enabled_events": ["product.created"],
            "webhook_endpoint": {"url": "https://example.com/v2"},
        },
    )
    # Without parameters the CLI would send `null`, which is no object.
    disable = step("off", "/v2/core/event_destinations/${destination:id}/disable", params={})
    done = fixtures(destination, disable)
    assert done.returncode == 0, done.stderr


def test_what_takes_money_is_refused(fixtures: Callable[..., Any]) -> None:
    """The run ends there, and says why."""
    paid = step("paid", "/v1/payment_intents", params={"amount": 100, "currency": "usd"})
    done = fixtures(paid)
    assert done.returncode != 0
    assert "payment_intents" in done.stderr


def test_single_requests(cli: Cli) -> None:
    """The commands of resources, and plain methods with an idempotency key."""
    made = json.loads(cli("products", "create", "--name=Solo", "-d", "metadata[a]=b").stdout)
    assert made["metadata"] == {"a": "b"}
    shown = json.loads(cli("get", f"/v1/products/{made['id']}").stdout)
    assert shown["name"] == "Solo"
    first, again = (
        json.loads(cli("post", "/v1/coupons", "-d", "percent_off=5", "-i", "once").stdout)
        for _ in range(2)
    )
    assert first["id"] == again["id"]
    gone = cli("products", "delete", made["id"], "--confirm").stdout
    assert json.loads(gone[gone.index("{") :])["deleted"] is True
