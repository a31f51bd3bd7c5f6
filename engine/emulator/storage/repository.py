"""Reading and writing emulated objects within one transaction, one account and one mode."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from engine.frozen import frozen

Document: TypeAlias = dict[str, Any]

_OPERATORS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@frozen(kw_only=False)
class Condition:
    """What a field of a stored object must be.

    Attributes:
        path: Dotted; `id` is the object's id.
        operator: `eq`, `gt`, `gte`, `lt`, `lte`, or `in`.
        value: What it is compared with; of `in`, several.
        folded: Case is ignored.
    """

    path: str
    operator: str
    value: Any
    folded: bool = False

    @property
    def sql(self) -> str:
        """The comparison; paths come from the catalog, never from a request."""
        left = place(self.path, folded=self.folded)
        if self.operator == "in":
            return f"{left} IN ({', '.join('?' for _ in self.value)})"
        return f"{left} {_OPERATORS[self.operator]} ?"

    @property
    def bindings(self) -> list[Any]:
        """Values for the placeholders."""
        values = list(self.value) if self.operator == "in" else [self.value]
        return [_folded(value) if self.folded else value for value in values]


@frozen
class FirstResponse:
    """The response to the first request with an idempotency key.

    Attributes:
        endpoint: Method and path it was sent to.
        digest: Of its parameters.
        status: HTTP status of the response.
        body: The encoded response.
        request_id: Of that first request.
        created: When it was sent, in seconds since 1970.
    """

    endpoint: str
    digest: str
    status: int
    body: bytes
    request_id: str
    created: int


class Repository:
    """One transaction's view of the store, within one account and mode."""

    __slots__ = ("_connection", "_scope")

    def __init__(self, connection: sqlite3.Connection, scope: str) -> None:
        self._connection = connection
        self._scope = scope

    def within(self, scope: str) -> Repository:
        """The same transaction in another account or mode."""
        return Repository(self._connection, scope)

    def get(self, object: str, id: str, scope: str = "") -> Document | None:
        """The object of an id, in this scope or in another one; None if there is none."""
        row = self._connection.execute(
            "SELECT body FROM objects WHERE scope = ? AND object = ? AND id = ?",
            (scope or self._scope, object, id),
        ).fetchone()
        return None if row is None else _load(row[0])

    def holds(self, object: str, id: str, scope: str = "") -> bool:
        """Whether there is an object of an id, in this scope or in another one."""
        found = self._connection.execute(
            "SELECT 1 FROM objects WHERE scope = ? AND object = ? AND id = ?",
            (scope or self._scope, object, id),
        ).fetchone()
        return found is not None

    def insert(self, object: str, document: Document) -> None:
        """Store a new object; its id must be free."""
        self._connection.execute(
            "INSERT INTO objects (scope, object, id, body) VALUES (?, ?, ?, ?)",
            (self._scope, object, document["id"], _dump(document)),
        )

    def replace(self, object: str, document: Document) -> None:
        """Store a new version of an object."""
        self._connection.execute(
            "UPDATE objects SET body = ? WHERE scope = ? AND object = ? AND id = ?",
            (_dump(document), self._scope, object, document["id"]),
        )

    def put(self, object: str, document: Document) -> None:
        """Store an object, or a new version of it if it is there."""
        self._connection.execute(
            "INSERT INTO objects (scope, object, id, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (scope, object, id) DO UPDATE SET body = excluded.body",
            (self._scope, object, document["id"], _dump(document)),
        )

    def remove(self, object: str, id: str) -> None:
        """Remove an object."""
        self._connection.execute(
            "DELETE FROM objects WHERE scope = ? AND object = ? AND id = ?",
            (self._scope, object, id),
        )

    def clear(self, scope: str) -> None:
        """Remove every object and every idempotency key of a scope."""
        self._connection.execute("DELETE FROM objects WHERE scope = ?", (scope,))
        self._connection.execute("DELETE FROM idempotency_keys WHERE scope = ?", (scope,))

    def position(self, object: str, id: str) -> int | None:
        """The position of an object in the order of creation; None if there is none."""
        row = self._connection.execute(
            "SELECT seq FROM objects WHERE scope = ? AND object = ? AND id = ?",
            (self._scope, object, id),
        ).fetchone()
        return None if row is None else int(row[0])

    def select(
        self,
        object: str,
        conditions: Sequence[Condition] = (),
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int = -1,
    ) -> list[Document]:
        """Objects that meet every condition, newest first.

        Args:
            object: Object name.
            conditions: What they must meet.
            older_than: Only objects older than this position, the nearest first.
            newer_than: Only objects newer than this position; the limit keeps the nearest to it.
            limit: The most objects to return; negative for all.
        """
        # The name is part of the text: otherwise SQLite does not use the indexes of one type.
        where = ["scope = ?", f"object = '{object}'", *(one.sql for one in conditions)]
        bindings: list[Any] = [self._scope]
        for condition in conditions:
            bindings += condition.bindings
        if older_than is not None:
            where.append("seq < ?")
            bindings.append(older_than)
        if newer_than is not None:
            where.append("seq > ?")
            bindings.append(newer_than)
        order = "ASC" if newer_than is not None else "DESC"
        # The sign keeps SQLite from scanning all objects in order to find a few that are named.
        named = any(one.path == "id" or one.operator == "in" for one in conditions)
        by = "+seq" if named else "seq"
        rows = self._connection.execute(
            # Names and paths come from the catalog; values are bound.
            f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY {by} {order} LIMIT ?",  # noqa: S608
            [*bindings, limit],
        ).fetchall()
        found = [_load(row[0]) for row in rows]
        return found[::-1] if newer_than is not None else found

    def keep_newest(self, object: str, number: int) -> None:
        """Remove the oldest objects of a type beyond a number."""
        self._connection.execute(
            "DELETE FROM objects WHERE scope = ? AND object = ? AND seq <= ("
            "SELECT seq FROM objects WHERE scope = ? AND object = ? "
            "ORDER BY seq DESC LIMIT 1 OFFSET ?)",
            (self._scope, object, self._scope, object, number),
        )

    def count(self, object: str) -> int:
        """How many objects there are."""
        row = self._connection.execute(
            "SELECT COUNT(*) FROM objects WHERE scope = ? AND object = ?", (self._scope, object)
        ).fetchone()
        return int(row[0])

    def first_response(self, key: str) -> FirstResponse | None:
        """The first response to an idempotency key; None if the key is new."""
        row = self._connection.execute(
            "SELECT endpoint, digest, status, body, request_id, created FROM idempotency_keys "
            "WHERE scope = ? AND key = ?",
            (self._scope, key),
        ).fetchone()
        if row is None:
            return None
        endpoint, digest, status, body, request_id, created = row
        return FirstResponse(
            endpoint=endpoint,
            digest=digest,
            status=status,
            body=body,
            request_id=request_id,
            created=created,
        )

    def remember(self, key: str, first: FirstResponse) -> None:
        """Keep the first response to an idempotency key."""
        self._connection.execute(
            "INSERT OR REPLACE INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._scope,
                key,
                first.endpoint,
                first.digest,
                first.status,
                first.body,
                first.request_id,
                first.created,
            ),
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """If the body raises, undo what it wrote, and nothing that was written before."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            # If the disk is full, SQLite has undone all of it already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO attempt")
                self._connection.execute("RELEASE attempt")
            raise
        self._connection.execute("RELEASE attempt")


def place(path: str, *, folded: bool) -> str:
    """SQL for a field of a stored object."""
    found = "id" if path == "id" else f"json_extract(body, '$.{path}')"
    return f"lower({found})" if folded else found


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _load(text: str) -> Document:
    """A stored object.

    Raises:
        sqlite3.DatabaseError: It is damaged.
    """
    try:
        document: Document = json.loads(text)
    except ValueError as error:
        raise sqlite3.DatabaseError(f"an object in it is damaged: {error}") from error
    return document


# Made once: `json.dumps` would make an encoder for every document.
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
