"""PostgreSQL from the system's packages, and pgbouncer: one of each for a process of tests."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from engine.backends.shared.postgres.store import PostgresStore
from engine.backends.shared.store import SharedStore

PASSWORD = "s3cr3t-CANARY-pässword"  # noqa: S105 - of a server on loopback that one test run uses
_SCHEMAS = itertools.count(1)


class PostgresServer:
    """A server on a free port of 127.0.0.1; role `postgres` needs no password, `guarded` does."""

    def __init__(self, bin: Path, folder: Path) -> None:
        """Make its files and start it."""
        self.bin = bin
        self._folder = folder
        self._data = folder / "data"
        self.port = free_port()
        as_postgres(
            [bin / "initdb", "-D", self._data, "-A", "trust", "-U", "postgres", "-E", "UTF8"]
        )
        rules = self._data / "pg_hba.conf"
        guarded = "host all guarded 127.0.0.1/32 scram-sha-256\n"
        rules.write_text(guarded + rules.read_text(encoding="utf-8"), encoding="utf-8")
        self.start()
        with self.connect() as connection:
            connection.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self._folder}"
        log = self._folder / "log"
        command = [self.bin / "pg_ctl", "-D", self._data, "-l", log, "-w", "-o", options, "start"]
        for tries_left in reversed(range(20)):
            try:
                as_postgres(command)
            except subprocess.CalledProcessError:
                # A connection of another process has its port for a moment.
                if not tries_left:
                    raise
            else:
                return

    def kill(self) -> None:
        """Kill it with all of its processes, as a machine that is switched off."""
        if (self._data / "postmaster.pid").exists():
            as_postgres([self.bin / "pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop"])

    @contextmanager
    def standby(self) -> Iterator[str]:
        """The address of a standby of it, for any schema."""
        data, port = self._folder / "standby", free_port()
        backup = ["-D", data, "-R", "-c", "fast", "-N", "-U", "postgres", "-h", "127.0.0.1"]
        as_postgres([self.bin / "pg_basebackup", "-p", self.port, *backup])
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self._folder}"
        command = [self.bin / "pg_ctl", "-D", data, "-l", f"{data}.log", "-w"]
        as_postgres([*command, "-o", options, "start"])
        try:
            yield self.url.replace(f":{self.port}/", f":{port}/")
        finally:
            as_postgres([*command, "-m", "immediate", "stop"])

    def promote(self) -> None:
        """Make its standby a primary, as when this one is lost."""
        as_postgres([self.bin / "pg_ctl", "-D", self._folder / "standby", "-w", "promote"])

    @property
    def pid(self) -> int:
        """Of its first process."""
        return int((self._data / "postmaster.pid").read_text(encoding="ascii").split()[0])

    @property
    def url(self) -> str:
        """Its address, for any schema."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of an administrator."""
        return psycopg.connect(self.url, autocommit=True)


def as_postgres(command: list[object]) -> None:
    """Run a program that refuses to be run by root."""
    before = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run(  # noqa: S603 - of this machine's PostgreSQL
        [*before, *map(str, command)], check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60
    )


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@functools.cache
def postgres() -> PostgresServer:
    """The server of this process of tests; skips where there is none."""
    return new_server()


def new_server() -> PostgresServer:
    """Another server, until the process ends; skips where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    folder = _folder()
    server = PostgresServer(found[-1].parent, folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    return server


@functools.cache
def pgbouncer() -> int:
    """The port of a pooler in transaction mode before that server; skips where there is none."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    server = postgres()
    if program is None:
        pytest.skip("pgbouncer is not installed (apt-get install pgbouncer)")
    folder = _folder()
    port = free_port()
    (folder / "ini").write_text(
        f"[databases]\npostgres = host=127.0.0.1 port={server.port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nauth_type=any\n"
        f"pool_mode=transaction\ndefault_pool_size=2\nunix_socket_dir=\n"
        f"pidfile={folder}/pid\nlogfile={folder}/log\n",
        encoding="utf-8",
    )
    as_postgres([program, "-q", "-d", folder / "ini"])
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for _ in range(200):
        with socket.socket() as probe:
            # The file is there for a moment before it has the number.
            written = (folder / "pid").exists() and (folder / "pid").read_text(encoding="ascii")
            if written and probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    atexit.register(os.kill, int((folder / "pid").read_text(encoding="ascii")), signal.SIGTERM)
    return port


def fresh_address(port: int = 0) -> str:
    """The address of a schema that nothing is in yet; skips where there is no server."""
    server = postgres()
    schema = f"test_{os.getpid()}_{next(_SCHEMAS)}"
    return f"postgresql://postgres@127.0.0.1:{port or server.port}/postgres?schema={schema}"


def fresh_stores(port: Callable[[], int] | None = None) -> Callable[[], PostgresStore]:
    """What opens clients of one empty schema."""
    address = fresh_address(port() if port else 0)
    return lambda: PostgresStore(address)


def newer_tables(store: SharedStore) -> None:
    """Note that a newer engine made the tables."""
    schema = store.address.partition("?schema=")[2]
    with postgres().connect() as connection:
        connection.execute(f"INSERT INTO {schema}.layout VALUES (1000)")  # noqa: S608 - a name of ours


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="engine-pg-", dir="/tmp"))
    folder.chmod(0o755)
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    return folder
