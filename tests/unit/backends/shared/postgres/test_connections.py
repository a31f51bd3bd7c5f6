"""States in PostgreSQL while replies are lost, the server is killed, and processes are stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.backends.shared.backend import SharedBackend
from engine.backends.shared.hold import Timing
from engine.backends.shared.postgres.connections import Patience
from engine.backends.shared.postgres.store import PostgresStore
from engine.backends.shared.store import Head
from engine.errors import StoreUnavailableError
from tests.support.backends import LONG_ENOUGH, QUICK, VERSION, a_state, hold, silent
from tests.support.postgres_server import fresh_address, new_server, pgbouncer, postgres
from tests.support.wire_proxy import WIRE_FAULTS, WireFault, WireProxy

IMPATIENT = Patience(silence=0.3, restart=0)


@pytest.fixture
def proxy() -> Iterator[WireProxy]:
    """A proxy in front of the server."""
    with WireProxy(postgres().port) as running:
        yield running


def through(proxy: WireProxy, address: str, patience: Patience | None = None) -> PostgresStore:
    """A client that reaches the same schema through a proxy."""
    port = f":{postgres().port}/"
    assert port in address
    return PostgresStore(address.replace(port, f":{proxy.port}/"), patience=patience)


def a_backend(store: PostgresStore) -> SharedBackend:
    """A backend on that store."""
    return SharedBackend(store, engine_version=VERSION, timing=Timing(beat=3600, poll=0.01))


def run(backend: SharedBackend, serial: int) -> None:
    """What an apply asks of a store, from its lock to its end."""
    before = backend.read("shop", "test")
    with hold(backend) as held:
        journal = backend.begin_journal("shop", "test", [b"begin"], reserve=0)
        held.check()
        journal.append(b"sent")
        journal.sync()
        journal.append(b"done")
        journal.sync()
        backend.write(a_state(serial), expected=before)
        journal.close()
        backend.end_journal("shop", "test")


@pytest.mark.parametrize("fault", WIRE_FAULTS)
def test_a_run_goes_on_whichever_reply_is_lost(proxy: WireProxy, fault: WireFault) -> None:
    """One fault at each statement in turn: the run ends well, and each write is there once."""
    address = fresh_address()
    direct = a_backend(PostgresStore(address))
    backend = a_backend(through(proxy, address))
    run(backend, 1)
    run(backend, 2)
    proxy.count = 0
    run(backend, 3)
    statements = proxy.count
    assert statements > 10
    for number in range(statements):
        proxy.number, proxy.count, proxy.fault = number, 0, fault
        run(backend, 4 + number)
        proxy.fault = None
        assert proxy.count > statements
        assert direct.read("shop", "test") == a_state(4 + number)
        assert direct.read_journal("shop", "test") is None
        assert direct.run_locks() == ()
    serials = [version.serial for version in direct.history("shop", "test", limit=1000)]
    assert serials == list(range(3 + statements, 0, -1))


def test_many_stores_of_a_process_share_a_few_connections() -> None:
    """The server admits four of this role, and two hundred accounts are at work at once."""
    address = fresh_address()
    schema = address.partition("?schema=")[2]
    role = f"crowd_{schema}"
    PostgresStore(address).prepare()
    with postgres().connect() as admin:
        for statement in (
            f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 4",
            f"GRANT USAGE ON SCHEMA {schema} TO {role}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        ):
            admin.execute(statement.encode())
    at = address.replace("postgres@", f"{role}@")
    stores = [PostgresStore(at) for _ in range(200)]
    ready = threading.Barrier(32)

    def work(number: int) -> None:
        if number < ready.parties:
            ready.wait()
        stores[number].prepare()
        stores[number].swap(f"shops/acct_{number}", "shop", Head(write_id="w"), expected=None)

    with ThreadPoolExecutor(ready.parties) as pool:
        list(pool.map(work, range(200)))
    assert len(stores[0].places()) == 200


def test_a_server_that_says_nothing_is_reported(proxy: WireProxy) -> None:
    """And what was sent to it, and may yet arrive, is not sent again."""
    address = fresh_address()
    PostgresStore(address).prepare()
    store = through(proxy, address, IMPATIENT)
    proxy.fault, proxy.count = "before: hang", 0
    with pytest.raises(StoreUnavailableError, match="did not answer in time"):
        store.head("live", "saas")
    assert proxy.count == 1


def test_a_statement_that_waits_too_long_is_ended_at_the_server() -> None:
    """It would else be carried out when no one expects it any more."""
    address = fresh_address()
    schema = address.partition("?schema=")[2]
    patient, store = PostgresStore(address), PostgresStore(address, patience=IMPATIENT)
    patient.prepare()
    first = patient.swap("live", "saas", Head(write_id="w1"), expected=None)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with postgres().connect() as admin, postgres().connect() as other, other.transaction():
        locked = f"SELECT * FROM {schema}.heads FOR UPDATE"  # noqa: S608 - a name of ours
        other.execute(locked.encode())
        with pytest.raises(StoreUnavailableError, match="did not answer in time"):
            store.swap("live", "saas", Head(write_id="w2"), expected=first)
        while admin.execute(waiting).fetchone() != (0,):
            """The cancellation is on its way."""
    assert patient.head("live", "saas") == Head(write_id="w1")


def test_a_server_is_killed_and_started_again_in_the_middle_of_runs() -> None:
    """Runs wait for it; what was confirmed before is there, and each run is stored once."""
    address, server = fresh_address(), postgres()
    backend = a_backend(PostgresStore(address, patience=Patience(restart=LONG_ENOUGH)))
    run(backend, 1)
    begun = threading.Event()

    def work() -> int:
        for serial in range(2, 42):
            run(backend, serial)
            begun.set()
        return serial

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        assert begun.wait(LONG_ENOUGH)
        server.kill()
        server.start()
        assert working.result(LONG_ENOUGH) == 41
    versions = backend.history("shop", "test", limit=100)
    assert [version.serial for version in versions] == list(range(41, 0, -1))


def test_a_standby_takes_over_in_the_middle_of_runs() -> None:
    """One that has all confirmed writes: each run is stored once, on the one or on the other."""
    server = new_server()
    with server.standby() as url, server.connect() as admin:
        admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        admin.execute("SELECT pg_reload_conf()")
        synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        while admin.execute(synchronous).fetchone() != (1,):
            """The server reads its settings."""
        both = url.replace("postgres@", f"postgres@127.0.0.1:{server.port},")
        address = f"{both}?target_session_attrs=read-write"
        patience = Patience(restart=LONG_ENOUGH)
        backend = a_backend(PostgresStore(address, patience=patience))
        begun = threading.Event()

        def work() -> None:
            for serial in range(1, 31):
                run(backend, serial)
                begun.set()

        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(work)
            assert begun.wait(LONG_ENOUGH)
            server.kill()
            server.promote()
            working.result(LONG_ENOUGH)
        versions = a_backend(PostgresStore(url)).history("shop", "test", limit=100)
        assert [version.serial for version in versions] == list(range(30, 0, -1))


STOPPED = """
    import sys
    from engine.backends.shared.backend import SharedBackend
    from engine.backends.shared.postgres.store import PostgresStore
    from engine.errors import LockLostError
    from tests.support.backends import a_state

    backend = SharedBackend(PostgresStore(sys.argv[1]), engine_version="9.9.9")
    with backend.lock("shop", "test", operation="apply", timeout=0, on_wait=print) as held:
        journal = backend.begin_journal("shop", "test", [b"begin"], reserve=0)
        print(held.owner.id, flush=True)
        try:
            while True:
                held.check()
        except LockLostError:
            print("may not send", flush=True)
        try:
            backend.write(a_state(2), expected=a_state(1))
        except LockLostError:
            print("may not save", flush=True)
"""


def test_a_process_that_was_stopped_wakes_up_without_its_lock() -> None:
    """Another one took it, and finished: the first sends nothing, and changes nothing."""
    address = fresh_address()
    backend = SharedBackend(PostgresStore(address), engine_version=VERSION, timing=QUICK)
    backend.write(a_state(1), expected=None)
    with subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", textwrap.dedent(STOPPED), address], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            id = process.stdout.readline().strip()
            os.kill(process.pid, signal.SIGSTOP)
            backend.unlock(id, force=True)
            with hold(backend):
                assert backend.read_journal("shop", "test") == (b"begin",)
                backend.write(a_state(3), expected=a_state(1))
                backend.end_journal("shop", "test")
            with hold(backend) as later:
                os.kill(process.pid, signal.SIGCONT)
                assert process.stdout.read().splitlines() == ["may not send", "may not save"]
                assert process.wait() == 0
                later.check()
        finally:
            process.kill()
    assert backend.read("shop", "test") == a_state(3)


def _increment(address: str, times: int) -> None:
    backend = SharedBackend(
        PostgresStore(address), engine_version=VERSION, timing=Timing(poll=0.02)
    )
    for _ in range(times):
        with backend.lock(
            "shop", "test", operation="apply", timeout=LONG_ENOUGH, on_wait=silent
        ) as held:
            before = backend.read("shop", "test")
            held.check()
            serial = before.serial + 1 if before is not None else 1
            backend.write(a_state(serial), expected=before)


def test_of_eight_processes_no_update_is_lost() -> None:
    """Half of them come through a pooler."""
    address, pooler = fresh_address(), pgbouncer()
    pooled = address.replace(f":{postgres().port}/", f":{pooler}/")
    assert pooled != address
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_increment, args=(to, 3)) for to in (address, pooled) for _ in "1234"
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 8
    versions = a_backend(PostgresStore(address)).history("shop", "test", limit=100)
    assert [version.serial for version in versions] == list(range(24, 0, -1))
