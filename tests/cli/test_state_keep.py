"""`engine state pull` and `engine state push`: a state out of its store, and into it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.backends.state.journal import framed
from engine.state.codec import decode, encode
from tests.support.command_line import Engine


@pytest.fixture
def stored(engine: Engine, root: Path) -> Path:
    """The state of a stack that was applied."""
    assert engine("apply", "--yes").code == 0
    return root / "state" / "local" / "shop.json"


def changed(file: Path, **fields: object) -> bytes:
    """A state with other fields, and the digest that fits them."""
    state = decode(file.read_bytes(), path=file.name)
    return encode(dataclasses.replace(state, **fields), engine_version="1.0")  # type: ignore[arg-type]


def test_what_is_pulled_is_what_is_stored(
    engine: Engine, shell: Engine, stored: Path, root: Path
) -> None:
    """Byte for byte, to stdout or to a file; pushed again it is nothing to do."""
    assert shell("state", "pull", "shop").out.encode() == stored.read_bytes()
    assert engine("state", "pull", "shop", "-o", "copy.json").code == 0
    assert (root / "copy.json").read_bytes() == stored.read_bytes()
    before = stored.read_bytes()
    ended = engine("state", "push", "shop", "copy.json")
    assert (ended.code, stored.read_bytes()) == (0, before)
    assert "nothing to do" in ended.out


def test_a_newer_state_of_the_lineage_is_stored(engine: Engine, stored: Path, root: Path) -> None:
    """With the serial that it has."""
    (root / "new.json").write_bytes(changed(stored, serial=40))
    assert engine("state", "push", "shop", "new.json").code == 0
    assert decode(stored.read_bytes(), path="shop").serial == 40


def test_a_stack_without_a_state_takes_its_own(engine: Engine, stored: Path, root: Path) -> None:
    """As after a loss, with a backup."""
    raw = stored.read_bytes()
    stored.rename(root / "backup.json")
    ended = engine("state", "push", "shop", "backup.json")
    assert ended.code == 0
    assert "its first" in ended.out
    assert stored.read_bytes() == raw


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"serial": 0}, "newer"),
        ({"outputs": {}}, "with other content"),
        ({"serial": 40, "lineage": "another"}, "of lineage another"),
        ({"serial": 40, "stack": "other"}, "is the state of local/other"),
        ({"serial": 40, "environment": "live"}, "is the state of live/shop"),
        ({"serial": 40, "account_id": "acct_other"}, "of account acct_other"),
        ({"serial": 40, "livemode": True}, "live mode"),
    ],
)
def test_no_other_state_is_stored(
    engine: Engine, stored: Path, root: Path, fields: dict[str, object], why: str
) -> None:
    """An older one, one that changed without a serial, and one that is not of this place."""
    before = stored.read_bytes()
    (root / "other.json").write_bytes(changed(stored, **fields))
    ended = engine("state", "push", "shop", "other.json")
    assert ended.code != 0
    assert why in " ".join(ended.err.split())
    assert stored.read_bytes() == before


def test_a_damaged_state_is_not_stored(engine: Engine, stored: Path, root: Path) -> None:
    """Its digest does not fit."""
    before = stored.read_bytes()
    (root / "other.json").write_bytes(before.replace(b'"Pro"', b'"Bro"'))
    assert engine("state", "push", "shop", "other.json").code == 1
    assert stored.read_bytes() == before


def test_an_unfinished_run_comes_first(engine: Engine, stored: Path, root: Path) -> None:
    """Its journal fits the state that it began with."""
    (root / "new.json").write_bytes(changed(stored, serial=40))
    before = stored.read_bytes()
    stored.with_suffix(".journal").write_bytes(framed(b'{"kind": "begin"}'))
    ended = engine("state", "push", "shop", "new.json")
    assert ended.code == 1
    assert "unfinished run" in ended.err
    assert stored.read_bytes() == before


def test_a_held_lock_is_respected(engine: Engine, stored: Path, root: Path) -> None:
    """As by an apply."""
    (root / "new.json").write_bytes(changed(stored, serial=40))
    assert engine("lock", "local/shop", "--reason", "freeze").code == 0
    assert engine("state", "push", "shop", "new.json").code == 3
