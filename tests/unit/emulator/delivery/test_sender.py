"""Deliveries in the background, of an emulator that is served."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.emulator.core import Emulator
from engine.emulator.delivery.http import HttpReceiver
from engine.emulator.delivery.sender import Sender
from engine.emulator.delivery.targets import forward_target
from engine.emulator.doors.server import EmulatorServer
from tests.support.hooks import Taken, application, bad_server
from tests.support.raw_requests import send

HOOKS = "/v1/webhook_endpoints"
LISTENER = "whsec_of_a_listener"


@contextmanager
def serving(
    emulator: Emulator, forward_to: str = "", *, secret: str = ""
) -> Iterator[EmulatorServer]:
    """A server that delivers."""
    receiver = HttpReceiver(forward_target(forward_to) if forward_to else None)
    sender = Sender(emulator.deliveries, receiver, listener_secret=secret)
    with EmulatorServer(emulator, sender=sender) as server:
        yield server


def hook(emulator: Emulator, url: str) -> Any:
    """A new endpoint for all events."""
    answer = send(emulator, "POST", HOOKS, f"url={url}&enabled_events[]=*")
    assert answer.status == 200, answer.document
    return answer.document


def product(emulator: Emulator, id: str) -> None:
    """Make a product."""
    assert send(emulator, "POST", "/v1/products", f"id={id}&name={id}").status == 200


def test_an_endpoint_on_this_machine_gets_its_events() -> None:
    """In order, signed with its secret, as the SDK checks it."""
    with (
        application() as app,
        Emulator(local_endpoints=True) as emulator,
        serving(emulator),
    ):
        secret = hook(emulator, f"{app.url}/hook")["secret"]
        for number in range(20):
            product(emulator, f"p{number}")
        events = [app.next().checked(secret) for _ in range(20)]
    assert [one["data"]["object"]["id"] for one in events] == [f"p{n}" for n in range(20)]


def test_forwarded_events_are_signed_with_the_declared_secret() -> None:
    """The application gets what production would."""
    with application() as app, Emulator() as emulator, serving(emulator, app.url):
        secret = hook(emulator, "https://shop.example/stripe/hook")["secret"]
        product(emulator, "p")
        taken = app.next()
        assert taken.path == "/stripe/hook"
        assert taken.checked(secret)["type"] == "product.created"


def test_without_an_endpoint_a_listener_gets_all() -> None:
    """Signed with the secret of the listener."""
    with (
        application() as app,
        Emulator() as emulator,
        serving(emulator, f"{app.url}/hook", secret=LISTENER),
    ):
        product(emulator, "p")
        assert app.next().checked(LISTENER)["type"] == "product.created"


def test_a_handler_may_call_the_emulator_while_it_is_called() -> None:
    """Nothing is locked meanwhile: what it does is answered, and delivered in turn."""
    with (
        application() as app,
        Emulator(local_endpoints=True) as emulator,
        serving(emulator),
    ):
        hook(emulator, app.url)

        def handle(taken: Taken) -> None:
            if b"product.created" in taken.body:
                answer = send(emulator, "POST", "/v1/coupons", "duration=once&percent_off=5")
                assert answer.status == 200

        app.on_take = handle
        product(emulator, "p")
        assert b"product.created" in app.next().body
        assert b"coupon.created" in app.next().body


def test_one_endpoint_that_hangs_keeps_no_other_waiting() -> None:
    """Order is kept for each endpoint; and closing does not wait for the one that hangs."""
    with (
        bad_server(None, None) as (slow, seen),
        application() as app,
        Emulator(local_endpoints=True) as emulator,
    ):
        with serving(emulator):
            hanging = hook(emulator, slow)["id"]
            hook(emulator, app.url)
            product(emulator, "p")
            product(emulator, "q")
            assert seen.acquire(timeout=60)
            assert b'"id": "p"' in app.next().body
            assert b'"id": "q"' in app.next().body
        kept = send(emulator, "GET", "/emulator/events").document["data"]
        states = {
            (event["data"]["object"]["id"], one["state"], one["reason"])
            for event in kept
            for one in event["deliveries"]
            if one["endpoint"] == hanging
        }
        assert states == {
            ("p", "failed", ""),
            ("q", "not_sent", "deliveries were stopped first"),
        }
        [attempt] = kept[1]["deliveries"][0]["attempts"]
        assert (attempt["status"], attempt["error"]) == (
            None,
            "the connection was closed without an answer",
        )


def test_what_fails_is_repeated_after_its_wait() -> None:
    """By a clock that the test moves."""
    now, lock = [0.0], threading.Lock()

    def ticks() -> float:
        with lock:
            return now[0]

    with (
        application() as app,
        Emulator(local_endpoints=True, ticks=ticks) as emulator,
        serving(emulator),
    ):
        secret = hook(emulator, app.url)["secret"]
        app.answers = [500, 302]
        product(emulator, "p")
        first = app.next()
        for wait in (1.0, 5.0):
            with lock:
                now[0] += wait
            # The wait may begin only after the clock was moved: then it is moved once more.
            while app.taken.empty():
                emulator.deliveries.wake()
                with lock:
                    now[0] += wait
            again = app.next()
            assert again.checked(secret) == first.checked(secret)


def test_two_servers_on_one_file_send_each_event_once(tmp_path: Any) -> None:
    """Each sends what was done through it."""
    path = tmp_path / "account.db"
    with (
        application() as app,
        Emulator(path, local_endpoints=True) as one,
        Emulator(path, local_endpoints=True) as other,
        serving(one),
        serving(other),
    ):
        hook(one, app.url)
        for number in range(5):
            product(one, f"a{number}")
            product(other, f"b{number}")
        found = [app.next().body for _ in range(10)]
        assert len({body.split(b'"id": "')[1] for body in found}) == 10
    assert app.taken.empty()


def test_a_server_ends_with_much_to_deliver() -> None:
    """What is pending is not sent, and says so."""
    with bad_server(None) as (slow, seen), Emulator(local_endpoints=True) as emulator:
        with serving(emulator):
            hook(emulator, slow)
            for number in range(300):
                product(emulator, f"p{number}")
            assert seen.acquire(timeout=60)
        kept = send(emulator, "GET", "/emulator/events?limit=100").document["data"]
        assert {one["state"] for event in kept for one in event["deliveries"]} == {"not_sent"}
