"""States in servers of Terraform's HTTP state protocol: lost answers, and what servers lack."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.backends.http.address import parse_server
from engine.backends.http.backend import HttpBackend
from engine.backends.http.client import Client
from engine.backends.http.documents import name_of
from engine.errors import LockHeldError, LockLostError, StateError, StoreUnavailableError
from engine.ports.backend import StateBackend
from tests.support.backends import LONG_ENOUGH, VERSION, a_state, hold, http_backend, silent
from tests.support.state_server import GITLAB, Canned, StateServer


@pytest.fixture(params=["strict", "gitlab"])
def server(request: pytest.FixtureRequest) -> Iterator[StateServer]:
    """A server that keeps every promise."""
    made = StateServer(gitlab=request.param == "gitlab")
    yield made
    made.close()


def address(server: StateServer) -> str:
    """The address as it is configured."""
    return server.address + (GITLAB if server.gitlab else "/states")


def at_one(number: int, fault: str) -> Callable[[int], str]:
    """A fault at one request."""
    return lambda asked: fault if asked == number else ""


def from_one(number: int) -> Callable[[int], str]:
    """No request from one on arrives."""
    return lambda asked: "before" if asked >= number else ""


def run(backend: StateBackend) -> None:
    """What an apply asks of a backend."""
    with hold(backend) as held:
        before = backend.read("shop", "test")
        serial = before.serial if before else 0
        journal = backend.begin_journal("shop", "test", (b"{}",), reserve=0)
        journal.append(b'{"intent":1}')
        journal.sync()
        held.check()
        backend.write(a_state(serial + 1), expected=before)
        backend.end_journal("shop", "test")


@pytest.mark.parametrize("fault", ["before", "after", "error"])
def test_an_answer_that_is_lost_changes_nothing(server: StateServer, fault: str) -> None:
    """Whichever request it is, and whether the server did what it was asked or not."""
    run(http_backend(address(server)))
    begun = len(server.requests)
    run(http_backend(address(server)))
    for at in range(1, len(server.requests) - begun + 1, 2 if fault == "before" else 1):
        number = len(server.requests) + at
        server.fault = at_one(number, fault)
        before = http_backend(address(server)).read("shop", "test")
        assert before is not None
        run(http_backend(address(server)))
        after = http_backend(address(server))
        assert after.read("shop", "test") == a_state(before.serial + 1), server.requests[number - 1]
        assert after.read_journal("shop", "test") is None
        assert after.run_locks() == ()
        assert server.locks == {}


def test_a_run_that_is_killed_leaves_its_journal(server: StateServer) -> None:
    """At any request: the next run sees who has the lock, takes it, and has the journal."""
    run(http_backend(address(server)))
    lengths = set()
    for at in range(1, 40, 2):
        number = len(server.requests) + at
        server.fault = from_one(number)
        killed = http_backend(address(server))
        try:
            run(killed)
        except (StateError, LockHeldError):
            lengths.add(at)
        server.fault = lambda _: ""
        later = http_backend(address(server))
        for there in list(server.locks.values()):
            later.unlock(there["ID"], force=True)
        for lock in later.run_locks():
            later.unlock(lock.owner.id, force=True)
        state = later.read("shop", "test")
        assert state is not None
        assert later.read_journal("shop", "test") in (None, (b"{}",), (b"{}", b'{"intent":1}'))
        run(later)
        assert later.read("shop", "test") == a_state(state.serial + 1)
        assert server.locks == {}
    assert len(lengths) > 5


def test_a_server_that_goes_away_says_so(server: StateServer) -> None:
    """By its address, with no login in it."""
    backend = http_backend(address(server))
    run(backend)
    server.fault = lambda _: "before"
    with pytest.raises(StoreUnavailableError, match="cannot be read") as raised:
        backend.read("shop", "test")
    assert "hunter22" not in str(raised.value)
    assert "run the command again" in str(raised.value.hint)


@pytest.mark.parametrize("many", [2, 8])
def test_many_at_once_lose_no_update(server: StateServer, many: int) -> None:
    """Each on a machine of its own."""
    run(http_backend(address(server)))

    def add_one(_: int) -> None:
        own = http_backend(address(server))
        with own.lock("shop", "test", operation="apply", timeout=LONG_ENOUGH, on_wait=silent):
            before = own.read("shop", "test")
            assert before is not None
            own.write(a_state(before.serial + 1), expected=before)

    with ThreadPoolExecutor(max_workers=many) as pool:
        list(pool.map(add_one, range(many)))
    assert http_backend(address(server)).read("shop", "test") == a_state(1 + many)


def test_a_stopped_owner_finds_out_that_its_lock_was_taken(server: StateServer) -> None:
    """Before it sends anything, and whatever it then tries to write."""
    first, second = http_backend(address(server)), http_backend(address(server))
    with hold(first) as held:
        journal = first.begin_journal("shop", "test", (b"{}",), reserve=0)
        second.unlock(held.owner.id, force=True)
        with hold(second) as taken:
            second.write(a_state(1), expected=None)
            journal.append(b"{}")
            for write in (held.check, journal.sync, lambda: first.end_journal("shop", "test")):
                with pytest.raises(LockLostError):
                    write()
            taken.check()
    assert second.read("shop", "test") == a_state(1)
    assert second.run_locks() == ()


def document_of(server: StateServer) -> str:
    """The path of the stack's document."""
    return f"{address(server)}/{name_of('shop', 'test')}".removeprefix(server.address)


def test_a_cache_in_between_ends_the_run(server: StateServer) -> None:
    """What it answers with may be from before the lock was lost."""
    backend = http_backend(address(server))
    with hold(backend) as held:
        old = server.documents[document_of(server)]
        backend.begin_journal("shop", "test", (b"{}",), reserve=0)
        held.check()
        cached = Canned(200, old)
        server.answers = lambda method, _: cached if method == "GET" else None
        for ask in (held.check, lambda: backend.end_journal("shop", "test")):
            with pytest.raises(StoreUnavailableError, match="returns what it was after") as raised:
                ask()
            assert "nothing more is sent to Stripe" in str(raised.value.hint)
        server.answers = lambda _, __: None
    assert server.locks == {}


def test_a_write_that_was_not_stored_is_found_out_before_anything_is_sent(
    server: StateServer,
) -> None:
    """A proxy may answer in place of the server, and as if it were done."""
    backend = http_backend(address(server))
    swallowed = Canned(200, b"{}")

    def swallow(method: str, path: str) -> Canned | None:
        return swallowed if method == "POST" and not path.endswith("/lock") else None

    with hold(backend) as held:
        server.answers = swallow
        backend.begin_journal("shop", "test", (b"{}",), reserve=0)
        with pytest.raises(StoreUnavailableError, match="returns what it was after"):
            held.check()
        server.answers = lambda _, __: None
    server.answers = swallow
    with pytest.raises(StoreUnavailableError, match="returns what it was after"):
        backend.write(a_state(1), expected=None)


def test_a_server_that_stores_nothing_any_more_says_so(server: StateServer) -> None:
    """The lock is not lost; what the server answers is shown."""
    backend = http_backend(address(server))
    with hold(backend):
        path, full = document_of(server), Canned(507)
        server.answers = lambda method, asked: full if (method, asked) == ("POST", path) else None
        with pytest.raises(StoreUnavailableError, match="cannot be written") as raised:
            backend.write(a_state(1), expected=None)
        assert raised.value.cause == "It answered 507."
        server.answers = lambda _, __: None
        backend.write(a_state(1), expected=None)


def test_a_server_that_takes_no_writes_for_a_moment_is_asked_again(server: StateServer) -> None:
    """GitLab has limits of requests a minute, and says when to come again."""
    waits: list[float] = []
    client = Client(parse_server(address(server)), None, wait=waits.append)
    backend = HttpBackend(client, engine_version=VERSION, wait=waits.append)
    with hold(backend):
        path, busy = document_of(server), Canned(429, b"", (("Retry-After", "9"),))
        server.answers = lambda method, asked: (
            busy if (method, asked, 9.0 in waits) == ("POST", path, False) else None
        )
        backend.write(a_state(1), expected=None)
    assert waits == [9.0]
    assert backend.read("shop", "test") == a_state(1)


def test_a_lock_that_the_server_keeps_is_not_taken(server: StateServer) -> None:
    """What was refused is no success."""
    first, second = http_backend(address(server)), http_backend(address(server))
    with hold(first) as held:
        server.answers = lambda method, path: (
            Canned(403)
            if method == "UNLOCK" or (method == "DELETE" and path.endswith("/lock"))
            else None
        )
        with pytest.raises(StoreUnavailableError, match=f"the server keeps {held.owner.id}"):
            second.unlock(held.owner.id, force=True)
        held.check()
        server.answers = lambda _, __: None


def test_an_interrupted_wait_leaves_no_lock(server: StateServer) -> None:
    """Ctrl-C between the lock and the name of its owner."""
    backend = http_backend(address(server))
    run(backend)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.backends.http.run_locks.renewed", interrupt)
        with pytest.raises(KeyboardInterrupt), hold(backend):
            pytest.fail("it was not interrupted")
    assert server.locks == {}


def test_checks_at_once_are_one_read(server: StateServer) -> None:
    """All that asked before a read began are served by it."""
    backend, gate = http_backend(address(server)), threading.Barrier(16)
    with hold(backend) as held:
        begun = len(server.requests)

        def check(_: int) -> None:
            gate.wait()
            held.check()

        with ThreadPoolExecutor(max_workers=16) as pool:
            list(pool.map(check, range(16)))
        assert len(server.requests) - begun < 16


def test_another_program_has_the_lock(server: StateServer) -> None:
    """Such as Terraform, or a page of the server: it is named, and can be unlocked by its id."""
    backend = http_backend(address(server))
    run(backend)
    path = f"{address(server)}/{name_of('shop', 'test')}".removeprefix(server.address)
    server.locks[path] = {"ID": "a1b2-c3", "Who": "ann@laptop", "Created": "2026-11-30"}
    with pytest.raises(LockHeldError, match="a1b2-c3"), hold(backend):
        pytest.fail("two hold it")
    assert backend.unlock("a1b2-c3", force=True).stack == "shop"
    with hold(backend):
        pass


def test_one_who_was_killed_with_the_lock_of_the_index_keeps_no_one_out(
    server: StateServer,
) -> None:
    """Its lock is taken once it did nothing for as long as others wait."""
    backend = http_backend(address(server))
    run(backend)
    path = f"{address(server)}/engine_index".removeprefix(server.address)
    server.locks[path] = {"ID": "a1b2c3d4"}
    backend.put_held_lock("test", "shop", reason="audit")
    assert [lock.place for lock in backend.held_locks()] == ["test/shop"]


def test_one_who_was_stopped_with_the_lock_of_the_index_loses_no_change(
    server: StateServer,
) -> None:
    """When it goes on the server refuses what it writes, and it begins again."""
    first, second = http_backend(address(server)), http_backend(address(server))
    run(first)
    run(second)
    path = f"{address(server)}/engine_index".removeprefix(server.address)
    stopped: list[str] = []

    def answers(method: str, asked: str) -> None:
        if (method, asked) == ("POST", path) and not stopped:
            stopped.append(asked)
            second.put_held_lock("test", "shop", reason="audit")

    server.answers = answers
    first.put_held_lock("live", "", reason="freeze")
    assert [lock.place for lock in second.held_locks()] == ["live", "test/shop"]
    assert server.locks == {}


def test_a_document_of_another_stack_is_refused(server: StateServer) -> None:
    """A copy under another name would be a second owner of the same objects."""
    backend = http_backend(address(server))
    run(backend)
    base = address(server).removeprefix(server.address)
    server.documents[f"{base}/test_-copy"] = server.documents[f"{base}/test_-shop"]
    with pytest.raises(StateError, match="it is the document of test/shop"):
        backend.read("copy", "test")
    server.documents[f"{base}/test_-copy"] = b"<html>"
    with pytest.raises(StateError, match="it is not JSON"):
        backend.read("copy", "test")


def test_earlier_states_are_those_that_the_server_has(server: StateServer) -> None:
    """All of them in GitLab, the last twenty elsewhere; who stored each is known of more."""
    backend = http_backend(address(server))
    with hold(backend) as held:
        for serial in range(1, 24):
            before = backend.read("shop", "test")
            backend.write(a_state(serial, outputs={"n": serial}), expected=before)
    found = backend.history("shop", "test", limit=50)
    assert [version.serial for version in found] == list(range(23, 0, -1))
    assert {(version.who, version.operation) for version in found} == {(held.owner.who, "apply")}
    assert found[0].place == f"{address(server)}/test_-shop"
    for serial in (23, 22, 3):
        assert backend.version("shop", "test", serial) == a_state(serial, outputs={"n": serial})
    if server.gitlab:
        assert found[-1].place.endswith("/test_-shop/versions/2")
        assert backend.version("shop", "test", 2) == a_state(2, outputs={"n": 2})
    else:
        with pytest.raises(StateError, match="the server has it no more") as raised:
            backend.version("shop", "test", 2)
        assert "keeps the last 20" in str(raised.value.cause)


def test_a_state_is_put_aside_alone() -> None:
    """No journal stays in it, which the next run would take for one of a run in progress."""
    server = StateServer()
    backend = http_backend(f"{server.address}/x")
    run(backend)
    run(backend)
    aside = json.loads(server.documents["/x/test_-shop_-v1"])
    assert {name for name in aside if aside[name]} == {
        "engine", "environment", "stack", "lineage", "serial", "write_id", "state",
    }  # fmt: skip
    server.close()


def test_what_was_put_aside_is_not_trusted(server: StateServer) -> None:
    """A state that someone changed on the server is none of the history."""
    backend = http_backend(address(server))
    run(backend)
    run(backend)
    if server.gitlab:
        kept = server.versions[f"{GITLAB}/test_-shop"]
        kept.update({serial: raw.replace(b"Pro", b"Con") for serial, raw in kept.items()})
    else:
        aside = server.documents["/states/test_-shop_-v1"]
        server.documents["/states/test_-shop_-v1"] = aside.replace(b"Pro", b"Con")
    with pytest.raises(StateError, match="the server has it no more"):
        backend.version("shop", "test", 1)


def test_members_of_a_fleet_have_environments_of_their_own(server: StateServer) -> None:
    """With a slash and capitals in their names."""
    backend = http_backend(address(server))
    backend.write(a_state(environment="shops/acct_1AbC"), expected=None)
    assert backend.environments() == ("shops/acct_1AbC",)
    assert backend.stacks("shops/acct_1AbC") == ("shop",)


def test_no_two_places_share_a_name() -> None:
    """Names may hold what parts them, and what stands for the slash."""
    names = ("a", "a-", "a_", "a__", "a_-b", "a_fb", "a-b", "b", "_f"[1:], "f")
    environments = (*names, *(f"{name}/{name}" for name in names))
    places = [(stack, environment) for stack in names for environment in environments]
    assert len({name_of(*place) for place in places}) == len(set(places))


def test_a_server_without_a_lock_is_refused() -> None:
    """By the guarantee that it lacks."""
    server = StateServer(locking=False)
    with pytest.raises(StateError, match="gives a lock that is held to a second one"):
        http_backend(f"{server.address}/x").read("shop", "test")
    server.close()


def test_a_server_that_does_not_check_the_id_has_to_be_accepted() -> None:
    """It is said what is not promised then, and once accepted it works."""
    server = StateServer(fenced=False)
    with pytest.raises(StateError, match="does not check the lock's id") as raised:
        http_backend(f"{server.address}/x").read("shop", "test")
    assert "unfenced=1" in str(raised.value.hint)
    run(http_backend(f"{server.address}/x?unfenced=1"))
    server.close()


def test_a_server_that_takes_a_lock_back_by_any_id_has_to_be_accepted() -> None:
    """A run that lost its lock could take that of the next one with it."""
    server = StateServer(careful=False)
    with pytest.raises(StateError, match="does not check the lock's id"):
        http_backend(f"{server.address}/x").read("shop", "test")
    run(http_backend(f"{server.address}/x?unfenced=1"))
    server.close()


def test_a_server_that_does_not_name_the_owner() -> None:
    """The document does: the fence and the waiting work as elsewhere."""
    server = StateServer(named=False)
    first, second = http_backend(f"{server.address}/x"), http_backend(f"{server.address}/x")
    with hold(first) as held:
        with pytest.raises(LockHeldError, match=held.owner.id), hold(second):
            pytest.fail("two hold it")
        second.unlock(held.owner.id, force=True)
        with pytest.raises(LockLostError):
            held.check()
    server.close()
