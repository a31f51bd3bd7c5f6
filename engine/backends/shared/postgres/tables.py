"""The tables, and how they are made: numbered steps, each applied once, in one transaction."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from engine.backends.shared.postgres.address import Place
from engine.backends.shared.postgres.connections import Connections
from engine.errors import NewerStateError, StateError

_QUEUE = 0x656E67696E65
"""The advisory lock under which tables are made; it only queues those who make them."""

_STEPS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE {schema}.heads (
            environment text COLLATE "C" NOT NULL,
            stack text COLLATE "C" NOT NULL,
            version bigint NOT NULL,
            epoch bigint NOT NULL,
            serial bigint NOT NULL,
            write_id text NOT NULL,
            owner json,
            state text NOT NULL,
            entry text NOT NULL,
            journal text NOT NULL,
            moved text NOT NULL,
            PRIMARY KEY (environment, stack)
        )
        """,
        """
        CREATE TABLE {schema}.blobs (
            name text COLLATE "C" PRIMARY KEY,
            content bytea NOT NULL,
            made timestamptz NOT NULL DEFAULT now()
        )
        """,
        "CREATE TABLE {schema}.layout (version integer PRIMARY KEY)",
    ),
)
"""A step is never changed once it was released: what is different is a further step."""


def prepare(connections: Connections, place: Place) -> None:
    """Make the tables, or bring them to this engine's version; and check that they can be used.

    Raises:
        StateError: if they cannot be made, are of a newer engine, or would not keep what they are
            given.
        psycopg.Error: for what else the database refuses.
    """
    with connections.one() as connection:
        version = _version(connection, place)
        if version > len(_STEPS):
            raise NewerStateError(
                place.shown,
                1,
                f"a newer engine made its tables: version {version}, and this engine knows "
                f"{len(_STEPS)}",
                hint="upgrade the engine: pip install --upgrade stripe-stack-engine",
            )
        if version < len(_STEPS):
            _migrate(connection, place)
        _check(connection, place)


def _version(connection: psycopg.Connection[Any], place: Place) -> int:
    """The version of the tables; 0 if there are none."""
    statement = _of(place, "SELECT coalesce(max(version), 0) FROM {schema}.layout")
    try:
        found = connection.execute(statement).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return 0
    return int(found[0]) if found else 0


def _migrate(connection: psycopg.Connection[Any], place: Place) -> None:
    denied = False
    try:
        with connection.transaction():
            # A client that is stopped now keeps all others waiting no longer than this.
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_QUEUE,))
            there = connection.execute(
                "SELECT to_regnamespace(%s) IS NOT NULL, to_regclass(%s) IS NOT NULL",
                (place.schema, f"{place.schema}.layout"),
            ).fetchone()
            if there is None or not there[0]:
                connection.execute(_of(place, "CREATE SCHEMA {schema}"))
            done = _version(connection, place) if there and there[1] else 0
            for number, step in enumerate(_STEPS[done:], start=done + 1):
                for statement in step:
                    connection.execute(_of(place, statement))
                noted = "INSERT INTO {schema}.layout (version) VALUES (%s)"
                connection.execute(_of(place, noted), (number,))
    except psycopg.errors.InsufficientPrivilege:
        denied = True
    if denied:
        row = connection.execute("SELECT current_user").fetchone()
        role = sql.Identifier(str(row[0]) if row else "").as_string(connection)
        raise StateError(
            f"the tables in {place.shown} are missing or old, and this role may not make them",
            hint=f"have an administrator run: CREATE SCHEMA IF NOT EXISTS {place.schema}; "
            f"GRANT USAGE, CREATE ON SCHEMA {place.schema} TO {role}; then run the command again",
        )


_NEEDED = """
SELECT has_table_privilege('{schema}.heads', 'SELECT')
   AND has_table_privilege('{schema}.heads', 'INSERT')
   AND has_table_privilege('{schema}.heads', 'UPDATE')
   AND has_table_privilege('{schema}.blobs', 'SELECT')
   AND has_table_privilege('{schema}.blobs', 'INSERT')
   AND has_table_privilege('{schema}.blobs', 'UPDATE')
   AND has_table_privilege('{schema}.blobs', 'DELETE'),
       pg_is_in_recovery(), current_setting('synchronous_commit') = 'off', current_user
"""


def _check(connection: psycopg.Connection[Any], place: Place) -> None:
    row = connection.execute(_of(place, _NEEDED)).fetchone()
    if row is None:
        return
    allowed, standby, forgets, user = row
    role = sql.Identifier(str(user)).as_string(connection)
    if standby:
        raise StateError(
            f"{place.shown} is a standby, which takes no write",
            hint="name the primary, or add ?target_session_attrs=read-write to the address",
        )
    if not allowed:
        raise StateError(
            f"this role may not read and write the tables in {place.shown}",
            hint="have their owner run: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN "
            f"SCHEMA {place.schema} TO {role}",
        )
    if forgets:
        raise StateError(
            f"{place.shown} would lose writes that it has confirmed: synchronous_commit is off",
            hint=f"switch it on for this role: ALTER ROLE {role} SET synchronous_commit = on",
        )


def _of(place: Place, statement: str) -> sql.Composed:
    # The name of a schema is of [a-z0-9_], so it is quoted for words such as `user` alone.
    text: Any = statement.replace("'{schema}.", f'\'"{place.schema}".')
    return sql.SQL(text).format(schema=sql.Identifier(place.schema))
