"""Results as files: nothing of a person's is ever overwritten."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from engine.backends.result_files import check_result_file, write_result_file
from engine.errors import UsageError

check = partial(check_result_file, shown="a.svg", what="picture", begins=("<svg ", "digraph"))
write = partial(write_result_file, shown="a.svg", what="picture", begins=("<svg ", "digraph"))


def test_a_new_file_an_empty_one_and_an_earlier_result(tmp_path: Path) -> None:
    """They are written, whole."""
    path = tmp_path / "a.svg"
    write(path, "<svg one>")
    assert path.read_text(encoding="utf-8") == "<svg one>"
    write(path, "digraph")
    write(path, "<svg ü>")
    assert path.read_bytes() == "<svg ü>".encode()
    path.write_bytes(b"")
    write(path, "<svg two>")
    assert path.read_text(encoding="utf-8") == "<svg two>"


def test_any_other_file_stays(tmp_path: Path) -> None:
    """Also a folder, a pipe, and what cannot be read."""
    path = tmp_path / "a.svg"
    path.write_text("my notes on <svg ", encoding="utf-8")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for there in (path, tmp_path, pipe):
        with pytest.raises(UsageError, match=r"a\.svg exists and is no picture"):
            write(there, "<svg >")
    assert path.read_text(encoding="utf-8") == "my notes on <svg "


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """It is not made: its name is likely a mistake."""
    with pytest.raises(UsageError, match=r"there is no folder for a\.svg"):
        check(tmp_path / "nowhere" / "a.svg")


@pytest.mark.parametrize("error", ["cannot be written", "cannot be read"])
def test_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    """With its reason."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.svg"
    if error == "cannot be read":
        path.write_text("<svg >", encoding="utf-8")
        monkeypatch.setattr("engine.backends.result_files.read_file", refuse)
    monkeypatch.setattr("engine.backends.result_files.write_durably", refuse)
    with pytest.raises(UsageError, match=error) as caught:
        write(path, "<svg >")
    assert caught.value.cause == "No space left on device"
