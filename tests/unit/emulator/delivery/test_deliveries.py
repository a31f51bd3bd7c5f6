"""Deliveries in the same process: who gets an event, signed how, in which order, how often."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.delivery.delivery import Delivery, NoAnswerError, NotSentError
from engine.errors import EmulatorError
from tests.support.clock import Clock
from tests.support.raw_requests import KEY, send

HOOKS = "/v1/webhook_endpoints"
LISTENER = "whsec_of_a_listener"


def endpoint(emulator: Emulator, *types: str, url: str = "https://a.example/hook") -> Any:
    """A new endpoint, with its secret."""
    form = "&".join([f"url={url}", *(f"enabled_events[]={one}" for one in types or ("*",))])
    answer = send(emulator, "POST", HOOKS, form)
    assert answer.status == 200, answer.document
    return answer.document


def product(emulator: Emulator, id: str) -> None:
    """Make a product."""
    assert send(emulator, "POST", "/v1/products", f"id={id}&name={id}").status == 200


def last_event(emulator: Emulator) -> Any:
    """The newest event."""
    return send(emulator, "GET", "/v1/events?limit=1").document["data"][0]


def test_a_delivery_is_what_stripe_sends(emulator: Emulator, clock: Clock[int]) -> None:
    """L for the headers, D for the signature, which the SDK checks."""
    made = endpoint(emulator)
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        product(emulator, "pro")
    [delivery] = caught
    assert delivery.url == "https://a.example/hook"
    assert delivery.endpoint == made["id"]
    assert delivery.type == "product.created"
    signature = delivery.headers["Stripe-Signature"]
    assert dict(delivery.headers) == {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-cache",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Accept": "*/*; q=0.5, application/xml",
        "Stripe-Signature": signature,
    }
    assert signature.startswith(f"t={clock.now},v1=")
    # The SDK compares the time of the signature with the real one: no tolerance is given.
    body = delivery.body.decode()
    stripe.WebhookSignature.verify_header(body, signature, made["secret"], tolerance=None)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body, signature, "whsec_other", tolerance=None)
    kept = last_event(emulator)
    # S: the number of endpoints that are still to get it.
    assert delivery.document == {**kept, "pending_webhooks": 1}
    assert kept["pending_webhooks"] == 0
    assert delivery.event == kept["id"]


def test_without_a_receiver_nothing_is_delivered(emulator: Emulator) -> None:
    """What happened before is not sent later."""
    endpoint(emulator)
    product(emulator, "before")
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        product(emulator, "meanwhile")
    product(emulator, "after")
    assert [one.document["data"]["object"]["id"] for one in caught] == ["meanwhile"]


def test_an_endpoint_gets_the_events_it_names(emulator: Emulator) -> None:
    """Each its own, in the order in which they happened; a disabled one gets none."""
    named = endpoint(emulator, "product.updated", "coupon.created")["id"]
    all = endpoint(emulator, "*")["id"]
    off = endpoint(emulator, "*")["id"]
    send(emulator, "POST", f"{HOOKS}/{off}", "disabled=true")
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        product(emulator, "p")
        send(emulator, "POST", "/v1/products/p", "name=Q")
        send(emulator, "POST", "/v1/coupons", "duration=once&percent_off=5")
    assert [(one.endpoint, one.type) for one in caught] == [
        (all, "product.created"),
        (named, "product.updated"),
        (all, "product.updated"),
        (named, "coupon.created"),
        (all, "coupon.created"),
    ]


def test_events_of_connected_accounts_go_to_connect_endpoints(
    emulator: Emulator, client: stripe.StripeClient
) -> None:
    """S: an endpoint is for its own account or, with `connect`, for the connected ones."""
    account = client.v1.accounts.create({"country": "US"}).id
    own = endpoint(emulator, "*")["id"]
    connect = client.v1.webhook_endpoints.create(
        {"url": "https://a.example/c", "enabled_events": ["*"], "connect": True}
    ).id
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        client.v1.products.create({"name": "There"}, {"stripe_account": account})
        client.v1.products.create({"name": "Here"})
    assert [(one.endpoint, one.document.get("account")) for one in caught] == [
        (connect, account),
        (own, None),
    ]


def test_event_destinations_get_snapshots(client: stripe.StripeClient, emulator: Emulator) -> None:
    """Those with a URL and whole objects; thin events are not emulated."""

    def destination(payload: Any) -> stripe.v2.core.EventDestination:
        return client.v2.core.event_destinations.create(
            {
                "name": payload,
                "type": "webhook_endpoint",
                "event_payload": payload,
                "enabled_events": ["product.created"],
                "webhook_endpoint": {"url": "https://a.example/d"},
                "include": ["webhook_endpoint.signing_secret"],
            }
        )

    destination("thin")
    snapshot = destination("snapshot")
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        client.v1.products.create({"name": "P"})
    [delivery] = caught
    assert (delivery.endpoint, delivery.url) == (snapshot.id, "https://a.example/d")
    assert snapshot.webhook_endpoint is not None
    stripe.WebhookSignature.verify_header(
        delivery.body.decode(),
        delivery.headers["Stripe-Signature"],
        str(snapshot.webhook_endpoint.signing_secret),
        tolerance=None,
    )


def test_a_listener_gets_what_no_endpoint_is_declared_for(emulator: Emulator) -> None:
    """It is for accounts without any endpoint, like `stripe listen`."""
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append, listener_secret=LISTENER):
        product(emulator, "p")
        endpoint(emulator, "coupon.created")
        product(emulator, "q")
    [delivery] = caught
    assert (delivery.endpoint, delivery.url) == ("", "")
    stripe.WebhookSignature.verify_header(
        delivery.body.decode(), delivery.headers["Stripe-Signature"], LISTENER, tolerance=None
    )


@pytest.mark.parametrize("answer", [500, 404, 302, 199, 300])
def test_what_fails_is_repeated_three_times(
    emulator: Emulator, clock: Clock[int], answer: int
) -> None:
    """D: any answer but 2xx, redirects as well; in a sandbox three times. By hand here."""
    made = endpoint(emulator)
    signatures: list[str] = []

    def failing(delivery: Delivery) -> int:
        signatures.append(delivery.headers["Stripe-Signature"])
        return answer

    with emulator.deliveries.to(failing):
        product(emulator, "p")
        for _ in range(3):
            assert last_event(emulator)["pending_webhooks"] == 1
            clock.now += 60
            assert emulator.deliveries.retry() == 1
        assert emulator.deliveries.retry() == 0
    # D: each attempt has a time and a signature of its own.
    assert len(set(signatures)) == 4
    assert last_event(emulator)["pending_webhooks"] == 1
    assert made["id"]


def test_what_succeeds_later_is_done(emulator: Emulator) -> None:
    """`pending_webhooks` counts down by endpoint."""
    endpoint(emulator, url="https://a.example/1")
    endpoint(emulator, url="https://a.example/2")
    answers = iter([200, 503, 204])
    with emulator.deliveries.to(lambda _: next(answers)):
        product(emulator, "p")
        assert last_event(emulator)["pending_webhooks"] == 1
        emulator.deliveries.retry()
        assert last_event(emulator)["pending_webhooks"] == 0


def test_a_handler_may_use_the_emulator(emulator: Emulator) -> None:
    """What it does has events as well, which come after; the thread is not caught in itself."""
    endpoint(emulator, "product.created", "coupon.created")
    caught: list[str] = []

    def handler(delivery: Delivery) -> None:
        caught.append(delivery.type)
        if delivery.type == "product.created":
            send(emulator, "POST", "/v1/coupons", "duration=once&percent_off=5")
            caught.append("handled")

    with emulator.deliveries.to(handler):
        product(emulator, "p")
    assert caught == ["product.created", "handled", "coupon.created"]


def test_an_error_of_the_handler_reaches_the_test(emulator: Emulator) -> None:
    """What follows is delivered first; the request was carried out, the event is tried again."""
    endpoint(emulator, url="https://a.example/1")
    endpoint(emulator, url="https://a.example/2")
    caught: list[str] = []

    def handler(delivery: Delivery) -> None:
        caught.append(delivery.url)
        if delivery.url.endswith("1") and len(caught) == 1:
            raise AssertionError("the handler is wrong")

    with emulator.deliveries.to(handler):
        with pytest.raises(AssertionError, match="the handler is wrong"):
            product(emulator, "p")
        assert caught == ["https://a.example/1", "https://a.example/2"]
        assert last_event(emulator)["pending_webhooks"] == 1
        assert emulator.deliveries.retry() == 1
    assert caught[2:] == ["https://a.example/1"]
    assert last_event(emulator)["pending_webhooks"] == 0


def test_what_has_no_answer_is_repeated_and_what_is_not_sent_is_not(emulator: Emulator) -> None:
    """A receiver says which it is; neither is an error of the request."""
    endpoint(emulator)
    errors: list[Exception] = [NoAnswerError("timed out"), NotSentError("not on this machine")]

    def receiver(_: Delivery) -> int:
        raise errors.pop(0)

    with emulator.deliveries.to(receiver):
        product(emulator, "p")
        assert last_event(emulator)["pending_webhooks"] == 1
        assert emulator.deliveries.retry() == 1
        assert last_event(emulator)["pending_webhooks"] == 0
        assert emulator.deliveries.retry() == 0


@pytest.mark.parametrize("change", ["delete", "disable"])
def test_an_endpoint_that_is_gone_before_a_retry(emulator: Emulator, change: str) -> None:
    """It gets nothing any more."""
    id = endpoint(emulator)["id"]
    caught: list[Delivery] = []

    def failing(delivery: Delivery) -> int:
        caught.append(delivery)
        return 500

    with emulator.deliveries.to(failing):
        product(emulator, "p")
        if change == "delete":
            send(emulator, "DELETE", f"{HOOKS}/{id}")
        else:
            send(emulator, "POST", f"{HOOKS}/{id}", "disabled=true")
        emulator.deliveries.retry()
        emulator.deliveries.retry()
    assert len(caught) == 1
    assert last_event(emulator)["pending_webhooks"] == 0


def test_one_receiver_at_a_time(emulator: Emulator) -> None:
    """Two would each get a part."""
    with (
        emulator.deliveries.to(lambda _: 200),
        pytest.raises(EmulatorError, match="delivers its events to something else already"),
        emulator.deliveries.to(lambda _: 200),
    ):
        pass
    with emulator.deliveries.to(lambda _: 200):
        pass


def test_nothing_is_sent_of_what_was_refused_or_replayed(emulator: Emulator) -> None:
    """Only what happened, and once."""
    endpoint(emulator)
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        for _ in range(2):
            send(emulator, "POST", "/v1/products", "name=P&id=p", idempotency_key="k")
        send(emulator, "POST", "/v1/products", "name=P&id=p", idempotency_key="l")
    assert [one.type for one in caught] == ["product.created"]


def test_requests_of_many_threads(emulator: Emulator) -> None:
    """Each event once, in the order in which they are kept."""
    endpoint(emulator)
    caught: list[str] = []

    def make_many(name: str) -> None:
        for number in range(20):
            product(emulator, f"{name}{number}")

    with emulator.deliveries.to(lambda one: caught.append(one.event)):
        threads = [threading.Thread(target=make_many, args=name) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    kept = send(emulator, "GET", "/v1/events?limit=100").document["data"]
    assert caught == [one["id"] for one in reversed(kept)]
    assert {one["pending_webhooks"] for one in kept} == {0}


def test_an_endpoint_gets_events_in_its_own_api_version(emulator: Emulator) -> None:
    """D: they are rendered for it, and say so; SDKs for Go and .NET refuse any other version."""
    form = "url=https://a.example/&enabled_events[]=promotion_code.created&api_version="
    for version in ("2025-01-27.acacia", "2031-01-01.future", ""):
        assert (
            send(emulator, "POST", HOOKS, f"{form}{version}".removesuffix("&api_version=")).status
            == 200
        )
    assert send(emulator, "POST", "/v1/coupons", "id=ten&percent_off=10").status == 200
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        code = "code=TEN&promotion[type]=coupon&promotion[coupon]=ten"
        assert send(emulator, "POST", "/v1/promotion_codes", code).status == 200
    own = last_event(emulator)
    by_version = {one.document["api_version"]: one.document["data"]["object"] for one in caught}
    assert by_version.keys() == {"2025-01-27.acacia", "2031-01-01.future", own["api_version"]}
    old = by_version.pop("2025-01-27.acacia")
    # D: before 2025-09-30 the coupon was a field of the code, and whole.
    assert "promotion" not in old
    assert old["coupon"]["percent_off"] == 10
    for now in by_version.values():
        assert now == own["data"]["object"]
        assert now["promotion"] == {"type": "coupon", "coupon": "ten"}
    # What is kept stays in the emulator's own version.
    assert send(emulator, "GET", f"/v1/events/{own['id']}").document == own
    [listed] = send(emulator, "GET", "/emulator/events?limit=1").document["data"]
    reasons = [one["reason"] for one in listed["deliveries"]]
    assert [bool(one) for one in reasons] == [True, True, False]
    assert "2025-01-27.acacia" in reasons[0]


def test_secrets_are_in_no_response(emulator: Emulator) -> None:
    """They are kept, to sign with, and only the answer to the create holds one."""
    made = endpoint(emulator)
    for path in (HOOKS, f"{HOOKS}/{made['id']}"):
        assert made["secret"].encode() not in send(emulator, "GET", path).body
    update = send(emulator, "POST", f"{HOOKS}/{made['id']}", "description=x")
    assert made["secret"].encode() not in update.body
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        product(emulator, "p")
    assert made["secret"].encode() not in caught[0].body
    stripe.WebhookSignature.verify_header(
        caught[0].body.decode(), caught[0].headers["Stripe-Signature"], made["secret"], None
    )


def test_what_became_of_events_is_shown_at_a_path_of_our_own(emulator: Emulator) -> None:
    """`/v1/events` stays as Stripe has it."""
    id = endpoint(emulator)["id"]
    with emulator.deliveries.to(lambda _: 503, waits=()):
        product(emulator, "p")
    [event] = send(emulator, "GET", "/emulator/events").document["data"]
    [delivery] = event.pop("deliveries")
    assert event == last_event(emulator)
    [attempt] = delivery.pop("attempts")
    assert (attempt["status"], attempt["error"]) == (503, "")
    assert delivery == {
        "endpoint": id,
        "url": "https://a.example/hook",
        "state": "failed",
        "reason": "",
    }
    one = send(emulator, "GET", f"/emulator/events/{event['id']}").document
    assert one["deliveries"][0]["state"] == "failed"
    assert send(emulator, "GET", "/emulator/nothing").status == 404


def test_events_by_whether_they_were_delivered(emulator: Emulator) -> None:
    """S: `delivery_success`."""
    endpoint(emulator, "product.created")
    answers = iter([200, 500])
    with emulator.deliveries.to(lambda _: next(answers), waits=()):
        product(emulator, "p")
        product(emulator, "q")
        send(emulator, "POST", "/v1/coupons", "duration=once&percent_off=5")

    def found(word: str) -> list[str]:
        listed = send(emulator, "GET", f"/v1/events?delivery_success={word}").document["data"]
        return [one["data"]["object"].get("name") for one in listed]

    assert found("true") == [None, "p"]
    assert found("false") == ["q"]


def test_an_event_is_sent_once_more(emulator: Emulator) -> None:
    """To all that want it, or to the one that is named; also of an object that is deleted."""
    wants = endpoint(emulator, "product.created")["id"]
    not_ = endpoint(emulator, "coupon.created")["id"]
    caught: list[tuple[str, str]] = []

    def take(delivery: Delivery) -> None:
        caught.append((delivery.endpoint, delivery.document["data"]["object"]["id"]))

    with emulator.deliveries.to(take):
        product(emulator, "p")
        event = last_event(emulator)["id"]
        send(emulator, "DELETE", "/v1/products/p")
        path = f"/emulator/events/{event}/resend"
        assert send(emulator, "POST", path).document["deliveries"][0]["state"] == "succeeded"
        send(emulator, "POST", path, f"endpoint={not_}")
        assert send(emulator, "POST", path, "endpoint=we_none").status == 400
        assert send(emulator, "POST", path, "endpoint[a]=b").status == 400
        assert send(emulator, "POST", "/emulator/events/evt_none/resend").status == 404
    assert caught == [(wants, "p"), (wants, "p"), (not_, "p")]
    assert send(emulator, "POST", path).status == 400


def test_a_rolled_secret_signs_as_well_as_the_new_one(
    emulator: Emulator, clock: Clock[int]
) -> None:
    """D: until the old one ends, each delivery has a signature of both, the new one first."""
    made = endpoint(emulator)
    caught: list[Delivery] = []
    with emulator.deliveries.to(caught.append):
        fresh = emulator.deliveries.roll_secret(made["id"], key=KEY, overlap=3600)
        product(emulator, "p")
        clock.now += 3600
        product(emulator, "q")
    both, one = caught
    for secret in (made["secret"], fresh):
        stripe.WebhookSignature.verify_header(
            both.body.decode(), both.headers["Stripe-Signature"], secret, tolerance=None
        )
    assert both.headers["Stripe-Signature"].count("v1=") == 2
    assert one.headers["Stripe-Signature"].count("v1=") == 1
    stripe.WebhookSignature.verify_header(
        one.body.decode(), one.headers["Stripe-Signature"], fresh, tolerance=None
    )
