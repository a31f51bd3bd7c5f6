"""Held locks as files beside the states."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.backends.state.file_backend import FileBackend
from engine.errors import LockHeldError, StateError


@pytest.fixture
def backend(tmp_path: Path) -> FileBackend:
    """An empty backend."""
    return FileBackend(tmp_path / "state", tmp_path / ".engine", engine_version="1")


def test_a_lock_on_a_stack_is_a_file_beside_its_state(backend: FileBackend, tmp_path: Path) -> None:
    """Committed with it, small, sorted, with a newline at its end."""
    held = backend.put_held_lock("live", "shop", reason="launch freeze")
    assert held.file == "state/live/shop.lock.json"
    text = (tmp_path / held.file).read_text(encoding="utf-8")
    assert text.endswith("}\n")
    document = json.loads(text)
    assert document == {
        "environment": "live",
        "format_version": 1,
        "id": held.id,
        "reason": "launch freeze",
        "since": held.since,
        "stack": "shop",
        "who": held.who,
    }
    assert list(document) == sorted(document)
    assert backend.stacks("live") == ()


def test_a_lock_on_an_environment_is_a_file_beside_its_folder(backend: FileBackend) -> None:
    """`state/live.lock.json`, for every stack of `live`."""
    held = backend.put_held_lock("live", "", reason="audit")
    assert held.file == "state/live.lock.json"
    assert backend.held_locks() == (held,)


def test_a_damaged_lock_refuses_and_is_released_all_the_same(
    backend: FileBackend, tmp_path: Path
) -> None:
    """It locks something, whatever it says; the way on is in the message."""
    held = backend.put_held_lock("live", "shop", reason="launch freeze")
    (tmp_path / held.file).write_text("<<<<<<< ours\n", encoding="utf-8")
    with pytest.raises(StateError, match=r"state/live/shop\.lock\.json is a held lock") as raised:
        backend.held_locks()
    assert "engine lock live/shop --release" in str(raised.value.hint)
    with pytest.raises(StateError):
        backend.put_held_lock("live", "shop", reason="again")
    assert backend.drop_held_lock("live", "shop") == held.file
    assert backend.held_locks() == ()


def test_a_lock_that_was_copied_is_refused(backend: FileBackend, tmp_path: Path) -> None:
    """What it says and where it is have to agree."""
    held = backend.put_held_lock("live", "shop", reason="launch freeze")
    (tmp_path / held.file).rename(tmp_path / "state" / "live" / "store.lock.json")
    with pytest.raises(StateError, match="it is a lock of live/shop"):
        backend.held_locks()


def test_what_is_locked_is_not_locked_again(backend: FileBackend) -> None:
    """The first one's name and reason stay."""
    held = backend.put_held_lock("live", "shop", reason="launch freeze")
    with pytest.raises(LockHeldError, match="launch freeze") as raised:
        backend.put_held_lock("live", "shop", reason="mine")
    assert "engine lock live/shop --release" in str(raised.value.hint)
    assert backend.held_locks() == (held,)


def test_a_file_that_cannot_be_read_or_removed_is_named(
    backend: FileBackend, tmp_path: Path
) -> None:
    """A folder in its place locks as well."""
    (tmp_path / "state" / "live" / "shop.lock.json").mkdir(parents=True)
    with pytest.raises(StateError, match=r"state/live/shop\.lock\.json cannot be read"):
        backend.held_locks()
    with pytest.raises(StateError, match=r"state/live/shop\.lock\.json cannot be removed"):
        backend.drop_held_lock("live", "shop")
    (tmp_path / "state" / "test").write_text("in the way")
    with pytest.raises(StateError, match=r"state/test/shop\.lock\.json cannot be written"):
        backend.put_held_lock("test", "shop", reason="x")


def test_files_of_other_names_are_no_locks(backend: FileBackend, tmp_path: Path) -> None:
    """States, plans and half-written files are left alone."""
    folder = tmp_path / "state" / "live"
    folder.mkdir(parents=True)
    for name in ("shop.json", ".shop.lock.json.x.tmp", "README.md"):
        (folder / name).write_text("{}")
    assert backend.held_locks() == ()
