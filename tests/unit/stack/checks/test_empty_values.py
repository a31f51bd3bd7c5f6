"""Empty texts: taken out where Stripe has no word for them, a finding where one is needed."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.stack.checks.empty_values import said
from engine.stack.checks.fields import check_arguments
from engine.stack.checks.rules import CheckContext
from engine.values.secret import Sensitive

CIRCUMSTANCES = CheckContext(now=1_790_000_000, live=False)


def findings(object_name: str, **arguments: Any) -> list[str]:
    """The messages of `validate` about one declaration."""
    found = check_arguments(loader.by_object(object_name), arguments, CIRCUMSTANCES)
    return [finding.message for finding in found]


@pytest.mark.parametrize(
    ("object_name", "field"),
    [
        ("price", "nickname"),
        ("price", "lookup_key"),
        ("product", "statement_descriptor"),
        ("coupon", "name"),
        ("tax_rate", "description"),
        ("tax_rate", "jurisdiction"),
        ("promotion_code", "code"),
        ("price", "tax_behavior"),
        # Null would clear it in v2, but this field takes none.
        ("v2.core.event_destination", "description"),
    ],
)
def test_a_text_that_stripe_cannot_clear_is_as_good_as_none(object_name: str, field: str) -> None:
    """In the API description its parameter has no empty string among its forms."""
    root = loader.by_object(object_name).root
    assert said(root, {field: ""}) == {}
    assert said(root, {field: "word"}) == {field: "word"}


@pytest.mark.parametrize(
    ("object_name", "arguments", "kept"),
    [
        # An empty list is an empty text in a request, which Stripe refuses there.
        ("customer", {"preferred_locales": []}, {}),
        ("customer", {"preferred_locales": ()}, {}),
        ("customer", {"preferred_locales": ["fr"]}, {"preferred_locales": ["fr"]}),
        # In the API description an empty text is among its forms.
        ("product", {"images": []}, {"images": []}),
        # R.
        (
            "issuing.card",
            {"spending_controls": {"spending_limits": []}},
            {"spending_controls": {"spending_limits": []}},
        ),
        # Only a create can set it: the object is made anew without it.
        ("radar.value_list_item", {"value_list": ""}, {"value_list": ""}),
        ("v2.core.event_destination", {"events_from": []}, {"events_from": []}),
    ],
)
def test_a_list_that_stripe_cannot_empty_is_as_good_as_none(
    object_name: str, arguments: dict[str, Any], kept: dict[str, Any]
) -> None:
    """An update cannot send it; where it can, or where a new object is made, it stays."""
    assert said(loader.by_object(object_name).root, arguments) == kept


@pytest.mark.parametrize(
    ("object_name", "field"),
    [
        ("product", "description"),
        ("product", "unit_label"),
        ("webhook_endpoint", "description"),
        # L: in no description, and yet it clears.
        ("customer", "description"),
    ],
)
def test_a_text_that_stripe_clears_stays_as_it_is(object_name: str, field: str) -> None:
    """There the empty text is the request to clear it."""
    arguments = {field: ""}
    assert said(loader.by_object(object_name).root, arguments) is arguments
    assert not [text for text in findings(object_name, **arguments) if field in text]


def test_blanks_are_found_at_any_depth() -> None:
    """In objects in lists too, and nothing else is touched."""
    root = loader.by_object("payment_link").root
    item = {"price_data": {"currency": "usd", "product_data": {"name": "A", "description": ""}}}
    arguments = {"line_items": [item], "metadata": {"k": ""}, "frob": ""}
    assert said(root, arguments) == {
        "line_items": [{"price_data": {"currency": "usd", "product_data": {"name": "A"}}}],
        # An empty text deletes the entry.
        "metadata": {"k": ""},
        # Unknown parameters are somebody else's finding.
        "frob": "",
    }
    assert item["price_data"]["product_data"] == {"name": "A", "description": ""}


def test_other_values_are_no_blanks() -> None:
    """Null, lists, numbers and secrets are what they were."""
    arguments: dict[str, Any] = {
        "nickname": None,
        "tiers": [],
        "unit_amount": 0,
        "lookup_key": Sensitive(""),
    }
    assert said(loader.by_object("price").root, arguments) is arguments


@pytest.mark.parametrize(
    ("object_name", "arguments", "message"),
    [
        ("product", {"name": ""}, "name needs at least 1 character"),
        ("product", {"name": "A", "images": [""]}, "images[0] needs at least 1 character"),
        (
            "customer",
            {"invoice_settings": {"custom_fields": [{"name": "", "value": "x"}]}},
            "invoice_settings.custom_fields[0].name needs at least 1 character",
        ),
    ],
)
def test_a_text_that_is_needed_is_a_finding(
    object_name: str, arguments: dict[str, Any], message: str
) -> None:
    """Stripe refuses an empty one, and there is nothing else to send."""
    assert said(loader.by_object(object_name).root, arguments) is arguments
    assert message in findings(object_name, **arguments)


def test_a_text_of_a_certain_length_is_a_finding() -> None:
    """An empty currency is a mistake rather than a wish for none."""
    assert "currency needs at least 3 characters" in findings("coupon", currency="")


def test_entries_of_metadata_may_be_empty() -> None:
    """That is how an entry is deleted."""
    assert findings("product", name="A", metadata={"k": ""}) == []
