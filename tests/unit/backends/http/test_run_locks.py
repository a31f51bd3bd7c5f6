"""Run locks in a state server: from whom one may be taken."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from engine.backends.http.documents import StackDocument, decode_stack, encode, name_of
from engine.backends.state.lock_owner import this_run
from engine.errors import LockHeldError
from engine.ports.run_locks import LockOwner
from tests.support.backends import a_state, hold, http_backend, silent
from tests.support.state_server import StateServer


@pytest.fixture
def server() -> Iterator[StateServer]:
    """A server that keeps every promise."""
    made = StateServer()
    yield made
    made.close()


def held_elsewhere(server: StateServer, **changes: str) -> LockOwner:
    """The lock of a run on another machine."""
    with hold(http_backend(f"{server.address}/s")):
        path = f"/s/{name_of('shop', 'test')}"
        there: dict[str, Any] = {"boot": "another/boot", "host": "runner", **changes}
        document: StackDocument = decode_stack(
            server.documents[path], where=path, stack="shop", environment="test"
        )
        owner = dataclasses.replace(this_run("apply"), **there)
        server.documents[path] = encode(
            dataclasses.replace(document, owner=owner, write_id="another")
        )
        server.locks[path] = {"ID": owner.id}
    return owner


def test_a_machine_of_the_same_name_is_another_machine(server: StateServer) -> None:
    """Runners and cloned machines share names: only the same boot says that a process ended."""
    here = this_run("apply")
    owner = held_elsewhere(server, host=here.host, started="1")
    backend = http_backend(f"{server.address}/s")
    with pytest.raises(LockHeldError, match=owner.id), hold(backend):
        pytest.fail("two hold it")
    with pytest.raises(LockHeldError, match="may be still at work"):
        backend.unlock(owner.id, force=False)


def test_a_process_of_this_machine_that_ended_holds_nothing(server: StateServer) -> None:
    """Its number may be another process's by now; when it started cannot."""
    here = this_run("apply")
    held_elsewhere(server, host=here.host, boot=here.boot, started="1")
    backend = http_backend(f"{server.address}/s")
    (lock,) = backend.run_locks()
    assert lock.owner.gone
    with hold(backend) as ours:
        ours.check()


def test_another_try_of_the_same_work_takes_the_lock(server: StateServer) -> None:
    """A fleet gives the account of a lost worker to another one."""
    held_elsewhere(server, claim="fleet-1")
    backend = http_backend(f"{server.address}/s")
    for claim in ("", "fleet-2"):
        with pytest.raises(LockHeldError), ExitStack() as stack:
            stack.enter_context(
                backend.lock(
                    "shop", "test", operation="apply", timeout=0, on_wait=silent, claim=claim
                )
            )
    with backend.lock(
        "shop", "test", operation="apply", timeout=0, on_wait=silent, claim="fleet-1"
    ) as ours:
        ours.check()


def test_a_lock_that_was_lost_before_its_owner_was_written_is_asked_for_again(
    server: StateServer,
) -> None:
    """A process that was stopped there comes back, and the one that took it has ended."""
    first, second = http_backend(f"{server.address}/s"), http_backend(f"{server.address}/s")
    with hold(second):
        pass
    path = f"/s/{name_of('shop', 'test')}"
    stopped: list[str] = []

    def answers(method: str, asked: str) -> None:
        if (method, asked) == ("POST", path) and not stopped:
            stopped.append(str(server.locks[path]["ID"]))
            second.unlock(stopped[0], force=True)
            with hold(second):
                second.write(a_state(1), expected=None)

    server.answers = answers
    with hold(first) as held:
        held.check()
        assert held.owner.id not in stopped
        assert first.read("shop", "test") == a_state(1)
