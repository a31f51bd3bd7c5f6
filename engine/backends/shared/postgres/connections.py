"""A few connections to a database, for any thread; the only door to psycopg's."""

from __future__ import annotations

import contextlib
import getpass
import os
import selectors
import socket
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.abc import PQGen

_SILENCE = 30.0
"""Seconds in which a statement ends; a server that is stopped does not say so."""
_SLOWEST = 250_000
"""Bytes a second that a blob is given in addition."""
_MOST = 4
_NAME = 63
"""Bytes of an application's name; a server cuts what is longer."""


class _Connection(psycopg.Connection[Any]):
    """A connection that does not wait for ever."""

    patience = _SILENCE
    name = ""

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the reply to what was sent.

        Raises:
            OperationalError: if there is none in time. The statement is cancelled where that can be
                done, so that it does not arrive long after.
        """
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - what `wait` says it raises
            with contextlib.suppress(psycopg.Error):
                self.cancel_safe(timeout=3)
            self.close()
            raise psycopg.OperationalError("the server did not answer") from None


class Connections:
    """At most a few connections, which are opened when they are wanted, and kept.

    Each statement is a transaction of its own and leaves nothing in a session, so that a pooler
    may give each of them to another session.
    """

    def __init__(self, parameters: dict[str, str]) -> None:
        """Args: parameters: for libpq."""
        self._parameters = parameters
        self._free: list[_Connection] = []
        self._pid = os.getpid()
        self._turn = threading.Semaphore(_MOST)
        weakref.finalize(self, _close, self._free, self._pid)
        self.operation = ""
        """What the process does, by which the server lists its connections."""

    @contextlib.contextmanager
    def one(self, size: int = 0) -> Iterator[psycopg.Connection[Any]]:
        """A connection, for one statement or transaction.

        Args:
            size: Bytes that are sent or awaited, which take their time.
        """
        with self._turn:
            connection = self._taken()
            connection.patience = _SILENCE + size / _SLOWEST
            try:
                yield connection
            except psycopg.Error as error:
                if error.sqlstate is None or connection.broken or connection.closed:
                    connection.close()
                raise
            except BaseException:
                connection.close()  # what is under way is not known
                raise
            finally:
                if not connection.closed:
                    self._free.append(connection)

    def _taken(self) -> _Connection:
        if self._pid != os.getpid():  # the other process goes on with those
            self._free, self._pid = [], os.getpid()
        name = self._name()
        while self._free:
            try:
                connection = self._free.pop()
            except IndexError:  # another thread was first
                break
            if not connection.closed and connection.name == name and _is_alive(connection):
                return connection
            connection.close()
        opened = _Connection.connect(
            **{**self._parameters, "application_name": name},  # type: ignore[arg-type]
            autocommit=True,
            prepare_threshold=None,
        )
        opened.name = name
        return opened

    def _name(self) -> str:
        try:
            user = getpass.getuser()
        except (OSError, KeyError):  # no such user in a container
            user = str(os.getuid())
        words = ("engine", self.operation, f"{user}@{socket.gethostname()}")
        return " ".join(filter(None, words)).encode("ascii", "replace")[:_NAME].decode()


def _is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Whether nothing came of a connection while it was free: what comes then is its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.fileno(), selectors.EVENT_READ)
        return not selector.select(timeout=0)


def _close(free: list[_Connection], pid: int) -> None:
    if pid == os.getpid():
        for connection in free:
            connection.close()
