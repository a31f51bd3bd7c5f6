"""State files in a folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.backends.state.file_backend import FileBackend
from engine.errors import StaleStateError, StateError
from engine.state.model import new_state
from tests.support.git import git


def _backend(root: Path) -> FileBackend:
    return FileBackend(root / "state", root / ".engine", engine_version="1")


def test_a_state_is_one_file_for_each_stack_and_environment(tmp_path: Path) -> None:
    """`state/<environment>/<stack>.json`."""
    _backend(tmp_path).write(new_state("shop", "live"), expected=None)
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"state/.gitignore", "state/live/shop.json"}


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
        backend.write(dataclasses.replace(state, serial=1), expected=stored)
    assert raised.value.cause == "No space left on device"
    assert "make room" in str(raised.value.hint)
    assert backend.path("shop", "live").read_bytes() == before


def test_a_write_that_failed_after_the_rename_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own bytes are not taken for somebody else's; what is really another's still is."""
    backend = _backend(tmp_path)
    first = new_state("shop", "live", "l")
    backend.write(first, expected=None)
    stored = backend.read("shop", "live")
    second = dataclasses.replace(first, serial=1)
    with monkeypatch.context() as patch:

        def fail(_: Path) -> None:
            raise OSError(5, "Input/output error")

        patch.setattr("engine.durable_files.sync_folder", fail)
        with pytest.raises(StateError, match="cannot be written"):
            backend.write(second, expected=stored)
    third = dataclasses.replace(first, serial=2)
    backend.write(third, expected=stored)
    with pytest.raises(StaleStateError):
        backend.write(dataclasses.replace(first, serial=3), expected=stored)
    assert backend.read("shop", "live") == dataclasses.replace(third, engine_version="1")


def test_bytes_that_are_known_are_not_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that writes after each operation compares bytes, not documents."""
    backend = _backend(tmp_path)
    backend.write(new_state("shop", "live", "l"), expected=None)
    stored = backend.read("shop", "live")
    assert stored is not None

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("decoded again")

    monkeypatch.setattr("engine.backends.state.file_backend.decode", refuse)
    for serial in range(1, 4):
        following = dataclasses.replace(stored, serial=serial)
        backend.write(following, expected=stored)
        stored = following


def test_another_spelling_of_what_was_read_is_no_change(tmp_path: Path) -> None:
    """A checkout that rewrote the line ends under the run wrote nothing else."""
    backend = _backend(tmp_path)
    backend.write(new_state("shop", "live", "l"), expected=None)
    stored = backend.read("shop", "live")
    assert stored is not None
    path = backend.path("shop", "live")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    backend.write(dataclasses.replace(stored, serial=1), expected=stored)
    assert b"\r" not in path.read_bytes()


def test_a_file_that_was_damaged_under_the_run_is_not_overwritten(tmp_path: Path) -> None:
    """Whatever it held, somebody has to look at it first."""
    backend = _backend(tmp_path)
    backend.write(new_state("shop", "live", "l"), expected=None)
    stored = backend.read("shop", "live")
    assert stored is not None
    path = backend.path("shop", "live")
    path.write_bytes(b"<<<<<<< HEAD\n")
    with pytest.raises(StateError, match="unresolved merge conflict"):
        backend.write(dataclasses.replace(stored, serial=1), expected=stored)
    assert path.read_bytes() == b"<<<<<<< HEAD\n"


def test_leftovers_of_a_killed_run_go_with_the_next_write(tmp_path: Path) -> None:
    """Half-written files of this state are removed, and nothing that only looks like one."""
    backend = _backend(tmp_path)
    folder = tmp_path / "state" / "live"
    folder.mkdir(parents=True)
    leftovers = (".shop.json.a1b2c3d4.tmp", ".shop.json._xyz0_9a.tmp")
    others = (".shop2.json.a1b2c3d4.tmp", ".shop.json.mine.tmp", "shop.json.a1b2c3d4.tmp")
    for name in (*leftovers, *others):
        (folder / name).write_bytes(b"half")
    backend.write(new_state("shop", "live"), expected=None)
    assert {path.name for path in folder.iterdir()} == {"shop.json", *others}


def test_git_does_not_see_what_lies_beside_a_state(repository: Path) -> None:
    """Journals, half-written and replaced files are ignored; the state itself is not."""
    backend = _backend(repository)
    backend.write(new_state("shop", "live", "l"), expected=None)
    folder = repository / "state" / "live"
    for name in ("shop.journal", ".shop.json.a1b2c3d4.tmp", ".shop.json.probe.tmp"):
        (folder / name).write_bytes(b"")
    backend.restore(new_state("shop", "live", "m"))
    status = git(repository, "status", "--porcelain", "--untracked-files=all")
    assert sorted(status.split()) == ["??", "??", "state/.gitignore", "state/live/shop.json"]


def test_what_git_was_told_by_a_person_stays(tmp_path: Path) -> None:
    """What the engine needs is added behind it."""
    ignore = tmp_path / "state" / ".gitignore"
    ignore.parent.mkdir()
    ignore.write_text("mine\n")
    _backend(tmp_path).write(new_state("shop", "live"), expected=None)
    assert ignore.read_text().startswith("mine\n#")


def test_each_file_that_is_replaced_is_kept(tmp_path: Path) -> None:
    """A second restore does not take away what the first one put aside."""
    backend = _backend(tmp_path)
    path = backend.path("shop", "live")
    assert backend.restore(new_state("shop", "live", "l")) == ""
    for content, name in ((b"one", "replaced"), (b"two", "replaced-2")):
        path.write_bytes(content)
        aside = backend.restore(new_state("shop", "live", "l"))
        assert aside == f"state/live/shop.json.{name}"
        assert (tmp_path / aside).read_bytes() == content
    assert backend.stacks("live") == ("shop",)


def test_a_state_that_cannot_be_put_aside_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the copy is safe, then the new one is written."""
    backend = _backend(tmp_path)
    path = backend.path("shop", "live")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StateError, match=r"shop\.json\.replaced cannot be written"):
        backend.restore(new_state("shop", "live", "l"))
    assert path.read_bytes() == b"one"
