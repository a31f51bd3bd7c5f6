"""A few connections to a database, for all of this process; the only door to psycopg's."""

from __future__ import annotations

import contextlib
import getpass
import os
import selectors
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import sql
from psycopg.abc import PQGen

from engine.frozen import frozen

_SLOWEST = 250_000
"""Bytes a second that a blob is given in addition."""
_MOST = 4
_NAME = 63
"""Bytes of an application's name; a server cuts what is longer."""


@frozen
class Patience:
    """How long a server is waited for.

    Attributes:
        silence: Seconds in which a statement ends; a server that is stopped does not say so.
        restart: Seconds for which a server that was there is tried again.
        poll: Seconds between two such tries.
        clock: Seconds that never go back.
        wait: Waits some seconds.
    """

    silence: float = 30.0
    restart: float = 10.0
    poll: float = 0.25
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep


class SilentServerError(psycopg.OperationalError):
    """A statement was not answered in time."""


class _Connection(psycopg.Connection[Any]):
    """A connection that does not wait for ever."""

    seconds = 0.0
    name = ""

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the reply to what was sent.

        Raises:
            SilentServerError: if there is none in time. The statement is cancelled where that can
                be done, so that it does not arrive long after.
        """
        try:
            return super().wait(gen, interval, self.seconds if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - what `wait` says it raises
            with contextlib.suppress(psycopg.Error):
                self.cancel_safe(timeout=3)
            self.close()
            raise SilentServerError("the server did not answer") from None


_lock = threading.Lock()
_pools: weakref.WeakValueDictionary[tuple[Any, ...], Connections] = weakref.WeakValueDictionary()


def connections_to(parameters: dict[str, str], patience: Patience) -> Connections:
    """The connections of this process to a database, the same ones for each of its stores."""
    key = (tuple(sorted(parameters.items())), patience)
    with _lock:
        found = _pools.get(key)
        if found is None:
            found = _pools[key] = Connections(parameters, patience)
    return found


class Connections:
    """At most a few connections, which are opened when they are wanted, and kept.

    Each statement is a transaction of its own and leaves nothing in a session, so that a pooler
    may give each of them to another session.
    """

    def __init__(self, parameters: dict[str, str], patience: Patience) -> None:
        """Args: parameters: for libpq."""
        self._parameters = parameters
        self._patience = patience
        self._worked = False
        self._free: list[_Connection] = []
        self._pid = os.getpid()
        self._turn = threading.Semaphore(_MOST)
        weakref.finalize(self, _close, self._free, self._pid)
        self.operation = ""
        """What the process does, by which the server lists its connections."""

    def rows(
        self, statement: sql.Composed, values: tuple[Any, ...], *, size: int, again: bool
    ) -> list[tuple[Any, ...]]:
        """What one statement returns.

        Args:
            statement: The statement.
            values: Its parameters.
            size: Bytes that are sent or awaited, which take their time.
            again: Whether a further time does no harm: then it is sent again while sessions end, as
                at a failover, for the time of a restart. A server that is killed may still open a
                session that ends at once.
        """
        patience, until = self._patience, None
        while True:
            try:
                with self.one(size) as connection:
                    return connection.execute(statement, values, binary=True).fetchall()
            except psycopg.OperationalError as error:
                if not again or isinstance(error, SilentServerError) or not _is_end(error):
                    raise
                if until is None:
                    until = patience.clock() + patience.restart
                elif patience.clock() >= until:
                    raise
                else:
                    patience.wait(patience.poll)

    def leave(self) -> None:
        """Close those that are free: their server is not the primary, or not any more."""
        while self._free:
            with contextlib.suppress(IndexError):  # another thread was first
                self._free.pop().close()

    @contextlib.contextmanager
    def one(self, size: int = 0) -> Iterator[psycopg.Connection[Any]]:
        """A connection, for one statement or transaction.

        Args:
            size: Bytes that are sent or awaited, which take their time.
        """
        with self._turn:
            connection = self._taken()
            connection.seconds = self._patience.silence + size / _SLOWEST
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
        opened = self._opened(name)
        opened.name, self._worked = name, True
        return opened

    def _opened(self, name: str) -> _Connection:
        """A new connection; a server that was there before is given the time of a restart."""
        patience = self._patience
        until = patience.clock() + patience.restart
        while True:
            try:
                return _Connection.connect(
                    **{**self._parameters, "application_name": name},  # type: ignore[arg-type]
                    autocommit=True,
                    prepare_threshold=None,
                )
            except psycopg.OperationalError:
                if not self._worked or patience.clock() >= until:
                    self._worked = False  # those who come next do not wait again
                    raise
            patience.wait(patience.poll)

    def _name(self) -> str:
        try:
            user = getpass.getuser()
        except (OSError, KeyError):  # no such user in a container
            user = str(os.getuid())
        words = ("engine", self.operation, f"{user}@{socket.gethostname()}")
        return " ".join(filter(None, words)).encode("ascii", "replace")[:_NAME].decode()


def _is_end(error: psycopg.Error) -> bool:
    """Whether a session ended: without a word, or with one of the server or of a pooler."""
    return (error.sqlstate or "08")[:2] == "08" or error.sqlstate in ("57P01", "57P02", "57P03")


def _is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Whether nothing came of a connection while it was free: what comes then is its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.fileno(), selectors.EVENT_READ)
        return not selector.select(timeout=0)


def _close(free: list[_Connection], pid: int) -> None:
    if pid == os.getpid():
        for connection in free:
            connection.close()
