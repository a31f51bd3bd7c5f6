"""Payment links, payment method configurations and domains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

Refused = Callable[..., stripe.StripeError]


@pytest.fixture
def price(client: stripe.StripeClient, product: str) -> str:
    """Id of a one-time price."""
    return client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 250}).id


@pytest.fixture
def monthly(client: stripe.StripeClient, product: str) -> str:
    """Id of a monthly price."""
    params: Any = {
        "product": product,
        "currency": "usd",
        "unit_amount": 250,
        "recurring": {"interval": "month"},
    }
    return client.v1.prices.create(params).id


@pytest.fixture
def metered(client: stripe.StripeClient, product: str) -> str:
    """Id of a metered price."""
    meter = client.v1.billing.meters.create(
        {"display_name": "C", "event_name": "c", "default_aggregation": {"formula": "sum"}}
    ).id
    recurring: Any = {"interval": "month", "usage_type": "metered", "meter": meter}
    params: Any = {
        "product": product,
        "currency": "usd",
        "unit_amount": 1,
        "recurring": recurring,
    }
    return client.v1.prices.create(params).id


def items(*lines: Any, **further: Any) -> Any:
    """Parameters of a link that sells something."""
    return {"line_items": list(lines), **further}


def test_a_link_shows_what_it_sells_if_asked(client: stripe.StripeClient, price: str) -> None:
    """The items come expanded, with the price whole in each."""
    made = client.v1.payment_links.create(items({"price": price, "quantity": 2}))
    assert "line_items" not in made.to_dict()
    assert made.url.startswith("https://buy.stripe.com/test_")
    assert (made.currency, made.active, made.customer_creation) == ("usd", True, "if_required")
    seen = client.v1.payment_links.retrieve(made.id, {"expand": ["line_items"]})
    assert seen.line_items is not None
    (item,) = seen.line_items.data
    assert item.price is not None
    assert (item.price.id, item.quantity, item.amount_total) == (price, 2, 500)
    assert item.description == "Pro"
    assert made.after_completion.hosted_confirmation is not None
    assert made.invoice_creation is not None
    assert (made.invoice_creation.enabled, made.subscription_data) == (False, None)


def test_items_are_a_list_of_their_own(
    client: stripe.StripeClient, price: str, refused: Refused
) -> None:
    """In the order of the link, in pages; of a link and of a quote."""
    lines = [{"price": price, "quantity": count} for count in (1, 2, 3)]
    link = client.v1.payment_links.create(items(*lines)).id
    service = client.v1.payment_links.line_items
    whole = service.list(link)
    assert [item.quantity for item in whole.data] == [1, 2, 3]
    assert (whole.url, whole.has_more) == (f"/v1/payment_links/{link}/line_items", False)
    first = service.list(link, {"limit": 2})
    assert ([item.quantity for item in first.data], first.has_more) == ([1, 2], True)
    assert [item.quantity for item in first.auto_paging_iter()] == [1, 2, 3]
    last = first.data[1].id
    assert [item.quantity for item in service.list(link, {"starting_after": last}).data] == [3]
    back = service.list(link, {"ending_before": last, "limit": 1})
    assert ([item.quantity for item in back.data], back.has_more) == ([1], False)
    expanded = service.list(link, {"expand": ["data.price.product"]}).data[0]
    assert expanded.price is not None
    assert isinstance(expanded.price.product, stripe.Product)
    wanted: Any = items(*lines, customer=client.v1.customers.create({}).id)
    quote = client.v1.quotes.create(wanted)
    assert len(client.v1.quotes.line_items.list(quote.id).data) == 3
    both: Any = {"starting_after": last, "ending_before": last}
    for params in (both, {"starting_after": "li_none"}, {"colour": "red"}):
        assert refused(service.list, link, params).http_status == 400
    assert refused(service.list, "plink_none").http_status == 404


def test_only_quantities_of_items_change(
    client: stripe.StripeClient, price: str, refused: Refused
) -> None:
    """By the item's id; a price is an unknown parameter."""
    expand = ["line_items"]
    made = client.v1.payment_links.create(items({"price": price, "quantity": 1}, expand=expand))
    assert made.line_items is not None
    item = made.line_items.data[0].id
    change = {"id": item, "quantity": 4, "adjustable_quantity": {"enabled": True, "maximum": 9}}
    after = client.v1.payment_links.update(made.id, items(change, expand=expand))
    assert after.line_items is not None
    told = after.line_items.data[0].to_dict()
    assert (told["id"], told["quantity"], told["amount_total"]) == (item, 4, 1000)
    assert told["adjustable_quantity"] == {"enabled": True, "maximum": 9, "minimum": None}
    update = client.v1.payment_links.update
    error = refused(update, made.id, items({"id": "li_x", "quantity": 1}))
    assert error.user_message == "No such line item: 'li_x'"
    error = refused(update, made.id, items({"id": item, "price": price}))
    assert error.code == "parameter_unknown"


def test_quantities_go_with_how_a_price_is_counted(
    client: stripe.StripeClient, price: str, metered: str, refused: Refused
) -> None:
    """Licensed prices need one, metered ones take none."""
    create = client.v1.payment_links.create
    assert refused(create, items({"price": price})).user_message == (
        "Quantity is required. Add `quantity` to `line_items[0]`"
    )
    assert refused(create, items({"price": metered, "quantity": 1})).user_message == (
        "Quantity should not be specified where usage_type is `metered`. Remove quantity from "
        "`line_items[0]`"
    )
    assert refused(create, items({"price": price, "quantity": -1})).http_status == 400
    assert create(items({"price": metered})).subscription_data is not None


def test_prices_must_be_active(client: stripe.StripeClient, price: str, refused: Refused) -> None:
    """An archived one is refused by its place."""
    client.v1.prices.update(price, {"active": False})
    error = refused(client.v1.payment_links.create, items({"price": price, "quantity": 1}))
    assert error.user_message == (
        "The price specified is inactive. This field only accepts active prices."
    )
    assert error.param == "line_items[0][price]"  # type: ignore[attr-defined]


def test_a_price_may_come_along(
    client: stripe.StripeClient, product: str, price: str, refused: Refused
) -> None:
    """It is made for this link; either a price or its data is needed."""
    data = {"currency": "eur", "product": product, "unit_amount": 5}
    made = client.v1.payment_links.create(items({"price_data": data, "quantity": 1}))
    assert made.currency == "eur"
    create = client.v1.payment_links.create
    assert refused(create, items({"quantity": 1})).code == "parameter_missing"
    both = {"price": price, "price_data": data, "quantity": 1}
    assert "only specify one" in str(refused(create, items(both)).user_message)


@pytest.mark.parametrize("count", [0, 21])
def test_a_link_sells_one_to_twenty(
    client: stripe.StripeClient, price: str, refused: Refused, count: int
) -> None:
    """No items, and too many, are refused."""
    lines = [{"price": price, "quantity": 1}] * count
    assert refused(client.v1.payment_links.create, items(*lines)).http_status == 400


def test_some_parameters_need_a_kind_of_price(
    client: stripe.StripeClient, price: str, monthly: str, refused: Refused
) -> None:
    """Those of payments one-time prices, those of subscriptions recurring ones."""
    service = client.v1.payment_links
    once, recurring = {"price": price, "quantity": 1}, {"price": monthly, "quantity": 1}
    bad: Any = {**items(once), "subscription_data": {"trial_period_days": 3}}
    assert refused(service.create, bad).http_status == 400
    bad = {**items(recurring), "payment_intent_data": {"description": "x"}}
    assert refused(service.create, bad).http_status == 400
    bad = {**items(recurring), "invoice_creation": {"enabled": True}}
    assert refused(service.create, bad).http_status == 400
    made = service.create(items(recurring, subscription_data={"trial_period_days": 3}))
    assert made.subscription_data is not None
    assert made.subscription_data.invoice_settings.issuer.type == "self"
    cleared = service.update(made.id, {"subscription_data": {"trial_period_days": ""}})
    assert cleared.subscription_data is not None
    assert cleared.subscription_data.trial_period_days is None


def test_a_link_follows_its_options(client: stripe.StripeClient, price: str) -> None:
    """A redirect replaces a confirmation, and a shipping rate is returned with its amount."""
    rate = client.v1.shipping_rates.create(
        {
            "display_name": "Post",
            "type": "fixed_amount",
            "fixed_amount": {"amount": 99, "currency": "usd"},
        }
    ).id
    made = client.v1.payment_links.create(
        items(
            {"price": price, "quantity": 1},
            after_completion={"type": "redirect", "redirect": {"url": "https://example.com"}},
            shipping_options=[{"shipping_rate": rate}],
            restrictions={"completed_sessions": {"limit": 2}},
        )
    )
    assert "hosted_confirmation" not in made.after_completion
    assert [one.shipping_amount for one in made.shipping_options] == [99]
    assert made.restrictions is not None
    assert made.restrictions.completed_sessions.count == 0


def methods(made: stripe.PaymentMethodConfiguration, name: str) -> tuple[Any, ...]:
    """Availability, preference and value of a method."""
    told = made.to_dict()[name]
    shown = told["display_preference"]
    return told["available"], shown["preference"], shown["value"]


def test_preferences_come_to_values(client: stripe.StripeClient) -> None:
    """On, off, or the parent's or Stripe's value."""
    service = client.v1.payment_method_configurations
    parent = service.create({"name": "P", "ideal": {"display_preference": {"preference": "on"}}})
    assert (parent.active, parent.is_default) == (True, False)
    assert methods(parent, "ideal") == (True, "on", "on")
    assert methods(parent, "card") == (True, "none", "on")
    assert methods(parent, "alipay") == (False, "none", "off")
    child = service.create({"parent": parent.id})
    assert methods(child, "ideal") == (True, "none", "on")
    off: Any = {"ideal": {"display_preference": {"preference": "off"}}}
    service.update(parent.id, off)
    assert methods(service.retrieve(child.id), "ideal") == (False, "none", "off")
    assert "apple_pay_later" not in child.to_dict()
    assert service.update(parent.id, {"active": False}).active is False


def test_a_default_configuration_stays_active(
    client: stripe.StripeClient, emulator: Any, refused: Refused
) -> None:
    """Stripe makes it, and it stays active."""
    seeded = emulator.seed(
        "payment_method_configuration", {"name": "Default", "is_default": True}, key="sk_test_alpha"
    )
    service = client.v1.payment_method_configurations
    assert refused(service.update, seeded["id"], {"active": False}).http_status == 400
    assert service.update(seeded["id"], {"name": "Ours"}).name == "Ours"


def test_a_domain_is_registered_once(client: stripe.StripeClient, refused: Refused) -> None:
    """A disabled one too; its wallets are inactive until validation."""
    service = client.v1.payment_method_domains
    made = service.create({"domain_name": "Shop.example.com"})
    assert (made.domain_name, made.enabled) == ("shop.example.com", True)
    assert (made.apple_pay.status, made.link.status) == ("inactive", "active")
    assert service.validate(made.id).apple_pay.status == "active"
    disabled = service.update(made.id, {"enabled": False})
    # Where a domain is disabled its wallets are not shown, and their states stay (R).
    assert (disabled.apple_pay.status, disabled.link.status) == ("active", "active")
    error = refused(service.create, {"domain_name": "shop.example.com"})
    assert error.code == "resource_already_exists"
    assert service.list({"enabled": True}).data == []
    found = service.list({"domain_name": "SHOP.example.com", "enabled": False}).data
    assert [one.id for one in found] == [made.id]
    assert refused(service.create, {"domain_name": "https://example.com"}).http_status == 400


def test_a_currency_must_be_one_of_the_price(
    client: stripe.StripeClient, price: str, refused: Refused
) -> None:
    """The price's own currency, or one of its options."""
    line = {"price": price, "quantity": 1}
    create = client.v1.payment_links.create
    error = refused(create, items(line, currency="eur"))
    assert error.user_message == (
        "The price specified only supports `usd`. This doesn't match the expected currency: `eur`."
    )
    client.v1.prices.update(price, {"currency_options": {"eur": {"unit_amount": 200}}})
    assert create(items(line, currency="eur")).currency == "eur"
