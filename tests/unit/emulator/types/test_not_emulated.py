"""What is not emulated is refused in plain words, and everything else of Stripe's answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import engine
from engine.catalog.generator.sdk import services
from engine.emulator.core import Emulator
from engine.emulator.types.not_emulated import AREAS
from engine.emulator.types.routes import match
from engine.emulator.wire.errors import StripeRefusal
from tests.support.raw_requests import send

DOCUMENT = Path(engine.__file__).parents[1] / "docs/reference/emulator.md"


@pytest.mark.parametrize(
    ("method", "path", "area"),
    [
        ("POST", "/v1/payment_intents", "payments"),
        ("POST", "/v1/payment_intents/pi_1/confirm", "payments"),
        ("GET", "/v1/charges", "payments"),
        ("POST", "/v1/refunds", "payments"),
        ("POST", "/v1/invoices/create_preview", "invoices and proration"),
        ("GET", "/v1/invoices/in_1/lines", "invoices and proration"),
        ("POST", "/v1/checkout/sessions", "checkout sessions"),
        ("POST", "/v1/billing_portal/sessions", "sessions of customers and accounts"),
        ("POST", "/v1/payouts", "balances, transfers and payouts"),
        ("GET", "/v1/balance", "balances, transfers and payouts"),
        ("POST", "/v1/billing/meter_events", "usage"),
        ("POST", "/v2/billing/meter_events", "usage"),
        ("POST", "/v1/test_helpers/issuing/authorizations", "test helpers"),
    ],
)
def test_it_says_what_is_not_emulated(
    emulator: Emulator, method: str, path: str, area: str
) -> None:
    """In the form of Stripe's errors."""
    answer = send(
        emulator, method, path, "{}" if path.startswith("/v2") and method == "POST" else ""
    )
    assert answer.status == 404
    error = answer.document["error"]
    assert path.startswith("/v2") or error["code"] == "not_emulated"
    assert "doc_url" not in error  # Stripe has no page about it
    assert error["message"] == (
        f"Unrecognized request URL ({method}: {path}). The emulator does not emulate {area}: use a "
        "Stripe sandbox for that. docs/reference/emulator.md says what is emulated."
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("DELETE", "/v1/prices/price_1"),
        ("DELETE", "/v1/issuing/cards/ic_1"),
        ("DELETE", "/v1/billing/meters/mtr_1"),
        ("POST", "/v1/products/"),
        ("GET", "/v1/payment_intents_of_mine"),
    ],
)
def test_what_stripe_does_not_have_either(emulator: Emulator, method: str, path: str) -> None:
    """It is refused in Stripe's words."""
    message = send(emulator, method, path).document["error"]["message"]
    assert message.startswith(f"Unrecognized request URL ({method}: {path}). If you are trying")


def test_every_call_of_the_sdk_is_emulated_or_says_that_it_is_not() -> None:
    """None is refused as if Stripe did not have it."""
    refused = []
    for service in services():
        for call in service.calls.values():
            try:
                match(call.method.upper(), re.sub(r"\{\w+\}", "x_1", call.path))
            except StripeRefusal as refusal:
                refused.append(refusal.message)
    words = "The emulator does not emulate "
    assert [message for message in refused if words not in message] == []


def test_the_document_lists_it() -> None:
    """Word for word."""
    text = re.sub(r"\s+", " ", DOCUMENT.read_text(encoding="utf-8"))
    assert [area for area in AREAS if area not in text] == []
