"""The project is found from any folder inside it, as git, ruff and uv do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Engine


@pytest.fixture
def inside(root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a command in a folder of the project."""
    folder = root / "src" / "app"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return engine


def test_commands_work_from_a_folder_of_the_project(inside: Callable[..., Any], root: Path) -> None:
    """On the one state of the project, whose folder is named."""
    ended = inside("apply", "--yes")
    assert ended.code == 0
    assert ended.err.startswith("Project folder: ../..\n")
    assert (root / "state" / "local" / "shop.json").exists()
    assert inside("plan", "--detailed-exitcode").code == 0
    assert "stripe_product.pro" in inside("state", "list").out
    ended = inside("plan", "--json")
    assert ended.err == ""
    assert json.loads(ended.out)["stacks"][0]["stack"] == "shop"
    assert sorted(path.name for path in (root / "src").rglob("*")) == ["app"]


def test_names_of_files_start_from_where_a_person_is(
    inside: Callable[..., Any], root: Path
) -> None:
    """Plans and variables; with -C from there."""
    here = root / "src" / "app"
    (here / "x.toml").write_text('name = "Pro"\n', encoding="utf-8")
    ended = inside("plan", "-o", "shop.plan", "--var-file", "x.toml")
    assert ended.code == 0
    assert (here / "shop.plan").exists()
    assert inside("show", "shop.plan").code == 0
    assert inside("-C", "../..", "show", "src/app/shop.plan").code == 0
    assert inside("apply", "shop.plan").code == 0


def test_the_folder_named_is_the_project(inside: Callable[..., Any], root: Path) -> None:
    """-C is taken as it is: nothing above it is looked at."""
    assert inside("-C", "../..", "validate").code == 0
    ended = inside("-C", str(root / "src"), "validate")
    assert ended.code == 1
    assert f"no stacks: {root}/src/stacks has no modules" in ended.err


def test_init_makes_a_project_where_a_person_is(inside: Callable[..., Any], root: Path) -> None:
    """Also within another one."""
    assert inside("init").code == 0
    assert (root / "src" / "app" / "stacks" / "catalog.py").exists()
