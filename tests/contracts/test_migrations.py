"""`engine state migrate` between every two kinds of place, there and back."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from engine.bootstrap.project import open_project
from engine.errors import StatesMovedError
from engine.operations.state_keep.migrate import migrate_states
from engine.operations.state_keep.places import Place
from engine.state.codec import encode
from engine.state.pending_import import PendingImport
from tests.support.backends import BACKENDS, VERSION, a_state, hold

KINDS = ("local", "shared", "postgresql", "http", "gitlab")
ENVIRONMENT = "local"
MOVES = "moves_cdf36595278b"
RECORDS = (b'{"journal":1}', b'{"intent":1}')


@pytest.mark.parametrize(("old", "new"), list(itertools.permutations(KINDS, 2)))
def test_states_move_there_and_back(tmp_path: Path, old: str, new: str) -> None:
    """Byte for byte, with held locks, imports, and versions where both keep them.

    The record of a plan of moves that is not carried out whole moves too, and is ended behind it.
    """
    (tmp_path / "stacks").mkdir()
    context = open_project(tmp_path, environment=ENVIRONMENT)
    first = Place(setting=f"{old}://first", backend=BACKENDS[old](tmp_path / "first"))
    second = Place(setting=f"{new}://second", backend=BACKENDS[new](tmp_path / "second"))
    for serial in (1, 2):
        state = a_state(serial, environment=ENVIRONMENT)
        with hold(first.backend, "shop", ENVIRONMENT):
            first.backend.write(state, expected=first.backend.read("shop", ENVIRONMENT))
    pending = PendingImport(state=a_state(stack="new", environment=ENVIRONMENT), module="x = 1\n")
    with hold(first.backend, "new", ENVIRONMENT):
        first.backend.begin_import(pending)
    with hold(first.backend, MOVES, ENVIRONMENT):
        first.backend.begin_journal(MOVES, ENVIRONMENT, RECORDS, reserve=0).close()
    lock = first.backend.put_held_lock(ENVIRONMENT, "", reason="launch")

    for source, target in ((first, second), (second, first)):
        migrate_states(context, source, target, lambda _: True)
        raw = encode(state, engine_version=VERSION)
        assert target.backend.stored("shop", ENVIRONMENT) == raw
        assert target.backend.read_import("new", ENVIRONMENT) == pending
        assert target.backend.read_journal(MOVES, ENVIRONMENT) == RECORDS
        with source.backend.moves.moving(ENVIRONMENT):
            assert not source.backend.read_journal(MOVES, ENVIRONMENT)
        assert target.backend.held_locks(ENVIRONMENT) == (lock,)
        assert target.backend.environments() == (ENVIRONMENT,)
        with pytest.raises(StatesMovedError, match=target.setting):
            source.backend.read("shop", ENVIRONMENT)
        with pytest.raises(StatesMovedError, match=target.setting):
            hold(source.backend, "new", ENVIRONMENT).__enter__()
        assert source.backend.environments() == ()
        state = a_state(state.serial + 1, environment=ENVIRONMENT)
        with hold(target.backend, "shop", ENVIRONMENT):
            target.backend.write(state, expected=target.backend.read("shop", ENVIRONMENT))
    if "local" not in (old, new):
        found = first.backend.history("shop", ENVIRONMENT, limit=9)
        assert [version.serial for version in found] == [4, 3, 2, 1]
