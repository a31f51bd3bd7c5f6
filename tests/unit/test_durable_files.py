"""Durable files: what reaches the disk, in which order, and what is left after a failure."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from engine.durable_files import create_durably, sync_folder, write_at, write_durably


class Recorder:
    """Writes down what is asked of the operating system, and lets it happen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Args: monkeypatch: puts the recorder between the module and the system."""
        self.calls: list[str] = []
        self._fsync = os.fsync
        self._replace = Path.replace
        monkeypatch.setattr("engine.durable_files.os.fsync", self.fsync)
        monkeypatch.setattr(Path, "replace", self._note_replace())

    def fsync(self, handle: int) -> None:
        """Note whether a file or a folder is made durable, and with how many bytes."""
        found = os.fstat(handle)
        what = "folder" if stat.S_ISDIR(found.st_mode) else f"file of {found.st_size}"
        self.calls.append(f"fsync {what}")
        self._fsync(handle)

    def _note_replace(self) -> object:
        recorder = self

        def replace(path: Path, target: Path) -> Path:
            recorder.calls.append(f"rename to {target.name}")
            return recorder._replace(path, target)

        return replace


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """A witness of fsync and rename."""
    return Recorder(monkeypatch)


def test_a_write_is_durable_before_it_is_seen(recorder: Recorder, tmp_path: Path) -> None:
    """The bytes are synced, then the name is changed, then the folder is synced."""
    write_durably(tmp_path / "a.json", b"12345")
    assert recorder.calls == ["fsync file of 5", "rename to a.json", "fsync folder"]
    assert (tmp_path / "a.json").read_bytes() == b"12345"


def test_room_behind_the_content_is_there_before_the_name(
    recorder: Recorder, tmp_path: Path
) -> None:
    """It reads as NUL bytes."""
    write_durably(tmp_path / "a.journal", b"12345", reserve=3)
    assert recorder.calls == ["fsync file of 8", "rename to a.journal", "fsync folder"]
    assert (tmp_path / "a.journal").read_bytes() == b"12345\0\0\0"


def test_without_that_room_the_file_before_is_intact(tmp_path: Path) -> None:
    """And nothing lies beside it."""
    write_durably(tmp_path / "a.journal", b"1")
    with pytest.raises(OSError, match=r"File too large|No space left"):
        write_durably(tmp_path / "a.journal", b"2", reserve=1 << 62)
    assert [path.name for path in tmp_path.iterdir()] == ["a.journal"]
    assert (tmp_path / "a.journal").read_bytes() == b"1"


def test_a_folder_is_synced_into_the_one_it_is_in(recorder: Recorder, tmp_path: Path) -> None:
    """Each that is made, from the top: a file would be lost with a folder that is."""
    write_durably(tmp_path / "state" / "live" / "a.json", b"1")
    assert recorder.calls == [
        "fsync folder",
        "fsync folder",
        "fsync file of 1",
        "rename to a.json",
        "fsync folder",
    ]


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    """Two writes leave one file, with the second content."""
    write_durably(tmp_path / "a.json", b"1")
    write_durably(tmp_path / "a.json", b"2")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"2"


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_mode_is_the_one_asked_for(tmp_path: Path, mode: int) -> None:
    """Whatever the mask of the process is, and also over a file of another mode."""
    before = os.umask(0o077)
    try:
        (tmp_path / "a").write_bytes(b"")
        (tmp_path / "a").chmod(0o777)
        write_durably(tmp_path / "a", b"x", mode=mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_missing_folders_are_made(tmp_path: Path) -> None:
    """A first write needs no preparation."""
    write_durably(tmp_path / "state" / "live" / "a.json", b"x")
    assert (tmp_path / "state" / "live" / "a.json").read_bytes() == b"x"


@pytest.mark.parametrize("where", ["fsync", "rename"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A full disk at any moment: what was there is intact, and the rest is cleaned up."""
    target = tmp_path / "a.json"
    write_durably(target, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if where == "fsync":
        monkeypatch.setattr("engine.durable_files.os.fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_durably(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_is_synced_and_closed(recorder: Recorder, tmp_path: Path) -> None:
    """No handle is left open."""
    first = os.open(tmp_path, os.O_RDONLY)
    os.close(first)
    sync_folder(tmp_path)
    second = os.open(tmp_path, os.O_RDONLY)
    os.close(second)
    assert recorder.calls == ["fsync folder"]
    assert first == second  # the system gives the lowest number that is free


def test_a_write_goes_on_where_the_last_one_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may take less than it is given; nothing is left out."""
    path = tmp_path / "a.lock"
    path.write_bytes(b"---------")
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, text, at: real(file, text[:2], at))
    with path.open("r+b") as file:
        write_at(file.fileno(), b"12345", 3)
    assert path.read_bytes() == b"---12345-"


def test_a_new_file_is_put_in_place_once(tmp_path: Path) -> None:
    """One of that name stays as it is, a link that leads nowhere too; nothing else is left."""
    new = tmp_path / "stacks" / "shop.py"
    assert create_durably(new, b"ours")
    assert not create_durably(new, b"theirs")
    assert new.read_bytes() == b"ours"
    link = tmp_path / "stacks" / "link.py"
    link.symlink_to("nowhere")
    assert not create_durably(link, b"ours")
    assert sorted(path.name for path in new.parent.iterdir()) == ["link.py", "shop.py"]


def test_a_file_system_without_links_takes_a_new_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a rename, which comes after a look at what is there."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert create_durably(tmp_path / "shop.py", b"ours")
    assert not create_durably(tmp_path / "shop.py", b"theirs")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"ours"]
