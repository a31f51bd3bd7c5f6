"""A proxy in front of PostgreSQL, which loses statements before or after the server ran them."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Literal, Self, TypeAlias, get_args

WireFault: TypeAlias = Literal["before: drop", "before: hang", "after: drop", "after: cut"]
"""What happens to a statement: before the server got it, or after it carried it out."""
WIRE_FAULTS: tuple[WireFault, ...] = tuple(f for f in get_args(WireFault) if f != "before: hang")
"""The ones that end by themselves."""
_READY = b"Z\x00\x00\x00\x05"
"""With what the server ends its answer to a statement; a byte follows."""
_PARSE = b"P"
"""With what the library begins one."""


class WireProxy:
    """The proxy while it runs.

    Attributes:
        fault: What happens to statements.
        number: Of the one statement that it happens to, from 0; None for all.
        count: How many statements came.
    """

    def __init__(self, port: int) -> None:
        """Args: port: of the server, on 127.0.0.1."""
        self.fault: WireFault | None = None
        self.number: int | None = None
        self.count = 0
        self._port = port
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        # A listener that is only closed goes on waiting in its other thread.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in list(self._open):
            _end(end)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                self._open |= {client, server}
                threading.Thread(target=self._serve, args=(client, server), daemon=True).start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what one client says, and what it is answered."""
        losing = threading.Event()
        answers = threading.Thread(target=self._answer, args=(client, server, losing), daemon=True)
        answers.start()
        with contextlib.suppress(OSError):
            while said := client.recv(1 << 16):
                fault = self._fault_of(said)
                if fault == "before: hang":
                    self._released.wait()
                if fault is not None and fault.startswith("before"):
                    break
                if fault is not None:
                    losing.set()
                server.sendall(said)
                if fault is not None:
                    answers.join()
                    break
        _end(client)
        _end(server)

    def _fault_of(self, said: bytes) -> WireFault | None:
        if not said.startswith(_PARSE):
            return None
        with self._lock:
            number, self.count = self.count, self.count + 1
            return self.fault if self.number in (None, number) else None

    def _answer(
        self, client: socket.socket, server: socket.socket, losing: threading.Event
    ) -> None:
        kept = b""
        with contextlib.suppress(OSError):
            while answer := server.recv(1 << 16):
                if not losing.is_set():
                    client.sendall(answer)
                    continue
                kept += answer
                if kept[-6:-1] == _READY:
                    break
            if self.fault == "after: cut":
                client.sendall(kept[: len(kept) // 2])
        _end(client)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
