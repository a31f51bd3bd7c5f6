"""Git's own program reads commits; it changes nothing but the settings of the clone."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backends.git.repository import GitRepository
from engine.errors import RepositoryError
from engine.ports.review.repository import Commit
from tests.support.committed import needs_git
from tests.support.git import git

pytestmark = needs_git


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository with a project in a folder of it, two commits, and names that are awkward."""
    folder = tmp_path / "a b"
    project = folder / "sub[1]"
    (project / "state").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (project / "state" / "one.json").write_text("1\n")
    (project / "state" / "ü\n.json").write_text("2")
    (folder / "outside").write_text("o")
    (project / "link").symlink_to("/etc/passwd")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    (project / "state" / "one.json").write_text("11\n")
    git(folder, "commit", "--quiet", "--all", "--message", "second")
    return folder


@pytest.fixture
def repository(top: Path) -> GitRepository:
    """The repository, from the project in it."""
    return GitRepository(top / "sub[1]")


def test_files_of_a_commit_have_paths_from_the_top(repository: GitRepository) -> None:
    """Whatever their names are; links are no files of it."""
    head = repository.commit("HEAD")
    assert repository.prefix == "sub[1]/"
    assert set(repository.files(head)) == {
        "outside",
        "sub[1]/state/one.json",
        "sub[1]/state/ü\n.json",
    }
    under = repository.files(head, "sub[1]/state/")
    assert set(under) == {"sub[1]/state/one.json", "sub[1]/state/ü\n.json"}
    contents = repository.contents(under.values())
    assert contents[under["sub[1]/state/one.json"]] == b"11\n"
    assert contents[under["sub[1]/state/ü\n.json"]] == b"2"
    assert repository.contents([]) == {}


def test_a_commit_is_found_by_any_name(repository: GitRepository) -> None:
    """Its message is that of git if there is none."""
    head = repository.commit("main")
    assert str(head) == f"main ({head.id[:9]})"
    assert str(Commit(id=head.id, name=head.id[:12])) == head.id[:9]
    assert repository.find("nope") is None
    assert repository.branch() == "main"
    with pytest.raises(RepositoryError, match="there is no commit 'nope'"):
        repository.commit("nope")
    with pytest.raises(RepositoryError, match="does not have the content 0000"):
        repository.contents(["0" * 40])


def test_the_merge_base_is_where_two_lines_parted(top: Path) -> None:
    """Two that have nothing in common have none."""
    repository = GitRepository(top)
    head = repository.commit("HEAD")
    base = repository.commit("HEAD~1")
    assert repository.merge_base(base, head).id == base.id
    git(top, "switch", "--quiet", "--orphan", "other")
    git(top, "commit", "--quiet", "--allow-empty", "--message", "alone")
    with pytest.raises(RepositoryError, match="have no commit in common"):
        repository.merge_base(repository.commit("main"), repository.commit("other"))


def test_a_copy_of_the_project_is_of_the_commit_alone(repository: GitRepository, top: Path) -> None:
    """The repository, its index and its working tree stay as they are."""
    base = repository.commit("HEAD~1")
    before = git(top, "status", "--porcelain"), (top / ".git" / "index").read_bytes()
    with repository.exported(base) as folder:
        assert (folder / "state" / "one.json").read_text() == "1\n"
        assert not (folder.parent / "outside").exists()
    assert not folder.exists()
    assert (git(top, "status", "--porcelain"), (top / ".git" / "index").read_bytes()) == before


def test_what_is_checked_out_is_known(repository: GitRepository, top: Path) -> None:
    """A change in the project folder counts, one elsewhere does not."""
    head = repository.commit("HEAD")
    assert repository.is_checked_out(head)
    assert not repository.is_checked_out(repository.commit("HEAD~1"))
    (top / "outside").write_text("changed")
    assert repository.is_checked_out(head)
    (top / "sub[1]" / "new.py").write_text("")
    assert not repository.is_checked_out(head)


def test_settings_are_of_the_clone(repository: GitRepository, top: Path) -> None:
    """Set, read and removed; removing what is not there is no error."""
    value = "'/a b/python' -m x \"$1\"\nnext"
    assert repository.setting("merge.engine-state.driver") == ""
    repository.set("merge.engine-state.driver", value)
    assert repository.setting("merge.engine-state.driver") == value
    assert "engine-state" in (top / ".git" / "config").read_text()
    for _ in range(2):
        repository.set("merge.engine-state.driver", "")
    assert repository.setting("merge.engine-state.driver") == ""
    with pytest.raises(RepositoryError, match="git config failed"):
        repository.set("wrong", "value")


def test_variables_of_a_hook_name_no_other_repository(
    repository: GitRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Git sets them for the repository that the hook is of."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert repository.prefix == "sub[1]/"


def test_a_folder_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a machine without git."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RepositoryError, match="in no git repository"):
        GitRepository(tmp_path).commit("HEAD")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RepositoryError, match="git is not installed"):
        GitRepository(tmp_path).find("HEAD")
