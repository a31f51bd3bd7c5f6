"""Servers of objects on loopback that are wrong: one ignores conditions, one refuses everything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

S3_LOGIN = {
    "AWS_ACCESS_KEY_ID": "AKIACANARY",
    "AWS_SECRET_ACCESS_KEY": "canary-secret-key",
    "AWS_REGION": "us-east-1",
}
"""What a test sets in its environment: moto takes any."""


@contextmanager
def forgetful_server() -> Iterator[str]:
    """A server that speaks the little of S3 that a probe needs, and ignores all conditions."""
    objects: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self, status: int, content: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hash(content)}"')
            self.send_header("Last-Modified", "Mon, 30 Nov 2026 00:00:00 GMT")
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            content = objects.get(self.path)
            self._answer(404 if content is None else 200, content or b"")

        def do_PUT(self) -> None:
            objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200)

        def do_DELETE(self) -> None:
            objects.pop(self.path, None)
            self._answer(204)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    with _served(Handler) as url:
        yield url


@contextmanager
def refusing_server(status: int, body: str) -> Iterator[str]:
    """A server that answers each request in one way."""

    class Handler(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_PUT = do_DELETE = _refuse  # noqa: N815 - what the library calls

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    with _served(Handler) as url:
        yield url


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
