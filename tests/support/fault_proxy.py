"""A proxy in front of a store that is served over HTTP: it loses requests and answers."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self, TypeAlias, get_args
from urllib.parse import urlsplit

Fault: TypeAlias = Literal[
    "before: drop", "before: 503", "before: hang", "after: drop", "after: 503", "after: cut"
]
"""What happens to a request, before or after the store has carried it out."""
FAULTS: tuple[Fault, ...] = tuple(f for f in get_args(Fault) if f != "before: hang")
"""The ones that end by themselves."""
_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")


class FaultProxy:
    """The proxy while it runs; `fault` is what happens, `times` is how often it does."""

    def __init__(self, url: str) -> None:
        self.fault: Fault | None = None
        self.times = -1
        self._parts = urlsplit(url)
        self._released = threading.Event()
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                proxy.handle(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Write nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def address(self) -> str:
        """Where it is reached, with the path of the server behind it."""
        return f"http://127.0.0.1:{self._server.server_port}{self._parts.path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Pass one request on, or do what is to happen to it."""
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        when, _, what = (self._next_fault() or "").partition(": ")
        if when == "before":
            self._fail(request, what)
            return
        status, headers, content = self._forwarded(request, body)
        if when == "after" and what != "cut":
            self._fail(request, what)
            return
        request.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content) + (10 if what == "cut" else 0)))
        request.end_headers()
        request.wfile.write(content)
        request.close_connection = request.close_connection or what == "cut"

    def _next_fault(self) -> Fault | None:
        with self._lock:
            if self.times == 0:
                return None
            if self.fault is not None:
                self.times -= 1
            return self.fault

    def _fail(self, request: BaseHTTPRequestHandler, what: str) -> None:
        if what == "hang":
            self._released.wait()
        if what == "503":
            request.send_response(503)
            request.send_header("Content-Length", "0")
            request.end_headers()
        else:
            request.close_connection = True

    def _forwarded(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Carried out by the store, with the host that the request was signed for."""
        link = http.client.HTTPConnection(self._parts.hostname or "", self._parts.port)
        try:
            link.request(request.command, request.path, body, dict(request.headers))
            answer = link.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            link.close()
