"""Faults through both doors: the SDK meets each as it would meet it on the way to Stripe."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer, serve
from engine.emulator.testing import faults
from engine.emulator.testing.gate import Gate

CREATE = (
    b"POST /v1/products HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_contract\r\n"
    b"Idempotency-Key: once\r\nConnection: close\r\nContent-Length: 8\r\n\r\nname=Pro"
)
LIST = (
    b"GET /v1/products HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_contract\r\n"
    b"Connection: close\r\n\r\n"
)
ONCE: Any = {"idempotency_key": "once"}
# A test that waits for what never comes fails; no test that passes waits this long.
PATIENCE = 20.0


@contextmanager
def in_background(gate: Gate) -> Iterator[ThreadPoolExecutor]:
    """A thread for a client that has to wait, and does not once the test is over."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            yield pool
        finally:
            gate.release()


def names(client: stripe.StripeClient) -> list[str]:
    """Names of the products there are."""
    return [one.name for one in client.v1.products.list().data]


def create(client: stripe.StripeClient, name: str = "Pro") -> stripe.Product:
    """Make a product, always with the same idempotency key."""
    return client.v1.products.create({"name": name}, ONCE)


@pytest.mark.parametrize(("executed", "left"), [(False, []), (True, ["Pro"])])
def test_an_answer_is_cut(
    client: stripe.StripeClient, emulator: Emulator, *, executed: bool, left: list[str]
) -> None:
    """The SDK gets no status and does not retry; a retry with the key replays the result."""
    emulator.faults.add(faults.truncated(executed=executed), method="POST")
    with pytest.raises(stripe.APIConnectionError) as caught:
        create(client)
    assert caught.value.should_retry is False
    assert caught.value.http_status is None
    assert "ChunkedEncodingError" in str(caught.value)
    assert "IncompleteRead" in str(caught.value)
    assert names(client) == left
    create(client)
    assert names(client) == ["Pro"]
    assert [entry.status for entry in emulator.log.writes()] == [None, 200]
    assert emulator.log.writes()[-1].replayed is executed


def test_a_read_is_cut(client: stripe.StripeClient, emulator: Emulator) -> None:
    """A page that breaks off is no page."""
    emulator.faults.add(faults.truncated(), method="GET")
    with pytest.raises(stripe.APIConnectionError):
        names(client)
    assert names(client) == []


@pytest.mark.parametrize("executed", [False, True])
def test_a_hang_ends_with_the_answer(
    client: stripe.StripeClient, emulator: Emulator, *, executed: bool
) -> None:
    """Until it is released nothing comes back, and it is carried out before or after."""
    gate = Gate()
    emulator.faults.add(faults.hung(gate, executed=executed), method="POST")
    with in_background(gate) as background:
        answer: Future[stripe.Product] = background.submit(create, client)
        assert gate.until(1, PATIENCE)
        assert gate.waiting == 1
        assert [made.alive for made in emulator.history] == ([True] if executed else [])
        assert not answer.done()
        gate.release()
        assert answer.result(PATIENCE).name == "Pro"
    assert gate.waiting == 0
    assert len(emulator.history) == 1


def test_a_hanging_request_uses_its_key(client: stripe.StripeClient, emulator: Emulator) -> None:
    """Before it is carried out a second one gets 409; afterwards it gets the same response."""
    gate = Gate()
    emulator.faults.add(faults.hung(gate), method="POST")
    with in_background(gate) as background:
        answer: Future[stripe.Product] = background.submit(create, client)
        assert gate.until(1, PATIENCE)
        with pytest.raises(stripe.StripeError) as caught:
            create(client)
        assert caught.value.http_status == 409
        assert caught.value.error is not None
        assert caught.value.error.code == "idempotency_key_in_use"
        gate.release()
        made = answer.result(PATIENCE)
    assert create(client).id == made.id
    assert names(client) == ["Pro"]


@pytest.mark.parametrize("end", ["time out", "close"])
@pytest.mark.parametrize("executed", [False, True])
def test_a_client_gives_up(
    client: stripe.StripeClient, emulator: Emulator, *, executed: bool, end: str
) -> None:
    """No response; what was carried out stays. A closed emulator lets no request wait."""
    gate = Gate()
    emulator.faults.add(faults.hung(gate, executed=executed), method="POST")
    with in_background(gate) as background:
        answer: Future[stripe.Product] = background.submit(create, client)
        assert gate.until(1, PATIENCE)
        if end == "close":
            emulator.close()
        else:
            gate.time_out()
        with pytest.raises(stripe.APIConnectionError) as caught:
            answer.result(PATIENCE)
    assert caught.value.should_retry is True
    assert len(emulator.history) == (1 if executed else 0)
    if end == "time out":
        assert names(client) == (["Pro"] if executed else [])


def test_a_callback_runs_between_plan_and_write(
    client: stripe.StripeClient, emulator: Emulator
) -> None:
    """Before a request is carried out the account may change: it may use the emulator itself."""
    product = client.v1.products.create({"name": "Pro"})
    gone = faults.before(lambda _: client.v1.products.delete(product.id))
    emulator.faults.add(gone, method="POST", path=f"/v1/products/{product.id}")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.products.update(product.id, {"name": "More"})
    assert caught.value.code == "resource_missing"


def test_a_callback_runs_between_write_and_answer(
    client: stripe.StripeClient, emulator: Emulator
) -> None:
    """The request is committed, and its response is from before the callback's changes."""
    seen: list[tuple[str, int, list[str]]] = []

    def look(request: Any, response: Any) -> None:
        seen.append((request.path, response.status, names(client)))
        client.v1.products.update(response.document["id"], {"name": "Changed"})

    emulator.faults.add(faults.after(look), method="POST", path="/v1/products")
    assert create(client).name == "Pro"
    assert seen == [("/v1/products", 200, ["Pro"])]
    assert names(client) == ["Changed"]


def test_a_callback_goes_with_another_effect(
    client: stripe.StripeClient, emulator: Emulator
) -> None:
    """A callback may run while the response gets lost."""
    called: list[str] = []
    lost = faults.after(
        lambda request, _: called.append(request.path), faults.dropped(executed=True)
    )
    never = faults.before(lambda request: called.append(request.path), faults.server_error())
    emulator.faults.at(0, lost, method="POST")
    emulator.faults.at(1, never, method="POST")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.products.create({"name": "Pro"})
    with pytest.raises(stripe.APIError):
        client.v1.prices.create({"product": "x", "currency": "usd"})
    assert called == ["/v1/products", "/v1/prices"]
    assert names(client) == ["Pro"]


def test_too_many_requests_are_refused(client: stripe.StripeClient, emulator: Emulator) -> None:
    """What a plain 429 of Stripe's looks like to the SDK, which does not retry it."""
    emulator.faults.add(faults.rate_limited(), times=None)
    with pytest.raises(stripe.RateLimitError) as caught:
        create(client)
    headers = {name.lower(): value for name, value in (caught.value.headers or {}).items()}
    assert headers["stripe-rate-limited-reason"] == "global-rate"
    assert "retry-after" not in headers
    assert "stripe-should-retry" not in headers


def raw(server: EmulatorServer, request: bytes) -> bytes:
    """Send a request, and read until the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_cut_answer_says_how_long_it_would_be(server: EmulatorServer, emulator: Emulator) -> None:
    """Status, headers and a part of the body arrive, then the socket closes."""
    emulator.faults.add(faults.truncated())
    head, _, body = raw(server, LIST).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    whole = b'{"object":"list","data":[],"has_more":false,"url":"/v1/products"}'
    assert f"Content-Length: {len(whole)}".encode() in head
    assert body
    assert len(body) < len(whole)
    assert whole.startswith(body)


def test_a_disconnect_ends_a_hang(server: EmulatorServer, emulator: Emulator) -> None:
    """A request whose client is gone before it was carried out is never carried out."""
    gate = Gate()
    emulator.faults.add(faults.hung(gate), method="POST")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(CREATE)
        assert gate.until(1, PATIENCE)
    assert gate.until(0, PATIENCE)
    gate.release()
    # Its key is in use until its thread has noticed.
    while (answer := raw(server, CREATE)).startswith(b"HTTP/1.1 409 "):
        pass
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Idempotent-Replayed" not in answer
    assert len(emulator.history) == 1


def test_a_server_stops_while_requests_hang(emulator: Emulator) -> None:
    """Those that wait are cut off, and what was not carried out never is."""
    gate = Gate()
    emulator.faults.add(faults.hung(gate), times=None)
    server = serve(emulator)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        # A second request behind the first hides the client's end, not the server's.
        connection.sendall(CREATE + CREATE)
        assert gate.until(1, PATIENCE)
        server.close()
        assert connection.recv(65536) == b""
    assert gate.until(0, PATIENCE)
    assert len(emulator.history) == 0


def test_answers_can_be_late(emulator: Emulator) -> None:
    """Latency delays a response, but not the end of the server."""
    carried_out = threading.Event()
    emulator.faults.add(faults.after(lambda *_: carried_out.set()))
    server = serve(emulator, latency=3600)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(LIST)
        assert carried_out.wait(PATIENCE)
        server.close()
        assert connection.recv(65536) == b""
