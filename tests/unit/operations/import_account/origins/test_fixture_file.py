"""What the fixture files of the Stripe CLI make."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.catalog import loader
from engine.errors import UsageError
from engine.operations.import_account.origins.fixture_file import read_fixtures


def _request(name: str, path: str, method: str = "post", /, **params: Any) -> dict[str, Any]:
    return {"name": name, "path": path, "method": method, "params": params}


def _read(
    *requests: dict[str, Any], **environ: str
) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """Arguments by address, and what is not taken."""
    document = {"_meta": {"template_version": 0}, "fixtures": list(requests)}
    content = json.dumps(document).encode()
    made, left_out = read_fixtures(content, "seed.json", loader.schemas(), environ)
    return {str(one.address): one.arguments for one in made}, left_out


PRODUCT = _request("product", "/v1/products", name="Pro")


def test_creations_become_declarations() -> None:
    """Names of fixtures are logical names, queries are references."""
    made, left_out = _read(
        PRODUCT,
        _request(
            "Price Monthly",
            "/v1/prices",
            product="${product:id}",
            unit_amount="2900",
            currency="usd",
            recurring={"interval": "month", "interval_count": 1},
            lookup_key="month-of-${product:name}",
        ),
    )
    assert made == {
        "stripe_product.product": {"name": "Pro"},
        "stripe_price.price-monthly": {
            "product": "${stripe_product.product.id}",
            "unit_amount": 2900,
            "currency": "usd",
            "recurring": {"interval": "month", "interval_count": 1},
            "lookup_key": "month-of-${stripe_product.product.name}",
        },
    }
    assert left_out == {}


def test_values_are_those_that_the_form_would_have_held() -> None:
    """Texts of numbers, numbers for texts, lists as objects with numbers, keys with brackets."""
    made, left_out = _read(
        _request("rate", "/v1/tax_rates", display_name="VAT", percentage="19.5", inclusive="false"),
        _request(
            "hook",
            "/v1/webhook_endpoints",
            url="https://example.com",
            enabled_events={"0": "charge.succeeded", "1": "charge.failed"},
            metadata={"build": 7, "beta": True, "none": None},
            description=None,
        ),
        _request(
            "price",
            "/v1/prices",
            product="prod_1",
            currency="usd",
            unit_amount=2900.0,
            unit_amount_decimal=2900.5,
            **{"recurring[interval]": "month", "recurring[interval_count]": "2"},
        ),
        _request("cheap", "/v1/coupons", percent_off="25", duration="once", currency=""),
    )
    assert made["stripe_tax_rate.rate"] == {
        "display_name": "VAT",
        "percentage": 19.5,
        "inclusive": False,
    }
    assert made["stripe_webhook_endpoint.hook"] == {
        "url": "https://example.com",
        "enabled_events": ["charge.succeeded", "charge.failed"],
        "metadata": {"build": "7", "beta": "true"},
    }
    assert made["stripe_price.price"] == {
        "product": "prod_1",
        "currency": "usd",
        "unit_amount": 2900,
        "unit_amount_decimal": "2900.5",
        "recurring": {"interval": "month", "interval_count": 2},
    }
    assert made["stripe_coupon.cheap"] == {"percent_off": 25, "duration": "once"}
    assert left_out == {}


def test_children_take_their_parent_from_the_path() -> None:
    """`/v1/products/${product:id}/features`."""
    made, _ = _read(
        PRODUCT,
        _request("sso", "/v1/entitlements/features", name="SSO", lookup_key="sso"),
        _request("has", "/v1/products/${product:id}/features", entitlement_feature="${sso:id}"),
    )
    assert made["stripe_product_feature.has"] == {
        "entitlement_feature": "${stripe_entitlements_feature.sso.id}",
        "product": "${stripe_product.product.id}",
    }


def test_later_changes_go_into_the_declaration() -> None:
    """A POST to an object that the file makes is an update: objects merge, empty texts clear."""
    made, left_out = _read(
        _request("product", "/v1/products", name="Pro", description="x", metadata={"a": "1"}),
        _request("price", "/v1/prices", product="${product:id}", currency="usd", unit_amount=1),
        _request(
            "then",
            "/v1/products/${product:id}",
            default_price="${price:id}",
            description="",
            metadata={"b": "2"},
        ),
    )
    assert made["stripe_product.product"] == {
        "name": "Pro",
        "metadata": {"a": "1", "b": "2"},
        "default_price": "${stripe_price.price.id}",
    }
    assert left_out == {}


def test_variables_and_defaults() -> None:
    """The environment first, then the default; a variable that nothing gives is asked for."""
    url = _request("hook", "/v1/webhook_endpoints", url="${.env:URL|https://a.example/x}/hook")
    assert _read(url)[0]["stripe_webhook_endpoint.hook"]["url"] == "https://a.example/x/hook"
    made, _ = _read(url, URL="https://b.example")
    assert made["stripe_webhook_endpoint.hook"]["url"] == "https://b.example/hook"
    with pytest.raises(UsageError, match=r"fixture p needs the .* variable NAME") as refused:
        _read(_request("p", "/v1/products", name="${.env:NAME}"))
    assert "set -a" in str(refused.value.hint)


def test_literals_stay_literals() -> None:
    """What looks like one of our references is text in a fixture file."""
    made, _ = _read(
        _request("a", "/v1/products", name="${stripe_price.x.id}"),
        _request("b", "/v1/products", name="${.env:X}"),
        X="${stripe_price.x.id}",
    )
    assert made["stripe_product.a"]["name"] == "$${stripe_price.x.id}"
    assert made["stripe_product.b"]["name"] == "$${stripe_price.x.id}"


def test_what_is_not_taken_is_named() -> None:
    """Reads, refusals, types that are not managed and what depends on them, unknown parameters."""
    made, left_out = _read(
        PRODUCT,
        _request("read", "/v1/products/${product:id}", "get"),
        {**_request("bad", "/v1/prices"), "expected_error_type": "invalid_request_error"},
        _request("charge", "/v1/charges", amount=100, currency="usd"),
        _request("refund", "/v1/refunds", charge="${charge:id}"),
        _request("price", "/v1/prices", product="${charge:id}"),
        _request("spare", "/v1/prices", product="${charge:id|prod_1}", currency="usd"),
        _request("link", "/v1/payment_links", line_items=[{"price": "${price:id}", "quantity": 1}]),
        _request("third", "/v1/products", name="${product:images.5.x}"),
        _request("other", "/v1/products/prod_9", name="Changed"),
        _request("fourth", "/v1/products", name="X", nonsense=1, expand=["default_price"]),
    )
    assert set(made) == {
        "stripe_product.product",
        "stripe_price.spare",
        "stripe_product.fourth",
    }
    assert left_out == {
        "it only reads or deletes": ("read",),
        "Stripe is to refuse it": ("bad",),
        "it creates no object of a managed type": ("charge", "refund", "other"),
        "it needs charge:id, which is not taken": ("price",),
        "it needs price:id, which is not taken": ("link",),
        "it needs product:images.5.x, which is not taken": ("third",),
        "it is no parameter here": ("nonsense of fourth",),
    }


def test_equal_names_are_told_apart() -> None:
    """A later fixture of the same name hides the earlier one, for the Stripe CLI too."""
    made, _ = _read(
        _request("p", "/v1/products", name="One"),
        _request("p", "/v1/products", name="Two"),
        _request("c", "/v1/prices", product="${p:id}"),
    )
    assert made["stripe_product.p"] == {"name": "One"}
    assert made["stripe_product.p-2"] == {"name": "Two"}
    assert made["stripe_price.c"] == {"product": "${stripe_product.p-2.id}"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "is not a fixture file"),
        (b'{"fixtures": {}}', "is not a fixture file"),
        (b'{"_meta": {"template_version": 1}, "fixtures": []}', "has template version 1"),
        (b"name: pro", "is not JSON"),
        (b"", "is empty"),
    ],
)
def test_a_file_that_is_something_else(content: bytes, message: str) -> None:
    """What is wrong with it."""
    with pytest.raises(UsageError, match=message):
        read_fixtures(content, "seed.json", loader.schemas(), {})


def test_a_state_is_another_file() -> None:
    """Its option is named."""
    with pytest.raises(UsageError) as refused:
        read_fixtures(b'{"version": 4, "resources": []}', "a", loader.schemas(), {})
    assert refused.value.hint == "engine import --from-tfstate FILE reads it"


def test_a_damaged_file_makes_nothing() -> None:
    """Parts of another form are passed over."""
    content = json.dumps({"fixtures": [None, 1, {}, {"method": "post", "params": []}]}).encode()
    with pytest.raises(UsageError, match="creates no object") as refused:
        read_fixtures(content, "seed.json", loader.schemas(), {})
    assert "it creates no object of a managed type" in str(refused.value.cause)
