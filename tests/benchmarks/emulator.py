"""How fast the served emulator is: creates and pages a second, beside a bare HTTP server.

    python -m tests.benchmarks.emulator

Server and clients are processes of their own, as in use. The clients are bare sockets: the SDK
would cost more than the emulator. What must not live here: anything a test relies on.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.wire.messages import Request
from tests.benchmarks.served import Server, attend, running

KEY = "sk_test_benchmark"
CLIENTS = 8
PAGE = 100
PREFIXES = {"product": "prod_", "price": "price_"}
_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measurement.

    Attributes:
        count: Requests answered.
        seconds: By the clock.
        cpu: Seconds of processor time of the server alone.
        size: Bytes of the last answer.
    """

    count: int
    seconds: float
    cpu: float
    size: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of the server's processor time a request."""
        return 1000 * self.cpu / self.count


def serve_emulator(pipe: Connection, objects: int) -> None:
    """Serve an emulator that holds so many products, and a price of each."""
    with Emulator() as emulator, EmulatorServer(emulator) as server:
        fill(emulator, objects)
        attend(pipe, server.port)


def fill(emulator: Emulator, objects: int) -> None:
    """Put products there, each with a price that is its default."""
    numbers = range(objects)
    products = (
        {
            "id": f"{PREFIXES['product']}{number}",
            "name": f"Product {number}",
            "default_price": f"{PREFIXES['price']}{number}",
            "metadata": {"number": str(number)},
        }
        for number in numbers
    )
    prices = (
        {
            "id": f"{PREFIXES['price']}{number}",
            "product": f"{PREFIXES['product']}{number}",
            "currency": "usd",
            "unit_amount": number,
            "type": "one_time",
        }
        for number in numbers
    )
    emulator.seed_many("product", products, key=KEY)
    emulator.seed_many("price", prices, key=KEY)


class _Echo(BaseHTTPRequestHandler):
    """What the standard library's own server makes of the same requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """Answer with what was sent."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve_echo(pipe: Connection, objects: int) -> None:
    """Serve a bare echo."""
    del objects
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    attend(pipe, server.server_address[1])
    server.shutdown()
    server.server_close()


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> bytes:
        """Send a request, and give back the body of the answer."""
        self._socket.sendall(request)
        answer = self._socket.recv(1 << 18)
        while b"\r\n\r\n" not in answer:
            answer += self._socket.recv(1 << 18)
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head[:16]:
            raise RuntimeError(answer.decode())
        length = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
        parts, missing = [body], length - len(body)
        while missing > 0:
            parts.append(self._socket.recv(1 << 18))
            missing -= len(parts[-1])
        return b"".join(parts)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def request(method: str, target: str, body: str = "", key: str = "") -> bytes:
    """A request as it goes over the wire, with the headers of the SDK that matter."""
    lines = [
        f"{method} {target} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {KEY}",
        "Content-Type: application/x-www-form-urlencoded",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "Connection: keep-alive",
        "User-Agent: Stripe/v1 PythonBindings/16.1.0",
        f"Content-Length: {len(body)}",
    ]
    if key:
        lines.append(f"Idempotency-Key: {key}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def product_form(client: int, number: int) -> str:
    """What makes a product, as the engine would send it."""
    return (
        f"name=Product+{number}&description=A+product+of+client+{client}"
        f"&metadata[engine]=01ab:stripe_product.p{number}&metadata[number]={number}"
    )


def create(path: str, form: Callable[[int, int], str]) -> Callable[[Client, int, int], int]:
    """One create of a client."""

    def run(client: Client, index: int, number: int) -> int:
        body = form(index, number)
        return len(client.send(request("POST", path, body, f"{path}-{index}-{number}")))

    return run


def load(server: Server, count: int, one: Callable[[Client, int, int], int]) -> Measured:
    """Let every client send so many requests at once."""
    clients = [Client(server.port) for _ in range(CLIENTS)]
    sizes = [0] * CLIENTS

    def run(index: int) -> None:
        for number in range(count // CLIENTS):
            sizes[index] = one(clients[index], index, number)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(CLIENTS)]
    one(clients[0], CLIENTS, 0)
    cpu, began = server.cpu(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    cpu = server.cpu() - cpu
    for client in clients:
        client.close()
    return Measured(count=count // CLIENTS * CLIENTS, seconds=seconds, cpu=cpu, size=sizes[0])


def read_through(server: Server, target: str) -> Measured:
    """Read a list from its first page to its last, as one client does."""
    client = Client(server.port)
    cpu, began, count, size, cursor = server.cpu(), time.perf_counter(), 0, 0, ""
    while True:
        body = client.send(request("GET", f"{target}&limit={PAGE}{cursor}"))
        page = json.loads(body)
        count, size = count + 1, max(size, len(body))
        if not page["has_more"]:
            break
        cursor = f"&starting_after={page['data'][-1]['id']}"
    seconds = time.perf_counter() - began
    cpu = server.cpu() - cpu
    client.close()
    return Measured(count=count, seconds=seconds, cpu=cpu, size=size)


def show(what: str, measured: Measured, bare: Measured) -> None:
    """Print a line of the table."""
    print(  # noqa: T201 - its whole purpose
        f"{what:<34}{measured.rate:>9,.0f}/s {measured.cpu_ms:>8.2f} ms CPU "
        f"{measured.size / 1024:>7.1f} kB {measured.rate / bare.rate:>6.2f} of the echo"
    )


def measure_large(objects: int) -> None:
    """Print what a large account costs to make, and a page in the middle of its lists."""
    with Emulator() as emulator:
        began = time.process_time()
        fill(emulator, objects // 2)
        seconds = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(  # noqa: T201
            f"{'seeds, to ' + format(objects, ',') + ' objects':<34}{objects / seconds:>9,.0f}/s "
            f"{1000 * seconds / objects:>8.3f} ms CPU {peak:>7.0f} MB at most"
        )
        for what in ("product", "price"):
            target = f"/v1/{what}s?limit=100&starting_after={PREFIXES[what]}{objects // 4}"
            headers = {"Authorization": f"Bearer {KEY}"}
            began = time.process_time()
            for _ in range(_PAGES):
                emulator.handle(Request.to("GET", target, headers))
            seconds = (time.process_time() - began) / _PAGES
            page = f"a page of {what}s in their middle"
            print(f"{page:<34}{1 / seconds:>9,.0f}/s {1000 * seconds:>8.2f} ms CPU")  # noqa: T201


def measure(count: int, objects: int) -> None:
    """Run every measurement that is a ratio and print the table."""
    with running(serve_echo, 0) as echo:
        bare = load(echo, count, create("/v1/products", product_form))
    show("bare http.server, an echo", bare, bare)
    with running(serve_emulator, 0) as server:
        show("creates of products", load(server, count, create("/v1/products", product_form)), bare)
        body = request("POST", "/v1/products", "id=prod_parent&name=Parent")
        client = Client(server.port)
        client.send(body)
        client.close()
        prices = create("/v1/prices", price_form)
        show("creates of prices", load(server, count, prices), bare)
    with running(serve_emulator, objects) as server:
        for what, target in LISTS.items():
            show(what, read_through(server, target), bare)


def price_form(client: int, number: int) -> str:
    """What makes a price, as the engine would send it."""
    return (
        f"product=prod_parent&currency=usd&unit_amount={number}&recurring[interval]=month"
        f"&lookup_key=key_{client}_{number}&metadata[engine]=01ab:stripe_price.p{number}"
    )


LISTS = {
    "pages of 100 products": "/v1/products?",
    "pages, default price expanded": "/v1/products?expand[]=data.default_price",
    "pages of 100 prices": "/v1/prices?",
    "pages, three fields expanded": (
        "/v1/prices?expand[]=data.currency_options&expand[]=data.tiers&expand[]=data.product"
    ),
}


def main(words: Sequence[str] | None = None) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--creates", type=int, default=8000, help="creates in each measurement")
    parser.add_argument("--objects", type=int, default=10_000, help="objects of each list")
    parser.add_argument("--large", type=int, default=100_000, help="objects of a large account")
    given: Any = parser.parse_args(words)
    measure(given.creates, given.objects)
    measure_large(given.large)


if __name__ == "__main__":
    main()
