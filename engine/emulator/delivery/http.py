"""Deliveries over HTTP, to servers on this machine.

Plain sockets, one request a connection: what counts is the status line, a redirect is not
followed, and an endpoint that sends slowly, or never ends, is held to one deadline.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from engine.emulator.delivery.delivery import Delivery, NoAnswerError, NotSentError
from engine.emulator.delivery.targets import Target, aim

TIMEOUT: Final = 30.0
"""Seconds that an endpoint has for its answer, as with `stripe listen`."""
_ELSEWHERE: Final = (
    "the endpoint is not on this machine, and no other is contacted: serve with --forward-to to "
    "send its events to a local application"
)
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})[^\r\n]*\r?\n")
_CLOSED: Final = "the connection was closed without an answer"
_NO_HTTP: Final = "the answer was not HTTP"
_MOST_READ: Final = 64 * 1024
_AT_ONCE: Final = 16 * 1024
_QUIET: Final = 1.0
"""Seconds without a byte after which nothing more is expected of an answer."""


class HttpReceiver:
    """Sends deliveries to endpoints on this machine, and to one application for all others.

    Any number of threads may use one.
    """

    def __init__(
        self,
        forward_to: Target | None = None,
        *,
        timeout: float = TIMEOUT,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send to loopback addresses only.

        Args:
            forward_to: Gets the events of endpoints elsewhere; None for not sending these.
            timeout: Seconds for each.
            ticks: Gives the time in seconds by which the time-out is measured.
        """
        self._forward_to = forward_to
        self._timeout = timeout
        self._ticks = ticks
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __call__(self, delivery: Delivery) -> int:
        """Send a delivery.

        Returns:
            Status of the answer.

        Raises:
            NotSentError: It is for another machine.
            NoAnswerError: There was no answer in time.
        """
        target = aim(delivery.url, self._forward_to)
        if target is None:
            raise NotSentError(_ELSEWHERE)
        deadline = self._ticks() + self._timeout
        try:
            with self._connected(target, deadline) as connection:
                connection.sendall(_request(target, delivery))
                return self._status(connection, deadline)
        except TimeoutError:
            raise NoAnswerError(f"no answer within {self._timeout:g} seconds") from None
        except OSError as error:
            raise NoAnswerError(error.strerror or type(error).__name__) from None

    def close(self) -> None:
        """End what is under way; what is sent afterwards has no answer."""
        with self._lock:
            self._closed = True
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _connected(self, target: Target, deadline: float) -> Iterator[socket.socket]:
        with self._connect(target, deadline) as connection:
            with self._lock:
                if self._closed:
                    raise NoAnswerError("the server was stopped")
                self._open.add(connection)
            try:
                yield connection
            finally:
                with self._lock:
                    self._open.discard(connection)

    def _connect(self, target: Target, deadline: float) -> socket.socket:
        """Connect to the first address that takes it.

        Raises:
            OSError: None does.
        """
        *others, last = target.addresses
        for address in others:
            with contextlib.suppress(OSError):
                return socket.create_connection((address, target.port), self._left(deadline))
        return socket.create_connection((last, target.port), self._left(deadline))

    def _status(self, connection: socket.socket, deadline: float) -> int:
        """The status of the answer; what follows is read, so that the endpoint can send it."""
        got = b""
        while (found := _STATUS_LINE.match(got)) is None or found[1].startswith(b"1"):
            if found is not None:
                # An interim response ends with an empty line, and another one follows.
                _, ended, rest = got.partition(b"\r\n\r\n")
                if ended:
                    got = rest
                    continue
            if len(got) > _MOST_READ or (found is None and b"\n" in got):
                raise NoAnswerError(_NO_HTTP)
            connection.settimeout(self._left(deadline))
            more = connection.recv(_AT_ONCE)
            if not more:
                raise NoAnswerError(_CLOSED if not got else _NO_HTTP)
            got += more
        with contextlib.suppress(OSError):
            left = _MOST_READ
            while left > 0 and more:
                connection.settimeout(min(_QUIET, self._left(deadline)))
                more = connection.recv(_AT_ONCE)
                left -= len(more)
        return int(found[1])

    def _left(self, deadline: float) -> float:
        """Seconds until a deadline.

        Raises:
            TimeoutError: None are left.
        """
        left = deadline - self._ticks()
        if left <= 0:
            raise TimeoutError
        return left


def _request(target: Target, delivery: Delivery) -> bytes:
    lines = [f"POST {target.path or '/'} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {value}" for name, value in delivery.headers.items()]
    lines += [f"Content-Length: {len(delivery.body)}", "Connection: close"]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + delivery.body
