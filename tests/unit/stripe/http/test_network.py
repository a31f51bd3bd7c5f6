"""Requests over real sockets: whose login they carry, where they go, and that each has an end."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import stripe

from engine.errors import ConnectionFailedError, ForeignAnswerError
from engine.redaction import redact
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.http.network import Network
from engine.values.secret import Sensitive

KEY = "sk_test_network"
Answer = Callable[[Any], None]


class Server(http.server.ThreadingHTTPServer):
    """Answers as a test says, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        """Args: answer: writes an answer, given the handler of a request."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.over = threading.Event()

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave out clients that hang up."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        self.server.answer(self)

    do_POST = do_GET  # noqa: N815 - the names are the base class's

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def document(handler: Any, body: bytes = b'{"id": "x"}', status: int = 200, **more: str) -> None:
    """Write a whole answer."""
    handler.send_response(status)
    for name, value in more.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


Serve = Callable[[Answer], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers."""
    started: list[Server] = []

    def start(answer: Answer) -> Server:
        server = Server(answer)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.over.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def asking() -> Iterator[Callable[..., StripeHTTP]]:
    """Makes clients that speak over the network."""
    opened: list[Network] = []

    def make(base: str, **limits: Any) -> StripeHTTP:
        network = Network(**limits)
        opened.append(network)
        options = ClientOptions(
            api_key=Sensitive(KEY), api_base=base, transport=network, sleep=lambda _: None
        )
        return StripeHTTP(options)

    yield make
    for network in opened:
        network.close()


Asking = Callable[..., StripeHTTP]


def logged_in(server: Server) -> list[str | None]:
    """Whose login each request carried."""
    return [headers.get("Authorization") for _, _, headers, _ in server.asked]


@pytest.mark.parametrize("place", [".netrc", "_netrc", "elsewhere"])
def test_the_key_is_the_only_login(
    serve: Serve, asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A live login in `~/.netrc` would have had a test run write to the live account."""
    server = serve(document)
    lines = "machine 127.0.0.1 login sk_live_other password x\ndefault login a password b\n"
    (tmp_path / place).write_text(lines, encoding="utf-8")
    (tmp_path / place).chmod(0o600)
    if place == "elsewhere":
        monkeypatch.setenv("NETRC", str(tmp_path / place))
    client = asking(server.base)
    client.get("/v1/products", {})
    client.post("/v1/products", {"name": "Pro"}, idempotency_key="k")
    assert logged_in(server) == [f"Bearer {KEY}"] * 2


def test_a_login_in_an_address_is_none(serve: Serve, asking: Asking) -> None:
    """It would take the place of the key."""
    server = serve(document)
    asking(server.base.replace("//", "//user:password@")).get("/v1/products", {})
    assert logged_in(server) == [f"Bearer {KEY}"]


def test_proxies_are_those_of_the_environment(
    serve: Serve, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their own login beside the key, but for hosts that are left out."""
    server, proxy = serve(document), serve(document)
    monkeypatch.setenv("http_proxy", proxy.base.replace("//", "//me:hunter2-proxy@"))
    asking("http://stripe.invalid").get("/v1/products", {})
    [(_, path, headers, _)] = proxy.asked
    assert path == "http://stripe.invalid/v1/products"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Proxy-Authorization"].startswith("Basic ")
    assert redact("hunter2-proxy") != "hunter2-proxy"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asking(server.base).get("/v1/products", {})
    assert (len(proxy.asked), len(server.asked)) == (1, 1)


def test_a_server_on_this_machine_is_not_asked_through_one_elsewhere(
    serve: Serve, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy would be given the key without encryption, and could not reach it."""
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    server = serve(document)
    asking(server.base).get("/v1/products", {})
    assert len(server.asked) == 1
    near = serve(document)
    monkeypatch.setenv("http_proxy", near.base)
    asking(server.base).get("/v1/products", {})
    assert (len(server.asked), len(near.asked)) == (1, 1)


def test_certificates_are_those_of_the_environment(
    serve: Serve, asking: Asking, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy that looks into everything has one of its own."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    server = serve(document)
    with pytest.raises(ConnectionFailedError, match=r"none\.pem"):
        asking(server.base.replace("http:", "https:")).get("/v1/products", {})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_reaches_nobody(serve: Serve, asking: Asking, status: int) -> None:
    """Neither body nor key go to another server, or to another place of this one."""
    other = serve(document)
    server = serve(lambda handler: document(handler, b"", status, Location=f"{other.base}/v1/x"))
    client = asking(server.base)
    with pytest.raises(ForeignAnswerError, match="redirect"):
        client.post("/v1/products", {"name": "Pro"}, idempotency_key="k")
    with pytest.raises(ForeignAnswerError, match="redirect"):
        client.get("/v1/products", {})
    assert (len(server.asked), other.asked) == (2, [])


def trickling_body(handler: Any) -> None:
    """Send a body that never ends, a byte at a time."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not handler.server.over.wait(0.01):
        handler.wfile.write(b" ")


def trickling_head(handler: Any) -> None:
    """Send a head that never ends, a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.server.over.wait(0.01):
        handler.wfile.write(b"x")
        handler.wfile.flush()


@pytest.mark.parametrize("answer", [trickling_body, trickling_head])
def test_an_answer_that_never_ends_is_none(serve: Serve, asking: Asking, answer: Answer) -> None:
    """However often a byte of it comes: the limit is on the whole."""
    server = serve(answer)
    with pytest.raises(ConnectionFailedError) as raised:
        asking(server.base, whole=0.3).get("/v1/products", {})
    assert raised.value.cause == "the answer was not complete after 0.3 seconds"
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [200, 302, 400])
def test_an_answer_that_is_too_large_is_none(serve: Serve, asking: Asking, status: int) -> None:
    """It would fill the memory."""
    server = serve(lambda handler: document(handler, b" " * 100_000, status, Location="/"))
    with pytest.raises(ConnectionFailedError, match="more than 50,000 bytes"):
        asking(server.base, most=50_000).get("/v1/products", {})
    assert len(server.asked) == 1


def test_connections_are_used_again(serve: Serve, asking: Asking) -> None:
    """One after the other needs one."""
    ports: list[int] = []

    def answer(handler: Any) -> None:
        ports.append(handler.client_address[1])
        document(handler)

    client = asking(serve(answer).base)
    for _ in range(3):
        client.get("/v1/products", {})
    assert len(set(ports)) == 1


def test_nobody_there(asking: Asking) -> None:
    """What the operating system says is the cause."""
    with pytest.raises(ConnectionFailedError) as raised:
        asking("http://127.0.0.1:9").get("/v1/products", {})
    assert "refused" in str(raised.value.cause)


def test_the_engine_speaks_over_the_network_like_this() -> None:
    """Unless a test hands it something else."""
    client = StripeHTTP(ClientOptions(api_key=Sensitive(KEY)))
    carrier = client._sdk._requestor._client
    assert isinstance(getattr(carrier, "_transport", None), Network)
    assert stripe.max_network_retries == 2  # the SDK's own, which its client does not use here
