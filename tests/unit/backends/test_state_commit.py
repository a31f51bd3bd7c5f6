"""Committing states: on top of what the branch has, and never over another run's."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backends.state_commit import StateCommit, StateNotPushedError
from engine.ports.ci.code_host import Remote
from tests.support.git import git

REMOTE = Remote(address="origin", name="bot", mail="bot@example.com")


class Clones:
    """A repository and clones of it."""

    def __init__(self, folder: Path) -> None:
        """Make one with a state of two stacks."""
        self.folder = folder
        self.origin = folder / "origin.git"
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        self.first = self.clone("first", begin=True)
        for stack in ("shop", "other"):
            self.write(self.first, stack, "1")
        git(self.first, "add", "--all")
        git(self.first, "commit", "--quiet", "--message", "Begin")
        git(self.first, "push", "--quiet", "origin", "main")

    def clone(self, name: str, *, begin: bool = False) -> Path:
        """Another clone."""
        place = self.folder / name
        git(self.folder, "clone", "--quiet", str(self.origin), str(place))
        if begin:
            git(place, "checkout", "--quiet", "-b", "main")
        return place

    def write(self, clone: Path, stack: str, text: str, end: str = "json") -> None:
        """Write a state."""
        place = clone / "project/state/live"
        place.mkdir(parents=True, exist_ok=True)
        (place.parent / ".gitignore").write_text("*.journal\n", encoding="utf-8")
        (place / f"{stack}.{end}").write_text(text, encoding="utf-8")

    def main(self, stack: str, end: str = "json", branch: str = "main") -> str:
        """What a branch has of a stack."""
        return git(self.origin, "show", f"{branch}:project/state/live/{stack}.{end}")


@pytest.fixture
def clones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clones:
    """A repository whose git has no settings of this machine."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    return Clones(tmp_path)


def states(clone: Path) -> StateCommit:
    """The states of a project in a folder of a clone."""
    return StateCommit(clone / "project", "live", REMOTE, sleep=lambda _: None)


def push(clone: Path) -> tuple[str, ...]:
    """Push what changed in a clone."""
    return states(clone).push("main", "Record", "rescue").files


def test_nothing_is_committed_where_nothing_changed(clones: Clones) -> None:
    """Not even an empty commit."""
    assert states(clones.first).push("main", "Record", "rescue").commit == ""


def test_what_changed_is_committed_in_the_name_of_the_bot(clones: Clones) -> None:
    """The state and a journal, though git ignores that; no other file."""
    clones.write(clones.first, "shop", "2")
    clones.write(clones.first, "shop", "intent", end="journal")
    (clones.first / "project/notes.txt").write_text("x", encoding="utf-8")
    assert push(clones.first) == (
        "project/state/live/shop.journal",
        "project/state/live/shop.json",
    )
    assert clones.main("shop") == "2"
    assert clones.main("shop", "journal") == "intent"
    shown = git(clones.origin, "log", "-1", "--format=%an <%ae> %s", "main")
    assert shown == "bot <bot@example.com> Record\n"
    assert git(clones.first, "status", "--porcelain").count("notes.txt") == 1


def test_a_branch_that_has_moved_gets_it_on_top(clones: Clones) -> None:
    """Another run has pushed another stack, and a person code."""
    late = clones.clone("late")
    clones.write(clones.first, "shop", "2")
    push(clones.first)
    clones.write(late, "other", "2")
    assert push(late) == ("project/state/live/other.json",)
    assert (clones.main("shop"), clones.main("other")) == ("2", "2")


def test_a_state_of_another_run_is_not_overwritten(clones: Clones) -> None:
    """The commit is kept on a branch of its own, and the error says how to go on."""
    late = clones.clone("late")
    clones.write(clones.first, "shop", "2")
    push(clones.first)
    clones.write(late, "shop", "other 2")
    with pytest.raises(StateNotPushedError) as caught:
        push(late)
    assert clones.main("shop") == "2"
    assert clones.main("shop", branch="rescue") == "other 2"
    assert "another project/state/live/shop.json" in (caught.value.cause or "")
    assert "merge rescue into main" in (caught.value.hint or "")


def test_newer_states_are_taken_before_an_apply(clones: Clones) -> None:
    """The commit of this run is older than they are; what it writes goes on top of them."""
    late = clones.clone("late")
    clones.write(clones.first, "shop", "2")
    clones.write(clones.first, "new", "1")
    push(clones.first)
    assert states(late).pull("main") == (
        "project/state/live/new.json",
        "project/state/live/shop.json",
    )
    clones.write(late, "shop", "3")
    (late / "project/state/live/new.json").unlink()
    assert push(late) == ("project/state/live/new.json", "project/state/live/shop.json")
    assert clones.main("shop") == "3"
    assert "new.json" not in git(clones.origin, "ls-tree", "-r", "--name-only", "main")


def test_a_protected_branch_leaves_the_commit_on_a_branch_of_its_own(clones: Clones) -> None:
    """With what the host says."""
    hook = clones.origin / "hooks" / "update"
    hook.write_text(
        '#!/bin/sh\n[ "$1" = refs/heads/main ] && { echo GH006: protected >&2; exit 1; }\nexit 0\n',
        encoding="utf-8",
    )
    hook.chmod(0o755)
    clones.write(clones.first, "shop", "2")
    with pytest.raises(StateNotPushedError) as caught:
        push(clones.first)
    assert "GH006: protected" in (caught.value.cause or "")
    assert clones.main("shop", branch="rescue") == "2"


def test_a_remote_that_is_gone_says_that_nothing_is_recorded(clones: Clones) -> None:
    """And what to do."""
    clones.write(clones.first, "shop", "2")
    clones.origin.rename(clones.folder / "moved.git")
    with pytest.raises(StateNotPushedError, match="git fetch failed"):
        push(clones.first)
