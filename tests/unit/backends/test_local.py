"""State files in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backends.local import LocalBackend
from engine.errors import StateError
from engine.state.model import new_state


def _backend(root: Path) -> LocalBackend:
    return LocalBackend(root / "state", root / ".engine", engine_version="1")


def test_a_state_is_one_file_for_each_stack_and_environment(tmp_path: Path) -> None:
    """`state/<environment>/<stack>.json`."""
    _backend(tmp_path).write(new_state("shop", "live"), expected=None)
    found = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert found == [Path("state/live/shop.json")]


def test_other_files_are_no_states(tmp_path: Path) -> None:
    """Held locks, plans and half-written files beside states are not listed."""
    backend = _backend(tmp_path)
    backend.write(new_state("shop", "live"), expected=None)
    for name in ("shop.lock.json", ".shop.json.x.tmp", "README.md", ".hidden.json"):
        (tmp_path / "state" / "live" / name).write_text("{}")
    assert backend.stacks("live") == ("shop",)


def test_a_state_at_another_stacks_place_is_refused(tmp_path: Path) -> None:
    """A copied file would make every object twice."""
    backend = _backend(tmp_path)
    backend.write(new_state("shop", "live"), expected=None)
    path = backend.path("shop", "live")
    path.rename(path.with_name("store.json"))
    with pytest.raises(StateError, match=r"state/live/store\.json is the state of live/shop"):
        backend.read("store", "live")


def test_a_folder_where_the_file_belongs(tmp_path: Path) -> None:
    """The path, the reason and what to do."""
    backend = _backend(tmp_path)
    backend.path("shop", "live").mkdir(parents=True)
    with pytest.raises(StateError) as raised:
        backend.read("shop", "live")
    assert raised.value.message == "state/live/shop.json cannot be read"
    assert raised.value.cause == "Is a directory"
    assert "nothing was changed" in str(raised.value.hint)


def test_a_disk_that_is_full_is_an_error_of_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed write names the file; the state before it is intact."""
    backend = _backend(tmp_path)
    state = new_state("shop", "live", "l")
    backend.write(state, expected=None)
    before = backend.path("shop", "live").read_bytes()
    stored = backend.read("shop", "live")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StateError, match=r"state/live/shop\.json cannot be written") as raised:
        backend.write(new_state("shop", "live", "m"), expected=stored)
    assert raised.value.cause == "No space left on device"
    assert "make room" in str(raised.value.hint)
    assert backend.path("shop", "live").read_bytes() == before
