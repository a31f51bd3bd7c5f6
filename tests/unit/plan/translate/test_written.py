"""An object is written as the declaration that a person wrote for it, and nothing is noise.

Each object is made by a plain request. What is expected is what the request carried: no null, no
default, nothing that Stripe computed or generated.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.plan.translate.untold import Untold
from engine.plan.translate.written import written
from engine.schema.remote import RemoteObject
from tests.support.raw_requests import send


def _form(value: Any, path: str = "") -> list[str]:
    """Parameters as Stripe's forms spell them."""
    if isinstance(value, dict):
        return [
            pair
            for key, inner in value.items()
            for pair in _form(inner, f"{path}[{quote(key)}]" if path else key)
        ]
    if isinstance(value, list):
        return [pair for at, inner in enumerate(value) for pair in _form(inner, f"{path}[{at}]")]
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return [f"{path}={quote(text, safe='')}"]


def _made(emulator: Emulator, object_name: str, params: dict[str, Any]) -> RemoteObject:
    """An object that a plain request made, as a read with all expansions returns it."""
    kind = loader.by_object(object_name)
    response = send(emulator, "POST", kind.collection, "&".join(_form(params)))
    assert response.status == 200, response.document
    expand = "&".join(f"expand[]={quote(path)}" for path in kind.expand)
    found = send(emulator, "GET", f"{kind.collection}/{response.document['id']}?{expand}")
    document: RemoteObject = found.document
    return document


PRODUCT = "${stripe_product.pro.id}"


def _reference(object_name: str, _: str) -> str | None:
    return PRODUCT if object_name == "product" else None


WRITTEN: dict[str, tuple[str, dict[str, Any]]] = {
    "product": ("product", {"name": "Pro"}),
    "product with a chosen id": ("product", {"id": "pro", "name": "Pro"}),
    "archived product": ("product", {"name": "Pro", "active": False}),
    "product with texts": (
        "product",
        {
            "name": "Pro",
            "description": "For teams",
            "metadata": {"plan": "pro"},
            "images": ["https://a.example/1.png"],
            "marketing_features": [{"name": "Unlimited seats"}],
            "unit_label": "seat",
            "tax_code": "txcd_10103001",
        },
    ),
    "price": (
        "price",
        {
            "product": PRODUCT,
            "currency": "usd",
            "unit_amount": 2900,
            "recurring": {"interval": "month"},
        },
    ),
    "free price": ("price", {"product": PRODUCT, "currency": "usd", "unit_amount": 0}),
    "price in parts of a cent": (
        "price",
        {"product": PRODUCT, "currency": "usd", "unit_amount_decimal": "0.5"},
    ),
    "price in several currencies": (
        "price",
        {
            "product": PRODUCT,
            "currency": "usd",
            "unit_amount": 2900,
            "currency_options": {"eur": {"unit_amount": 2700}, "gbp": {"unit_amount": 2500}},
            "lookup_key": "pro_monthly",
            "recurring": {"interval": "month", "interval_count": 3},
        },
    ),
    "price in tiers": (
        "price",
        {
            "product": PRODUCT,
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [
                {"up_to": 10, "unit_amount": 0},
                {"up_to": 100, "unit_amount_decimal": "0.25", "flat_amount": 500},
                {"up_to": "inf", "flat_amount": 9000},
            ],
            "recurring": {"interval": "year"},
            "tax_behavior": "exclusive",
        },
    ),
    "price that customers choose": (
        "price",
        {"product": PRODUCT, "currency": "usd", "custom_unit_amount": {"enabled": True}},
    ),
    "coupon": ("coupon", {"percent_off": 25}),
    "coupon with a chosen id": (
        "coupon",
        {"id": "SUMMER25", "percent_off": 12.5, "duration": "forever", "name": "Summer"},
    ),
    "coupon of an amount": (
        "coupon",
        {
            "amount_off": 500,
            "currency": "usd",
            "duration": "repeating",
            "duration_in_months": 3,
            "currency_options": {"eur": {"amount_off": 400}},
            "applies_to": {"products": [PRODUCT]},
        },
    ),
}
"""What a request carries, and what is written of the object that it made."""


@pytest.mark.parametrize("name", WRITTEN)
def test_a_declaration_is_what_a_person_wrote(name: str) -> None:
    """Every argument comes back as it was sent, and no other one."""
    object_name, declared = WRITTEN[name]
    with Emulator(seed=3) as emulator:
        product = _made(emulator, "product", {"name": "Pro"})
        sent = _with(declared, PRODUCT, product["id"])
        found = written(
            loader.by_object(object_name), _made(emulator, object_name, sent), _reference
        )
    assert found.arguments == declared


def _with(value: Any, reference: str, id: str) -> Any:
    if isinstance(value, dict):
        return {key: _with(inner, reference, id) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with(inner, reference, id) for inner in value]
    return id if value == reference else value


def test_what_looks_like_a_reference_is_escaped() -> None:
    """Text of an object is text in the declaration too; a key cannot be escaped and is left out."""
    kind = loader.by_object("product")
    actual = {
        "id": "pro",
        "name": "Pro ${x}",
        "metadata": {"${k}": "1", "engine": "shop:stripe_product.pro", "k": "${stripe_a.b.id}"},
    }
    assert written(kind, actual, _reference).arguments == {
        "id": "pro",
        "name": "Pro $${x}",
        "metadata": {"k": "$${stripe_a.b.id}"},
    }


def test_what_stripe_does_not_return_is_named() -> None:
    """A declaration that would not be valid without it has something in its place."""
    kind = loader.by_object("terminal.reader")
    actual = {"id": "tmr_1", "label": "Till", "location": "tml_1"}
    found = written(kind, actual, _reference)
    assert found.arguments == {"label": "Till", "location": "tml_1"}
    assert found.untold == (
        Untold(path=("registration_code",), needed=True, secret=True, stand_in="simulated-wpe"),
    )
