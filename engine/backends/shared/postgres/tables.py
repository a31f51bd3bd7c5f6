"""The tables, and how they are made: numbered steps, each applied once, in one transaction."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
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
"""A step is never changed once it was released: what is different is a further step.

An engine reads the version when it begins, so it may be at work while another one makes a step:
what is at work has to go on.
"""


def prepare(connections: Connections, place: Place) -> None:
    """Make the tables, or bring them to this engine's version; and check that they can be used.

    Raises:
        StateError: if they cannot be made, are of a newer engine, or would not keep what they are
            given.
        psycopg.Error: for what else the database refuses.
    """
    with connections.one() as connection:
        found = _found(connection, place)
        if found is None or found[0] < len(_STEPS):
            _migrate(connection, place)
            found = _found(connection, place)
        if found is None:
            raise _denied(connection, place)
        _check(connection, place, found)


_FOUND = """
SELECT (SELECT coalesce(max(version), 0) FROM {schema}.layout),
       has_table_privilege('{schema}.heads', 'SELECT')
   AND has_table_privilege('{schema}.heads', 'INSERT')
   AND has_table_privilege('{schema}.heads', 'UPDATE')
   AND has_table_privilege('{schema}.blobs', 'SELECT')
   AND has_table_privilege('{schema}.blobs', 'INSERT')
   AND has_table_privilege('{schema}.blobs', 'UPDATE')
   AND has_table_privilege('{schema}.blobs', 'DELETE'),
       pg_is_in_recovery(), current_setting('synchronous_commit') = 'off'
"""


def _found(connection: psycopg.Connection[Any], place: Place) -> tuple[Any, ...] | None:
    """Version, rights, and what the server is, in one statement; None if that cannot be asked."""
    try:
        return connection.execute(_of(place, _FOUND)).fetchone()
    except (
        psycopg.errors.UndefinedTable,
        psycopg.errors.InvalidSchemaName,
        psycopg.errors.InsufficientPrivilege,
    ):
        return None


_THERE = """
SELECT c.oid IS NOT NULL,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'layout'
WHERE n.nspname = %s
"""


def _version(connection: psycopg.Connection[Any], place: Place) -> int | None:
    """The version of the tables; 0 if there are none, None if not even their schema is there."""
    there = connection.execute(_THERE, (place.schema,)).fetchone()
    if there is None:
        return None
    if not there[0]:
        return 0
    if not there[1]:
        raise _denied(connection, place)
    statement = _of(place, "SELECT coalesce(max(version), 0) FROM {schema}.layout")
    found = connection.execute(statement).fetchone()
    return int(found[0]) if found else 0


def _migrate(connection: psycopg.Connection[Any], place: Place) -> None:
    try:
        with connection.transaction():
            # What the one before made while this one waited has to be seen.
            connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            # A client that is stopped now keeps all others waiting no longer than this.
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_QUEUE,))
            for statement in _missing(_version(connection, place)):
                connection.execute(_of(place, statement))
    except psycopg.errors.InsufficientPrivilege:
        pass
    else:
        return
    done = _version(connection, place)
    lines = (*_missing(done), *_grants(_role(connection)))
    script = "".join(f"{_of(place, line).as_string(connection)};\n" for line in lines)
    raise StateError(
        f"the tables in {place.shown} are {'old' if done else 'missing'}, and this role may not "
        "make them",
        hint="have an administrator run this, then run the command again:\n"
        f"BEGIN;\n{script}COMMIT;",
    )


def _missing(done: int | None) -> Iterator[str]:
    """The statements that bring the tables to this engine's version."""
    if done is None:
        yield "CREATE SCHEMA {schema}"
    for number, step in enumerate(_STEPS[done or 0 :], start=(done or 0) + 1):
        yield from (textwrap.dedent(statement).strip() for statement in step)
        yield f"INSERT INTO {{schema}}.layout (version) VALUES ({number})"  # noqa: S608 - a number


def _grants(role: str) -> tuple[str, ...]:
    """The statements that give a role all that it needs."""
    return (
        f"GRANT USAGE ON SCHEMA {{schema}} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{schema}} TO {role}",
    )


def _check(connection: psycopg.Connection[Any], place: Place, found: tuple[Any, ...]) -> None:
    version, allowed, standby, forgets = found
    if version > len(_STEPS):
        raise NewerStateError(
            place.shown,
            1,
            f"a newer engine made its tables: version {version}, and this engine knows "
            f"{len(_STEPS)}",
            hint="upgrade the engine: pip install --upgrade stripe-stack-engine",
        )
    if standby:
        raise StateError(
            f"{place.shown} is a standby, which takes no write",
            hint="name the primary, or add ?target_session_attrs=read-write to the address",
        )
    if not allowed:
        raise _denied(connection, place)
    if forgets:
        raise StateError(
            f"{place.shown} would lose writes that it has confirmed: synchronous_commit is off",
            hint=f"switch it on: ALTER ROLE {_role(connection)} SET synchronous_commit = on",
        )


def _denied(connection: psycopg.Connection[Any], place: Place) -> StateError:
    lines = (_of(place, line).as_string(connection) for line in _grants(_role(connection)))
    return StateError(
        f"this role may not read and write the tables in {place.shown}",
        hint=f"have their owner run: {'; '.join(lines)}",
    )


def _role(connection: psycopg.Connection[Any]) -> str:
    """The name of the role, as SQL has it."""
    row = connection.execute("SELECT current_user").fetchone()
    name = sql.Identifier(str(row[0]) if row else "").as_string(connection)
    # Braces are doubled in what is filled in.
    return name.replace("{", "{{").replace("}", "}}")


def _of(place: Place, statement: str) -> sql.Composed:
    # The name of a schema is of [a-z0-9_], so it is quoted for words such as `user` alone.
    text: Any = statement.replace("'{schema}.", f'\'"{place.schema}".')
    return sql.SQL(text).format(schema=sql.Identifier(place.schema))
