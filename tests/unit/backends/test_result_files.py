"""Results as files: whole or not at all, and nothing of a person's is ever overwritten."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.backends.result_files import ResultFile
from engine.errors import PlanFileError, UsageError

OURS = b"<svg one>"


def picture(path: Path) -> ResultFile:
    """A file for a picture."""
    return ResultFile(
        path=path, shown="a.svg", what="picture", is_one=lambda raw: raw.startswith(b"<svg ")
    )


def private(path: Path) -> ResultFile:
    """A file that only its owner may read, whose errors are of a kind of their own."""
    return ResultFile(
        path=path,
        shown="a.plan",
        what="plan file",
        is_one=lambda raw: raw.startswith(b"{"),
        error=PlanFileError,
        mode=0o600,
    )


@pytest.mark.parametrize("before", [None, b"", OURS, b"<svg "])
def test_a_new_file_an_empty_one_and_an_earlier_result(
    tmp_path: Path, before: bytes | None
) -> None:
    """They are written: what mktemp made, and a result that was damaged, too."""
    path = tmp_path / "a.svg"
    if before is not None:
        path.write_bytes(before)
    picture(path).check()
    picture(path).write("<svg ü>".encode())
    assert path.read_bytes() == "<svg ü>".encode()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.svg"]


def test_a_file_that_was_readable_for_all_becomes_private(tmp_path: Path) -> None:
    """A plan names every object that is going to change."""
    path = tmp_path / "a.plan"
    path.write_bytes(b"{}")
    path.chmod(0o644)
    private(path).write(b"{1}")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"{1}", 0o600)


def test_any_other_file_stays(tmp_path: Path) -> None:
    """Also a folder and a pipe. A slip of the hand must cost no file."""
    path = tmp_path / "a.svg"
    path.write_text("my notes on <svg ", encoding="utf-8")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for there in (path, tmp_path, pipe):
        with pytest.raises(UsageError, match=r"^a\.svg exists and is no picture"):
            picture(there).check()
        with pytest.raises(UsageError, match=r"^a\.svg exists and is no picture"):
            picture(there).write(OURS)
        assert not picture(there).discard()
    assert path.read_text(encoding="utf-8") == "my notes on <svg "


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """It is not made: its name is likely a mistake."""
    with pytest.raises(PlanFileError, match=r"there is no folder for a\.plan"):
        private(tmp_path / "nowhere" / "a.plan").check()


def test_a_folder_that_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found out before the work whose result would be lost; root may write everywhere."""
    monkeypatch.setattr("engine.backends.result_files.os.access", lambda *_: False)
    with pytest.raises(PlanFileError, match=r"a\.plan cannot be written: its folder is read-only"):
        private(tmp_path / "a.plan").check()


def test_an_earlier_result_is_removed_on_request(tmp_path: Path) -> None:
    """And nothing is where nothing is."""
    path = tmp_path / "a.svg"
    assert not picture(path).discard()
    path.write_bytes(OURS)
    assert picture(path).discard()
    assert not path.exists()


@pytest.mark.parametrize(
    ("call", "name", "message"),
    [
        ("write", "write_durably", "the plan file a.plan cannot be written"),
        ("read", "read_file", "the plan file a.plan cannot be read"),
    ],
)
def test_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, name: str, message: str
) -> None:
    """With its reason."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"engine.backends.result_files.{name}", refuse)
    file = private(tmp_path / "a.plan")
    with pytest.raises(PlanFileError) as caught:
        file.read() if call == "read" else file.write(b"{}")
    assert (caught.value.message, caught.value.cause) == (message, "No space left on device")


def test_what_cannot_be_removed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier plan under the name of a refused one would be applied in its place."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    path = tmp_path / "a.plan"
    path.write_bytes(b"{}")
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PlanFileError, match=r"the earlier plan file a\.plan cannot be removed"):
        private(path).discard()
