"""Sessions of pages are compared with what is printed: nothing untrue passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import Block
from tests.support.sessions import Session


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A terminal in an empty folder."""
    return Session(tmp_path, monkeypatch)


def _block(text: str, mark: str = "run") -> Block:
    return Block("page.md", 1, mark, "console", text, (0, 0), 0)


@pytest.mark.parametrize(
    "text",
    [
        "$ printf 'a\\nb\\nc\\n'\na\nb\nc\n",
        "$ printf 'a\\nb\\nc\\n'\na\n...\nc\n",
        "$ printf 'a\\nb\\nc\\n'\n...\nb\n...\n",
        "$ printf 'a\\nb\\nc\\n'\n...\n",
        "$ printf 'a\\n\\n\\nb\\n'\na\nb\n",
        "$ printf 'a\\nb\\n'\na\n\nb\n",
        "$ echo price_1QTD69vJJX91rPu6 2026-11-30 12:00\nprice_1Nv0abcd 2025-01-01 00:00\n",
        "$ echo $HOME/shop\n~/shop\n",
        "$ mkdir shop && cd shop\n$ pwd\n~/shop\n",
        "$ export NAME=value\n$ printenv NAME\nvalue\n",
        "$ cd . && engine --version | wc -l\n1\n",
    ],
)
def test_what_is_true_stays(session: Session, text: str) -> None:
    """The same lines in the same order, or `...`; empty lines are free, some things differ."""
    assert session.play(_block(text)) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("$ printf 'a\\nb\\n'\nb\na\n", "$ printf 'a\\nb\\n'\na\nb\n"),
        ("$ printf 'a\\nb\\n'\na\nx\n", "$ printf 'a\\nb\\n'\na\nb\n"),
        ("$ printf 'a\\nb\\nc\\n'\nb\n", "$ printf 'a\\nb\\nc\\n'\n...\nb\n...\n"),
        ("$ printf 'a\\nb\\nc\\n'\na\n\nc\n", "$ printf 'a\\nb\\nc\\n'\na\n...\n\nc\n"),
        ("$ printf 'a\\nb\\n'\n", "$ printf 'a\\nb\\n'\n...\n"),
        ("$ printf 'a\\nb\\n'\na\n...\nb\n", "$ printf 'a\\nb\\n'\na\n\nb\n"),
        ("$ printf 'a\\nb\\nc\\n'\na\n...\n\n...\nc\n", "$ printf 'a\\nb\\nc\\n'\na\n...\n\nc\n"),
        ("$ printf 'a\\n'\na\na\n", "$ printf 'a\\n'\na\n"),
        ("$ echo 'Plan: 1 to create'\nPlan: 2 to create\n", None),
        ("$ echo 2900\n3400\n", None),
        ("$ echo a\n?\n$ echo b\nb\n", "$ echo a\na\n$ echo b\nb\n"),
    ],
)
def test_what_is_untrue_is_written_anew(session: Session, text: str, printed: str | None) -> None:
    """Whole, under its command, or with `...` where only that is missing; the rest stays."""
    found = session.play(_block(text))
    assert found != text
    assert printed in {found, None}


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("$ false\n", "run"),
        ("$ true\n", "run, exits 1"),
        ("$ false\n$ true\n", "run"),
        ("$ false && true\n", "run"),
        ("$ engine schema nope\n", "run"),
    ],
)
def test_another_exit_code_is_refused(session: Session, text: str, mark: str) -> None:
    """Whatever is printed."""
    with pytest.raises(AssertionError, match="exits"):
        session.play(_block(text, mark))


def test_exit_codes_are_those_of_the_last_commands(session: Session) -> None:
    """All before end with 0."""
    text = "$ true\n$ false\n$ engine schema nope\n...\n"
    assert session.play(_block(text, "run, exits 1 1")) == text


def test_a_change_is_made_once_or_refused(session: Session, tmp_path: Path) -> None:
    """To lines that are there, and there once."""
    path = tmp_path / "a.py"
    path.write_text("one\ntwo\nthree\n", encoding="utf-8")
    session.write(_block(" one\n-two\n+2\n three\n", "change: a.py"))
    assert path.read_text(encoding="utf-8") == "one\n2\nthree\n"
    with pytest.raises(AssertionError, match="not once"):
        session.write(_block("-two\n+2\n", "change: a.py"))
