"""Customers, subscriptions, schedules, quotes and the clocks of a sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request
from tests.support.clock import Clock

Refused = Callable[..., stripe.StripeError]
DAY = 24 * 3600
START = 1_800_000_000


@pytest.fixture
def customer(client: stripe.StripeClient) -> str:
    """Id of a customer who can pay."""
    params: Any = {
        "name": "Ada",
        "email": "ada@example.com",
        "payment_method": "pm_card_visa",
        "invoice_settings": {"default_payment_method": "pm_card_visa"},
    }
    return client.v1.customers.create(params).id


@pytest.fixture
def price(client: stripe.StripeClient, product: str) -> Callable[..., str]:
    """Make a recurring price, and return its id."""

    def make(interval: str = "month") -> str:
        params: Any = {
            "product": product,
            "currency": "usd",
            "unit_amount": 250,
            "recurring": {"interval": interval},
        }
        return client.v1.prices.create(params).id

    return make


@pytest.fixture
def subscribe(
    client: stripe.StripeClient, customer: str, price: Callable[..., str]
) -> Callable[..., stripe.Subscription]:
    """Subscribe the customer to a monthly price."""

    def make(**params: Any) -> stripe.Subscription:
        given: Any = {"customer": customer, "items": [{"price": price()}], **params}
        return client.v1.subscriptions.create(given)

    return make


def test_a_deleted_customer_is_still_answered(
    client: stripe.StripeClient,
    customer: str,
    subscribe: Callable[..., stripe.Subscription],
    refused: Refused,
) -> None:
    """As deleted, with its subscriptions canceled, in no list, and unusable."""
    subscription = subscribe()
    assert client.v1.customers.delete(customer).deleted is True
    assert client.v1.customers.retrieve(customer).to_dict() == {
        "id": customer,
        "object": "customer",
        "deleted": True,
    }
    assert client.v1.subscriptions.retrieve(subscription.id).status == "canceled"
    assert client.v1.customers.list().data == []
    error = refused(client.v1.customers.update, customer, {"name": "B"})
    assert (error.http_status, error.user_message) == (404, f"No such customer: '{customer}'")
    assert refused(client.v1.customers.delete, customer).http_status == 404
    given = {"type": "eu_vat", "value": "DE123456789"}
    assert refused(client.v1.customers.tax_ids.create, customer, given).http_status == 404


def test_a_customer_is_filled_in(client: stripe.StripeClient, customer: str) -> None:
    """Lists of other objects are absent unless expanded."""
    plain = client.v1.customers.retrieve(customer).to_dict()
    assert (plain["balance"], plain["tax_exempt"], plain["next_invoice_sequence"]) == (0, "none", 1)
    assert not {"sources", "subscriptions", "tax_ids", "tax", "cash_balance"} & set(plain)
    expand = ["tax_ids", "tax", "cash_balance"]
    full = client.v1.customers.retrieve(customer, {"expand": expand}).to_dict()
    assert full["tax_ids"]["url"] == f"/v1/customers/{customer}/tax_ids"
    assert full["cash_balance"]["settings"]["using_merchant_default"] is True
    settings: Any = {"settings": {"reconciliation_mode": "manual"}}
    after = client.v1.customers.update(customer, {"cash_balance": settings, "expand": expand})
    assert after.to_dict()["cash_balance"]["settings"]["reconciliation_mode"] == "manual"


def test_tax_ids_are_one_kind_of_object(
    client: stripe.StripeClient, customer: str, refused: Refused
) -> None:
    """A customer's is found by its id alone too; the account's own are separate."""
    vat: Any = {"type": "eu_vat", "value": "DE123456789"}
    data: Any = {"name": "B", "tax_id_data": [vat], "expand": ["tax_ids"]}
    other = client.v1.customers.create(data)
    assert other.tax_ids is not None
    assert [one.value for one in other.tax_ids.data] == ["DE123456789"]
    made = client.v1.customers.tax_ids.create(customer, {"type": "us_ein", "value": "12-3456789"})
    assert (made.customer, made.country) == (customer, "US")
    assert client.v1.tax_ids.retrieve(made.id).id == made.id
    own = client.v1.tax_ids.create(vat)
    assert own.owner is not None
    assert (own.owner.type, own.customer, own.country) == ("self", None, None)
    assert [one.id for one in client.v1.tax_ids.list().data] == [own.id]
    theirs: Any = {"owner": {"type": "customer", "customer": customer}}
    assert [one.id for one in client.v1.tax_ids.list(theirs).data] == [made.id]
    assert [one.id for one in client.v1.customers.tax_ids.list(customer).data] == [made.id]
    assert refused(client.v1.customers.tax_ids.delete, other.id, made.id).http_status == 404
    assert client.v1.customers.tax_ids.delete(customer, made.id).deleted is True


def test_a_subscription_starts_now(
    subscribe: Callable[..., stripe.Subscription], clock: Clock[int]
) -> None:
    """Active, with an item and a period of the price's interval."""
    made = subscribe()
    assert (made.status, made.currency, made.start_date) == ("active", "usd", clock.now)
    (item,) = made["items"]["data"]
    assert (item["quantity"], item["subscription"]) == (1, made.id)
    assert item["current_period_end"] == clock.now + 31 * DAY
    assert item["plan"]["id"] == item["price"]["id"]
    assert item["plan"]["interval"] == "month"


def test_a_trial_ends_by_itself(
    client: stripe.StripeClient, subscribe: Callable[..., stripe.Subscription], clock: Clock[int]
) -> None:
    """Trialing until its end, active afterwards."""
    made = subscribe(trial_period_days=3)
    assert (made.status, made.trial_end) == ("trialing", clock.now + 3 * DAY)
    clock.now += 3 * DAY
    assert client.v1.subscriptions.retrieve(made.id).status == "active"


def test_a_canceled_subscription_is_as_good_as_gone(
    client: stripe.StripeClient, subscribe: Callable[..., stripe.Subscription], refused: Refused
) -> None:
    """Retrieved, listed if a filter includes it, and hardly changed."""
    service = client.v1.subscriptions
    made = subscribe()
    said: Any = {"cancellation_details": {"comment": "Enough"}}
    ended = service.cancel(made.id, said)
    assert ended.cancellation_details is not None
    assert (ended.status, ended.cancellation_details.comment) == ("canceled", "Enough")
    assert refused(service.cancel, made.id).http_status == 404
    assert service.update(made.id, {"metadata": {"a": "b"}}).metadata.to_dict() == {"a": "b"}
    assert refused(service.update, made.id, {"description": "x"}).user_message == (
        "A canceled subscription can only update its cancellation_details and metadata."
    )
    assert service.list().data == []
    for status in ("canceled", "ended", "all"):
        assert len(service.list({"status": status}).data) == 1
    item = {"subscription": made.id, "price": made["items"]["data"][0]["price"]["id"]}
    assert refused(client.v1.subscription_items.create, item).http_status == 400


def test_items_change_by_their_id(
    client: stripe.StripeClient,
    subscribe: Callable[..., stripe.Subscription],
    price: Callable[..., str],
    refused: Refused,
) -> None:
    """One without an id is added; the last one stays."""
    made = subscribe()
    item = made["items"]["data"][0]["id"]
    yearly = price("year")
    update = client.v1.subscriptions.update
    after = update(made.id, {"items": [{"id": item, "quantity": 3}, {"price": yearly}]})
    assert [one["quantity"] for one in after["items"]["data"]] == [3, 1]
    assert refused(update, made.id, {"items": [{"price": yearly}]}).http_status == 400
    after = update(made.id, {"items": [{"id": item, "deleted": True}]})
    (left,) = after["items"]["data"]
    assert left["price"]["id"] == yearly
    assert "at least one active plan" in str(
        refused(client.v1.subscription_items.delete, left["id"]).user_message
    )
    items = client.v1.subscription_items
    monthly = price()
    added = items.create({"subscription": made.id, "price": monthly})
    listed = items.list({"subscription": made.id})
    assert [one.id for one in listed.data] == [left["id"], added.id]
    page = items.list({"subscription": made.id, "limit": 1})
    assert ([one.id for one in page.data], page.has_more) == ([left["id"]], True)
    following = items.list({"subscription": made.id, "starting_after": left["id"]})
    assert [one.id for one in following.data] == [added.id]
    assert items.update(added.id, {"price": price("week")}).price.id != monthly
    assert items.delete(added.id).deleted is True
    by_price = client.v1.subscriptions.list({"price": yearly})
    assert [one.id for one in by_price.data] == [made.id]
    assert client.v1.subscriptions.list({"price": monthly}).data == []


def test_discounts_are_ids_unless_expanded(
    client: stripe.StripeClient, subscribe: Callable[..., stripe.Subscription], refused: Refused
) -> None:
    """A coupon or a promotion code makes one, an empty list none."""
    coupon = client.v1.coupons.create({"percent_off": 5}).id
    code = client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon}}).id
    made = subscribe(discounts=[{"coupon": coupon}, {"promotion_code": code}])
    assert all(str(one).startswith("di_") for one in made.discounts)
    seen = client.v1.subscriptions.retrieve(made.id, {"expand": ["discounts"]})
    sources = [one.source.coupon for one in seen.discounts if isinstance(one, stripe.Discount)]
    assert sources == [coupon, coupon]
    update = client.v1.subscriptions.update
    assert update(made.id, {"discounts": ""}).discounts == []
    assert refused(update, made.id, {"discounts": [{"coupon": "x"}]}).http_status == 400
    assert refused(update, made.id, {"discounts": [{"discount": "di_1"}]}).http_status == 400
    both = {"discounts": [{"coupon": coupon, "promotion_code": code}]}
    assert "may only specify one" in str(refused(update, made.id, both))


def test_an_end_may_be_set(
    client: stripe.StripeClient, subscribe: Callable[..., stripe.Subscription], clock: Clock[int]
) -> None:
    """At the period's end, at a time, and undone."""
    made = subscribe(cancel_at_period_end=True)
    assert (made.cancel_at, made.canceled_at) == (clock.now + 31 * DAY, clock.now)
    back = client.v1.subscriptions.update(made.id, {"cancel_at_period_end": False})
    assert (back.cancel_at, back.canceled_at) == (None, None)
    ends = client.v1.subscriptions.update(made.id, {"cancel_at": "min_period_end"})
    assert ends.cancel_at == clock.now + 31 * DAY


@pytest.mark.parametrize(
    "change",
    [
        {"items": ""},
        {"customer": "cus_x"},
        {"customer": ""},
        {"customer_account": "acct_x"},
        {"items": [{"quantity": 1}]},
        {"items": [{"price": "price_x"}]},
        {"items": [{"price": "price_x", "plan": "price_x"}]},
        {"trial_period_days": 1, "trial_end": 1_900_000_000},
        {"collection_method": "send_invoice"},
        {"days_until_due": 3},
    ],
)
def test_subscriptions_that_do_not_fit_are_refused(
    subscribe: Callable[..., stripe.Subscription], change: dict[str, Any]
) -> None:
    """Customers, items, trials and terms are checked."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        subscribe(**change)
    assert caught.value.http_status == 400


def test_a_one_time_price_is_no_item(
    client: stripe.StripeClient, product: str, subscribe: Callable[..., stripe.Subscription]
) -> None:
    """Only recurring prices, and active ones, are billed again and again."""
    once = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1}).id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        subscribe(items=[{"price": once}])
    assert "type=one_time" in str(caught.value.user_message)
    client.v1.prices.update(once, {"active": False})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        subscribe(items=[{"price": once}])
    assert "is inactive" in str(caught.value.user_message)


def test_an_item_moves_to_another_price(
    client: stripe.StripeClient,
    subscribe: Callable[..., stripe.Subscription],
    price: Callable[..., str],
    clock: Clock[int],
) -> None:
    """Its period goes on, unless the interval is another one: then a new one begins."""
    made = subscribe()
    [item] = made["items"].data
    clock.now += DAY
    moving: Any = {"items": [{"id": item.id, "price": price()}], "proration_behavior": "none"}
    same = client.v1.subscriptions.update(made.id, moving)
    assert same["items"].data[0].current_period_end == item.current_period_end
    assert same.billing_cycle_anchor == made.billing_cycle_anchor
    moving["items"][0]["price"] = price("week")
    anew = client.v1.subscriptions.update(made.id, moving)
    [moved] = anew["items"].data
    assert (moved.current_period_start, moved.current_period_end) == (
        clock.now,
        clock.now + 7 * DAY,
    )
    assert anew.billing_cycle_anchor == clock.now


def test_a_trial_goes_on_when_an_item_moves(
    client: stripe.StripeClient,
    subscribe: Callable[..., stripe.Subscription],
    price: Callable[..., str],
) -> None:
    """Also to another interval."""
    made = subscribe(trial_period_days=10)
    [item] = made["items"].data
    moving: Any = {"items": [{"id": item.id, "price": price("week")}]}
    moved = client.v1.subscriptions.update(made.id, moving)
    assert (moved.status, moved.billing_cycle_anchor) == ("trialing", made.billing_cycle_anchor)


def test_an_item_cannot_move_to_a_price_that_does_not_fit(
    client: stripe.StripeClient,
    product: str,
    subscribe: Callable[..., stripe.Subscription],
    price: Callable[..., str],
    refused: Refused,
) -> None:
    """One that the subscription has already, or one in another currency."""
    twice = price()
    made = subscribe(items=[{"price": price()}, {"price": twice}])
    item = next(one for one in made["items"].data if one.price.id != twice)
    error = refused(
        client.v1.subscriptions.update, made.id, {"items": [{"id": item.id, "price": twice}]}
    )
    assert error.user_message == (
        f"Cannot add multiple subscription items with the same plan: {twice}"
    )
    given: Any = {
        "product": product,
        "currency": "eur",
        "unit_amount": 250,
        "recurring": {"interval": "month"},
    }
    euros = client.v1.prices.create(given).id
    error = refused(
        client.v1.subscriptions.update, made.id, {"items": [{"id": item.id, "price": euros}]}
    )
    assert "expected currency: `usd`" in str(error.user_message)


def test_phases_follow_each_other(
    client: stripe.StripeClient, customer: str, price: Callable[..., str], clock: Clock[int]
) -> None:
    """Each ends after its duration, or at its own end."""
    given: Any = {
        "customer": customer,
        "start_date": clock.now + DAY,
        "phases": [
            {"items": [{"price": price()}], "duration": {"interval": "week", "interval_count": 2}},
            {"items": [{"price": price("year"), "quantity": 2}], "end_date": clock.now + 99 * DAY},
        ],
    }
    made = client.v1.subscription_schedules.create(given)
    assert (made.status, made.current_phase, made.end_behavior) == ("not_started", None, "release")
    first, second = made.phases
    assert (first.start_date, first.end_date) == (clock.now + DAY, clock.now + 15 * DAY)
    assert (second.start_date, second.end_date) == (first.end_date, clock.now + 99 * DAY)
    assert first.currency == "usd"
    service = client.v1.subscription_schedules
    assert [one.id for one in service.list({"scheduled": True}).data] == [made.id]
    assert service.cancel(made.id).status == "canceled"
    for verb in (service.cancel, service.release):
        with pytest.raises(stripe.InvalidRequestError):
            verb(made.id)
    with pytest.raises(stripe.InvalidRequestError):
        service.update(made.id, {"end_behavior": "cancel"})


def test_a_schedule_follows_a_subscription(
    client: stripe.StripeClient,
    subscribe: Callable[..., stripe.Subscription],
    refused: Refused,
    clock: Clock[int],
) -> None:
    """It has the subscription's items; a release detaches it."""
    subscription = subscribe()
    service = client.v1.subscription_schedules
    made = service.create({"from_subscription": subscription.id})
    assert (made.status, made.subscription) == ("active", subscription.id)
    assert made.current_phase is not None
    assert made.current_phase.start_date == clock.now
    both: Any = {"from_subscription": subscription.id, "customer": subscription.customer}
    for params in ({"from_subscription": subscription.id}, both, {}, {"customer": "cus_x"}):
        assert refused(service.create, params).http_status == 400
    released = service.release(made.id)
    assert (released.released_subscription, released.subscription) == (subscription.id, None)
    assert (released.status, released.released_at) == ("released", clock.now)


def test_a_quote_lives_in_order(
    client: stripe.StripeClient, customer: str, price: Callable[..., str], refused: Refused
) -> None:
    """Draft, open, accepted; only a draft changes."""
    service = client.v1.quotes
    lines: Any = [{"price": price(), "quantity": 2}]
    made = service.create({"customer": customer, "line_items": lines})
    assert (made.status, made.number, made.amount_total) == ("draft", None, 500)
    assert "line_items" not in made.to_dict()
    more: Any = {"line_items": [{"price": price("year")}], "expand": ["line_items"]}
    after = service.update(made.id, more)
    assert after.line_items is not None
    assert (after.amount_total, after.line_items.data[0].quantity) == (250, 1)
    assert refused(service.accept, made.id).http_status == 400
    opened = service.finalize_quote(made.id)
    assert (opened.status, str(opened.number)[:3]) == ("open", "QT-")
    assert refused(service.update, made.id, {"description": "x"}).http_status == 400
    assert service.update(made.id, {"metadata": {"a": "b"}}).metadata.to_dict() == {"a": "b"}
    assert service.accept(made.id).status == "accepted"
    for verb in (service.accept, service.cancel, service.finalize_quote):
        assert refused(verb, made.id).http_status == 400
    draft = service.create({"customer": customer})
    assert service.cancel(draft.id).status_transitions.canceled_at is not None
    assert [one.id for one in service.list({"status": "canceled"}).data] == [draft.id]


def test_a_clock_goes_forward_and_takes_its_customers_along(
    client: stripe.StripeClient,
    client_for: Callable[[str], stripe.StripeClient],
    refused: Refused,
    clock: Clock[int],
) -> None:
    """In a sandbox only."""
    service = client.v1.test_helpers.test_clocks
    made = service.create({"frozen_time": clock.now})
    customer = client.v1.customers.create({"test_clock": made.id}).id
    later = {"frozen_time": clock.now + 5}
    assert service.advance(made.id, later).frozen_time == clock.now + 5  # type: ignore[arg-type]
    assert refused(service.advance, made.id, later).http_status == 400
    service.delete(made.id)
    assert client.v1.customers.retrieve(customer).deleted is True
    live = client_for("sk_live_alpha").v1.test_helpers.test_clocks
    assert refused(live.create, {"frozen_time": 1}).http_status == 400


UNPAYABLE = (
    "This customer has no attached payment source or default payment method. Please consider "
    "adding a default payment method. For more information, visit "
    "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority."
)


def test_a_subscription_needs_something_to_pay_with(
    client: stripe.StripeClient, price: Callable[..., str], refused: Refused
) -> None:
    """L for the text; nothing is made."""
    poor = client.v1.customers.create({"name": "Bob"}).id
    wanted: Any = {"customer": poor, "items": [{"price": price()}]}
    error = refused(client.v1.subscriptions.create, wanted)
    assert (error.user_message, error.code, error.http_status) == (
        UNPAYABLE,
        "resource_missing",
        400,
    )
    assert client.v1.subscriptions.list({"status": "all"}).data == []


@pytest.mark.parametrize(
    "customer_params",
    [
        {"invoice_settings": {"default_payment_method": "pm_card_visa"}},
        {"source": "tok_visa"},
        {"balance": -250},
    ],
)
def test_a_customer_may_have_something_to_pay_with(
    client: stripe.StripeClient, price: Callable[..., str], customer_params: Any
) -> None:
    """A default payment method, a source, or a credit balance (D)."""
    payer = client.v1.customers.create(customer_params).id
    made = client.v1.subscriptions.create({"customer": payer, "items": [{"price": price()}]})
    assert made.status == "active"


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"default_payment_method": "pm_card_visa"}, "active"),
        ({"default_source": "card_1"}, "active"),
        ({"collection_method": "send_invoice", "days_until_due": 30}, "active"),
        ({"trial_period_days": 7}, "trialing"),
        ({"discounts": ["$free"]}, "active"),
        ({"billing_cycle_anchor": START + DAY, "proration_behavior": "none"}, "active"),
    ],
)
def test_a_subscription_may_need_nothing_to_pay_with(
    client: stripe.StripeClient, price: Callable[..., str], params: Any, status: str
) -> None:
    """A payment method of its own, an invoice by mail, a trial, or nothing due now (D)."""
    poor = client.v1.customers.create({"name": "Bob"}).id
    if "discounts" in params:
        coupon = client.v1.coupons.create({"percent_off": 100, "duration": "once"}).id
        params = {"discounts": [{"coupon": coupon}]}
    wanted: Any = {"customer": poor, "items": [{"price": price()}], **params}
    assert client.v1.subscriptions.create(wanted).status == status


def tiered(mode: str, *tiers: Any) -> Any:
    """Parameters of a price with tiers."""
    return {"billing_scheme": "tiered", "tiers_mode": mode, "tiers": list(tiers)}


@pytest.mark.parametrize(
    ("amount", "quantity", "free"),
    [
        ({"unit_amount": 0}, 5, True),
        ({"unit_amount": 1}, 0, True),
        ({"unit_amount": 1}, 1, False),
        (
            tiered("volume", {"up_to": 5, "unit_amount": 0}, {"up_to": "inf", "unit_amount": 1}),
            5,
            True,
        ),
        (
            tiered("volume", {"up_to": 5, "unit_amount": 0}, {"up_to": "inf", "unit_amount": 1}),
            6,
            False,
        ),
        (tiered("volume", {"up_to": "inf", "unit_amount": 0, "flat_amount": 1}), 5, False),
        (
            tiered("volume", {"up_to": 5, "unit_amount": 1}, {"up_to": "inf", "unit_amount": 0}),
            6,
            True,
        ),
        (
            tiered("graduated", {"up_to": 5, "unit_amount": 0}, {"up_to": "inf", "unit_amount": 1}),
            5,
            True,
        ),
        (
            tiered("graduated", {"up_to": 5, "unit_amount": 1}, {"up_to": "inf", "unit_amount": 0}),
            6,
            False,
        ),
    ],
)
def test_what_is_free_needs_nothing_to_pay_with(
    client: stripe.StripeClient,
    product: str,
    amount: Any,
    quantity: int,
    free: bool,  # noqa: FBT001
) -> None:
    """Because of its amount, its quantity or its tier."""
    params: Any = {
        "product": product,
        "currency": "usd",
        "recurring": {"interval": "month"},
        **amount,
    }
    price = client.v1.prices.create(params).id
    poor = client.v1.customers.create({"name": "Bob"}).id
    wanted: Any = {"customer": poor, "items": [{"price": price, "quantity": quantity}]}
    if free:
        assert client.v1.subscriptions.create(wanted).status == "active"
    else:
        with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
            client.v1.subscriptions.create(wanted)


def test_a_meter_is_paid_at_the_end(
    client: stripe.StripeClient, product: str, refused: Refused
) -> None:
    """Usage needs no payment method at first (D); other items do."""
    meter = client.v1.billing.meters.create(
        {"display_name": "C", "event_name": "c", "default_aggregation": {"formula": "sum"}}
    ).id
    params: Any = {
        "product": product,
        "currency": "usd",
        "unit_amount": 5,
        "recurring": {"interval": "month", "usage_type": "metered", "meter": meter},
    }
    price = client.v1.prices.create(params).id
    once = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1}).id
    poor = client.v1.customers.create({"name": "Bob"}).id
    wanted: Any = {"customer": poor, "items": [{"price": price}]}
    assert client.v1.subscriptions.create(wanted).status == "active"
    extra = {**wanted, "add_invoice_items": [{"price": once}], "trial_period_days": 7}
    assert refused(client.v1.subscriptions.create, extra).user_message == UNPAYABLE


def test_what_payments_would_do_is_not_faked(
    client: stripe.StripeClient,
    subscribe: Callable[..., stripe.Subscription],
    price: Callable[..., str],
    refused: Refused,
    clock: Clock[int],
) -> None:
    """A payment that is left open, and a clock that no subscription would follow."""
    made = subscribe(payment_behavior="error_if_incomplete")
    for behavior in ("default_incomplete", "pending_if_incomplete"):
        error = refused(client.v1.subscriptions.update, made.id, {"payment_behavior": behavior})
        assert "this emulator of Stripe has no payments" in str(error.user_message)
    with pytest.raises(stripe.InvalidRequestError, match="has no payments"):
        subscribe(payment_behavior="default_incomplete")
    frozen = client.v1.test_helpers.test_clocks.create({"frozen_time": clock.now}).id
    customer = client.v1.customers.create({"test_clock": frozen, "source": "tok_visa"}).id
    wanted: Any = {"customer": customer, "items": [{"price": price()}]}
    phases: Any = {
        "customer": customer,
        "start_date": "now",
        "phases": [{"items": wanted["items"]}],
    }
    for create, params in (
        (client.v1.subscriptions.create, wanted),
        (client.v1.subscription_schedules.create, phases),
        (client.v1.quotes.create, {"customer": customer}),
    ):
        error = refused(create, params)
        assert (error.http_status, error.param) == (400, "customer")  # type: ignore[attr-defined]
        assert "no subscription follows one" in str(error.user_message)


def test_a_trial_that_ends_early_is_paid(
    client: stripe.StripeClient, price: Callable[..., str], refused: Refused
) -> None:
    """As if the subscription started then; with a payment method it continues."""
    poor = client.v1.customers.create({"name": "Bob"}).id
    wanted: Any = {"customer": poor, "items": [{"price": price()}], "trial_period_days": 7}
    made = client.v1.subscriptions.create(wanted).id
    update: Any = client.v1.subscriptions.update
    assert refused(update, made, {"trial_end": "now"}).user_message == UNPAYABLE
    assert client.v1.subscriptions.retrieve(made).status == "trialing"
    paid = update(made, {"trial_end": "now", "default_payment_method": "pm_card_visa"})
    assert paid.status == "active"


def test_what_a_customer_has_is_listed_below_it(
    emulator: Emulator,
    client: stripe.StripeClient,
    customer: str,
    subscribe: Callable[..., stripe.Subscription],
) -> None:
    """Its subscriptions as their own list has them, and its sources, of which there are none."""

    def get(path: str) -> Any:
        headers = {"Authorization": "Bearer sk_test_alpha"}
        return emulator.handle(Request.to("GET", f"/v1/customers/{path}", headers)).document

    made = [subscribe().id for _ in range(12)]
    client.v1.subscriptions.cancel(made[0])
    page = get(f"{customer}/subscriptions?limit=11&expand[]=data.customer")
    assert [one["id"] for one in page["data"]] == made[:0:-1]
    assert page["data"][0]["customer"]["id"] == customer
    assert page["url"] == f"/v1/customers/{customer}/subscriptions"
    assert [one["id"] for one in get(f"{customer}/subscriptions?status=canceled")["data"]] == made[
        :1
    ]
    assert get(f"{customer}/sources?object=card&limit=3")["data"] == []
    assert get(f"{customer}/sources?colour=red")["error"]["param"] == "colour"
    assert get("cus_none/sources")["error"]["code"] == "resource_missing"


@pytest.mark.parametrize(("wanted", "status"), [("pause", "paused"), ("cancel", "canceled")])
def test_a_trial_may_end_without_a_payment_method(
    client: stripe.StripeClient,
    price: Callable[..., str],
    clock: Clock[int],
    wanted: str,
    status: str,
) -> None:
    """By itself or early, it is paused or canceled if that was asked for (D)."""
    settings = {"end_behavior": {"missing_payment_method": wanted}}
    params: Any = {
        "customer": client.v1.customers.create({"name": "Bob"}).id,
        "items": [{"price": price()}],
        "trial_period_days": 7,
        "trial_settings": settings,
    }
    early, late = (client.v1.subscriptions.create(params).id for _ in range(2))
    update: Any = client.v1.subscriptions.update
    assert update(early, {"trial_end": "now"}).status == status
    params["default_payment_method"] = "pm_card_visa"
    paid = client.v1.subscriptions.create(params).id
    clock.now += 7 * DAY
    shown = client.v1.subscriptions.retrieve(late)
    assert (shown.status, bool(shown.ended_at)) == (status, status == "canceled")
    assert client.v1.subscriptions.retrieve(paid).status == "active"
    assert update(early, {"metadata": {"a": "b"}}).status == status


def test_a_deleted_plan_stays_with_its_subscribers(
    client: stripe.StripeClient,
    customer: str,
    subscribe: Callable[..., stripe.Subscription],
    refused: Refused,
) -> None:
    """No new subscription can have it (D)."""
    made = subscribe()
    item = made["items"].data[0]
    client.v1.plans.delete(item.price.id)
    assert client.v1.subscriptions.update(made.id, {"description": "Old"}).description == "Old"
    after = client.v1.subscription_items.update(item.id, {"quantity": 3})
    assert (after.quantity, after.price.unit_amount) == (3, item.price.unit_amount)
    assert refused(client.v1.prices.retrieve, item.price.id).http_status == 404
    wanted: Any = {"customer": customer, "items": [{"price": item.price.id}]}
    assert refused(client.v1.subscriptions.create, wanted).code == "resource_missing"
