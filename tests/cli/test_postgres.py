"""States in PostgreSQL from the command line: what is shown of a database, and what never is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from engine import redaction
from tests.support.command_line import Ended, Engine
from tests.support.postgres_server import PASSWORD, fresh_address, postgres

PROJECT = """
[tool.engine.environments.test]
emulator = true
state = "env:STATES"
"""
WRONG = "hunter22/odd+chars:4711"


@pytest.fixture
def schema(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty schema of the role with a password; a project with its states there."""
    schema = fresh_address().partition("?schema=")[2]
    (root / "pyproject.toml").write_text(PROJECT)
    monkeypatch.setenv("ENGINE_ENVIRONMENT", "test")
    with postgres().connect() as admin:
        admin.execute(f"CREATE SCHEMA {schema} AUTHORIZATION guarded".encode())
    return schema


def address(schema: str, password: str = PASSWORD, port: int = 0, more: str = "") -> str:
    """The address of the schema, with a password."""
    server = f"127.0.0.1:{port or postgres().port}"
    login = f"guarded:{quote(password, safe='')}"
    return f"postgresql://{login}@{server}/postgres?schema={schema}{more}"


def test_a_password_is_in_nothing_that_is_printed_or_stored(
    engine: Engine, root: Path, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of no command, of no failure and of no row; without the net that hides known secrets."""
    monkeypatch.setattr(redaction._MEMORY, "add", lambda _: None)
    monkeypatch.setenv("STATES", address(schema))
    ended = [
        engine("apply", "--yes", "-v"),
        engine("plan", "--json"),
        engine("lock", "test", "--reason", "audit"),
        engine("lock", "--json"),
        engine("state", "history", "shop"),
        engine("state", "show", "shop@2"),
        engine("state", "pull", "shop"),
    ]
    assert [command.code for command in ended] == [0] * len(ended)
    for bad, why in (
        (address(schema, WRONG), "the login was refused"),
        (address(schema, port=1), "nothing answers there"),
        (address(schema, more="&sslmode=require"), "it speaks no TLS"),
        (address(schema, more=f"&{quote(PASSWORD)}=1"), "an option that is unknown here"),
        (address(schema).replace("postgres?", "nowhere?"), "there is no such database"),
        (address(schema).replace("postgresql:", "mysql:"), "states cannot be kept in 'mysql'"),
        (address(schema).replace("127.0.0.1", "[127.0.0.1"), "not the address"),
    ):
        monkeypatch.setenv("STATES", bad)
        for words in (("plan", "-v"), ("plan", "--json")):
            ended.append(engine(*words))
            assert ended[-1].code == 1
            assert why in ended[-1].out + ended[-1].err
    seen = "".join(command.out + command.err for command in ended).encode()
    kept = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    with postgres().connect() as admin:
        for table in ("heads", "blobs"):
            every = f"SELECT * FROM {schema}.{table}"  # noqa: S608 - names of ours
            rows = admin.execute(every.encode(), binary=True)
            kept += b"".join(str(row).encode() for row in rows)
    for password in (PASSWORD, WRONG):
        for spelling in (password, quote(password), quote(password, safe="")):
            assert spelling.encode() not in seen
            assert spelling.encode() not in kept
    assert b"guarded" not in seen


def test_a_database_that_a_newer_engine_made_is_refused(
    engine: Engine, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every command, with what to do."""
    monkeypatch.setenv("STATES", address(schema))
    assert engine("apply", "--yes").code == 0
    with postgres().connect() as admin:
        newer = f"INSERT INTO {schema}.layout VALUES (1000)"  # noqa: S608 - a name of ours
        admin.execute(newer.encode())
    for words in (("plan",), ("apply", "--yes"), ("state", "list"), ("lock",)):
        ended: Ended = engine(*words)
        assert (ended.code, ended.out) == (1, "")
        assert "a newer engine made its tables: version 1000" in ended.err
        assert "pip install --upgrade stripe-stack-engine" in ended.err
