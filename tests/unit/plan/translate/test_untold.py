"""What Stripe takes and does not return is named, and so is what cannot be declared at all."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.translate.untold import Untold, undeclarable
from engine.plan.translate.written import written


def _untold(object_name: str, actual: dict[str, Any]) -> dict[tuple[str | int, ...], Untold]:
    found = written(loader.by_object(object_name), actual, lambda *_: None).untold
    return {untold.path: untold for untold in found}


def test_a_declaration_that_needs_it_has_something_in_its_place() -> None:
    """The code that registers a reader, which is a secret."""
    found = _untold("terminal.reader", {"id": "tmr_1", "label": "Till", "location": "tml_1"})
    assert found == {
        ("registration_code",): Untold(
            path=("registration_code",), needed=True, secret=True, stand_in="simulated-wpe"
        )
    }


def test_what_can_be_left_out_has_nothing_in_its_place() -> None:
    """The price that a product could have been made with."""
    found = _untold("product", {"id": "pro", "name": "Pro", "type": "good"})
    assert found == {
        ("default_price_data",): Untold(path=("default_price_data",), needed=False, secret=False)
    }


def test_it_is_named_where_its_object_is_declared() -> None:
    """The region of an event bus, and the parts of a bank account."""
    bus = {"aws_account_id": "123456789012", "aws_event_source_arn": "arn"}
    actual = {
        "name": "Bus",
        "type": "amazon_eventbridge",
        "event_payload": "thin",
        "enabled_events": ["a"],
        "amazon_eventbridge": bus,
    }
    found = _untold("v2.core.event_destination", actual)
    region = found[("amazon_eventbridge", "aws_region")]
    assert (region.needed, region.secret, region.stand_in) == (True, False, "unknown")
    account = _untold("account.external_account", {"account": "acct_1", "country": "US"})
    assert account[("external_account",)].stand_in["object"] == "bank_account"
    clock = _untold("test_helpers.test_clock", {"id": "clock_1"})
    assert clock[("frozen_time",)].stand_in == 1


def test_an_object_that_needs_a_secret_is_named_as_one() -> None:
    """The network of readers, which is left out as a whole."""
    network = {"ssid": "shop", "password": "hush"}
    actual = {"name": "Tills", "wifi": {"type": "personal_psk", "personal_psk": network}}
    secrets = [untold.path for untold in _untold("terminal.configuration", actual).values()]
    assert ("wifi",) in secrets


@pytest.mark.parametrize(
    ("object_name", "actual", "reason"),
    [
        ("price", {"id": "price_1", "active": False}, ""),
        ("coupon", {"id": "x", "valid": False}, ""),
        ("file", {"id": "file_1"}, "Stripe does not return the content of a file"),
        (
            "apps.secret",
            {"id": "appsecret_1", "name": "k"},
            "its payload is a secret, which is not written into a module",
        ),
        ("quote", {"status": "accepted"}, "it has done its work: its status is accepted"),
        ("subscription", {"status": "canceled"}, "it has ended"),
    ],
)
def test_what_cannot_be_declared_says_why(
    object_name: str, actual: dict[str, Any], reason: str
) -> None:
    """Archived objects can be declared as that; others could not have an empty plan."""
    assert undeclarable(loader.by_object(object_name), actual) == reason
