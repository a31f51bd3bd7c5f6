"""A small application that takes webhooks, and servers that do it badly."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import stripe


@dataclass
class Taken:
    """A request that the application took.

    Attributes:
        path: With its query.
        headers: As they were sent.
        body: As it was sent.
    """

    path: str
    headers: dict[str, str]
    body: bytes

    def checked(self, secret: str) -> dict[str, Any]:
        """The event, once the SDK has checked its signature."""
        event = stripe.Webhook.construct_event(self.body, self.headers["Stripe-Signature"], secret)
        document: dict[str, Any] = event.to_dict()
        return document


@dataclass
class Application:
    """A running application.

    Attributes:
        url: Its address.
        answers: Statuses of the answers to come; then 200.
        taken: What it was sent.
        on_take: Called with each request before it is answered.
    """

    url: str
    answers: list[int] = field(default_factory=list)
    taken: queue.Queue[Taken] = field(default_factory=queue.Queue)
    on_take: Callable[[Taken], None] = field(default=lambda _: None)

    def next(self) -> Taken:
        """The next request; waits until it is there."""
        return self.taken.get(timeout=60)


@contextmanager
def application() -> Iterator[Application]:
    """Run an application on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken = Taken(self.path, dict(self.headers), body)
            running.on_take(taken)
            status = running.answers.pop(0) if running.answers else 200
            self.send_response(status)
            if status in {301, 302, 307, 308}:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")
            running.taken.put(taken)

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = Application(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def bad_server(*answers: bytes | None) -> Iterator[tuple[str, threading.Semaphore]]:
    """Run a server that sends bytes and hangs up; None for sending nothing and staying.

    Yields:
        Its address, and what counts the connections.
    """
    seen = threading.Semaphore(0)
    stayed: list[socket.socket] = []

    def serve() -> None:
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            seen.release()
            if answer is None:
                stayed.append(connection)
                continue
            with connection:
                connection.recv(1024 * 1024)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        finally:
            # A blocked `accept` returns when a connection comes, and not when its socket is closed.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in stayed:
                connection.close()
