"""Earlier versions of a state: what every backend that keeps them does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.backends.git.repository import GitRepository
from engine.backends.git.state_history import GitHistory
from engine.backends.state.file_backend import FileBackend
from engine.errors import StateError
from engine.ports.backend import StateBackend
from engine.state.model import State
from tests.support.backends import BACKENDS, VERSION, a_state, hold
from tests.support.git import git


class Kept:
    """A backend whose versions are kept; those of files by a commit after each write."""

    def __init__(self, name: str, root: Path) -> None:
        self._root = root if name == "local" else None
        self.backend: StateBackend = BACKENDS[name](root)
        if self._root is not None:
            git(root, "init", "-q", "-b", "main")
            self.backend = FileBackend(
                root / "state",
                root / ".engine",
                engine_version=VERSION,
                open_history=lambda: GitHistory(GitRepository(root), "state"),
            )

    def write(self, state: State) -> State:
        """Store a state in place of the one that is stored."""
        expected = self.backend.read(state.stack, state.environment)
        with hold(self.backend):
            self.backend.write(state, expected=expected)
        if self._root is not None:
            git(self._root, "add", "state")
            git(self._root, "commit", "-qm", f"apply {state.serial}")
        return state


@pytest.fixture(params=BACKENDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """Each backend."""
    return Kept(request.param, tmp_path)


def test_every_version_is_kept(kept: Kept) -> None:
    """The newest first, no more than asked for."""
    for serial in (1, 2, 3):
        kept.write(a_state(serial, outputs={"n": serial}))
    found = kept.backend.history("shop", "test", limit=10)
    assert [version.serial for version in found] == [3, 2, 1]
    assert [version.resources for version in found] == [1, 1, 1]
    assert [version.serial for version in kept.backend.history("shop", "test", limit=2)] == [3, 2]


def test_a_version_is_what_was_written(kept: Kept) -> None:
    """All of it; a serial that never was has none."""
    first = kept.write(a_state(1, outputs={"n": 1}))
    kept.write(a_state(2, outputs={"n": 2}))
    assert kept.backend.version("shop", "test", 1) == first
    assert kept.backend.version("shop", "test", 7) is None


# ── files: what git has ───────────────────────────────────────────────────────────────────


def test_a_file_that_was_never_committed_has_no_history(tmp_path: Path) -> None:
    """It is said, with what to do."""
    kept = Kept("local", tmp_path)
    with hold(kept.backend):
        kept.backend.write(a_state(1), expected=None)
    with pytest.raises(StateError, match=r"no commit has state/test/shop\.json") as caught:
        kept.backend.history("shop", "test", limit=10)
    assert caught.value.hint == "commit it after each apply: git add state/test/shop.json"


def test_without_a_repository_there_is_no_history(tmp_path: Path) -> None:
    """It is said, too."""
    history = GitHistory(GitRepository(tmp_path), "state")
    with pytest.raises(StateError, match="in no git repository"):
        history.version("shop", "test", 1)


def test_a_version_says_who_when_and_what_for(tmp_path: Path) -> None:
    """As its commit does."""
    kept = Kept("local", tmp_path)
    kept.write(a_state(1))
    (version,) = kept.backend.history("shop", "test", limit=10)
    commit = git(tmp_path, "rev-parse", "--short=9", "HEAD").strip()
    assert (version.who, version.operation) == ("a", "apply 1")
    assert version.place == f"commit {commit}"
    assert version.since.endswith("Z")


def test_of_two_with_one_serial_it_is_that_of_the_branch(tmp_path: Path) -> None:
    """What came by a merge is not what the newest follows."""
    kept = Kept("local", tmp_path)
    kept.write(a_state(1))
    git(tmp_path, "checkout", "-qb", "other")
    kept.write(a_state(2, outputs={"of": "other"}))
    git(tmp_path, "checkout", "-q", "main")
    own = kept.write(a_state(2, outputs={"of": "main"}))
    git(tmp_path, "merge", "-q", "-s", "ours", "other")
    kept.write(a_state(3))
    assert kept.backend.version("shop", "test", 2) == own


def test_a_committed_conflict_is_no_version(tmp_path: Path) -> None:
    """It is passed over; a damaged one that is asked for is refused."""
    kept = Kept("local", tmp_path)
    kept.write(a_state(1))
    file = tmp_path / "state" / "test" / "shop.json"
    whole = file.read_bytes()
    file.write_bytes(b"<<<<<<< ours\n" + whole)
    git(tmp_path, "commit", "-qam", "conflict")
    file.write_bytes(whole.replace(b'"serial": 1', b'"serial": 2'))
    git(tmp_path, "commit", "-qam", "edited")
    file.write_bytes(whole)
    git(tmp_path, "commit", "-qam", "back")
    found = kept.backend.history("shop", "test", limit=10)
    assert [(one.serial, one.operation) for one in found] == [(1, "back"), (1, "apply 1")]
    with pytest.raises(StateError, match="digest"):
        kept.backend.version("shop", "test", 2)


def test_a_removed_file_is_still_in_the_history(tmp_path: Path) -> None:
    """The commit that removed it has no version; those before it do."""
    kept = Kept("local", tmp_path)
    first = kept.write(a_state(1))
    git(tmp_path, "rm", "-q", "state/test/shop.json")
    git(tmp_path, "commit", "-qm", "gone")
    assert [one.serial for one in kept.backend.history("shop", "test", limit=10)] == [1]
    assert kept.backend.version("shop", "test", 1) == first


def test_a_state_of_another_place_is_no_version(tmp_path: Path) -> None:
    """A file that was copied under another name makes duplicates."""
    kept = Kept("local", tmp_path)
    kept.write(dataclasses.replace(a_state(1)))
    git(tmp_path, "mv", "state/test/shop.json", "state/test/other.json")
    git(tmp_path, "commit", "-qm", "copied")
    with pytest.raises(StateError, match="is the state of test/shop"):
        kept.backend.version("other", "test", 1)
