"""Events: what requests did to objects, newest first, for thirty days."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.requests import events as of_requests
from engine.emulator.storage import events as of_storage
from engine.emulator.wire.messages import Request
from tests.support.clock import Clock
from tests.support.raw_requests import KEY, post, send

MONTH = 30 * 24 * 3600


def listed(emulator: Emulator, query: str = "") -> list[dict[str, Any]]:
    """A page of events."""
    answer = send(emulator, "GET", f"/v1/events{query}")
    assert answer.status == 200, answer.document
    found: list[dict[str, Any]] = answer.document["data"]
    return found


def types(emulator: Emulator, query: str = "") -> list[str]:
    """The types of a page of events, newest first."""
    return [event["type"] for event in listed(emulator, query)]


def test_a_create_an_update_and_a_delete(emulator: Emulator, clock: Clock[int]) -> None:
    """Each says what it did, to what, when, and which request asked for it."""
    made = post(emulator, "/v1/coupons", "id=c&percent_off=5&duration=once&name=Old", key="k1")
    clock.now += 60
    send(emulator, "POST", "/v1/coupons/c", "name=New&metadata[a]=1")
    send(emulator, "DELETE", "/v1/coupons/c")
    deleted, updated, created = listed(emulator)
    assert created == {
        "id": created["id"],
        "object": "event",
        "api_version": loader.api_version(),
        "created": clock.now - 60,
        "data": {"object": made.document},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": dict(made.headers)["Request-Id"], "idempotency_key": "k1"},
        "type": "coupon.created",
    }
    assert updated["type"] == "coupon.updated"
    assert updated["data"]["object"]["name"] == "New"
    # S: the values before, and null for what was not there.
    assert updated["data"]["previous_attributes"] == {"name": "Old", "metadata": {"a": None}}
    assert updated["request"]["idempotency_key"] is None
    assert deleted["type"] == "coupon.deleted"
    assert deleted["data"]["object"]["name"] == "New"
    assert send(emulator, "GET", f"/v1/events/{updated['id']}").document == updated


def test_what_a_person_does_names_no_request(emulator: Emulator) -> None:
    """`by_hand` is for what the Dashboard does."""
    headers = {"Authorization": f"Bearer {KEY}"}
    request = Request.to("POST", "/v1/products", headers, "name=Pro")
    assert emulator.handle(request, by_hand=True).status == 200
    [event] = listed(emulator)
    assert event["request"] == {"id": None, "idempotency_key": None}


def test_nothing_happens_without_an_event_and_no_event_without_a_change(
    emulator: Emulator,
) -> None:
    """Replays, refusals and updates that change nothing have none; nor have types without any."""
    post(emulator, "/v1/products", "name=Pro&id=pro", key="k1")
    post(emulator, "/v1/products", "name=Pro&id=pro", key="k1")
    send(emulator, "POST", "/v1/products/pro", "name=Pro")
    assert send(emulator, "POST", "/v1/products/pro", "name=").status == 400
    assert post(emulator, "/v1/products", "name=Pro&id=pro", key="k2").status == 400
    assert send(emulator, "POST", "/v1/tax/registrations", "country=XX").status == 400
    send(emulator, "POST", "/v1/shipping_rates", "display_name=A&type=fixed_amount")
    assert types(emulator) == ["product.created"]


def test_objects_that_change_with_others_have_their_own_events(emulator: Emulator) -> None:
    """A price that is made with its product; one whose lookup key is taken."""
    data = "default_price_data[currency]=usd&default_price_data[unit_amount]=1"
    send(emulator, "POST", "/v1/products", f"id=p&name=P&{data}")
    assert sorted(types(emulator)) == ["price.created", "product.created"]
    price = "currency=usd&product=p&unit_amount=5&lookup_key=k"
    send(emulator, "POST", "/v1/prices", price)
    send(emulator, "POST", "/v1/prices", f"{price}&transfer_lookup_key=true")
    taken = next(event for event in listed(emulator) if event["type"] == "price.updated")
    assert taken["data"]["previous_attributes"] == {"lookup_key": "k"}


def test_verbs_have_events_of_their_own(emulator: Emulator) -> None:
    """S: a meter that is deactivated."""
    form = "display_name=M&event_name=m&default_aggregation[formula]=sum"
    meter = send(emulator, "POST", "/v1/billing/meters", form).document["id"]
    send(emulator, "POST", f"/v1/billing/meters/{meter}/deactivate")
    send(emulator, "POST", f"/v1/billing/meters/{meter}", "display_name=N")
    assert types(emulator) == [
        "billing.meter.updated",
        "billing.meter.deactivated",
        "billing.meter.created",
    ]


def test_types_of_another_name(client: stripe.StripeClient) -> None:
    """S: the events of a subscription begin with `customer.subscription`."""
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    product = client.v1.products.create({"name": "P"})
    price = client.v1.prices.create(
        {
            "product": product.id,
            "currency": "usd",
            "unit_amount": 5,
            "recurring": {"interval": "month"},
        }
    )
    made = client.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price.id}], "default_payment_method": "pm_1"}
    )
    client.v1.subscriptions.cancel(made.id)
    found = client.v1.events.list({"type": "customer.subscription.deleted"}).data
    assert [event.data.object["id"] for event in found] == [made.id]


def test_pages(client: stripe.StripeClient) -> None:
    """Newest first, in both directions."""
    for number in range(5):
        client.v1.products.create({"name": f"P{number}"})
    names = [e.data.object["name"] for e in client.v1.events.list({"limit": 2}).auto_paging_iter()]
    assert names == ["P4", "P3", "P2", "P1", "P0"]
    page = client.v1.events.list({"limit": 2})
    following = client.v1.events.list({"limit": 2, "starting_after": page.data[-1].id})
    assert [event.data.object["name"] for event in following.data] == ["P2", "P1"]
    back = client.v1.events.list({"limit": 2, "ending_before": following.data[-1].id})
    assert [event.data.object["name"] for event in back.data] == ["P3", "P2"]
    assert back.has_more


def test_filters(emulator: Emulator, clock: Clock[int]) -> None:
    """By type, by several, by a group of them, and by time."""
    send(emulator, "POST", "/v1/products", "id=p&name=P")
    clock.now += 10
    send(emulator, "POST", "/v1/products/p", "name=Q")
    send(emulator, "POST", "/v1/coupons", "percent_off=5&duration=once")
    assert types(emulator, "?type=product.created") == ["product.created"]
    assert types(emulator, "?type=product.*") == ["product.updated", "product.created"]
    query = "?types[]=product.updated&types[]=coupon.created"
    assert types(emulator, query) == ["coupon.created", "product.updated"]
    assert types(emulator, f"?created[lt]={clock.now}") == ["product.created"]
    assert types(emulator, f"?created={clock.now - 10}") == ["product.created"]


@pytest.mark.parametrize(
    "query",
    [
        "?starting_after=evt_no",
        "?starting_after=evt_1&ending_before=evt_1",
        "?type=product.created&types[]=product.updated",
        f"?{'&'.join(f'types[]=t{number}' for number in range(21))}",
        "?customer=cus_1",
        "?limit=-1",
    ],
)
def test_what_a_list_refuses(emulator: Emulator, query: str) -> None:
    """D: two cursors, two filters of types, more than twenty types, what it does not know."""
    assert send(emulator, "GET", f"/v1/events{query}").status == 400


def test_an_event_that_does_not_exist(emulator: Emulator) -> None:
    """L for the word; and there is nothing to write."""
    answer = send(emulator, "GET", "/v1/events/evt_no")
    assert answer.status == 404
    assert answer.document["error"]["message"] == "No such notification: 'evt_no'"
    assert send(emulator, "POST", "/v1/events", "type=a").status == 404


def test_they_are_kept_for_thirty_days(emulator: Emulator, clock: Clock[int]) -> None:
    """D: by the clock of the emulator."""
    send(emulator, "POST", "/v1/products", "name=P")
    [event] = listed(emulator)
    clock.now += MONTH - 1
    assert types(emulator) == ["product.created"]
    clock.now += 1
    assert types(emulator) == []
    assert send(emulator, "GET", f"/v1/events/{event['id']}").status == 404


def test_old_ones_are_removed_when_a_file_is_opened(tmp_path: Any, clock: Clock[int]) -> None:
    """Others, and the objects themselves, stay."""
    file = tmp_path / "account.db"
    with Emulator(file, clock=clock) as emulator:
        send(emulator, "POST", "/v1/products", "name=Old")
        clock.now += MONTH
        send(emulator, "POST", "/v1/products", "name=New")
    with Emulator(file, clock=clock) as emulator:
        clock.now -= MONTH
        assert types(emulator) == ["product.created"]
        assert len(send(emulator, "GET", "/v1/products").document["data"]) == 2


def test_only_so_many_are_kept(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest."""
    monkeypatch.setattr(of_requests, "_BATCH", 4)
    monkeypatch.setattr(of_storage, "_MOST", 3)
    for number in range(8):
        send(emulator, "POST", "/v1/products", f"name=P{number}")
    names = [event["data"]["object"]["name"] for event in listed(emulator)]
    assert names == ["P7", "P6", "P5"]


def test_a_key_that_may_not_read_them(emulator: Emulator) -> None:
    """The permission is named."""
    key = "rk_test_alpha"
    emulator.restrict(key, {"product_write"})
    refused = send(emulator, "GET", "/v1/events", api_key=key)
    assert refused.status == 403
    assert "'event_read'" in refused.document["error"]["message"]
    emulator.restrict(key, {"event_read"})
    assert send(emulator, "GET", "/v1/events", api_key=key).status == 200


def test_connected_accounts_have_their_own(emulator: Emulator) -> None:
    """S: `account` names it."""
    account = send(emulator, "POST", "/v1/accounts", "type=custom").document["id"]
    send(emulator, "POST", "/v1/products", "name=P", stripe_account=account)
    [event] = send(emulator, "GET", "/v1/events", stripe_account=account).document["data"]
    assert (event["type"], event["account"]) == ("product.created", account)
    assert "product.created" not in types(emulator)


def test_a_recurring_price_has_the_events_of_its_plan(client: stripe.StripeClient) -> None:
    """L: `plan.created` with the price's id, beside `price.created`; one-time prices have none."""
    product = client.v1.products.create({"name": "P"}).id
    once: Any = {"product": product, "currency": "usd", "unit_amount": 5}
    client.v1.prices.create(once)
    recurring: Any = {**once, "recurring": {"interval": "month"}}
    monthly = client.v1.prices.create(recurring)
    client.v1.prices.update(monthly.id, {"nickname": "Monthly"})
    found = [(event.type, event.data.object["id"]) for event in client.v1.events.list().data]
    assert found[:4] == [
        ("plan.updated", monthly.id),
        ("price.updated", monthly.id),
        ("plan.created", monthly.id),
        ("price.created", monthly.id),
    ]
    assert [type for type, _ in found].count("plan.created") == 1
    client.v1.plans.delete(monthly.id)
    types = [event.type for event in client.v1.events.list({"limit": 2}).data]
    assert sorted(types) == ["plan.deleted", "price.deleted"]


def test_what_ends_with_a_customer_has_events_of_its_own(client: stripe.StripeClient) -> None:
    """D that its subscriptions are canceled; R that their discounts have events."""
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"}).id
    product = client.v1.products.create({"name": "P"}).id
    price = client.v1.prices.create(
        {"product": product, "currency": "usd", "unit_amount": 5, "recurring": {"interval": "day"}}
    ).id
    coupon = client.v1.coupons.create({"percent_off": 5, "duration": "once"}).id
    params: Any = {
        "customer": customer,
        "items": [{"price": price}],
        "default_payment_method": "pm_1",
        "discounts": [{"coupon": coupon}],
    }
    made = client.v1.subscriptions.create(params).id
    [discount] = client.v1.events.list({"type": "customer.discount.created"}).data
    assert discount.data.object["object"] == "discount"
    assert discount.data.object["subscription"] == made
    assert discount.data.object["source"]["coupon"] == coupon
    client.v1.subscriptions.update(made, {"discounts": [{"coupon": coupon}]})
    assert len(client.v1.events.list({"type": "customer.discount.*"}).data) == 1
    client.v1.subscriptions.update(made, {"discounts": ""})
    newest = client.v1.events.list({"type": "customer.discount.deleted"}).data
    assert [event.data.object["subscription"] for event in newest] == [made]
    client.v1.customers.delete(customer)
    types = {event.type for event in client.v1.events.list({"limit": 2}).data}
    assert types == {"customer.deleted", "customer.subscription.deleted"}
    [ended] = client.v1.events.list({"type": "customer.subscription.deleted"}).data
    assert ended.data.object["status"] == "canceled"
