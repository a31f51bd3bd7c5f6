"""An HTTP server on loopback whose routes are methods."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """One response: a document, or bytes."""

    status: int = 200
    document: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


Route = tuple[str, str, Callable[..., Answer]]


class Web:
    """Serves routes; use it as a context manager.

    Attributes:
        asked: Every request so far.
        troubles: Answers that are given first, one for each request.
    """

    def __init__(self) -> None:
        """Bind a port that the system chooses."""
        self.asked: list[Asked] = []
        self.troubles: list[Answer] = []
        self._lock = threading.Lock()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                parts = urlsplit(self.path)
                asked = Asked(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    json.loads(raw) if raw else None,
                )
                with web._lock:
                    web.asked.append(asked)
                    answer = web.troubles.pop(0) if web.troubles else web.answer(asked)
                content = answer.raw
                if content is None:
                    content = (
                        b"" if answer.document is None else json.dumps(answer.document).encode()
                    )
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - http.server's names

            def log_message(self, *_: Any) -> None:
                """Nothing is logged."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def routes(self) -> list[Route]:
        """Methods, patterns of paths, and what answers."""
        return []

    def answer(self, asked: Asked) -> Answer:
        """Answer a request by the first route that fits."""
        for method, pattern, call in self.routes():
            match = re.fullmatch(pattern, asked.path)
            if match and method == asked.method:
                return call(asked, *match.groups())
        return Answer(404, {"message": "Not Found"})

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def paged(entries: list[Any], asked: Asked, *, standard: int) -> list[Any]:
    """One page of a list, as the hosts cut them."""
    size = min(int(asked.query.get("per_page", standard)), 100)
    first = (int(asked.query.get("page", "1")) - 1) * size
    return entries[first : first + size]
