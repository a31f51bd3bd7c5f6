"""The `file` secret sink."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends.secrets.file import FileSink
from engine.errors import SecretSinkError


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def sink(tmp_path: Path) -> FileSink:
    """An empty sink."""
    return FileSink(tmp_path / ".engine", "live")


def test_a_secret_comes_back(sink: FileSink) -> None:
    """What is stored is what is loaded, and the last one counts."""
    sink.store("shop", "stripe_webhook_endpoint.hook.secret", "whsec_1")
    sink.store("shop", "stripe_webhook_endpoint.hook.secret", "whsec_ü\n")
    assert sink.load("shop", "stripe_webhook_endpoint.hook.secret") == "whsec_ü\n"


def test_a_secret_that_was_never_kept_is_none(sink: FileSink) -> None:
    """Looking leaves no trace."""
    assert sink.load("shop", "x") is None


def test_only_the_owner_may_look(sink: FileSink, tmp_path: Path) -> None:
    """0600 in folders of 0700, in a folder that git ignores."""
    sink.check()
    sink.store("shop", "x", "whsec_1")
    root = tmp_path / ".engine"
    kept = root / "secrets" / "live" / "shop" / "x"
    assert kept.read_text() == "whsec_1"
    assert _mode(kept) == 0o600
    assert {_mode(folder) for folder in list(kept.parents)[:3]} == {0o700}
    assert (root / ".gitignore").read_text().splitlines()[-1] == "*"


def test_folders_that_were_too_open_are_closed(sink: FileSink, tmp_path: Path) -> None:
    """A folder that somebody made, or opened, is the owner's alone again."""
    folder = tmp_path / ".engine" / "secrets" / "live" / "shop"
    folder.mkdir(parents=True)
    for opened in (folder, *list(folder.parents)[:2]):
        opened.chmod(0o755)
    sink.store("shop", "x", "whsec_1")
    assert {_mode(closed) for closed in (folder, *list(folder.parents)[:2])} == {0o700}


def test_environments_and_stacks_are_kept_apart(sink: FileSink, tmp_path: Path) -> None:
    """The same name elsewhere is another secret."""
    sink.store("shop", "x", "one")
    sink.store("other", "x", "two")
    FileSink(tmp_path / ".engine", "test").store("shop", "x", "three")
    assert sink.load("shop", "x") == "one"


def test_a_check_leaves_nothing(sink: FileSink, tmp_path: Path) -> None:
    """Whether a secret can be kept is tried with a file that goes again."""
    sink.check()
    assert list((tmp_path / ".engine" / "secrets" / "live").iterdir()) == []


@pytest.mark.parametrize("use", ["check", "store", "load"])
def test_a_place_that_cannot_be_used_is_named(sink: FileSink, tmp_path: Path, use: str) -> None:
    """The folder, the system's reason and what to do; the secret is not in the text."""
    (tmp_path / ".engine").mkdir()
    (tmp_path / ".engine" / "secrets").write_text("in the way")
    calls: dict[str, Callable[[], object]] = {
        "check": sink.check,
        "store": lambda: sink.store("shop", "x", "whsec_1"),
        "load": lambda: sink.load("shop", "x"),
    }
    with pytest.raises(SecretSinkError) as raised:
        calls[use]()
    assert str(tmp_path / ".engine" / "secrets") in raised.value.message
    assert raised.value.cause
    assert "make the folder writable" in str(raised.value.hint)
    assert "whsec_1" not in str(raised.value)
