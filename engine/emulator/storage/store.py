"""Where emulated objects live: SQLite, in memory or in a file.

Every request runs in one transaction. In a file, writers take SQLite's write lock at once (`BEGIN
IMMEDIATE`), so several processes may share it, and what was committed survives a kill:
write-ahead logging loses no committed transaction when a process dies. In memory one connection is
shared behind a lock.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from engine.emulator.storage.events import EVENT
from engine.emulator.storage.repository import Repository, place
from engine.errors import EmulatorError

MEMORY: Final = ":memory:"
_BUSY_SECONDS = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    object TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS objects_by_id ON objects (scope, object, id);
CREATE INDEX IF NOT EXISTS objects_in_order ON objects (scope, object, seq);
CREATE TABLE IF NOT EXISTS idempotency_keys (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    request_id TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
"""
_TABLES: Final = frozenset({"objects", "idempotency_keys"})
# They are subclasses of the error for a damaged file, but the file is not at fault.
_OUR_MISTAKES: Final = (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.InternalError)


class Store:
    """A SQLite database of emulated objects.

    Attributes:
        path: Its file; `:memory:` if it has none.
    """

    def __init__(self, path: str | Path = MEMORY) -> None:
        """Open a database, or make it.

        Raises:
            EmulatorError: The file cannot be used, or is not the emulator's.
        """
        self.path = str(path)
        self._lock = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        # One that is forgotten open leaves no connection behind, of which Python warns since 3.13.
        weakref.finalize(self, _close, self._idle).atexit = False
        self._closed = False
        self._indexed: set[str] = set()
        self._shared = self._connect() if self.path == MEMORY else None
        if self._shared is not None:
            self._idle.append(self._shared)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def transaction(self, scope: str, *, write: bool) -> AbstractContextManager[Repository]:
        """Open a transaction; it commits at the end, or undoes everything if the body raises.

        Args:
            scope: Account and mode whose objects it sees.
            write: Take the write lock at once.

        Raises:
            EmulatorError: The file cannot be read or written; nothing was changed.
        """
        return self._transaction(scope, "BEGIN IMMEDIATE" if write else "BEGIN")

    @contextmanager
    def _transaction(self, scope: str, begin: str) -> Iterator[Repository]:
        with self._connection() as connection:
            connection.execute(begin)
            try:
                yield Repository(connection, scope)
                connection.execute("COMMIT")
            except BaseException:
                # If the disk is full, SQLite has undone it already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def ensure_indexes(self, object: str, paths: Mapping[str, bool]) -> None:
        """Make it quick to find objects of a type, when that is first used.

        Args:
            object: Object name.
            paths: Dotted paths that they are found by, and whether case is folded.
        """
        if object in self._indexed:
            return
        for path, folded in paths.items():
            self.ensure_index(object, path, folded=folded)
        self._indexed.add(object)

    def ensure_index(self, object: str, path: str, *, folded: bool = False) -> None:
        """Make it quick to find objects by a field."""
        name = f"{object}_{path}".replace(".", "_")
        with self._connection() as connection:
            _patiently(
                lambda: connection.execute(
                    f"CREATE INDEX IF NOT EXISTS {name} ON objects "
                    f"(scope, object, {place(path, folded=folded)}, seq) "
                    f"WHERE object = '{object}'"
                )
            )

    def forget(self, *, keys_before: int, events_before: int) -> None:
        """Remove idempotency keys first used, and events that happened, before a time.

        Args:
            keys_before: Of keys, in seconds since 1970.
            events_before: Of events.
        """
        with self._connection() as connection:
            connection.execute("DELETE FROM idempotency_keys WHERE created <= ?", (keys_before,))
            connection.execute(
                "DELETE FROM objects WHERE object = ? AND json_extract(body, '$.created') <= ?",
                (EVENT, events_before),
            )

    def clear(self) -> None:
        """Remove every object and every idempotency key, of all accounts."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM objects")
            connection.execute("DELETE FROM idempotency_keys")
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database; objects in memory are lost."""
        with self._lock:
            self._closed = True
            _close(self._idle)
            self._shared = None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._any_connection() as connection:
                yield connection
        except sqlite3.DatabaseError as error:
            if isinstance(error, _OUR_MISTAKES):
                raise
            raise self._unusable(str(error)) from error

    def _unusable(self, cause: str) -> EmulatorError:
        return EmulatorError(
            f"the emulator's account file {self.path} cannot be used",
            cause=cause,
            hint="check the file and the room on its disk; without the file, an empty account "
            "is begun",
        )

    @contextmanager
    def _any_connection(self) -> Iterator[sqlite3.Connection]:
        if self.path == MEMORY:
            with self._lock:
                if self._shared is None:
                    raise RuntimeError("the emulator is closed")
                yield self._shared
            return
        with self._lock:
            if self._closed:
                raise RuntimeError("the emulator is closed")
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._connect()
        try:
            yield connection
        finally:
            with self._lock:
                if self._closed or connection.in_transaction:
                    connection.close()
                else:
                    self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            if self.path != MEMORY:
                self._require_own(connection)
                _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
                # A killed process loses nothing this way. A power cut may lose the last
                # transactions, but never a part of one.
                connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _require_own(self, connection: sqlite3.Connection) -> None:
        """Refuse a database of another program, and leave it as it is.

        Raises:
            EmulatorError: It is such a database.
        """
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        if not _TABLES.issuperset(name for (name,) in rows):
            raise self._unusable("it is a database of another program")

    def _prepare(self) -> None:
        with self._connection() as connection:
            for statement in _SCHEMA.split(";"):
                _patiently(partial(connection.execute, statement))


def _close(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _patiently(run: Callable[[], object]) -> None:
    """Repeat a statement for which SQLite reports a lock without waiting."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            run()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
