"""The set-up of a database as docs/how-to/stores/postgresql.md has it, on a real server."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import engine
from engine.backends.shared.backend import SharedBackend
from engine.backends.shared.postgres.store import PostgresStore
from tests.support.backends import VERSION, a_state, hold
from tests.support.postgres_server import PostgresServer, postgres

PAGE = Path(engine.__file__).parents[1] / "docs" / "how-to" / "stores" / "postgresql.md"


def of_page(name: str) -> str:
    """A block of SQL of the page."""
    block = rf"<!-- psql: {name} -->\n```sql\n(.*?)```"
    found = re.search(block, PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def psql(server: PostgresServer, script: str, database: str = "postgres") -> None:
    """Run a script as an administrator would."""
    url = f"{server.url.removesuffix('postgres')}{database}"
    command = [str(server.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", url]
    subprocess.run(command, input=script, text=True, check=True)  # noqa: S603 - of this server


def test_the_set_up_of_the_page_is_all_that_a_role_needs() -> None:
    """And what removes old states leaves the newest one, and the history that is left."""
    server = postgres()
    psql(server, of_page("set-up"))
    address = server.url.replace("postgres@", "engine@").replace("/postgres", "/billing")
    backend = SharedBackend(PostgresStore(address), engine_version=VERSION)
    with hold(backend):
        for serial in (1, 2, 3):
            backend.write(a_state(serial), expected=a_state(serial - 1) if serial > 1 else None)

    def serials() -> list[int]:
        return [version.serial for version in backend.history("shop", "test", limit=10)]

    psql(server, of_page("prune"), "billing")
    assert serials() == [3, 2, 1]
    psql(server, "UPDATE engine.blobs SET made = now() - interval '2 years'", "billing")
    psql(server, of_page("prune"), "billing")
    assert serials() == [3]
    assert backend.read("shop", "test") == a_state(3)
