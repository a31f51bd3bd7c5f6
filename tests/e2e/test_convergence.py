"""Every field of every managed type converges: set, changed, and taken out of the code.

After each apply the next plan is empty, and the change names the field it is about.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.emulator.core import Emulator

BEFORE = {
    "Price": "product = Product('product', name='Product')",
    "PromotionCode": "coupon = Coupon('coupon', percent_off=5)",
    # Stripe makes the first configuration of an account its default, for good.
    "PortalConfiguration": (
        "PortalConfiguration('first', features={'invoice_history': {'enabled': True}})"
    ),
}
REFERENCES = {
    "Price": "product=product, ",
    "PromotionCode": "promotion={'type': 'coupon', 'coupon': coupon.id}, ",
}
BASE: dict[str, dict[str, Any]] = {
    "Product": {"name": "P"},
    "Price": {"currency": "usd", "unit_amount": 100},
    "Coupon": {"percent_off": 10},
    "PromotionCode": {},
    "TaxRate": {"display_name": "VAT", "percentage": 19, "inclusive": False},
    "ShippingRate": {
        "display_name": "S",
        "type": "fixed_amount",
        "fixed_amount": {"amount": 500, "currency": "usd"},
    },
    "PortalConfiguration": {"features": {"invoice_history": {"enabled": True}}},
    "WebhookEndpoint": {"url": "https://a.example/h", "enabled_events": ["invoice.paid"]},
}
# Class, field, a value, another value.
CASES: list[tuple[str, str, Any, Any]] = [
    ("Product", "active", True, False),
    ("Product", "description", "a", "b"),
    ("Product", "images", ["https://a.example/1"], ["https://a.example/2", "https://a.example/1"]),
    ("Product", "marketing_features", [{"name": "a"}], [{"name": "b"}, {"name": "a"}]),
    ("Product", "metadata", {"a": "1"}, {"a": "2", "b": "3"}),
    ("Product", "name", "A", "B"),
    (
        "Product",
        "package_dimensions",
        {"height": 1, "length": 2.5, "weight": 3, "width": 4},
        {"height": 2, "length": 2.5, "weight": 3, "width": 4},
    ),
    ("Product", "shippable", True, False),
    ("Product", "statement_descriptor", "ABC", "DEF"),
    ("Product", "tax_code", "txcd_10103001", "txcd_10103000"),
    ("Product", "unit_label", "seat", "box"),
    ("Product", "url", "https://a.example", "https://b.example"),
    ("Product", "id", "aaa", "bbb"),
    ("Product", "tax_details", {"tax_code": "txcd_10103001"}, {"tax_code": "txcd_10103000"}),
    ("Price", "active", True, False),
    ("Price", "nickname", "a", "b"),
    ("Price", "lookup_key", "a", "b"),
    ("Price", "metadata", {"a": "1"}, {"b": "1"}),
    ("Price", "tax_behavior", "unspecified", "exclusive"),
    (
        "Price",
        "currency_options",
        {"eur": {"unit_amount": 90}},
        {"eur": {"unit_amount": 95}, "gbp": {"unit_amount": 80}},
    ),
    ("Price", "unit_amount", 100, 200),
    ("Price", "recurring", {"interval": "month"}, {"interval": "year"}),
    (
        "Price",
        "transform_quantity",
        {"divide_by": 2, "round": "up"},
        {"divide_by": 3, "round": "up"},
    ),
    ("Price", "currency", "USD", "eur"),
    (
        "Price",
        "recurring",
        {"interval": "month", "trial_period_days": 7},
        {"interval": "month", "trial_period_days": 14},
    ),
    ("Coupon", "name", "a", "b"),
    ("Coupon", "metadata", {"a": "1"}, {"b": "1"}),
    ("Coupon", "percent_off", 10, 12.5),
    ("Coupon", "duration", "once", "forever"),
    ("Coupon", "max_redemptions", 5, 6),
    ("Coupon", "redeem_by", 1800000000, 1800000001),
    ("Coupon", "id", "A", "B"),
    ("PromotionCode", "active", True, False),
    ("PromotionCode", "code", "AAA", "BBB"),
    ("PromotionCode", "metadata", {"a": "1"}, {"b": "1"}),
    ("PromotionCode", "max_redemptions", 5, 6),
    ("PromotionCode", "expires_at", 1800000000, 1800000001),
    (
        "PromotionCode",
        "restrictions",
        {"first_time_transaction": True},
        {"first_time_transaction": False},
    ),
    (
        "PromotionCode",
        "restrictions",
        {"minimum_amount": 100, "minimum_amount_currency": "usd"},
        {"minimum_amount": 200, "minimum_amount_currency": "usd"},
    ),
    (
        "PromotionCode",
        "restrictions",
        {
            "minimum_amount": 100,
            "minimum_amount_currency": "usd",
            "currency_options": {"eur": {"minimum_amount": 90}},
        },
        {
            "minimum_amount": 100,
            "minimum_amount_currency": "usd",
            "currency_options": {"eur": {"minimum_amount": 95}},
        },
    ),
    ("TaxRate", "active", True, False),
    ("TaxRate", "country", "DE", "FR"),
    ("TaxRate", "description", "a", "b"),
    ("TaxRate", "display_name", "VAT", "MwSt"),
    ("TaxRate", "jurisdiction", "DE", "FR"),
    ("TaxRate", "metadata", {"a": "1"}, {"b": "1"}),
    ("TaxRate", "state", "BY", "BE"),
    ("TaxRate", "tax_type", "vat", "gst"),
    ("TaxRate", "percentage", 19, 19.25),
    ("TaxRate", "inclusive", True, False),
    ("ShippingRate", "active", True, False),
    ("ShippingRate", "metadata", {"a": "1"}, {"b": "1"}),
    ("ShippingRate", "tax_behavior", "unspecified", "exclusive"),
    ("ShippingRate", "display_name", "a", "b"),
    ("ShippingRate", "tax_code", "txcd_92010001", "txcd_00000000"),
    (
        "ShippingRate",
        "delivery_estimate",
        {"minimum": {"unit": "day", "value": 1}},
        {"minimum": {"unit": "day", "value": 2}},
    ),
    (
        "ShippingRate",
        "fixed_amount",
        {"amount": 500, "currency": "usd", "currency_options": {"eur": {"amount": 400}}},
        {"amount": 500, "currency": "usd", "currency_options": {"eur": {"amount": 450}}},
    ),
    (
        "ShippingRate",
        "fixed_amount",
        {"amount": 500, "currency": "usd"},
        {"amount": 600, "currency": "usd"},
    ),
    ("PortalConfiguration", "name", "a", "b"),
    ("PortalConfiguration", "default_return_url", "https://a.example", "https://b.example"),
    ("PortalConfiguration", "metadata", {"a": "1"}, {"b": "1"}),
    ("PortalConfiguration", "login_page", {"enabled": True}, {"enabled": False}),
    (
        "PortalConfiguration",
        "business_profile",
        {"headline": "a"},
        {"headline": "b", "terms_of_service_url": "https://a.example"},
    ),
    (
        "PortalConfiguration",
        "features",
        {
            "invoice_history": {"enabled": True},
            "customer_update": {"enabled": True, "allowed_updates": ["email"]},
        },
        {
            "invoice_history": {"enabled": True},
            "customer_update": {"enabled": True, "allowed_updates": ["email", "address"]},
        },
    ),
    (
        "PortalConfiguration",
        "features",
        {"invoice_history": {"enabled": True}, "subscription_cancel": {"enabled": True}},
        {
            "invoice_history": {"enabled": True},
            "subscription_cancel": {
                "enabled": True,
                "mode": "immediately",
                "proration_behavior": "create_prorations",
                "cancellation_reason": {"enabled": True, "options": ["unused"]},
            },
        },
    ),
    (
        "PortalConfiguration",
        "features",
        {"invoice_history": {"enabled": True}},
        {"invoice_history": {"enabled": False}, "payment_method_update": {"enabled": True}},
    ),
    ("PortalConfiguration", "active", True, False),
    ("WebhookEndpoint", "description", "a", "b"),
    ("WebhookEndpoint", "disabled", False, True),
    ("WebhookEndpoint", "enabled_events", ["invoice.paid", "invoice.created"], ["invoice.created"]),
    ("WebhookEndpoint", "metadata", {"a": "1"}, {"b": "1"}),
    ("WebhookEndpoint", "url", "https://b.example/h", "https://c.example/h"),
    ("WebhookEndpoint", "api_version", "2026-10-28.endive", "2026-09-30.endive"),
    ("WebhookEndpoint", "connect", True, False),
]


@pytest.fixture
def shop(tmp_path: Path, make_project: Any) -> Iterator[Any]:
    """A project in front of an emulator of its own, in process."""
    with contextlib.closing(Emulator(seed=5)) as emulator:
        yield make_project(tmp_path / "project", emulator)


@pytest.mark.parametrize(("face", "field", "first", "second"), CASES)
def test_a_field_converges(shop: Any, face: str, field: str, first: Any, second: Any) -> None:
    """Declare, change, take out: one apply each, and then nothing is left to do."""
    base = copy.deepcopy(BASE[face])
    for arguments in ({**base, field: first}, {**base, field: second}, base):
        shop.write(_module(face, arguments))
        plan = shop.plan()
        changes = [change for change in plan.pending if change.address.name == "subject"]
        named = {str(entry.path[0]) for change in changes for entry in change.fields}
        if changes and changes[0].action.value != "create":
            assert named == {field}
        shop.apply()
        assert not shop.plan().has_changes


def _module(face: str, arguments: dict[str, Any]) -> str:
    faces = ", ".join(sorted(BASE))
    return (
        f"from engine.stripe import {faces}\n"
        f"{BEFORE.get(face, '')}\n"
        f"{face}('subject', {REFERENCES.get(face, '')}**{arguments!r})\n"
    )
