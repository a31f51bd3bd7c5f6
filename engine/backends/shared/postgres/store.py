"""Heads and blobs as rows of a PostgreSQL database.

Each change is one statement and a transaction of its own: a client that is stopped holds no lock
on a row, and a pooler may send each statement through another session. That one of several swaps
succeeds rests on the condition in its `UPDATE` alone. Each read says whether a standby answered it,
as one may behind a proxy that spreads reads: what it knows may be old, so that it is refused.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from engine.backends.shared.postgres.address import place_of
from engine.backends.shared.postgres.connections import Patience, connections_to
from engine.backends.shared.postgres.failures import standby_answered, store_failed
from engine.backends.shared.postgres.tables import prepare
from engine.backends.shared.store import Head, HeadChangedError, NameTakenError
from engine.errors import UntrustedStateError
from engine.ports.run_locks import LockOwner
from engine.records import Record, check_plain

_OWNER = Record(LockOwner, skip={"gone": False}, lenient=True)
_HEAD = """
SELECT true, write_id, epoch, owner::text, serial, state, entry, journal, moved, version
FROM {schema}.heads WHERE environment = %s AND stack = %s
"""
_FIRST = """
INSERT INTO {schema}.heads
    (environment, stack, write_id, epoch, owner, serial, state, entry, journal, moved, version)
VALUES (%s, %s, %s, %s, %s::json, %s, %s, %s, %s, %s, 1)
ON CONFLICT DO NOTHING RETURNING version
"""
_SWAP = """
UPDATE {schema}.heads
SET write_id = %s, epoch = %s, owner = %s::json, serial = %s, state = %s, entry = %s,
    journal = %s, moved = %s, version = version + 1
WHERE environment = %s AND stack = %s
    AND version::text = %s AND epoch = %s AND serial = %s AND write_id = %s
RETURNING version
"""
_CREATE = """
INSERT INTO {schema}.blobs (name, content) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING name
"""
_PUT = """
INSERT INTO {schema}.blobs (name, content) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET content = excluded.content, made = now()
"""
_READ = """
SELECT true, substr(content, %s, %s), octet_length(content), made::text
FROM {schema}.blobs WHERE name = %s
"""
_NAMES = "SELECT true, name FROM {schema}.blobs WHERE name >= %s AND name < %s"
_ANSWERED = """
SELECT pg_is_in_recovery(), found.* FROM (SELECT) AS server LEFT JOIN ({query}) AS found ON true
"""
_AFTER = "~"
"""Sorts after every character of a name."""
_PIECE = 4_000_000
"""Bytes of a blob that are asked for at once, so that a server that hangs is soon known to."""


class PostgresStore:
    """A schema of a database; see `engine.backends.shared.store.SharedStore`."""

    def __init__(self, address: str, *, patience: Patience | None = None) -> None:
        """Args: address: `postgresql://...`; nothing is opened yet."""
        self._place = place_of(address)
        self._connections = connections_to(self._place.parameters, patience or Patience())

    @property
    def address(self) -> str:
        """The address of the store, without a login."""
        return self._place.shown

    def prepare(self) -> None:
        """Make the tables if they are missing or old, and check that they can be used."""
        with self._reported("open the states"):
            prepare(self._connections, self._place)

    def head(self, environment: str, stack: str) -> Head | None:
        """The head of a stack; None if there never was one."""
        doing = f"read the head of {environment}/{stack}"
        rows = self._read(doing, _HEAD, (environment, stack))
        return _head_of(rows[0], f"{self.address}, {environment}/{stack}") if rows else None

    def swap(self, environment: str, stack: str, head: Head, *, expected: Head | None) -> Head:
        """Store a head in place of `expected`; None if there must be none yet."""
        if head.owner is not None:
            self._connections.operation = head.owner.operation
        place = (environment, stack)
        row = (
            head.write_id,
            head.epoch,
            None if head.owner is None else json.dumps(_OWNER.write(head.owner)),
            head.serial,
            head.state,
            head.entry,
            head.journal,
            head.moved,
        )
        doing = f"write the head of {environment}/{stack}"
        if expected is None:
            rows = self._rows(doing, _FIRST, (*place, *row))
        else:
            there = (expected.version, expected.epoch, expected.serial, expected.write_id)
            rows = self._rows(doing, _SWAP, (*row, *place, *there))
        if not rows:
            raise HeadChangedError(f"{environment}/{stack}")
        return Head(
            write_id=head.write_id,
            epoch=head.epoch,
            owner=head.owner,
            serial=head.serial,
            state=head.state,
            entry=head.entry,
            journal=head.journal,
            moved=head.moved,
            version=str(rows[0][0]),
        )

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a head in an environment, sorted."""
        query = "SELECT true, stack FROM {schema}.heads WHERE environment = %s"
        return tuple(sorted(row[0] for row in self._read("list stacks", query, (environment,))))

    def places(self) -> tuple[tuple[str, str], ...]:
        """The environment and the stack of every head, sorted."""
        query = "SELECT true, environment, stack FROM {schema}.heads"
        return tuple(sorted((row[0], row[1]) for row in self._read("list stacks", query)))

    def create(self, name: str, content: bytes) -> None:
        """Keep a blob under a name that is free."""
        if not self._rows(f"create {name}", _CREATE, (name, content), size=len(content)):
            raise NameTakenError(name)

    def put(self, name: str, content: bytes) -> None:
        """Keep a blob under a name, in place of any other."""
        query = _PUT + " RETURNING name"
        self._rows(f"write {name}", query, (name, content), size=len(content))

    def read(self, name: str) -> bytes | None:
        """The content of a blob; None if there is none."""
        content, begun = bytearray(), None
        while True:
            values = (len(content) + 1, _PIECE, name)
            rows = self._read(f"read {name}", _READ, values, size=_PIECE)
            if not rows:
                return None
            piece, length, made = rows[0]
            if begun not in (None, (length, made)):
                return self.read(name)  # another one was put there meanwhile
            begun = length, made
            content += piece
            if len(content) >= length:
                return bytes(content)

    def remove(self, name: str) -> None:
        """Remove a blob; one that is not there is a success."""
        query = "DELETE FROM {schema}.blobs WHERE name = %s RETURNING name"
        self._rows(f"remove {name}", query, (name,))

    def names(self, prefix: str) -> tuple[str, ...]:
        """The names of all blobs that begin with some text, sorted."""
        rows = self._read("list names", _NAMES, (prefix, prefix + _AFTER))
        return tuple(sorted(row[0] for row in rows))

    def _read(
        self, doing: str, query: str, values: tuple[Any, ...] = (), *, size: int = 0
    ) -> list[tuple[Any, ...]]:
        """What a query returns, whose first column is true, without that column."""
        whole = _ANSWERED.replace("{query}", query)
        (standby, *_), *_ = rows = self._rows(doing, whole, values, size=size)
        if standby:
            self._connections.leave()
            raise standby_answered(self._place, doing)
        return [row[2:] for row in rows if row[1]]

    def _rows(
        self, doing: str, query: str, values: tuple[Any, ...] = (), *, size: int = 0
    ) -> list[tuple[Any, ...]]:
        """What one statement returns."""
        text: Any = query
        statement = sql.SQL(text).format(schema=sql.Identifier(self._place.schema))
        # Whether a swap or a creation arrived is for the caller to find out.
        again = query not in (_FIRST, _SWAP, _CREATE)
        with self._reported(doing):
            return self._connections.rows(statement, values, size=size, again=again)

    @contextlib.contextmanager
    def _reported(self, doing: str) -> Iterator[None]:
        """Raise what the library reports in words of ours, without the text that it has."""
        try:
            yield
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as error:
            failed: Exception = HeadChangedError(type(error).__name__)
            if not doing.startswith("write the head"):
                failed = store_failed(self._place, doing, error)
        except psycopg.Error as error:
            if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                self._connections.leave()
            failed = store_failed(self._place, doing, error)
        else:
            return
        raise failed


def _head_of(row: tuple[Any, ...], where: str) -> Head:
    write_id, epoch, owner, serial, state, entry, journal, moved, version = row
    found: LockOwner | None = None
    try:
        if owner is not None:
            document = json.loads(owner)
            check_plain(document)
            found = _OWNER.read(document)
    except (ValueError, RecursionError):
        owner = ""
    if owner == "":
        raise UntrustedStateError(
            where,
            1,
            "the owner of its lock is not what an engine writes",
            hint="restore the row from a backup of the database; the engine never writes this",
        )
    return Head(
        write_id=write_id,
        epoch=epoch,
        owner=found,
        serial=serial,
        state=state,
        entry=entry,
        journal=journal,
        moved=moved,
        version=str(version),
    )
