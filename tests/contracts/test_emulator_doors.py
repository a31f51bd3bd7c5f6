"""One suite over both doors: the SDK in process, and the SDK over HTTP on loopback.

What is expected is what Stripe documents or was seen to do; nothing here knows the emulator's
inside.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer, serve
from engine.emulator.doors.transport import InProcessTransport
from engine.emulator.testing import faults

KEY = "sk_test_contract"
WRITE = (
    b"POST /v1/products HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_contract\r\n"
)
READ = WRITE.replace(b"POST", b"GET") + b"\r\n"
Open = Callable[[str], stripe.StripeClient]


def create_everything(client: stripe.StripeClient) -> dict[str, Any]:
    """Make one object of each type, in the order they need each other."""
    v1 = client.v1
    product = v1.products.create({"name": "Pro"})
    price = v1.prices.create(
        {
            "product": product.id,
            "currency": "usd",
            "unit_amount": 100,
            "recurring": {"interval": "month"},
        }
    )
    coupon = v1.coupons.create({"percent_off": 10})
    return {
        "products": product,
        "prices": price,
        "coupons": coupon,
        "promotion_codes": v1.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon.id}}
        ),
        "tax_rates": v1.tax_rates.create(
            {"display_name": "VAT", "inclusive": False, "percentage": 19}
        ),
        "shipping_rates": v1.shipping_rates.create(
            {"display_name": "Post", "fixed_amount": {"amount": 1, "currency": "usd"}}
        ),
        "billing_portal.configurations": v1.billing_portal.configurations.create(
            {
                "features": {
                    "payment_method_update": {"enabled": True},
                    "subscription_update": {
                        "enabled": True,
                        "default_allowed_updates": ["price"],
                        "products": [{"product": product.id, "prices": [price.id]}],
                    },
                }
            }
        ),
        "webhook_endpoints": v1.webhook_endpoints.create(
            {"url": "https://example.com", "enabled_events": ["*"]}
        ),
    }


def body(answered: Any) -> dict[str, Any]:
    """The JSON that an object came as."""
    document: dict[str, Any] = json.loads(answered.last_response.body)
    return document


def service(client: stripe.StripeClient, name: str) -> Any:
    """The SDK's service of a type."""
    found: Any = client.v1
    for step in name.split("."):
        found = getattr(found, step)
    return found


def test_every_type_is_created_read_listed_and_updated(client: stripe.StripeClient) -> None:
    """What was created is what is read, and what is listed; metadata changes on all."""
    for name, made in create_everything(client).items():
        own = service(client, name)
        read = own.retrieve(made.id)
        told = body(made)
        told.pop("secret", None)
        assert body(read) == told
        assert [one.id for one in own.list().data] == [made.id]
        assert own.update(made.id, {"metadata": {"a": "b"}}).metadata["a"] == "b"
        assert own.retrieve(made.id).metadata["a"] == "b"
        assert made.livemode is False


def test_every_missing_id_is_404(client: stripe.StripeClient) -> None:
    """Reads, updates and deletes of what is not there agree."""
    for name in create_everything(client):
        own = service(client, name)
        for method in ("retrieve", "update", "delete"):
            if not hasattr(own, method):
                continue
            with pytest.raises(stripe.InvalidRequestError) as caught:
                getattr(own, method)("x", {"metadata": {"a": "b"}} if method == "update" else {})
            assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
            assert str(caught.value.user_message).endswith(": 'x'")


def test_every_type_refuses_what_it_does_not_know(client: stripe.StripeClient) -> None:
    """An unknown parameter is refused by every write and every list."""
    for name, made in create_everything(client).items():
        own = service(client, name)
        for method, arguments in (("create", ()), ("update", (made.id,)), ("list", ())):
            with pytest.raises(stripe.InvalidRequestError) as caught:
                getattr(own, method)(*arguments, {"frob": 1})
            assert caught.value.user_message == "Received unknown parameter: frob"


def test_errors_carry_what_the_sdk_reads(client: stripe.StripeClient) -> None:
    """Status, code, param, request id and headers arrive."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.prices.retrieve("price_x")
    error = caught.value
    assert (error.http_status, error.code, error.param) == (404, "resource_missing", "price")
    assert str(error.request_id).startswith("req_")
    assert error.error is not None
    assert error.error.doc_url == "https://stripe.com/docs/error-codes/resource-missing"


def test_a_wrong_key_is_an_authentication_error(door: Open) -> None:
    """401, with the secret starred out."""
    with pytest.raises(stripe.AuthenticationError) as caught:
        door("sk_prod_0123456789").v1.products.list()
    assert str(caught.value.user_message).startswith("Invalid API Key provided: ")
    assert "012345" not in str(caught.value.user_message)


def test_idempotency_works_through_the_sdk(client: stripe.StripeClient) -> None:
    """The same key gives the same object, other parameters an idempotency error."""
    options: Any = {"idempotency_key": "once"}
    first = client.v1.products.create({"name": "Pro"}, options)
    again = client.v1.products.create({"name": "Pro"}, options)
    assert first.id == again.id
    assert again.last_response is not None
    assert again.last_response.headers["idempotent-replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        client.v1.products.create({"name": "Other"}, options)


def test_faults_reach_the_client(client: stripe.StripeClient, emulator: Emulator) -> None:
    """Responses and broken connections, as the SDK reports them."""
    emulator.faults.add(faults.rate_limited())
    with pytest.raises(stripe.RateLimitError) as limited:
        client.v1.products.list()
    assert limited.value.headers is not None
    assert limited.value.headers["stripe-rate-limited-reason"] == "global-rate"
    emulator.faults.add(faults.server_error())
    with pytest.raises(stripe.APIError):
        client.v1.products.list()
    for executed, left in ((False, 0), (True, 1)):
        emulator.faults.add(faults.dropped(executed=executed), method="POST")
        with pytest.raises(stripe.APIConnectionError):
            client.v1.products.create({"name": "Pro"})
        assert len(client.v1.products.list().data) == left


def test_text_survives_the_way(client: stripe.StripeClient) -> None:
    """Any character arrives and comes back."""
    name = "Größe & Preis = 100 % [日本語] +\u2028\"'"
    made = client.v1.products.create({"name": name, "metadata": {"ключ": "a=b&c[d]=ä"}})
    assert client.v1.products.retrieve(made.id).name == name
    assert made.metadata.to_dict() == {"ключ": "a=b&c[d]=ä"}


def test_chosen_ids_are_escaped_in_paths(client: stripe.StripeClient) -> None:
    """An id with a slash or a blank is one step of the path."""
    id = "my pro/duct %"
    client.v1.products.create({"id": id, "name": "Pro"})
    assert client.v1.products.retrieve(id).id == id
    assert client.v1.products.update(id, {"name": "More"}).name == "More"


def test_many_threads_share_a_client(client: stripe.StripeClient) -> None:
    """Concurrent creates all arrive, with ids of their own."""
    ids: list[str] = []

    def create() -> None:
        ids.extend(client.v1.products.create({"name": "Pro"}).id for _ in range(10))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 80
    assert {one.id for one in client.v1.products.list({"limit": 100}).data} == set(ids)


def test_a_stream_is_answered_too(emulator: Emulator) -> None:
    """The transport's stream holds the same body."""
    headers = {"Authorization": f"Bearer {KEY}"}
    stream, status, answered = InProcessTransport(emulator).request_stream(
        "get", "https://api.stripe.com/v1/products", headers
    )
    assert status == 200
    assert stream.read().startswith(b'{"object":"list"')
    assert answered["request-id"].startswith("req_")


def test_the_server_keeps_connections(server: EmulatorServer) -> None:
    """Several requests use one connection, until the client closes it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"Authorization": f"Bearer {KEY}"}
    for _ in range(3):
        connection.request("GET", "/v1/products?limit=1", headers=headers)
        response = connection.getresponse()
        assert (response.status, response.will_close) == (200, False)
        response.read()
    connection.request("GET", "/v1/products", headers={**headers, "Connection": "close"})
    assert connection.getresponse().will_close is True
    connection.close()


def test_the_server_listens_on_loopback_only(server: EmulatorServer) -> None:
    """The address is this machine's own."""
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.port > 0


def send_raw(server: EmulatorServer, text: bytes) -> bytes:
    """Send bytes, and read until the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
        WRITE + b"Content-Length: many\r\n\r\n",
        WRITE + b"Content-Length: 8\r\nContent-Length: 9\r\n\r\nname=Pro.",
        WRITE + b"Content-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\nname=Pro",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(
    server: EmulatorServer, client: stripe.StripeClient, text: bytes
) -> None:
    """400 in Stripe's form, the connection ends, and nothing was done."""
    head, _, told = send_raw(server, text + READ).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert head.endswith(b"Connection: close")
    assert json.loads(told)["error"]["type"] == "invalid_request_error"
    assert client.v1.products.list().data == []


@pytest.mark.parametrize(
    "text",
    [
        b"Content-Length: 20\r\n\r\nname=Enterpri",
        b"Transfer-Encoding: chunked\r\n\r\nd\r\nname=Enterpri\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n14\r\nname=Enterpri",
    ],
)
def test_a_body_cut_short_is_no_request(
    server: EmulatorServer, emulator: Emulator, text: bytes
) -> None:
    """Nothing is made, and the idempotency key is as good as new."""
    keyed = WRITE + b"Idempotency-Key: once\r\n"
    assert send_raw(server, keyed + text).startswith(b"HTTP/1.1 400 ")
    assert (list(emulator.log), list(emulator.history)) == ([], [])
    whole = send_raw(server, keyed + b"Content-Length: 15\r\n\r\nname=Enterprise")
    assert whole.startswith(b"HTTP/1.1 200 ")
    assert b"Idempotent-Replayed" not in whole


def test_chunks_are_taken_and_a_connection_goes_on(server: EmulatorServer) -> None:
    """As Go's clients send a body whose length they do not know, one request behind the other."""
    chunked = WRITE + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = send_raw(
        server,
        chunked
        + b"5\r\nname=\r\n3\r\nOne\r\n0\r\n\r\n"
        + chunked
        + b"8;a=b\r\nname=Two\r\n0\r\n\r\n",
    )
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert answer.index(b'"name": "One"') < answer.index(b'"name": "Two"')


def test_a_slow_client_keeps_nobody_waiting(
    server: EmulatorServer, client: stripe.StripeClient
) -> None:
    """A request may arrive byte by byte, while others are answered."""
    text = WRITE + b"Transfer-Encoding: chunked\r\n\r\n8\r\nname=Pro\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        for index in range(len(text)):
            slow.sendall(text[index : index + 1])
            if index % 50 == 0:
                assert client.v1.products.list().data == []
        assert slow.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_speaks_tls_is_answered_at_once(server: EmulatorServer) -> None:
    """It waits for a response to its first bytes, and would wait for ever."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_refusal_arrives_however_much_was_sent(server: EmulatorServer) -> None:
    """The server reads the rest before it closes, or the response would be lost (RFC 9112 9.6)."""
    body = b"x" * (17 * 1024 * 1024)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(WRITE + b"Content-Length: %d\r\n\r\n" % len(body))
        connection.sendall(body)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "headers", [b"Host: evil.example\r\n", b"Host: localhost\r\nOrigin: http://evil.example\r\n"]
)
def test_pages_of_other_hosts_are_refused(
    server: EmulatorServer, emulator: Emulator, headers: bytes
) -> None:
    """Neither a name that was pointed at loopback nor a form gets through."""
    answer = send_raw(
        server,
        b"POST /v1/products HTTP/1.1\r\nAuthorization: Bearer sk_test_a\r\nContent-Length: 8\r\n"
        + headers
        + b"\r\nname=Pro",
    )
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert list(emulator.history) == []


def test_an_answer_to_head_is_its_head(server: EmulatorServer) -> None:
    """Or the next response would begin in its body (RFC 9110 9.3.2)."""
    answer = send_raw(server, READ.replace(b"GET", b"HEAD") + READ)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")


def test_answers_are_of_several_lines_where_people_read_them(server: EmulatorServer) -> None:
    """As Stripe's: shell scripts take `"id": ` from them; SDKs, which parse them, get one line."""
    plain = send_raw(server, READ).partition(b"\r\n\r\n")[2]
    assert plain.startswith(b'{\n  "object": "list",\n  "data": [],\n')
    sdk = b'X-Stripe-Client-User-Agent: {"bindings_version":"16.1.0"}\r\n\r\n'
    parsed = send_raw(server, READ.removesuffix(b"\r\n") + sdk).partition(b"\r\n\r\n")[2]
    assert parsed.startswith(b'{"object":"list","data":[],')
    assert b"\n" not in parsed


def test_an_old_client_may_stay(server: EmulatorServer) -> None:
    """For HTTP/1.0 a header says so."""
    old = READ.replace(b"HTTP/1.1", b"HTTP/1.0")
    kept = old.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n")
    answer = send_raw(server, kept + old + old)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert answer.index(b"Connection: keep-alive") < answer.index(b"Connection: close")


def test_a_client_may_ask_before_it_sends(server: EmulatorServer) -> None:
    """`Expect: 100-continue` is answered at once."""
    answer = send_raw(
        server,
        WRITE + b"Expect: 100-continue\r\nContent-Length: 8\r\n\r\nname=Pro",
    )
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_a_closed_server_hangs_up(emulator: Emulator) -> None:
    """Open connections end, and new ones are refused."""
    server = serve(emulator)
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(b"GET /v1/products HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 401 ")
        port = server.port
        server.close()
        assert idle.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_serving_blocks_until_it_is_closed(emulator: Emulator) -> None:
    """The command line's way to serve ends with `close`."""
    with EmulatorServer(emulator) as server:
        waiting = threading.Thread(target=server.serve_forever)
        waiting.start()
        assert waiting.is_alive()
    waiting.join()


def test_a_failure_of_the_emulator_is_answered(
    server: EmulatorServer, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even then a client gets JSON, and the cause goes to standard error."""
    emulator.close()
    answer = send_raw(server, READ)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert "the emulator is closed" in capsys.readouterr().err
