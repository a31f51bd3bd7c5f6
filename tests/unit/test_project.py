"""Finding the project from a folder inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import project
from engine.project import project_around


@pytest.mark.parametrize("made", ["stacks/", "[tool.engine]", "[tool.engine.environments.test]"])
def test_the_project_is_found_from_below(tmp_path: Path, made: str) -> None:
    """By its stacks or by its table, at any depth, and the nearest one counts."""
    folder = tmp_path / "shop"
    deep = folder / "src" / "app"
    deep.mkdir(parents=True)
    (tmp_path / "stacks").mkdir()
    if made == "stacks/":
        (folder / "stacks").mkdir()
    else:
        (folder / "pyproject.toml").write_text(f"[project]\n{made}\n", encoding="utf-8")
    (deep / "pyproject.toml").write_text("[project]\nname = 'tool.engine'\n", encoding="utf-8")
    assert project_around(deep) == deep / ".." / ".."
    assert project_around(folder) == folder


def test_the_search_for_a_project_ends_with_the_repository(tmp_path: Path) -> None:
    """What is above a repository is another's; without a project the folder itself is one."""
    (tmp_path / "stacks").mkdir()
    inside = tmp_path / "repository" / "src"
    inside.mkdir(parents=True)
    assert project_around(inside) == inside / ".." / ".."
    (tmp_path / "repository" / ".git").write_text("gitdir: elsewhere", encoding="utf-8")
    assert project_around(inside) == inside


def test_the_search_for_a_project_ends_at_folders_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modules that somebody else put above, such as in /tmp, are not run."""
    inside = tmp_path / "mine"
    inside.mkdir()
    (tmp_path / "stacks").mkdir()
    owners = {inside: 1000, tmp_path: 0}
    monkeypatch.setattr(project, "_owner", owners.get)
    assert project_around(inside) == inside
    assert project_around(tmp_path / "gone") == tmp_path / "gone"
