"""What may be expanded: everything that Stripe's description calls expandable, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from engine.catalog import loader
from engine.catalog.generator.description import (
    HOW_TO_GET_IT,
    VARIABLE,
    Description,
    Place,
    named_file,
    read,
)
from engine.emulator.requests.expansions import parse_expand
from engine.emulator.types.kinds import kinds
from engine.emulator.wire.errors import StripeRefusal

LEVELS = 4
# The SDK is newer than the description, and types these differently.
NOT_IN_THE_SDK = ("igic", "tax_rate_details.tax_rate", "mandate_options")


@pytest.fixture(scope="module")
def description() -> Description:
    """Stripe's description."""
    named = named_file()
    if named is None:
        pytest.skip(f"{VARIABLE} names no description: {HOW_TO_GET_IT}")
    return read(named)


def expandable(place: Place, levels: int) -> Iterator[str]:
    """Every path from a place that the description calls expandable."""
    for form in place.objects:
        for name in form.get("x-expandableFields", ()):
            below = place.field(name)
            if below is None:
                continue
            yield name
            element = below.element()
            while element is not None:
                below, element = element, element.element()
            if levels > 1:
                yield from (f"{name}.{rest}" for rest in expandable(below, levels - 1))


@pytest.mark.parametrize("object_name", [one for one in kinds() if not kinds()[one].is_v2])
def test_whatever_is_expandable_is_accepted(object_name: str, description: Description) -> None:
    """Every path that the description calls expandable, through four levels."""
    kind = kinds()[object_name]
    verb = "retrieve" if "retrieve" in kind.entry.operations else "create"
    call = kind.entry.operations[verb]
    place = description.response(call.method, call.path)
    if place is None:
        pytest.skip(f"the description, older than the SDK, has no {object_name}")
    refused = set()
    for path in set(expandable(place, LEVELS)):
        try:
            parse_expand([path], kind)
        except StripeRefusal:
            refused.add(path)
    assert not {path for path in refused if not any(one in path for one in NOT_IN_THE_SDK)}


PATHS: dict[str, tuple[str, ...]] = {
    "account": ("external_accounts", "external_accounts.data.account", "settings.branding.icon"),
    "billing.credit_grant": ("customer", "test_clock", "customer.test_clock"),
    "billing_portal.configuration": ("application",),
    "customer": ("default_source", "invoice_settings.default_payment_method", "sources"),
    "issuing.card": ("cardholder", "replaced_by", "replacement_for.cardholder"),
    "payment_link": ("line_items.data.price.product", "on_behalf_of", "transfer_data.destination"),
    "price": ("recurring", "product.default_price", "currency_options", "tiers"),
    "product": ("tax_code", "default_price.product.tax_code", "marketing_features"),
    "quote": ("invoice", "discounts.promotion_code", "subscription.latest_invoice"),
    "subscription": (
        "customer.subscriptions.data.items",
        "default_payment_method",
        "discounts",
        "items",
        "items.data.price.product",
        "latest_invoice.payments",
        "pending_setup_intent.payment_method",
        "schedule.subscription",
        "test_clock",
    ),
}


@pytest.mark.parametrize(
    ("object_name", "path"), [(name, path) for name, paths in PATHS.items() for path in paths]
)
def test_what_clients_expand_is_accepted(object_name: str, path: str) -> None:
    """Ids of any types, lists, and objects that are always whole, one within the other."""
    assert parse_expand([path], kinds()[object_name]) == (path,)
    if path.count(".") < LEVELS - 1:  # `data.` is a level too
        assert parse_expand([f"data.{path}"], kinds()[object_name], of_list=True) == (path,)


@pytest.mark.parametrize(
    ("object_name", "path"),
    [
        ("subscription", "frob"),
        ("subscription", "status"),
        ("subscription", "metadata"),
        ("subscription", "items.frob"),
        ("subscription", "items.data.quantity"),
        ("subscription", "latest_invoice.frob"),
        ("subscription", "discounts.frob"),
        ("price", "currency_options.frob"),
        ("account", "external_accounts.data.frob"),
    ],
)
def test_what_is_no_object_is_refused(object_name: str, path: str) -> None:
    """Below objects that are not emulated too."""
    with pytest.raises(StripeRefusal, match="This property cannot be expanded"):
        parse_expand([path], kinds()[object_name])


def test_what_is_not_kept_is_null_and_lists_are_there(client: stripe.StripeClient) -> None:
    """No object is invented: an id without a stored object stays an id."""
    product = client.v1.products.create(
        {"name": "P", "tax_code": "txcd_10000000", "expand": ["tax_code", "default_price"]}
    )
    assert (product.tax_code, product.default_price) == ("txcd_10000000", None)
    account: Any = client.v1.accounts.create({"expand": ["external_accounts"]})
    assert account.external_accounts.object == "list"
    assert account.external_accounts.data == []
    customer = client.v1.customers.create({"expand": ["default_source", "sources", "test_clock"]})
    assert (customer.default_source, customer.test_clock) == (None, None)
    assert customer.sources is not None
    assert customer.sources.data == []


def test_an_object_that_is_described_in_another_is_known() -> None:
    """A discount has no operations; its shape is known from responses that hold one."""
    assert loader.holder("discount") in loader.object_names()
    assert loader.holder("product") == ""
