"""Where a repository keeps its own files."""

from __future__ import annotations

from pathlib import Path

from engine.backends.git import git_common_dir


def test_the_git_folder_is_found_from_anywhere_inside(repository: Path) -> None:
    """Folders that do not exist yet included."""
    assert git_common_dir(repository) == repository / ".git"
    assert git_common_dir(repository / "not" / "there") == repository / ".git"


def test_outside_of_git_there_is_none(tmp_path: Path) -> None:
    """And a `.git` file that leads nowhere is none either."""
    assert git_common_dir(tmp_path) is None
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    assert git_common_dir(tmp_path) is None


def test_a_submodule_has_a_git_folder_of_its_own(tmp_path: Path) -> None:
    """Its `.git` file names a folder without a common one."""
    own = tmp_path / "outer" / ".git" / "modules" / "inner"
    own.mkdir(parents=True)
    inner = tmp_path / "outer" / "inner"
    inner.mkdir()
    (inner / ".git").write_text("gitdir: ../.git/modules/inner\n")
    assert git_common_dir(inner) == own
