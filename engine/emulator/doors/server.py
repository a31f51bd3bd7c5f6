"""The door for other processes: HTTP/1.1 on loopback.

A thread for each connection, and a parser of our own (`http11`): the standard library's handler
needs longer for the headers than the emulator for its response, and cannot read chunks. Nothing is
logged, so no API key is.
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

from engine.emulator.core import Emulator
from engine.emulator.delivery.sender import Sender
from engine.emulator.doors.http11 import BadRequest, Head, read_body, read_head
from engine.emulator.doors.visitors import check_visitor
from engine.emulator.testing.disconnects import ConnectionBroken, ResponseCut
from engine.emulator.testing.gate import Gate
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.messages import Request, Response, build_response, readable
from engine.redaction import redact

LOOPBACK: Final = "127.0.0.1"
_LINGER_SECONDS: Final = 2.0
_MOST_LINGERED: Final = 64 * 1024 * 1024
_LINGERED_AT_ONCE: Final = 64 * 1024
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


class EmulatorServer:
    """Serves an emulator on a loopback port, to clients on this machine only.

    Use it as a context manager, or call `start` and `close`; `serve_forever` blocks instead.
    """

    def __init__(
        self,
        emulator: Emulator,
        port: int = 0,
        *,
        latency: float = 0.0,
        sender: Sender | None = None,
    ) -> None:
        """Bind a port.

        Args:
            emulator: What answers; the caller closes it.
            port: To listen on; 0 lets the system choose.
            latency: Seconds by which every response is delayed, for measurements.
            sender: Delivers the emulator's events while the server runs; None for not delivering.
        """
        self._listener = _Listener((LOOPBACK, port), emulator, latency)
        self._thread: threading.Thread | None = None
        self._sender = sender

    @property
    def emulator(self) -> Emulator:
        """What answers."""
        return self._listener.emulator

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """Base address for clients, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> Self:
        """Serve in the background, unless it does so already."""
        if self._thread is not None:
            return self
        if self._sender is not None:
            self._sender.start()
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
        if self._sender is not None:
            self._sender.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(emulator: Emulator, port: int = 0, *, latency: float = 0.0) -> EmulatorServer:
    """Serve an emulator in the background.

    Args:
        emulator: What answers.
        port: To listen on; 0 lets the system choose.
        latency: Seconds by which every response is delayed.

    Returns:
        The running server; the caller closes it.
    """
    return EmulatorServer(emulator, port, latency=latency).start()


class _Listener(socketserver.ThreadingTCPServer):
    """Accepts connections, and keeps a list of the open ones."""

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
        """Serve one connection, and list it as open meanwhile."""
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
        """Ignore clients that hang up: this is not an error."""
        del request, client_address


class _Connection(socketserver.BaseRequestHandler):
    """One connection: requests in, responses out, until one side closes it."""

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
            Whether the connection stays open.
        """
        try:
            head, request = self._receive(incoming)
        except BadRequest as bad:
            self._send(_plain_refusal(bad.status, bad.message), last=True)
            self._linger()
            return False
        if head is None or request is None:
            return False
        try:
            response = readable(self.server.emulator.handle(request, self._hold), request)
        except ResponseCut as cut:
            return self._send_late(cut.response, last=True, most=cut.arrived)
        except ConnectionBroken:
            return False
        except Exception:  # noqa: BLE001 - a client must get a response even if the emulator fails
            sys.stderr.write(redact(traceback.format_exc()))
            failure = errors.api_error("The emulator failed; see its standard error.")
            response = build_response(failure.status, failure.body(), {})
        # RFC 9110 9.3.2: a response to HEAD has no body.
        return self._send_late(response, last=head.last, most=0 if head.method == "HEAD" else None)

    def _hold(self, gate: Gate) -> None:
        """Wait at a gate.

        Raises:
            ConnectionBroken: The client has hung up, or the server is being closed.
        """
        waked, waker = socket.socketpair()
        with waked, waker, selectors.DefaultSelector() as selector:
            selector.register(waked, selectors.EVENT_READ)
            selector.register(self.request, selectors.EVENT_READ)
            with gate.entered(lambda: waker.send(b"!")):
                while {key.fileobj for key, _ in selector.select()} == {self.request}:
                    if not self.request.recv(1, socket.MSG_PEEK):
                        raise ConnectionBroken
                    # The client sends its next request already, which would hide that it hung up.
                    selector.unregister(self.request)
        gate.check()

    def _receive(self, incoming: BufferedReader) -> tuple[Head, Request] | tuple[None, None]:
        """Read a request; two times None if no more will come.

        Raises:
            BadRequest: It cannot be carried out.
        """
        head = read_head(incoming)
        if head is None:
            return None, None
        check_visitor(head)
        if head.expects_continue:
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = read_body(incoming, head)
        request = Request(
            method=head.method,
            path=head.path,
            query=head.query,
            headers=head.headers,
            body=body,
        )
        return head, request

    def _send_late(self, response: Response, *, last: bool, most: int | None = None) -> bool:
        """Send a response after the server's latency, unless the server is closed first.

        Returns:
            Whether the connection stays open.
        """
        if self.server.latency and self.server.closing.wait(self.server.latency):
            return False
        self._send(response, last=last, most=most)
        return not last

    def _send(self, response: Response, *, last: bool, most: int | None = None) -> None:
        """Send a response, or the part of its body that is to arrive."""
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        lines.append(f"Content-Length: {len(response.body)}")
        lines.append(f"Connection: {'close' if last else 'keep-alive'}")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        # One write: of two, the second would wait for the first one's acknowledgement.
        self.request.sendall(head + response.body[:most])

    def _linger(self) -> None:
        """Read what the client still sends, so that it gets to read why it was refused.

        RFC 9112 9.6: a connection that is closed earlier is reset, and its response is lost.
        """
        with contextlib.suppress(OSError):
            self.request.shutdown(socket.SHUT_WR)
            self.request.settimeout(_LINGER_SECONDS)
            left = _MOST_LINGERED
            while left > 0 and (taken := self.request.recv(_LINGERED_AT_ONCE)):
                left -= len(taken)


def _plain_refusal(status: int, message: str) -> Response:
    return build_response(status, StripeRefusal(message, status=status).body(), {})
