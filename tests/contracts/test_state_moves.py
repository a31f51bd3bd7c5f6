"""Moving states: what every backend does as the old place and as the new one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import LockHeldError, StatesMovedError
from engine.ports.backend import StateBackend
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version
from engine.ports.moves import Pointer
from engine.state.codec import encode
from engine.state.pending_import import PendingImport
from tests.support.backends import BACKENDS, a_state, hold

GONE = Pointer(address="s3://acme-billing/engine")
ARRIVING = Pointer(address="s3://acme-billing/engine", arriving=True)
RAW = encode(a_state(3), engine_version="0.1.0")
"""A state as an earlier engine wrote it."""


def store(backend: StateBackend, serial: int = 1) -> None:
    """Store a state."""
    with hold(backend):
        backend.write(a_state(serial), expected=backend.read("shop", "test"))


def move_away(backend: StateBackend, environment: str = "test") -> None:
    """Leave a pointer under the locks of all stacks."""
    with backend.moves.moving(environment), hold(backend, environment=environment):
        backend.moves.point(environment, GONE)


def receive(backend: StateBackend, raw: bytes = RAW, *versions: tuple[Version, bytes]) -> int:
    """Let a state arrive."""
    with hold(backend):
        return backend.moves.receive("shop", "test", raw, lambda _: iter(versions))


USES: dict[str, Callable[[StateBackend], object]] = {
    "find out whether it works": lambda backend: backend.check_works("test"),
    "list": lambda backend: backend.stacks("test"),
    "read": lambda backend: backend.read("shop", "test"),
    "pull": lambda backend: backend.stored("shop", "test"),
    "read another": lambda backend: backend.read("new", "test"),
    "lock": lambda backend: hold(backend).__enter__(),
    "lock another": lambda backend: hold(backend, "new").__enter__(),
    "history": lambda backend: backend.history("shop", "test", limit=1),
    "version": lambda backend: backend.version("shop", "test", 1),
    "journal": lambda backend: backend.read_journal("shop", "test"),
    "begin a journal": lambda backend: backend.begin_journal("new", "test", [b"{}"], reserve=0),
    "write": lambda backend: backend.write(a_state(2), expected=None),
    "freeze": lambda backend: backend.put_held_lock("test", "shop", reason="launch"),
    "release": lambda backend: backend.drop_held_lock("test", "shop"),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("pointer", [GONE, ARRIVING], ids=["gone", "arriving"])
def test_a_pointer_refuses_every_use(backend: StateBackend, use: str, pointer: Pointer) -> None:
    """With the new address, or with what has to be finished; and it ends with the pointer."""
    store(backend)
    with hold(backend):
        backend.moves.point("test", pointer)
    with pytest.raises(StatesMovedError, match="s3://acme-billing/engine"):
        USES[use](backend)


def test_the_refusal_names_the_setting(backend: StateBackend) -> None:
    """A person can paste it."""
    store(backend)
    move_away(backend)
    with pytest.raises(StatesMovedError) as caught:
        backend.read("shop", "test")
    assert 'write state = "s3://acme-billing/engine" in pyproject.toml' in str(caught.value.hint)


def test_what_has_no_pointer_is_here(backend: StateBackend) -> None:
    """Other environments are not touched; a pointer that is removed refuses nothing."""
    store(backend)
    move_away(backend, "other")
    assert backend.read("shop", "test") is not None
    assert backend.moves.pointer("test") is None
    assert backend.moves.pointer("other") == GONE
    with hold(backend):
        backend.moves.point("test", ARRIVING)
    assert backend.moves.pointer("test") == ARRIVING
    backend.moves.point("test", None)
    assert backend.moves.pointer("test") is None
    store(backend, 2)


def test_a_pointer_takes_the_place_of_the_states(backend: StateBackend) -> None:
    """And of pending imports and held locks; the same call again is a success."""
    store(backend)
    with hold(backend):
        backend.begin_import(PendingImport(state=a_state(), module="pro = 1\n"))
    backend.put_held_lock("test", "", reason="launch")
    assert backend.moves.kept("test") == ("shop",)
    move_away(backend)
    move_away(backend)
    assert backend.environments() == ()
    assert backend.held_locks() == ()
    with backend.moves.moving("test"):
        assert backend.moves.kept("test") == ()
        assert backend.stored("shop", "test") is None
        assert backend.read_import("shop", "test") is None


def test_a_stack_of_another_run_is_left(backend: StateBackend) -> None:
    """The caller finds it, and moves it in the next try."""
    store(backend)
    with backend.moves.moving("test"), hold(backend, "new"):
        backend.moves.point("test", GONE)
        assert backend.moves.kept("test") == ("shop",)
        assert backend.read("shop", "test") == a_state(1)


def test_whatever_is_kept_is_found(backend: StateBackend) -> None:
    """A stack that has a journal alone, or an import alone."""
    with hold(backend, "first"):
        backend.begin_journal("first", "test", [b"{}"], reserve=0).close()
    with hold(backend, "second", "shops/acct_1"):
        state = a_state(stack="second", environment="shops/acct_1")
        backend.begin_import(PendingImport(state=state, module=""))
    backend.put_held_lock("live", "", reason="launch")
    backend.moves.point("gone", ARRIVING)
    assert backend.moves.kept("test") == ("first",)
    assert backend.moves.kept("shops/acct_1") == ("second",)
    assert set(backend.moves.environments()) == {"gone", "live", "shops/acct_1", "test"}


def test_a_state_arrives_byte_for_byte(backend: StateBackend) -> None:
    """Also one that an earlier engine wrote."""
    assert receive(backend) == 0
    assert backend.stored("shop", "test") == RAW
    state = backend.read("shop", "test")
    assert state == a_state(3, engine_version="0.1.0")
    with hold(backend):
        backend.write(a_state(4), expected=state)


def test_a_state_arrives_in_place_of_a_pointer(backend: StateBackend) -> None:
    """As when states come back."""
    store(backend)
    move_away(backend)
    with backend.moves.moving("test"):
        receive(backend)
        backend.moves.point("test", None)
    assert backend.stored("shop", "test") == RAW


@pytest.mark.parametrize("name", ["memory", "shared"])
def test_versions_arrive(name: str, tmp_path: Path) -> None:
    """In stores that keep any: the oldest first, and only those after the newest that is known."""
    backend = BACKENDS[name](tmp_path)
    store(backend)
    earlier = encode(a_state(2), engine_version="0.1.0")

    def versions(after: int) -> object:
        assert after == 1
        return iter([(Version(serial=2, who="a@b"), earlier), (Version(serial=3), RAW)])

    with hold(backend):
        assert backend.moves.receive("shop", "test", RAW, versions) == 1  # type: ignore[arg-type]
    found = backend.history("shop", "test", limit=9)
    assert [version.serial for version in found] == [3, 2, 1]
    assert backend.version("shop", "test", 2) == a_state(2, engine_version="0.1.0")
    taken = list(backend.moves.versions("shop", "test", 1))
    assert [(version.serial, raw) for version, raw in taken] == [(2, earlier), (3, RAW)]


def test_a_held_lock_is_kept_as_it_is(backend: StateBackend) -> None:
    """With its id and owner; another one in its place is refused."""
    lock = HeldLock(
        id="0a1b2c3d",
        environment="test",
        stack="",
        who="ann@laptop",
        since="2026-11-30T08:00:00+00:00",
        reason="launch",
    )
    backend.moves.keep_held_lock(lock)
    backend.moves.keep_held_lock(lock)
    assert backend.held_locks("test") == (lock,)
    with pytest.raises(LockHeldError, match="ann@laptop"):
        backend.moves.keep_held_lock(dataclasses.replace(lock, id="11111111"))
