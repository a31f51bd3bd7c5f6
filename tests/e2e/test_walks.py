"""Pages that show a session at a terminal are true: each command is run, in its order.

`ENGINE_UPDATE=1 python -m pytest tests/e2e/test_walks.py` writes what commands print.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.support.generated import updating
from tests.support.pages import Block, blocks, pages, rewrite
from tests.support.sessions import Session
from tests.support.store_addresses import STORE_ADDRESSES

TEAMS = "docs/how-to/share-state.md"
UPDATING = updating()
"""Asked before a session begins, which has no variable of this process."""
ELSEWHERE = {"README.md": ("example: plan", "example: apply")}
"""Sessions that another test runs, by their marks."""


def _is_played(block: Block) -> bool:
    return bool(block.exits is not None or block.of("file") or block.of("change"))


PLAYED = [page for page in pages() if any(block.exits is not None for block in blocks(page))]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Where the commands run."""
    return Session(tmp_path, monkeypatch)


@pytest.mark.parametrize("page", [page for page in PLAYED if page != TEAMS])
def test_the_commands_of_a_page_print_what_it_shows(page: str, session: Session) -> None:
    """From the first block to the last, in one folder."""
    _play(page, session)


@pytest.mark.parametrize("kind", STORE_ADDRESSES)
def test_the_commands_of_the_page_on_teams_work_in_every_store(
    kind: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page takes the address from a variable, so that it is one page for all of them."""
    with STORE_ADDRESSES[kind]() as address:
        for name, value in {**address.login, "ENGINE_STATE": address.state}.items():
            monkeypatch.setenv(name, value)
        _play(TEAMS, session)


def _play(page: str, session: Session) -> None:
    """Write the files of a page and run its commands."""
    untrue = {}
    for block in filter(_is_played, blocks(page)):
        if block.exits is None:
            session.write(block)
            continue
        true = session.play(block)
        if true != block.text:
            untrue[block] = true
        shown, printed = block.text.splitlines(), true.splitlines()
        where = f"{block.page}:{block.line}"
        lines = difflib.unified_diff(shown, printed, where, "printed", lineterm="")
        assert UPDATING or not untrue, "\n".join(lines)
    if untrue:
        rewrite(page, untrue)


def test_every_session_is_run() -> None:
    """Or the page says why it is not; files and changes are those of a session."""
    every = [block for page in pages() for block in blocks(page)]
    forgotten = [
        f"{block.page}:{block.line}"
        for block in every
        if block.language == "console"
        and block.exits is None
        and not block.of("not run")
        and block.mark not in ELSEWHERE.get(block.page, ())
    ]
    assert forgotten == []
    unused = {block.page for block in every if block.of("change")} - {*PLAYED}
    assert unused == set()
