"""What is PostgreSQL's own in a shared store: logins, rights, and connections that are lost."""

from __future__ import annotations

import dataclasses
import itertools
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine.backends.shared.postgres import store as store_module
from engine.backends.shared.postgres import tables
from engine.backends.shared.postgres.address import place_of
from engine.backends.shared.postgres.connections import Patience
from engine.backends.shared.postgres.store import PostgresStore
from engine.backends.shared.store import Head
from engine.backends.state.lock_owner import this_run
from engine.errors import NewerStateError, SettingsError, StateError, StoreUnavailableError
from tests.support.postgres_server import PASSWORD, free_port, fresh_address, fresh_stores, postgres

CANARY = "canary-4711"


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgresql://db.example/engine", "require"),
        ("postgres://db.example/engine?sslmode=verify-full", "verify-full"),
        ("postgresql://localhost,db.example/engine", "require"),
        ("postgresql://localhost/engine", "prefer"),
        ("postgresql://[::1]:5433/engine", "prefer"),
        ("postgresql:///engine?host=/run/postgresql", "prefer"),
    ],
)
def test_tls_is_required_unless_it_is_this_machine(address: str, mode: str) -> None:
    """What libpq prefers falls back to plain text when it is asked to."""
    assert place_of(address).parameters["sslmode"] == mode


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://anna:{CANARY}@[db.example:port/engine",
        f"postgresql://anna@db.example/engine?password={CANARY}",
        f"postgresql://anna@db.example/engine?{CANARY}=1",
        f"postgresql://anna@db.example/engine?schema={CANARY}",
    ],
)
def test_an_address_that_is_refused_is_not_quoted(address: str) -> None:
    """There may be a password anywhere in it."""
    with pytest.raises(SettingsError) as raised:
        place_of(address)
    assert CANARY not in str(raised.value)


def test_an_address_is_shown_without_its_login() -> None:
    """Schema, host and port stay."""
    shown = place_of(f"postgresql://anna:{CANARY}@db.example:5433/engine?schema=live").shown
    assert shown == "postgresql://db.example:5433/engine?schema=live"


def test_a_failed_login_says_nothing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the message nor in what caused it; with the password it is admitted."""
    server = postgres()
    address = f"postgresql://guarded@127.0.0.1:{server.port}/postgres"
    for password, why in ((CANARY, "login was refused"), ("", "asks for a password")):
        monkeypatch.setenv("PGPASSWORD", password)
        with pytest.raises(StoreUnavailableError) as raised:
            PostgresStore(address).prepare()
        assert why in str(raised.value)
        assert CANARY not in "".join(traceback.format_exception(raised.value))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with pytest.raises(StateError, match="may not make them") as refused:
        PostgresStore(address).prepare()
    assert "CREATE SCHEMA" in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_what_cannot_be_reached_is_named_by_kind() -> None:
    """With what to do."""
    server = postgres()
    for address, why in (
        (f"postgresql://127.0.0.1:{free_port()}/postgres", "nothing answers there"),
        (f"postgresql://postgres@127.0.0.1:{server.port}/nowhere", "no such database"),
        (f"postgresql://postgres@127.0.0.1:{server.port}/postgres?sslmode=require", "no TLS"),
        (f"postgresql://postgres@127.0.0.1:{server.port}/postgres?sslmode=reqire", "a value"),
    ):
        with pytest.raises(StoreUnavailableError, match=why) as raised:
            PostgresStore(address).prepare()
        assert raised.value.hint


@pytest.mark.parametrize("before", [(), ("USAGE ON SCHEMA {}", "SELECT ON {}.layout")])
def test_a_role_without_rights_on_tables_that_are_there(
    monkeypatch: pytest.MonkeyPatch, before: tuple[str, ...]
) -> None:
    """It is refused with the GRANT, and works once an administrator ran it."""
    address = fresh_address()
    schema = address.partition("?schema=")[2]
    PostgresStore(address).prepare()
    store = PostgresStore(address.replace("postgres@", "guarded@"))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with postgres().connect() as admin:
        for right in before:
            admin.execute(f"GRANT {right.format(schema)} TO guarded".encode())
        with pytest.raises(StateError, match="may not read and write the tables") as raised:
            store.prepare()
        admin.execute(str(raised.value.hint).partition("run: ")[2].encode())
    store.prepare()
    assert store.swap("live", "saas", Head(write_id="w1"), expected=None) == Head(write_id="w1")


@pytest.mark.parametrize("schema", [None, "empty", "older"])
def test_a_role_that_may_make_no_tables_gets_the_statements_to_run(
    monkeypatch: pytest.MonkeyPatch, schema: str | None
) -> None:
    """With no schema, with an empty one, and with tables that an earlier engine made."""
    address = fresh_address()
    name = address.partition("?schema=")[2]
    store = PostgresStore(address.replace("postgres@", "guarded@"))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with postgres().connect() as admin:
        if schema == "empty":
            admin.execute(f"CREATE SCHEMA {name}".encode())
        if schema == "older":
            PostgresStore(address).prepare()
            step = ("ALTER TABLE {schema}.heads ADD COLUMN note text",)
            monkeypatch.setattr(tables, "_STEPS", (*tables._STEPS, step))
            admin.execute(f"GRANT USAGE ON SCHEMA {name} TO guarded".encode())
            admin.execute(f"GRANT SELECT ON {name}.layout TO guarded".encode())
        with pytest.raises(StateError, match="this role may not make them") as raised:
            store.prepare()
        script = str(raised.value.hint).partition("\n")[2]
        assert ("CREATE TABLE" in script) == (schema != "older")
        admin.execute(script.encode())
    store.prepare()
    assert store.swap("live", "saas", Head(write_id="w1"), expected=None) == Head(write_id="w1")


def test_an_older_layout_is_brought_to_this_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, with what is in it; the engine before then refuses it."""
    address = fresh_address()
    older = PostgresStore(address)
    older.prepare()
    older.swap("live", "saas", Head(write_id="w1"), expected=None)
    with monkeypatch.context() as newer:
        step = ("ALTER TABLE {schema}.heads ADD COLUMN note text",)
        newer.setattr(tables, "_STEPS", (*tables._STEPS, step))
        for _ in range(2):
            PostgresStore(address).prepare()
        assert PostgresStore(address).head("live", "saas") == Head(write_id="w1")
    assert older.head("live", "saas") == Head(write_id="w1")  # what is at work goes on
    with pytest.raises(NewerStateError, match="version 2, and this engine knows 1") as raised:
        PostgresStore(address).prepare()
    assert "pip install --upgrade" in str(raised.value.hint)


def test_a_session_that_was_ended_is_replaced() -> None:
    """By the next call."""
    store = fresh_stores()()
    store.prepare()
    first = store.swap("live", "saas", Head(write_id="w1"), expected=None)
    with postgres().connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE application_name LIKE 'engine %'"
        )
    assert store.swap("live", "saas", Head(write_id="w2"), expected=first) == Head(write_id="w2")


def test_a_server_that_was_killed_comes_back() -> None:
    """Meanwhile it is unavailable; what it confirmed is there."""
    server = postgres()
    store = PostgresStore(fresh_address(), patience=Patience(restart=0))
    store.prepare()
    store.swap("live", "saas", Head(write_id="w1"), expected=None)
    server.kill()
    try:
        with pytest.raises(StoreUnavailableError):
            store.head("live", "saas")
    finally:
        server.start()
    assert store.head("live", "saas") == Head(write_id="w1")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_of_another_encoding_keeps_names_of_all_alphabets(encoding: str) -> None:
    """An owner is stored as ASCII, which every encoding has."""
    server, name = postgres(), f"db_{encoding.lower()}"
    with server.connect() as admin:
        made = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING {encoding} LOCALE 'C'"
        admin.execute(made.encode())
    store = PostgresStore(server.url.removesuffix("postgres") + name)
    store.prepare()
    owner = dataclasses.replace(this_run("apply"), who="Zoë Łuksza@büro")
    store.swap("live", "saas", Head(write_id="w1", owner=owner), expected=None)
    assert store.stacks("live") == ("saas",)
    assert store.head("live", "saas") == Head(write_id="w1", owner=owner)


def test_a_large_blob_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, also if another one takes its place between two of them."""
    monkeypatch.setattr(store_module, "_PIECE", 10)
    store = fresh_stores()()
    store.prepare()
    for length in (0, 1, 10, 11, 35):
        content = bytes(range(length))
        store.put("beats/live/saas", content)
        assert store.read("beats/live/saas") == content
    asked, rows = itertools.count(), store._connections.rows

    def changing(*words: Any, **more: Any) -> Any:
        if next(asked) == 2:
            fresh = PostgresStore(f"{store.address.replace('://', '://postgres@')}")
            fresh.put("beats/live/saas", b"y" * 35)
        return rows(*words, **more)

    monkeypatch.setattr(store._connections, "rows", changing)
    assert store.read("beats/live/saas") == b"y" * 35


def test_tables_are_made_once_by_eight_at_once() -> None:
    """Those who come second wait, and find them."""
    opened = fresh_stores()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: opened().prepare(), range(8)))
    assert opened().places() == ()


def test_what_a_standby_answers_is_refused() -> None:
    """It may be of a moment before, in which a run that lost its lock still had it."""
    address = fresh_address()
    store = PostgresStore(address)
    store.prepare()
    store.swap("live", "saas", Head(write_id="w1"), expected=None)
    store.put("held/live.json", b"{}")
    with postgres().standby() as url:
        behind = PostgresStore(f"{url}?{address.partition('?')[2]}")
        with pytest.raises(StateError, match="is a standby"):
            behind.prepare()
        for read in (
            lambda: behind.head("live", "saas"),
            lambda: behind.head("live", "none"),
            lambda: behind.stacks("live"),
            lambda: behind.read("held/live.json"),
            lambda: behind.names("held/"),
            lambda: behind.names("none/"),
        ):
            with pytest.raises(StoreUnavailableError, match="A standby answered") as raised:
                read()
            assert "target_session_attrs=read-write" in str(raised.value.hint)
        with pytest.raises(StoreUnavailableError, match="it is read-only, as a standby is"):
            behind.put("held/live.json", b"")
        assert behind._connections._free == []
        both = url.replace("postgres@", f"postgres@127.0.0.1:{postgres().port},")
        options = f"{address.partition('?')[2]}&target_session_attrs=read-write"
        assert PostgresStore(f"{both}?{options}").head("live", "saas") == Head(write_id="w1")


def test_a_database_that_forgets_is_refused() -> None:
    """A write that was confirmed has to outlive the server."""
    address = fresh_address()
    PostgresStore(address).prepare()
    with postgres().connect() as admin:
        schema = address.partition("?schema=")[2]
        admin.execute(f"CREATE ROLE {schema} LOGIN SUPERUSER")
        admin.execute(f"ALTER ROLE {schema} SET synchronous_commit = off")
    with pytest.raises(StateError, match="synchronous_commit"):
        PostgresStore(address.replace("postgres@", f"{schema}@")).prepare()
