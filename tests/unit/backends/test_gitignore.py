"""What keeps git away from what is never committed: its content counts, each time."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.backends.gitignore import EVERYTHING, TRANSIENTS, ignore, ignores, private_folder
from engine.backends.secrets.file import FileSink
from engine.backends.state.file_backend import FileBackend
from engine.errors import SecretSinkError
from engine.state.model import new_state
from tests.support.git import git


def test_the_private_folder_is_never_committed(tmp_path: Path) -> None:
    """Git is told to ignore all of it, the file that tells so included."""
    folder = private_folder(tmp_path / ".engine", "secrets", "live")
    assert folder == tmp_path / ".engine" / "secrets" / "live"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    lines = (tmp_path / ".engine" / ".gitignore").read_text().splitlines()
    assert lines[-1] == "*"


BAD = [
    pytest.param(b"", id="empty"),
    pytest.param(bytes(60), id="zeros"),
    pytest.param(b"mine", id="of somebody else"),
    pytest.param(b"*\n!secrets\n", id="taken back"),
    pytest.param(b"# *\n", id="a comment"),
    pytest.param(b"\xff\xfe*\x00\n\x00", id="UTF-16"),
    pytest.param(b"*.journal\n", id="too little"),
]


@pytest.mark.parametrize("content", BAD)
def test_git_does_not_see_a_secret_whatever_the_ignore_file_said_before(
    repository: Path, content: bytes
) -> None:
    """What a full disk, a kill or a merge left there is put right before a secret is kept."""
    sink = FileSink(repository / ".engine", "live")
    (repository / ".engine").mkdir()
    (repository / ".engine" / ".gitignore").write_bytes(content)
    sink.store("shop", "stripe_webhook_endpoint.a.secret", "whsec_1")
    git(repository, "add", "-A")
    assert git(repository, "status", "--porcelain") == ""
    assert ignores(repository / ".engine", EVERYTHING)


def test_what_a_person_wrote_stays(tmp_path: Path) -> None:
    """Ours is added behind it, once."""
    (tmp_path / ".gitignore").write_text("mine")
    assert ignore(tmp_path, TRANSIENTS)
    assert (tmp_path / ".gitignore").read_text() == "mine\n" + "\n".join(TRANSIENTS) + "\n"
    assert not ignore(tmp_path, TRANSIENTS)


def test_what_is_right_is_left_alone(tmp_path: Path) -> None:
    """In any order, with other line ends and more beside it."""
    text = "*.replaced*\r\n*.journal  \n*.import\n.*.tmp\nmore\n"
    (tmp_path / ".gitignore").write_bytes(text.encode())
    assert not ignore(tmp_path, TRANSIENTS)
    assert (tmp_path / ".gitignore").read_bytes() == text.encode()


def test_a_link_counts_for_nothing(tmp_path: Path) -> None:
    """Git does not follow one; what it led to is left alone."""
    (tmp_path / "elsewhere").write_text("*\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".gitignore").symlink_to(tmp_path / "elsewhere")
    assert ignore(tmp_path / "a", EVERYTHING)
    assert not (tmp_path / "a" / ".gitignore").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "*\n"


def test_it_is_on_the_disk_before_anything_private_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written aside, synced and renamed: never there without its content."""
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        calls.append("fsync")
        fsync(file)

    def renamed(path: Path, to: Path) -> Path:
        calls.append("rename")
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    assert ignore(tmp_path, EVERYTHING)
    assert calls == ["fsync", "rename", "fsync"]


def test_without_it_no_secret_is_kept(tmp_path: Path) -> None:
    """What cannot be put right is an error, before anything is created."""
    (tmp_path / ".engine" / ".gitignore").mkdir(parents=True)
    sink = FileSink(tmp_path / ".engine", "live")
    with pytest.raises(SecretSinkError, match="secrets cannot be kept"):
        sink.check()
    with pytest.raises(SecretSinkError):
        sink.store("shop", "a", "whsec_1")
    assert not (tmp_path / ".engine" / "secrets").exists()


@pytest.mark.parametrize("content", BAD)
def test_an_ignore_file_of_states_is_put_right_by_the_next_write(
    tmp_path: Path, content: bytes
) -> None:
    """Before a journal too: its parameters may be confidential."""
    backend = FileBackend(tmp_path / "state", tmp_path / ".engine", engine_version="1")
    path = tmp_path / "state" / ".gitignore"
    path.parent.mkdir()
    path.write_bytes(content)
    backend.begin_journal("shop", "live", (b"{}",), reserve=0).close()
    assert ignores(tmp_path / "state", TRANSIENTS)
    path.write_bytes(content)
    backend.write(new_state("shop", "live", "l"), expected=None)
    assert ignores(tmp_path / "state", TRANSIENTS)


def test_what_git_could_see_is_told(tmp_path: Path) -> None:
    """An ignore file that says too little, or none where there is something to hide."""
    backend = FileBackend(tmp_path / "state", tmp_path / ".engine", engine_version="1")
    assert backend.exposed() == ()
    FileSink(tmp_path / ".engine", "live").store("shop", "a", "whsec_1")
    backend.begin_journal("shop", "live", (b"{}",), reserve=0).close()
    assert backend.exposed() == ()
    for folder in ("state", ".engine"):
        (tmp_path / folder / ".gitignore").write_bytes(b"")
    problems = backend.exposed()
    assert [problem.file for problem in problems] == [".engine/.gitignore", "state/.gitignore"]
    assert "which holds secrets" in problems[0].message
    assert "add *.journal, *.import, .*.tmp, *.replaced* at its end" in problems[1].hint
    for folder in ("state", ".engine"):
        (tmp_path / folder / ".gitignore").unlink()
    assert len(backend.exposed()) == 2
    (tmp_path / "state" / ".gitignore").mkdir()
    assert len(backend.exposed()) == 2
