"""Deliveries over HTTP: what is sent, and what counts as an answer."""

from __future__ import annotations

import socket

import pytest

from engine.emulator.delivery.delivery import Delivery, NoAnswerError, NotSentError
from engine.emulator.delivery.http import HttpReceiver
from engine.emulator.delivery.targets import forward_target
from tests.support.hooks import application, bad_server

OK = b"HTTP/1.1 200 OK\r\n"
BODY = '{"name": "Müller"}'.encode()


def delivery(url: str) -> Delivery:
    """A delivery to a URL."""
    return Delivery(
        url=url,
        headers={"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": "t=1,v1=a"},
        body=BODY,
        event="evt_1",
        type="product.created",
        endpoint="we_1",
    )


def test_what_is_sent() -> None:
    """The body as it was signed, with its headers, to the path of the URL."""
    with application() as app:
        assert HttpReceiver()(delivery(f"{app.url}/hook?a=b")) == 200
        taken = app.next()
    assert taken.path == "/hook?a=b"
    assert taken.body == BODY
    assert taken.headers == {
        "Host": app.url.removeprefix("http://"),
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": "t=1,v1=a",
        "Content-Length": str(len(BODY)),
        "Connection": "close",
    }


def test_endpoints_elsewhere_are_not_contacted_but_forwarded() -> None:
    """The declared URL is often that of production."""
    with pytest.raises(NotSentError, match="is not on this machine"):
        HttpReceiver()(delivery("https://shop.example/hook"))
    with application() as app:
        receiver = HttpReceiver(forward_target(app.url))
        assert receiver(delivery("https://shop.example/hook")) == 200
        assert app.next().path == "/hook"


@pytest.mark.parametrize("status", [204, 302, 307, 404, 500])
def test_any_status_is_the_answer(status: int) -> None:
    """A redirect is not followed: it is an answer like any other."""
    with application() as app:
        app.answers = [status]
        assert HttpReceiver()(delivery(app.url)) == status
        app.next()
        assert app.taken.empty()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "closed without an answer"),
        (b"HTTP/1.1 2", "not HTTP"),
        (b"SSH-2.0-server\r\n", "not HTTP"),
        (b"HTTP/2 200\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "closed without an answer"),
        (b"HTTP/1.1 100 Continue\r\nA: b", "not HTTP"),
        (b"x" * 100_000, "not HTTP"),
    ],
)
def test_what_is_no_answer(answer: bytes, says: str) -> None:
    """Whatever comes, it ends."""
    with bad_server(answer) as (url, _), pytest.raises(NoAnswerError, match=says):
        HttpReceiver()(delivery(url))


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        OK + b"\r\n",
        b"HTTP/1.0 200\r\n\r\nbody",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"\r\n",
        OK + b"Content-Length: 9\r\n\r\nshort",
        OK + b"\r\n" + b"x" * 200_000,
    ],
)
def test_the_status_line_counts(answer: bytes) -> None:
    """A body that is cut short, or long, does not matter."""
    with bad_server(answer) as (url, _):
        assert HttpReceiver()(delivery(url)) == 200


def test_an_endpoint_that_never_answers_is_left() -> None:
    """After the time-out, which is for the whole of it."""
    with (
        bad_server(None) as (url, _),
        pytest.raises(NoAnswerError, match=r"no answer within 0\.05 seconds"),
    ):
        HttpReceiver(timeout=0.05)(delivery(url))


def test_slow_bytes_do_not_prolong_the_time_out() -> None:
    """Each byte would be in time, and all of them are not."""
    passed = iter(range(1000))
    with (
        bad_server(b"HTTP/1.1 100 Continue\r\n\r\n" * 3) as (url, _),
        pytest.raises(NoAnswerError, match="no answer within 2 seconds"),
    ):
        HttpReceiver(timeout=2, ticks=lambda: float(next(passed)))(delivery(url))


def test_nothing_listens() -> None:
    """It is an attempt without an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NoAnswerError, match="refused"):
        HttpReceiver()(delivery(f"http://127.0.0.1:{port}/"))


def test_localhost_is_tried_by_both_addresses() -> None:
    """A server may listen on one of them only."""
    with application() as app:
        url = app.url.replace("127.0.0.1", "localhost")
        assert HttpReceiver()(delivery(url)) == 200
        assert app.next().headers["Host"] == url.removeprefix("http://")


def test_a_closed_receiver_sends_nothing() -> None:
    """So that a server can end."""
    with application() as app:
        receiver = HttpReceiver()
        receiver.close()
        with pytest.raises(NoAnswerError, match="the server was stopped"):
            receiver(delivery(app.url))
        assert app.taken.empty()
