"""The door for other processes: HTTP/1.1 on loopback.

A thread for each connection, and no more of HTTP than Stripe's clients speak, because the standard
library's handler spends longer on headers than the emulator on its answer. Nothing is logged, so
no key can be. What must not live here: what any request means.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import socketserver
import sys
import threading
import traceback
from http import HTTPStatus
from io import BufferedReader
from typing import Any, Final, Self

from engine.emulator.breaks import AnswerCut, ConnectionBroken
from engine.emulator.core import Emulator
from engine.emulator.errors import StripeRefusal
from engine.emulator.hang import Hang
from engine.emulator.wire import Headers, Request, Response, answer
from engine.redaction import redact

LOOPBACK: Final = "127.0.0.1"
_LONGEST_LINE: Final = 64 * 1024
_MOST_HEADERS: Final = 200
_LARGEST_BODY: Final = 16 * 1024 * 1024
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


class _BadRequest(Exception):  # noqa: N818 - named after the answer it leads to
    """What arrived is not HTTP as Stripe's clients speak it."""


class EmulatorServer:
    """Serves an emulator on a port of this machine, and of no other.

    Use it as a context manager, or call `start` and `close`; `serve_forever` blocks instead.
    """

    def __init__(self, emulator: Emulator, port: int = 0, *, latency: float = 0.0) -> None:
        """Take a port.

        Args:
            emulator: What answers; it stays the caller's to close.
            port: To listen on; 0 lets the system choose.
            latency: Seconds that every answer is on its way, for measurements.
        """
        self._listener = _Listener((LOOPBACK, port), emulator, latency)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """Base address for clients, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> Self:
        """Serve in the background."""
        self._thread = threading.Thread(
            target=self._listener.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="emulator",
            daemon=True,
        )
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve until `close` is called from another thread, or the process is interrupted."""
        if self._thread is None:
            self._listener.serve_forever()
        else:
            self._thread.join()

    def close(self) -> None:
        """Stop listening, and end the connections that are open."""
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.server_close()
        self._listener.hang_up()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(emulator: Emulator, port: int = 0, *, latency: float = 0.0) -> EmulatorServer:
    """Serve an emulator in the background.

    Args:
        emulator: What answers.
        port: To listen on; 0 lets the system choose.
        latency: Seconds that every answer is on its way.

    Returns:
        The running server, to be closed.
    """
    return EmulatorServer(emulator, port, latency=latency).start()


class _Listener(socketserver.ThreadingTCPServer):
    """Takes connections, and knows which are open."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], emulator: Emulator, latency: float) -> None:
        self.emulator = emulator
        self.latency = latency
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Connection)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and keep it in the books meanwhile."""
        with self._open_lock:
            self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._open_lock:
                self._open.discard(request)

    def hang_up(self) -> None:
        """End every open connection; their threads close the sockets."""
        self.closing.set()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave out clients that hang up; they are no error."""
        del request, client_address


class _Connection(socketserver.BaseRequestHandler):
    """One connection: requests in, answers out, until somebody hangs up."""

    server: _Listener
    request: socket.socket

    def handle(self) -> None:
        """Serve the connection."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.request.makefile("rb") as incoming:
            while self._serve_one(incoming):
                pass

    def _serve_one(self, incoming: BufferedReader) -> bool:
        """Answer one request.

        Returns:
            Whether the connection goes on.
        """
        try:
            request, last = self._receive(incoming)
        except _BadRequest:
            self._send(_plain_refusal(400, "Bad request."), last=True)
            return False
        if request is None:
            return False
        try:
            response = self.server.emulator.handle(request, self._hold)
        except AnswerCut as cut:
            return self._send_late(cut.response, last=True, most=cut.arrived)
        except ConnectionBroken:
            return False
        except Exception:  # noqa: BLE001 - a client must get an answer even to a fault of ours
            sys.stderr.write(redact(traceback.format_exc()))
            response = _plain_refusal(500, "The emulator failed; see its standard error.")
        return self._send_late(response, last=last)

    def _hold(self, hang: Hang) -> None:
        """Wait in a hang.

        Raises:
            ConnectionBroken: The client has hung up, or the server is being closed.
        """
        waked, waker = socket.socketpair()
        with waked, waker, selectors.DefaultSelector() as selector:
            selector.register(waked, selectors.EVENT_READ)
            selector.register(self.request, selectors.EVENT_READ)
            with hang.entered(lambda: waker.send(b"!")):
                while {key.fileobj for key, _ in selector.select()} == {self.request}:
                    if not self.request.recv(1, socket.MSG_PEEK):
                        raise ConnectionBroken
                    # It sends its next request already, so its end would not be seen.
                    selector.unregister(self.request)
        hang.check()

    def _receive(self, incoming: BufferedReader) -> tuple[Request | None, bool]:
        line = incoming.readline(_LONGEST_LINE)
        if not line:
            return None, True
        words = line.split()
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):  # noqa: PLR2004
            raise _BadRequest
        headers = _headers(incoming)
        if "transfer-encoding" in headers:
            raise _BadRequest
        try:
            length = int(headers.get("content-length") or 0)
        except ValueError:
            raise _BadRequest from None
        if not 0 <= length <= _LARGEST_BODY:
            raise _BadRequest
        if headers.get("expect", "").lower() == "100-continue":
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = incoming.read(length) if length else b""
        path, _, query = words[1].decode("latin-1").partition("?")
        request = Request(
            method=words[0].decode("latin-1").upper(),
            path=path,
            query=query,
            headers=headers,
            body=body,
        )
        kept = headers.get("connection", "").lower()
        last = kept == "close" or (words[2] == b"HTTP/1.0" and kept != "keep-alive")
        return request, last

    def _send_late(self, response: Response, *, last: bool, most: int | None = None) -> bool:
        """Send an answer after the server's latency, unless the server is closed first.

        Returns:
            Whether the connection goes on.
        """
        if self.server.latency and self.server.closing.wait(self.server.latency):
            return False
        self._send(response, last=last, most=most)
        return not last

    def _send(self, response: Response, *, last: bool, most: int | None = None) -> None:
        """Send an answer, or as much of its body as is to arrive."""
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        lines.append(f"Content-Length: {len(response.body)}")
        if last:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        # One write: two would wait for each other's acknowledgement.
        self.request.sendall(head + response.body[:most])


def _headers(incoming: BufferedReader) -> Headers:
    pairs: list[tuple[str, str]] = []
    while len(pairs) < _MOST_HEADERS:
        line = incoming.readline(_LONGEST_LINE)
        if line in (b"\r\n", b"\n"):
            return Headers(pairs)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise _BadRequest
        pairs.append((name.strip(), value.strip()))
    raise _BadRequest


def _plain_refusal(status: int, message: str) -> Response:
    type = "api_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    return answer(status, StripeRefusal(message, status=status, type=type).body(), {})
